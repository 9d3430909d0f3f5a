"""What a coordinator reads of a booking: how it stands, the choices of the filters, the rows for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from booking.domain import wording, zones
from booking.domain.bookings import agenda_words
from booking.domain.enums.bookings import BookingStatus, CancelledBy, VisitOutcome
from booking.programme import writing
from booking.store.queries.bookings.booking_list import ListedBooking, SeriesChoice

NOT_MARKED = "not-marked"
STATUSES = {BookingStatus.CONFIRMED: "Confirmed", BookingStatus.CANCELLED: "Cancelled"}
OUTCOMES = {one.value: words for one, words in agenda_words.OUTCOMES.items()} | {NOT_MARKED: "Not marked yet"}
CANCELLED_BY = {CancelledBy.MEMBER: "Cancelled by the member", CancelledBy.STAFF: "Cancelled by us"}
HEADER = (
    "Date", "Start", "End", "Time zone", "Minutes", "Title", "Analyst", "Member", "Member's email address",
    "Status", "Outcome",
)  # fmt: skip


def named(series: SeriesChoice) -> str:
    """ "Live Member Clinic (Monday and Tuesday, 1:00 pm)": several series may have one title."""
    clock = wording.wall_clock(series.start_wall).replace(wording.NBSP, " ")
    days = writing.every(series.rrule)
    return f"{series.title} ({days}, {clock})" if days else f"{series.title} ({clock})"


def status(booking: ListedBooking) -> str:
    """Returns whether it stands, else who cancelled it."""
    if booking.status == BookingStatus.CONFIRMED:
        return STATUSES[BookingStatus.CONFIRMED]
    if booking.cancelled_by is None:
        return STATUSES[BookingStatus.CANCELLED]
    return CANCELLED_BY[CancelledBy(booking.cancelled_by)]


def outcome(booking: ListedBooking, now: datetime) -> str:
    """Returns how it was marked, or that nobody has; empty before it begins and for a cancelled one."""
    if booking.outcome is not None:
        return OUTCOMES[VisitOutcome(booking.outcome)]
    is_due = booking.status == BookingStatus.CONFIRMED and booking.starts_at <= now
    return OUTCOMES[NOT_MARKED] if is_due else ""


def state(booking: ListedBooking, now: datetime) -> str:
    """Returns how it stands, as a line of the list says it: the outcome where there is one, else the status."""
    if booking.status == BookingStatus.CANCELLED:
        return status(booking)
    return outcome(booking, now) or status(booking)


def cells(bookings: Iterable[ListedBooking], now: datetime) -> Iterator[tuple[object, ...]]:
    """One row a booking, in the columns of HEADER; dates and times as spreadsheets read them, in the series' zone."""
    for one in bookings:
        start, end = (zones.wall(at, one.zone) for at in (one.starts_at, one.ends_at))
        when = (f"{start:%Y-%m-%d}", f"{start:%H:%M}", f"{end:%H:%M}", zones.abbreviation(one.starts_at, one.zone))
        who = (one.title, one.analyst, one.member, one.member_email)
        yield (*when, one.minutes, *who, status(one), outcome(one, now))
