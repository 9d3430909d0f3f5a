"""My bookings."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.bookings import policy, running_order, slots
from booking.domain.enums.bookings import AwaitedKind, CancelledBy
from booking.domain.meetings import Appointment
from booking.domain.people.actor import Actor
from booking.domain.recurrence import MAX_DURATION
from booking.store.bookings import bookings
from booking.store.queries.bookings import own_waits, slot_search, visit_queue
from booking.store.queries.bookings.own_waits import OwnWait
from booking.store.queries.programme import enrolled, meeting_rows
from booking.store.queries.programme.enrolled import EnrolledOccurrence
from booking.web.frame import access, context, template_globals
from booking.web.frame.current_reader import current_user
from booking.web.member import booking_pages, invitation, waitlist_pages
from booking.web.member.booking_pages import BookingLinks

blueprint = Blueprint("bookings", __name__, url_prefix="/bookings")

MAX_PAST = 50
AFTERWARDS = timedelta(days=90)  # how long recordings and slides are listed


@blueprint.get("")
@access.member
def mine() -> ResponseReturnValue:
    """Upcoming first, earliest first; the latest fifty that are past below, folded."""
    now = context.now()
    since = now - MAX_DURATION
    recent, older = meeting_rows.of_member(context.db(), current_user.id, since, MAX_PAST)
    held = [a for a in recent if not a.is_cancelled and a.ends_at > now]
    cancelled = [a for a in recent if a.is_cancelled and a.cancelled_by == CancelledBy.STAFF]
    past = [a for a in reversed(recent) if a.ends_at <= now and not a.is_cancelled] + older
    places = enrolled.of_member(context.db(), current_user.id, now - AFTERWARDS)
    return render_template(
        "member/bookings.html",
        late=_late([a for a in held if a.meeting.starts_at <= now]),
        enrolled=[(one, _is_open(one)) for one in places if one.ends_at > now],
        seen=[one for one in reversed(places) if one.ends_at <= now and not one.is_cancelled],
        waits=_waits(),
        upcoming=[
            (a, links(a.public_id), booking_pages.join_path(a.public_id), booking_pages.opens_at(a)) for a in held
        ],
        cancelled=cancelled,
        past=past,
        most_past=MAX_PAST,
    )


def _waits() -> list[tuple[OwnWait, int]]:
    """What the reader waits for, each with how many are ahead of them."""
    waits = own_waits.of_member(context.db(), current_user.id)
    ahead = waitlist_pages.ahead([one for one in waits if one.awaited == AwaitedKind.SLOT])
    return [(one, ahead.get(one.id, 0) if one.ahead is None else one.ahead) for one in waits]


def _is_open(place: EnrolledOccurrence) -> bool:
    opens_at = policy.join_opens_at(context.organisation().policy_for(place.series), place.starts_at)
    return not place.is_cancelled and context.now() >= opens_at


def _late(under_way: list[Appointment]) -> dict[uuid.UUID, tuple[int, datetime]]:
    """For bookings whose clinic has begun: by how many minutes their analyst is late, and when it will begin."""
    if not under_way:
        return {}
    session, now = context.db(), context.now()
    meetings_end = {a.public_id: a.meeting.ends_at for a in under_way}
    rows = {row.public_id: row for row in bookings.with_public_ids(session, [a.public_id for a in under_way])}
    hours = visit_queue.of_hours(session, {row.occurrence_id for row in rows.values()})
    found = {}
    for public_id, row in rows.items():
        mine = hours.get((row.occurrence_id, row.analyst_id), [])
        turn = next((one for one in mine if one.id == row.id), None)
        expected_at = running_order.expected(mine, meetings_end[public_id], now).get(row.id)
        if turn is not None and expected_at is not None and running_order.late(turn, expected_at):
            found[public_id] = (running_order.late(turn, expected_at), expected_at)
    return found


def links(public_id: uuid.UUID) -> BookingLinks:
    """The signed-in member's addresses of one booking."""
    return BookingLinks(
        show=url_for("bookings.one", public_id=public_id),
        move=url_for("bookings.move", public_id=public_id),
        cancel=url_for("bookings.cancel", public_id=public_id),
        entry=url_for("feeds.booking", public_id=public_id),
        accept=url_for("bookings.accept", public_id=public_id),
        wait=url_for("bookings.wait", public_id=public_id),
        brief=url_for("bookings.brief", public_id=public_id),
        invite=url_for("bookings.invite", public_id=public_id),
    )


