"""What coordinators look through, as tables for a spreadsheet: UTF-8 with a byte-order mark, sent while it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flask import Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from booking.domain import spreadsheet, zones
from booking.store.queries.bookings import booking_list
from booking.store.queries.bookings.booking_list import BookingFilter
from booking.web.coordinator import all_bookings, booking_filter, booking_words
from booking.web.coordinator.blueprint import blueprint
from booking.web.frame import access, context

CHUNK = 500  # rows that are read at a time
Rows = Iterable[Sequence[object]]


@blueprint.get("/bookings.csv")
@access.coordinator
def bookings_table() -> ResponseReturnValue:
    """Every booking that the filter of the page finds."""
    form = booking_filter.read(request.args)
    if form.errors:
        return all_bookings.refused(form)
    return _table("bookings", booking_words.HEADER, _bookings(form.wanted))


def _bookings(wanted: BookingFilter) -> Iterator[Rows]:
    after = None
    while found := booking_list.page(context.db(), wanted, after, CHUNK):
        yield booking_words.cells(found, context.now())
        after = found[-1].place


def _table(name: str, header: Sequence[str], parts: Iterator[Rows]) -> Response:
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
