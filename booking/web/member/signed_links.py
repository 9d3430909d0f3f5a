"""Pages that signed links in an email open without sign-in: one booking, and join links."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.urls import iri_to_uri

from booking.domain import tokens, zones
from booking.domain.bookings import join_links, policy, running_order
from booking.domain.bookings.join_links import JoinLink, Showing
from booking.domain.enums.people import RoleName
from booking.domain.errors import Refusal
from booking.domain.meetings import Appointment, Meeting
from booking.domain.people.actor import Actor
from booking.services.bookings import start_visit
from booking.store.queries.bookings import timetables
from booking.store.queries.programme import join_info, meeting_rows
from booking.web.frame import access, context, template_globals
from booking.web.frame.current_reader import current_user
from booking.web.member import booking_pages, invitation
from booking.web.member.booking_pages import BookingLinks

blueprint = Blueprint("manage", __name__)

VALID_AFTER = timedelta(days=7)
REFRESHED_WITHIN_SECONDS = 3600  # a page that is opened earlier is not kept waiting
WAITING_SECONDS = 30


def subject(token: str, purpose: str) -> uuid.UUID:
    """The id that a signed address is for; 404 where it was not made here."""
    if not tokens.verify(context.settings().secret_key, purpose, token):
        abort(404)
    try:
        return uuid.UUID(tokens.subject(token))
    except ValueError:
        abort(404)


def joined(token: str) -> uuid.UUID:
    """The id that a join link is for, also of one that was sent or put into a calendar long ago."""
    is_first = tokens.verify(context.settings().secret_key, tokens.FIRST_JOIN, token)
    return subject(token, tokens.FIRST_JOIN if is_first else tokens.JOIN)


def appointment(token: str) -> Appointment:
    """The booking of a manage address, until a week after it; else 404."""
    found = meeting_rows.appointment(context.db(), subject(token, "manage"))
    if found is None or context.now() > found.ends_at + VALID_AFTER:
        abort(404)
    template_globals.read_by(found.member_public_id)
    template_globals.times_at(found.starts_at)
    return found


def managed(token: str) -> tuple[Appointment, BookingLinks]:
    """The same with where its pages are."""
    return appointment(token), BookingLinks(
        show=url_for("manage.one", token=token),
        move=url_for("manage.move", token=token),
        cancel=url_for("manage.cancel", token=token),
        entry=url_for("feeds.managed", token=token),
        accept=url_for("manage.accept", token=token),
        wait=url_for("manage.wait", token=token),
        brief=url_for("manage.brief", token=token),
        invite=url_for("manage.invite", token=token),
    )


@blueprint.get("/manage/<token>")
@access.token
def one(token: str) -> ResponseReturnValue:
    """The booking, without sign-in."""
    return booking_pages.show(*managed(token))


@blueprint.route("/manage/<token>/move", methods=["GET", "POST"])
@access.token
def move(token: str) -> ResponseReturnValue:
    """Show where it could move to; POST moves it."""
    return booking_pages.move(*managed(token), Actor.link())


@blueprint.route("/manage/<token>/cancel", methods=["GET", "POST"])
@access.token
def cancel(token: str) -> ResponseReturnValue:
    """Asks; POST cancels."""
    return booking_pages.cancel(*managed(token), Actor.link())


@blueprint.route("/manage/<token>/brief", methods=["GET", "POST"])
@access.token
def brief(token: str) -> ResponseReturnValue:
    """Show its topic; POST saves it."""
    return booking_pages.brief(*managed(token), Actor.link())


@blueprint.post("/manage/<token>/accept")
@access.token
def accept(token: str) -> ResponseReturnValue:
    """Take what is offered instead, where the analyst is away."""
    return booking_pages.accept(*managed(token), Actor.link())


@blueprint.post("/manage/<token>/wait")
@access.token
def wait(token: str) -> ResponseReturnValue:
    """Rather wait for the analyst who was asked for."""
    return booking_pages.wait(*managed(token), Actor.link())


@blueprint.post("/manage/<token>/invite")
@access.token
def invite(token: str) -> ResponseReturnValue:
    """Send an invitation for this one."""
    found, links = managed(token)
    return invitation.invite(found, links.show, Actor.link())


@blueprint.get("/join/<token>")
@access.token
def join(token: str) -> ResponseReturnValue:
    """Show who, when and, while it is open, the button to the meeting. The meeting link is looked up each time."""
    public_id = joined(token)
    appointment = meeting_rows.appointment(context.db(), public_id)
    if appointment is not None:
        return _join_booking(appointment, token)
    meeting = meeting_rows.meeting(context.db(), public_id)
    if meeting is None:
        abort(404)
    return _join_meeting(meeting)


def _join_booking(appointment: Appointment, token: str) -> ResponseReturnValue:
    """The join link of a booking, read by its member; staff who open it read their own times."""
    is_colleague = _is_other_staff(appointment)
    if not is_colleague:
        template_globals.read_by(appointment.member_public_id)
    template_globals.times_at(appointment.starts_at)
    found = join_info.of_booking(context.db(), appointment.public_id, context.now())
    opens_at, now = booking_pages.opens_at(appointment), context.now()
    one, expected_at, late = JoinLink(opens_at, appointment.ends_at, appointment.is_cancelled), None, 0
    if found is not None and found.turn is not None and not appointment.is_cancelled:
        one = running_order.join_link(found.turn, found.turns, opens_at, appointment.meeting.ends_at, found.busy_until)
        expected_at = running_order.expected(found.turns, appointment.meeting.ends_at, now).get(found.turn.id)
        late = running_order.late(found.turn, expected_at)
    busy_until = one.busy_until
    showing = join_links.showing(one, now)
    refresh = _refreshing(showing, opens_at)
    page = render_template(
        "member/join.html",
        meeting=appointment.meeting,
        appointment=appointment,
        starts_at=appointment.starts_at,
        showing=showing,
        Showing=Showing,
        opens_at=opens_at,
        busy_until=busy_until,
        expected_at=expected_at,
        late=late,
        meeting_url=found.meeting_url if found is not None and showing is Showing.OPEN else None,
        may_enter=True,
        entry=None if is_colleague else url_for("manage.enter", token=token),
        refreshes=bool(refresh),
    )
    return page, 200, refresh


def _refreshing(showing: Showing, opens_at: datetime) -> dict[str, str]:
    """The header by which a page that waits is loaded again: when it opens, or each half minute."""
    if showing is Showing.BUSY:
        return {"Refresh": str(WAITING_SECONDS)}
    seconds = int((opens_at - context.now()).total_seconds()) + 1
    return {"Refresh": str(seconds)} if showing is Showing.EARLY and seconds <= REFRESHED_WITHIN_SECONDS else {}


def _is_other_staff(appointment: Appointment) -> bool:
    """Whether the reader is signed in as staff, and is not the booking's member."""
    if not current_user.is_authenticated or current_user.public_id == appointment.member_public_id:
        return False
    return current_user.is_staff


