"""The programme by week: the first page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import errors, wording, zones
from booking.domain.bookings import policy_words, slots
from booking.domain.bookings.timetable import Timetable
from booking.domain.errors import Refusal
from booking.domain.meetings import Meeting
from booking.domain.organisation import Policy
from booking.store.queries.bookings import slot_search, timetables
from booking.store.queries.bookings.slot_search import Search
from booking.store.queries.people import commitments
from booking.store.queries.people.commitments import Commitment
from booking.store.queries.programme import meeting_rows
from booking.web.frame import access, context, template_globals
from booking.web.frame.current_reader import current_user
from booking.web.member import enrolment, membership

blueprint = Blueprint("programme", __name__)
FIRST, LAST = date(2000, 1, 3), date(2100, 1, 1)


@dataclass(slots=True)
class WeekEntry:
    """One meeting on its day. `line` says what can be had; `action` is the button's words, `solid` its weight.

    `joins`: one click on the button enrols and opens the join link.
    """

    meeting: Meeting
    line: str
    icon: str
    action: str
    solid: bool = False
    joins: bool = False
    mine: list[Commitment] = field(default_factory=list)


@dataclass(slots=True)
class Day:
    """One day of the week with what is on it."""

    on: date
    is_today: bool
    is_past: bool
    entries: list[WeekEntry]


@blueprint.get("/")
@access.public
def week() -> ResponseReturnValue:
    """One week; `?on=2026-12-04` is the week of that day, without it the present one or, if that is over, the next."""
    zone = context.organisation().zone
    today = zones.today(context.now(), zone)
    asked = _day(request.args.get("on"))
    shown = _read(asked or today, zone)
    if asked is None and all(meeting.ends_at <= context.now() for meeting in shown.here):
        on = _opens_on(today, zone)
        shown = shown if on == today else _read(on, zone)
    found, here, monday = shown.found, shown.here, shown.monday
    template_globals.times_at(context.now() if shown.start <= context.now() < shown.end else shown.start)
    hours = _hours(here)
    days = in_days(here, hours, _search() if hours else None, monday, today)
    return render_template(
        "member/programme.html",
        days=days,
        monday=monday,
        friday=max([monday + timedelta(days=4), *(day.on for day in days)]),
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7),
        today=today,
        this_week=monday == today - timedelta(days=today.weekday()),
        is_ahead=monday > today and "on" not in request.args,
        changed=[m for m in found if _changed(m) and m.ends_at > context.now()][:10],
        month=shown.month,
        weeks=in_weeks(found, shown.first, shown.last, monday, today),
        kinds=context.organisation().kinds.values(),
        yours_line=current_user.is_authenticated,
        membership=membership.gap(),
        lengths=_lengths(hours),
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """The week of `monday` and its month: all meetings of both, and those of the week, which is [start, end).

    The month's table is of `month`, from the day `first` to the day before `last`.
    """

    monday: date
    start: datetime
    end: datetime
    month: date
    first: date
    last: date
    found: list[Meeting]

    @property
    def here(self) -> list[Meeting]:
        return [meeting for meeting in self.found if self.start <= meeting.starts_at < self.end]


def _read(on: date, zone: str) -> _Shown:
    """The week of that day."""
    monday = on - timedelta(days=on.weekday())
    start, end = (zones.day_starts_at(day, zone) for day in (monday, monday + timedelta(days=7)))
    month = on.replace(day=1) if on.month == (monday + timedelta(days=3)).month else monday + timedelta(days=3)
    first, last = month_window(month)
    month_start, month_end = (zones.day_starts_at(day, zone) for day in (min(first, monday), max(last, monday)))
    found = meeting_rows.meetings(context.db(), min(start, month_start), max(end, month_end))
    return _Shown(monday, start, end, month, first, last, found)


def _hours(here: list[Meeting]) -> list[Timetable]:
    """The hours of what is bookable among these, as the reader sees them."""
    organisation = context.organisation()
    member_id = current_user.id if current_user.is_authenticated else None
    bookable = [meeting.public_id for meeting in here if meeting.kind in organisation.bookable]
    return timetables.these(context.db(), bookable, organisation, member_id)


def _search() -> Search | None:
    """Returns the search that decides what a member can book; None for visitors, and for staff, who book for others."""
    if not current_user.is_authenticated or current_user.is_staff:
        return None
    return slot_search.for_member(context.db(), current_user.id, context.organisation(), context.now())


def _lengths(hours: list[Timetable]) -> list[int]:
    """The lengths that are offered in these, ascending; where there are none, the usual ones."""
    organisation = context.organisation()
    offered = {length for found in hours for length in found.policy(organisation).slot_minutes}
    return sorted(offered or organisation.policy.slot_minutes)


def _opens_on(today: date, zone: str) -> date:
    """Today; where nothing of this week is under way or to come, the next day that has something."""
    coming_at = meeting_rows.next_at(context.db(), context.now())
    coming_on = today if coming_at is None else min(zones.today(coming_at, zone), LAST)
    return coming_on if coming_on >= today + timedelta(days=7 - today.weekday()) else today


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if FIRST <= found <= LAST else None


def _changed(meeting: Meeting) -> bool:
    return meeting.is_cancelled or meeting.moved_from_at is not None


def month_window(month: date) -> tuple[date, date]:
    """The Monday on or before the month's first day, and the Monday after its last."""
    first = month.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    return first - timedelta(days=first.weekday()), after + timedelta(days=-after.weekday() % 7)


