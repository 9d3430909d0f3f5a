"""An analyst's day in words and cells: the same on the page, in the file for spreadsheets and in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from textwrap import wrap

from booking.domain import wording, zones
from booking.domain.bookings import day_agenda
from booking.domain.bookings.day_agenda import AgendaVisit, Colleague, Gap, LastTime, Staffed
from booking.domain.enums.bookings import VisitOutcome

HEADER = (
    "date", "starts", "ends", "minutes", "zone", "programme starts", "programme zone", "occurrence",
    "row", "member", "topic", "link", "last time", "last time with", "outcome",
)  # fmt: skip
OUTCOMES = {VisitOutcome.CAME: "Came", VisitOutcome.NO_SHOW: "No show"}
INDENT = " " * 12
MAX_COLUMNS = 80 - len(INDENT)  # of a member's words in a terminal
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def beside(instant: datetime, zone: str, programme_zone: str, end: datetime | None = None) -> str:
    """The programme's clock for an analyst in `zone`: "1:15 pm AEST"; empty where both clocks show the same.

    The weekday stands before it where it differs: "Mon 1:15 pm AEST". With `end` a span.
    """
    if wording.same_clock(instant, zone, programme_zone):
        return ""
    day = zones.today(instant, programme_zone)
    weekday = f"{day:%a} " if day != zones.today(instant, zone) else ""
    shown = wording.span(instant, end, programme_zone) if end else wording.clock(instant, programme_zone)
    return f"{weekday}{shown} {zones.abbreviation(instant, programme_zone)}"


def hours(staffed: Staffed, zone: str, programme_zone: str) -> str:
    """Returns the time, the analyst's clock first: "2:00–3:00 pm Sydney (1:00–2:00 pm AEST)"."""
    start, end = staffed.meeting.starts_at, staffed.meeting.ends_at
    there = beside(start, zone, staffed.meeting.zone, end)
    own = f"{wording.span(start, end, zone)} {wording.label(start, zone, programme_zone)}"
    return f"{own} ({there})" if there else own


def seen(last: LastTime | None, zone: str) -> str:
    """ "First time" or "Last time Mon 23 Nov, with A. R."."""
    if last is None:
        return "First time"
    return f"Last time {wording.day(zones.today(last.starts_at, zone))}, with {last.analyst}"


def counted(number: int, one: str, many: str) -> str:
    """ "2 bookings", "1 slot"."""
    return f"{number}{wording.NBSP}{one if number == 1 else many}"


def not_marked(number: int) -> str:
    """ "Two bookings are not marked yet."; empty for none."""
    if not number:
        return ""
    words = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{words} {'booking is' if number == 1 else 'bookings are'} not marked yet."


def free_at(colleague: Colleague, zone: str) -> str:
    """ "free 2:00–2:30 pm" or "fully booked"."""
    free = [at for at, is_taken in colleague.quarters if not is_taken]
    if not free:
        return "fully booked"
    spans = [wording.span(start, end, zone) for start, end in day_agenda.runs(free)]
    return "free all the time" if len(free) == len(colleague.quarters) else f"free {', '.join(spans)}"


def cells(staffed: Sequence[Staffed], zone: str) -> Iterator[tuple[str, ...]]:
    """The header, then one row a visit, free slot, or occurrence without slots; dates and times as ISO 8601."""
    yield HEADER
    for found in staffed:
        for row in found.rows or (found.meeting,):
            local, there = zones.wall(row.starts_at, zone), zones.wall(row.starts_at, found.meeting.zone)
            minutes = int((row.ends_at - row.starts_at).total_seconds() // 60)
            when = (f"{local:%Y-%m-%d}", f"{local:%H:%M}", f"{zones.wall(row.ends_at, zone):%H:%M}", str(minutes), zone)
            head = (*when, f"{there:%H:%M}", found.meeting.zone, found.meeting.heading)
            match row:
                case AgendaVisit(last=last):
                    seen_on = f"{zones.today(last.starts_at, zone)}" if last else "first time"
                    told = (row.member, row.topic, row.link, seen_on, last.analyst if last else "", row.outcome or "")
                    yield (*head, "booked", *told)
                case Gap(is_blocked=is_blocked):
                    yield (*head, "blocked" if is_blocked else "free", *[""] * 6)
                case _:
                    yield (*head, "cancelled" if found.meeting.is_cancelled else "", *[""] * 6)


def sheet(staffed: Sequence[Staffed], zone: str, programme_zone: str, now: datetime) -> Iterator[str]:
    """One day as lines for a terminal, its heading apart."""
    for found in staffed:
        cancelled = ": cancelled" if found.meeting.is_cancelled else ""
        yield ""
        yield f"{found.meeting.heading}, {hours(found, zone, programme_zone)}{cancelled}"
        for row in found.rows:
            mark = ">" if row.starts_at <= now < row.ends_at else " "
            clock = f"{mark} {wording.clock(row.starts_at, zone):>8}"
            if isinstance(row, Gap):
                yield f"{clock}  {'blocked' if row.is_blocked else 'free'}"
                continue
            outcome = f"  [{OUTCOMES[VisitOutcome(row.outcome)]}]" if row.outcome else ""
            yield f"{clock}  {row.minutes} min  {row.member}{outcome}"
            for line in row.topic.splitlines():
                yield from (INDENT + part for part in wrap(line, MAX_COLUMNS, break_long_words=False))
            if row.link:
                yield f"{INDENT}{row.link}"
            yield f"{INDENT}{seen(row.last, zone)}"
        for colleague in found.colleagues:
            yield f"  Also there: {colleague.name}, {free_at(colleague, zone)}"
