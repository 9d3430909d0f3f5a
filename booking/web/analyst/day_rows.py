"""An analyst's days as their pages show them: who is looked at, in whose clock, row by row."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import abort, request, url_for

from booking.domain import wording, zones
from booking.domain.bookings import agenda_words, day_agenda, policy
from booking.domain.bookings.day_agenda import AgendaVisit, Gap, Staffed
from booking.domain.enums.people import RoleName
from booking.services.bookings.start_visit import OVERRUN
from booking.store.queries.bookings import agenda_rows
from booking.store.queries.bookings.agenda_rows import AgendaOwner
from booking.store.queries.programme import join_info
from booking.web.frame import context
from booking.web.frame.current_reader import current_user
from booking.web.member import booking_pages


@dataclass(frozen=True, slots=True)
class Subject:
    """The analyst whose days are shown. `zone` is theirs, else the programme's; `args` carry somebody else through
    addresses.
    """

    analyst: AgendaOwner
    zone: str
    is_own: bool

    @property
    def args(self) -> dict[str, Any]:
        return {} if self.is_own else {"analyst": self.analyst.public_id}

    def day(self, day: date, **more: Any) -> str:
        """The address of one of their days."""
        return url_for("analyst.day", day=day, **self.args, **more)


@dataclass(frozen=True, slots=True)
class DayRow:
    """One row. `row` is None for the line that says what time it is; `words` is what a free slot or that line says.

    `clock` and `half` are the analyst's time ("2:00", "pm"), `under` the programme's beside it and the length.
    """

    words: str = ""
    row: AgendaVisit | Gap | None = None
    clock: str = ""
    half: str = ""
    stamp: str = ""
    under: str = ""
    is_on: bool = False
    seen: str = ""
    join_path: str = ""
    may_start: bool = False
    may_mark: bool = False
    may_undo: bool = False
    may_correct: bool = False
    may_block: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One occurrence of the day: its hours in both clocks, its rows, and how the colleagues stand."""

    staffed: Staffed
    hours: str
    label: str
    beside: str
    tally: str
    lines: list[DayRow]
    colleagues: list[tuple[str, str]]
    not_marked: str
    has_link: bool = True


def subject() -> Subject | None:
    """Returns whose days `?analyst=` asks for: the reader's own, or for a coordinator anybody's.

    None where a coordinator who is no analyst names nobody; 404 for what the reader may not see.
    """
    own = AgendaOwner(current_user.id, current_user.public_id, current_user.name, current_user.email, current_user.zone)
    asked = request.args.get("analyst", "")
    home = context.organisation().zone
    if asked in {"", str(own.public_id)} and RoleName.ANALYST in current_user.roles:
        return Subject(own, own.zone or home, True)
    if RoleName.COORDINATOR not in current_user.roles:
        abort(404)
    if not asked:
        return None
    try:
        wanted = uuid.UUID(asked)
    except ValueError:
        abort(404)
    found = next((one for one in agenda_rows.analysts(context.db()) if one.public_id == wanted), None)
    return Subject(found, found.zone or home, False) if found is not None else abort(404)


def staffed(whose: Subject, first: date, last: date) -> list[Staffed]:
    """Returns what they staff from `first` to `last`, both included."""
    span = day_agenda.bounds(first, last, whose.zone)
    return agenda_rows.staffed(context.db(), whose.analyst.id, span, context.organisation(), context.now())


def next_day(whose: Subject, day: date) -> date | None:
    """The next day after `day` that has something."""
    after = day_agenda.bounds(day, day, whose.zone)[1]
    found = agenda_rows.next_at(context.db(), whose.analyst.id, after)
    return zones.today(found, whose.zone) if found is not None else None


def tally(staffed: Staffed) -> str:
    """ "2 bookings, 1 slot free"; empty where it has no slots."""
    if not staffed.rows:
        return ""
    booked_words = agenda_words.counted(len(staffed.visits), "booking", "bookings")
    return f"{booked_words}, {agenda_words.counted(staffed.free_slots(context.now()), 'slot', 'slots')} free"


def unlinked(whose: Subject, staffed: Iterable[Staffed]) -> set[uuid.UUID]:
    """Those of the occurrences, cancelled and past ones apart, in which members would get to no meeting."""
    now = context.now()
    ahead = [one.meeting.public_id for one in staffed if not one.meeting.is_cancelled and now < one.meeting.ends_at]
    return join_info.without_link(context.db(), whose.analyst.id, ahead, context.organisation().bookable)


