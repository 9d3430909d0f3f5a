"""What coordinators look through, as tables for a spreadsheet: UTF-8 with a byte-order mark, sent while it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flask import Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from booking.domain import spreadsheet, zones
from booking.domain.enums.people import MembershipState
from booking.domain.people.people_table import COLUMNS, Listed, cells
from booking.store.people.people import Person
from booking.store.queries.bookings import booking_list
from booking.store.queries.bookings.booking_list import BookingFilter
from booking.store.queries.people import people_list
from booking.store.queries.people.people_list import PeopleFilter
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.bookings import all_bookings, booking_filter, booking_words
from booking.web.coordinator.people import list_pages, people_filter
from booking.web.frame import access, context

CHUNK = 500  # rows that are read at a time
Rows = Iterable[Sequence[object]]


@blueprint.get("/bookings.csv")
@access.viewer
def bookings_table() -> ResponseReturnValue:
    """Every booking that the filter of the page finds."""
    form = booking_filter.read(request.args)
    if form.errors:
        return all_bookings.refused(form)
    return table("bookings", booking_words.HEADER, _bookings(form.wanted))


def _bookings(wanted: BookingFilter) -> Iterator[Rows]:
    after = None
    while found := booking_list.page(context.db(), wanted, after, CHUNK):
        yield booking_words.cells(found, context.now())
        after = found[-1].place


@blueprint.get("/people.csv")
@access.viewer
def people_table() -> ResponseReturnValue:
    """Everybody whom the filter of the page finds, in the columns that an import reads.

    Closed accounts are left out, as an import leaves them alone, unless the filter asks for them.
    """
    form = people_filter.read(request.args)
    if form.errors:
        return list_pages.refused(form)
    return table("people", COLUMNS, _people(form.wanted))


def _people(wanted: PeopleFilter) -> Iterator[Rows]:
    after = None
    while found := people_list.page(context.db(), wanted, after, CHUNK):
        is_closed = wanted.membership == MembershipState.CLOSED
        yield [cells(_listed(one)) for one in found if is_closed or one.closed_at is None]
        after = (found[-1].name, found[-1].id)


def _listed(one: Person) -> Listed:
    return Listed(0, one.email, one.name, one.role_names, one.time_zone, one.member_until, one.meeting_url)


def table(name: str, header: Sequence[str], parts: Iterator[Rows]) -> Response:
    """The header and every part; no database connection is held while a part is sent."""

    def lines() -> Iterator[str]:
        yield spreadsheet.BOM + spreadsheet.lines([header])
        for part in parts:
            text = spreadsheet.lines(part)
            context.db().close()
            yield text

    answer = Response(stream_with_context(lines()), content_type="text/csv; charset=utf-8; header=present")
    today = zones.today(context.now(), context.organisation().zone)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{today}.csv"'
    return answer