def in_days(here: list[Meeting], hours: list[Timetable], search: Search | None, monday: date, today: date) -> list[Day]:
    """Monday to Friday, and a weekend day that has something."""
    organisation = context.organisation()
    first, last = _edges(here)
    member_id = current_user.id if current_user.is_authenticated else None
    by_id = {found.public_id: found for found in hours}
    booked: dict[object, list[Commitment]] = {}
    places = set()
    if member_id is not None and here:
        for one in commitments.of_member(context.db(), member_id, first, last):
            if one.booking is None:
                places.add(one.occurrence)
            else:
                booked.setdefault(one.occurrence, []).append(one)
    days = []
    for offset in range(7):
        on = monday + timedelta(days=offset)
        entries = [
            entry(
                meeting,
                by_id.get(meeting.public_id),
                booked.get(meeting.public_id, []),
                search,
                has_place=meeting.public_id in places,
            )
            for meeting in here
            if zones.today(meeting.starts_at, organisation.zone) == on
        ]
        if entries or offset < 5:
            days.append(Day(on, on == today, on < today, entries))
    return days


def _edges(here: list[Meeting]) -> tuple[datetime, datetime]:
    if not here:
        return context.now(), context.now()
    return here[0].starts_at, max(meeting.ends_at for meeting in here)


def entry(
    meeting: Meeting,
    found: Timetable | None,
    mine: list[Commitment],
    search: Search | None = None,
    *,
    has_place: bool = False,
) -> WeekEntry:
    """Returns the line of one meeting; `search` decides what a member can book there."""
    now = context.now()
    if meeting.is_cancelled:
        return WeekEntry(
            meeting, "Cancelled" + (f": {meeting.reason}" if meeting.reason else ""), "gone", "", mine=mine
        )
    if meeting.ends_at <= now:
        return WeekEntry(meeting, "Over", "", "", mine=mine)
    if found is None:
        line = "Under way" if meeting.starts_at <= now else ""
        if enrolment.is_open(meeting):
            said, icon = ("You’re enrolled", "tick") if has_place else (line, "clock" if line else "")
            return WeekEntry(meeting, said, icon, "Join now", solid=True, joins=True, mine=mine)
        if has_place:
            return WeekEntry(
                meeting, "You’re enrolled" + (f" · {line[0].lower()}{line[1:]}" if line else ""), "tick", "Details"
            )
        return WeekEntry(meeting, line, "clock" if line else "", "Enrol", mine=mine)
    line, is_free = clinic_line(found, found.policy(context.organisation()), now, template_globals.reader_zone())
    if mine:
        shown = ", ".join(wording.own_time(own.starts_at, template_globals.reader_zone(), meeting.zone) for own in mine)
        return WeekEntry(meeting, f"Booked: {shown}", "tick", "Your booking", mine=mine)
    if is_free and search is not None and (refusal := search.why_not(found)) is not None:
        return _refused(meeting, found, search, refusal)
    return WeekEntry(meeting, line, "", "Book a slot" if is_free else "Details", is_free, mine=mine)


