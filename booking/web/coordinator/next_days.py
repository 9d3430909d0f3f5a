"""The coordinator's first page: what needs attention in the next 14 days, and their dates."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from booking.domain import attention, wording, zones
from booking.domain.bookings import slots
from booking.domain.enums.planning import ActionCode
from booking.services.publishing import planning
from booking.store.queries.bookings import timetables
from booking.store.queries.programme import coordinator_overview
from booking.store.queries.programme.coordinator_overview import UpcomingOccurrence
from booking.web.coordinator.blueprint import blueprint
from booking.web.frame import access, context, template_globals

DAYS = timedelta(days=14)
EMAILS_FOR = timedelta(days=3)
LATE_AFTER = timedelta(minutes=10)

#: The button that leads to where something is put right; of everything else it shows the date.
BUTTON_WORDS = {
    ActionCode.NO_ANALYST: "Add analysts",
    ActionCode.NO_MEETING_LINK: "Add meeting link",
    ActionCode.FULL: "Add an analyst",
    ActionCode.UNCOVERED: "Find cover",
    ActionCode.NO_PRESENTER: "Find cover",
    ActionCode.SHARED_LINK: "Set meeting links",
}


@blueprint.get("/")
@access.viewer
def next_days() -> ResponseReturnValue:
    """What needs attention in the next 14 days, and all of their dates."""
    now, organisation = context.now(), context.organisation()
    found = coordinator_overview.not_over(context.db(), now, now + DAYS)
    going_on = [one for one in found if not one.is_cancelled]
    off = planning.days_off(organisation, now)
    full = _full(now)
    seen = [_status(one, one.public_id in full) for one in going_on]
    holidays = {one.on: str(off.by_date[one.on]) for one in seen if one.on in off.by_date}
    stuck = coordinator_overview.stuck_emails(context.db(), now - EMAILS_FOR, now - LATE_AFTER)
    return render_template(
        "coordinator/next_days.html",
        dates=found,
        ActionCode=ActionCode,
        button_words=BUTTON_WORDS,
        needed=attention.action_items(seen, holidays, _overlaps(going_on), stuck),
        last=now + DAYS,
        address_of=address_of,
        bookable=template_globals.is_bookable,
    )


def address_of(item: attention.ActionItem) -> str:
    """Where that is put right."""
    if item.code == ActionCode.NO_ANALYST:
        return url_for("coordinator.change_date", public_id=item.key, change="analysts")
    if item.code in (ActionCode.UNCOVERED, ActionCode.NO_PRESENTER):
        return url_for("coordinator.cover", public_id=item.key)
    anchor = {ActionCode.NO_MEETING_LINK: "links", ActionCode.SHARED_LINK: "analyst-links"}.get(item.code)
    return url_for("coordinator.occurrence", public_id=item.key, _anchor=anchor)


def _status(one: UpcomingOccurrence, is_full: bool) -> attention.OccurrenceStatus:
    is_bookable = template_globals.is_bookable(one.kind)
    return attention.OccurrenceStatus(
        str(one.public_id),
        f"{one.title}, {wording.clock(one.starts_at, one.zone)} {zones.abbreviation(one.starts_at, one.zone)}",
        template_globals.kind(one.kind).title,
        zones.today(one.starts_at, one.zone),
        one.starts_at,
        is_bookable,
        len(one.analysts),
        len(one.away),
        one.has_meeting_link(is_bookable=is_bookable),
        one.bookings,
        is_full,
        one.enrolled,
        one.waiting,
        one.uncovered,
        one.sharing,
        one.starts_at <= context.now(),
        one.unlinked if is_bookable and len(one.unlinked) < len(one.analysts) else (),
    )


def _overlaps(occurrences: list[UpcomingOccurrence]) -> list[tuple[date, str]]:
    """The days on which an analyst has two occurrences at the same time, with a sentence that says which."""
    return [
        (zones.today(one.starts_at, one.zone), f"{one.title} and {other.title} have {name} at the same time.")
        for n, one in enumerate(occurrences)
        for other in occurrences[n + 1 :]
        if other.starts_at < one.ends_at
        for name in one.analysts
        if name in other.analysts
    ]


def _full(now: datetime) -> set[uuid.UUID]:
    """The occurrences of those days in which not even the shortest slot is free, however near they are."""
    staff = context.organisation().for_staff()
    hours = timetables.coming(context.db(), staff, now, now + DAYS)
    rules = [(one, one.policy(staff)) for one in hours]
    return {one.public_id for one, policy in rules if not slots.free(one.hours, policy.shortest, policy, now)}