@blueprint.post("/join/<token>")
@access.token
def enter(token: str) -> ResponseReturnValue:
    """Note that the booking's member goes in, and lead on to the meeting; where it is not open, back to the page.

    The page leads on by itself (`Refresh`) because a form may not be answered by a redirect to another site here.
    """
    public_id = joined(token)
    appointment = meeting_rows.appointment(context.db(), public_id)
    if appointment is None:
        abort(404)
    if _is_other_staff(appointment):
        return redirect(url_for("manage.join", token=token), 303)
    try:
        meeting_url = start_visit.enter(context.acting(Actor.link()), public_id)
    except Refusal:
        meeting_url = None
    if meeting_url is None:
        return redirect(url_for("manage.join", token=token), 303)
    template_globals.read_by(appointment.member_public_id)
    template_globals.times_at(appointment.starts_at)
    page = render_template(
        "member/entering.html", appointment=appointment, meeting=appointment.meeting, meeting_url=meeting_url
    )
    return page, 200, {"Refresh": f"0; url={iri_to_uri(meeting_url)}"}


def _join_meeting(meeting: Meeting) -> ResponseReturnValue:
    """Show the join link of a lab, a masterclass or an analyst's hour to its members and its staff."""
    template_globals.times_at(meeting.starts_at)
    rules = context.organisation().policy_for(meeting.series_slug)
    opens_at = policy.join_opens_at(rules, meeting.starts_at)
    showing = join_links.showing(JoinLink(opens_at, meeting.ends_at, meeting.is_cancelled), context.now())
    may_enter, analyst_id = _may_enter(meeting)
    meeting_url = None
    if may_enter and showing is Showing.OPEN:
        found = join_info.of_occurrence(context.db(), meeting.public_id, analyst_id)
        meeting_url = found.meeting_url if found is not None else None
    refresh = _refreshing(showing, opens_at)
    page = render_template(
        "member/join.html",
        meeting=meeting,
        appointment=None,
        starts_at=meeting.starts_at,
        showing=showing,
        Showing=Showing,
        opens_at=opens_at,
        busy_until=None,
        expected_at=None,
        late=0,
        meeting_url=meeting_url,
        may_enter=may_enter,
        entry=None,
        refreshes=bool(refresh),
    )
    return page, 200, refresh


def _may_enter(meeting: Meeting) -> tuple[bool, int | None]:
    """Whether the reader may: its own analysts and coordinators always, members where nothing is booked one by one."""
    if not current_user.is_authenticated:
        return False, None
    found = timetables.timetable(context.db(), meeting.public_id, context.organisation())
    if found is not None and current_user.id in found.hours.analyst_ids:
        return True, current_user.id
    if RoleName.COORDINATOR in current_user.roles:
        return True, None
    last = current_user.member_until
    day = zones.today(meeting.starts_at, context.organisation().zone)
    is_member = RoleName.MEMBER in current_user.roles and (last is None or day <= last)
    return is_member and not template_globals.kind(meeting.kind).bookable, None