def own(public_id: uuid.UUID) -> Appointment:
    """The reader's own booking; 404 for anybody else's."""
    found = meeting_rows.appointment(context.db(), public_id)
    if found is None or found.member_public_id != current_user.public_id:
        abort(404)
    template_globals.times_at(found.starts_at)
    return found


@blueprint.get("/<uuid:public_id>")
@access.member
def one(public_id: uuid.UUID) -> ResponseReturnValue:
    """One booking; `?booked=1` is where booking leads."""
    return booking_pages.show(own(public_id), links(public_id), just_booked="booked" in request.args)


@blueprint.route("/<uuid:public_id>/move", methods=["GET", "POST"])
@access.member
def move(public_id: uuid.UUID) -> ResponseReturnValue:
    """Show where it could move to; POST moves it."""
    return booking_pages.move(own(public_id), links(public_id), Actor.member(current_user.id))


@blueprint.route("/<uuid:public_id>/brief", methods=["GET", "POST"])
@access.member
def brief(public_id: uuid.UUID) -> ResponseReturnValue:
    """Show its topic; POST saves it."""
    return booking_pages.brief(own(public_id), links(public_id), Actor.member(current_user.id))


@blueprint.get("/<uuid:public_id>/go-on")
@access.member
def go_on(public_id: uuid.UUID) -> ResponseReturnValue:
    """To the next clinic that has something free, with the same analyst if there is one; the brief goes on from it."""
    visit = own(public_id)
    session, organisation, now = context.db(), context.organisation(), context.now()
    search = slot_search.for_member(session, current_user.id, organisation, now)
    coming = [(one, one.policy(organisation)) for one in search.coming()]
    free = [one for one, rules in coming if search.bookable(one, rules.shortest)]
    # at a limit: where something is free, the page asks which booking it replaces
    free = free or [one for one, rules in coming if slots.free(one.hours, rules.shortest, rules, now)]
    same = [one for one in free if visit.analyst_public_id in {analyst.public_id for analyst in one.analysts}]
    if not free:
        flash("There’s nothing you can book in the coming weeks. Here is what’s on.")
        return redirect(url_for("programme.week"), 303)
    return redirect(url_for("occurrence.show", public_id=(same or free)[0].public_id, go_on=public_id), 303)


@blueprint.route("/<uuid:public_id>/cancel", methods=["GET", "POST"])
@access.member
def cancel(public_id: uuid.UUID) -> ResponseReturnValue:
    """Asks; POST cancels."""
    return booking_pages.cancel(own(public_id), links(public_id), Actor.member(current_user.id))


@blueprint.post("/<uuid:public_id>/accept")
@access.member
def accept(public_id: uuid.UUID) -> ResponseReturnValue:
    """Take what is offered instead, where the analyst is away."""
    return booking_pages.accept(own(public_id), links(public_id), Actor.member(current_user.id))


@blueprint.post("/<uuid:public_id>/wait")
@access.member
def wait(public_id: uuid.UUID) -> ResponseReturnValue:
    """Rather wait for the analyst who was asked for."""
    return booking_pages.wait(own(public_id), links(public_id), Actor.member(current_user.id))


@blueprint.post("/<uuid:public_id>/invite")
@access.member
def invite(public_id: uuid.UUID) -> ResponseReturnValue:
    """Send an invitation for this one."""
    return invitation.invite(own(public_id), links(public_id).show, Actor.member(current_user.id))