def _refused(meeting: Meeting, found: Timetable, search: Search, refusal: Refusal) -> WeekEntry:
    """Something is free that this member cannot book: why, and what a booking of theirs could move to instead."""
    mover = search.mover(found) if isinstance(refusal, errors.LimitReached) else None
    why = _why_not(refusal)
    if mover is None or not (free := mover.bookable(found, found.policy(mover.organisation).shortest)):
        return WeekEntry(meeting, why, "", "Details")
    at = wording.own_time(free[0].starts_at, template_globals.reader_zone(), found.zone)
    return WeekEntry(meeting, f"Next free {at} · {why[0].lower()}{why[1:]}", "", "Move a booking here")


def _why_not(refusal: Refusal) -> str:
    """Why nothing here can be booked, in a few words; the page of the clinic says the rest."""
    match refusal:
        case errors.LimitReached(scope=scope, limit=limit):
            return policy_words.at_limit(scope, limit)
        case errors.MembershipEnded():
            return "After your membership ends"
    return "Members only"


def clinic_line(found: Timetable, policy: Policy, now: datetime, reader_zone: str | None = None) -> tuple[str, bool]:
    """Returns what can be booked in a clinic, in words and the reader's time, and whether anything can. Never a
    count.
    """
    hours = found.hours
    if not hours.analyst_ids:
        return policy_words.NO_ANALYSTS, False
    opens_at = hours.starts_at - timedelta(days=policy.horizon_days)
    if now < opens_at:
        return f"Bookings open {wording.day(zones.today(opens_at, reader_zone or found.zone))}", False
    running = "Under way · " if hours.starts_at <= now else ""
    by_length = {minutes: slots.free(hours, minutes, policy, now) for minutes in policy.slot_minutes}
    starts, shortest = slots.starts(hours, policy.shortest), by_length[policy.shortest]
    if not starts:
        return "Too short to book a slot in", False
    if not shortest:
        if now > starts[-1] - timedelta(minutes=policy.notice_minutes):
            return "Too late for today", False
        return f"{running}full · waitlist" if running else "Full · waitlist", False
    line = f"{running}next free {wording.own_time(shortest[0].starts_at, reader_zone, found.zone)}"
    for minutes, free in list(by_length.items())[1:]:
        free_at = sorted({slot.starts_at for slot in free})
        if not free_at:
            line += f" · no {minutes} minutes"
        elif len(free_at) == 1:
            line += f" · {minutes} minutes: {wording.own_time(free_at[0], reader_zone, found.zone)} only"
    return line[0].upper() + line[1:], True


def in_weeks(
    found: list[Meeting], first: date, last: date, monday: date, today: date
) -> list[tuple[bool, list[Mapping[str, object]]]]:
    """The month table, Monday to Friday: each day with the kinds that are on it."""
    zone = context.organisation().zone
    on_day: dict[date, list[Meeting]] = {}
    for meeting in found:
        on_day.setdefault(zones.today(meeting.starts_at, zone), []).append(meeting)
    weeks = []
    start = first
    while start < last:
        days: list[Mapping[str, object]] = []
        for offset in range(5):
            on = start + timedelta(days=offset)
            meetings = on_day.get(on, [])
            kinds = [template_globals.kind(m.kind) for m in meetings if not m.is_cancelled]
            words = ", ".join([kind.title.lower() for kind in kinds] or (["off"] if meetings else []))
            off = bool(meetings) and not kinds
            days.append({"on": on, "kinds": kinds, "words": words, "off": off, "is_today": on == today})
        weeks.append((start == monday, days))
        start += timedelta(days=7)
    return weeks