def block(whose: Subject, found: Staffed, unlinked: Collection[uuid.UUID] = ()) -> Block:
    """The occurrence, ready to be shown; `unlinked` are those without a meeting link."""
    meeting, now = found.meeting, context.now()
    lines = [_line(whose, found, row) for row in found.rows]
    if found.rows and meeting.starts_at <= now < meeting.ends_at:
        place = sum(row.starts_at <= now for row in found.rows)
        label = wording.label(now, whose.zone, context.organisation().zone)
        lines.insert(place, DayRow(f"{wording.clock(now, whose.zone)} {label}"))
    return Block(
        staffed=found,
        hours=wording.span(meeting.starts_at, meeting.ends_at, whose.zone),
        label=wording.label(meeting.starts_at, whose.zone, context.organisation().zone),
        beside=agenda_words.beside(meeting.starts_at, whose.zone, meeting.zone, meeting.ends_at),
        tally=tally(found),
        lines=lines,
        colleagues=[(other.name, agenda_words.free_at(other, whose.zone)) for other in found.colleagues],
        not_marked=agenda_words.not_marked(day_agenda.unmarked(found, now)),
        has_link=meeting.public_id not in unlinked,
    )


def _line(whose: Subject, found: Staffed, row: AgendaVisit | Gap) -> DayRow:
    now = context.now()
    clock, half = wording.clock(row.starts_at, whose.zone).split(wording.NBSP)
    minutes = int((row.ends_at - row.starts_at) / timedelta(minutes=1))
    there = agenda_words.beside(row.starts_at, whose.zone, found.meeting.zone)
    line = DayRow(
        row=row,
        clock=clock,
        half=half,
        stamp=zones.local(row.starts_at, whose.zone).isoformat(timespec="minutes"),
        under=" · ".join(filter(None, [there, f"{minutes}{wording.NBSP}min"])),
        is_on=day_agenda.is_on(row, now),
    )
    if isinstance(row, Gap):
        return replace(line, words=_free(whose, found, row), may_block=row.may_block and now < row.ends_at)
    left = -((now - row.ends_at) // timedelta(minutes=1))
    is_its_day = now < day_agenda.day_ends_at(row.starts_at, whose.zone)
    return replace(
        line,
        words=_stands(whose, row, left, is_on=line.is_on),
        may_start=_may_start(found, row),
        seen=agenda_words.seen(row.last, whose.zone),
        join_path=booking_pages.join_path(row.public_id) if now < row.ends_at else "",
        may_mark=row.outcome is None and now >= row.starts_at,
        may_undo=row.outcome is not None and is_its_day,
        may_correct=row.outcome is not None and not is_its_day,
    )


def _stands(whose: Subject, visit: AgendaVisit, left: int, *, is_on: bool) -> str:
    """Returns who is in, who is late, how long it still runs."""
    said = []
    if visit.in_since is not None:
        said.append(f"Started at {wording.clock(visit.in_since, whose.zone)}")
    elif visit.late and visit.began_at is None:
        said.append(f"About {visit.late} minutes late")
    if is_on and left > 0:
        said.append(f"on now, {agenda_words.counted(left, 'minute', 'minutes')} left")
    words = " · ".join(said)
    return words[:1].upper() + words[1:]


def _may_start(found: Staffed, visit: AgendaVisit) -> bool:
    """Whether Start is offered: as `begin` allows it, but not for who is in."""
    rules, now = context.organisation().policy_for(found.meeting.series_slug), context.now()
    opens_at = policy.join_opens_at(rules, visit.starts_at)
    return opens_at <= now < found.meeting.ends_at + OVERRUN and visit.in_since is None and visit.outcome is None


def _free(whose: Subject, found: Staffed, gap: Gap) -> str:
    now = context.now()
    if now >= gap.ends_at:
        return "Not booked."
    if gap.is_blocked:
        return "Blocked. Members can’t book it."
    if gap.last_start_at is None:
        return "Free, but too short to book."
    rules = context.organisation().policy_for(found.meeting.series_slug)
    closed_at = gap.last_start_at - timedelta(minutes=rules.notice_minutes)
    until = wording.clock(closed_at, whose.zone)
    return f"Free. Bookings closed at {until}." if now > closed_at else f"Free. Bookings close at {until}."


def printed(whose: Subject, now: datetime) -> str:
    """Returns when the sheet was printed: "30 Nov 2026, 12:40 pm AEST"."""
    today = zones.today(now, whose.zone)
    return f"{today.day} {today:%b %Y}, {wording.clock(now, whose.zone)} {zones.abbreviation(now, whose.zone)}"
