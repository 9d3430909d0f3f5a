"""Everybody's bookings, for a coordinator: found by day, series, people and how they stand."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import zones
from booking.store.queries.bookings import booking_list
from booking.store.queries.bookings.booking_list import ListedBooking
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.bookings import booking_filter, booking_words
from booking.web.coordinator.bookings.booking_filter import FilterForm
from booking.web.frame import access, context, list_places


@blueprint.get("/bookings")
@access.viewer
def bookings() -> ResponseReturnValue:
    """The bookings that the filter finds, one page at a time: the earliest first from its first day on.

    Without a first day the latest come first.
    """
    form = booking_filter.read(request.args)
    after = list_places.read(request.args.get("after", ""))
    if form.errors:
        return refused(form)
    return _page(form, booking_list.page(context.db(), form.wanted, after, booking_list.PAGE + 1))


def refused(form: FilterForm) -> ResponseReturnValue:
    """The page with each mistake of the filter beside its field, and no bookings."""
    return _page(form), 422


def _page(form: FilterForm, found: Sequence[ListedBooking] = ()) -> str:
    shown, now = found[: booking_list.PAGE], context.now()
    return render_template(
        "coordinator/bookings.html",
        form=form,
        lines=[(one, booking_words.state(one, now), one.may_change(now)) for one in shown],
        more=list_places.written(shown[-1].place) if len(found) > len(shown) else None,
        choices={
            "series": [(one.slug, booking_words.named(one)) for one in form.series],
            "analyst": [(one.public_id, one.name) for one in form.analysts],
            "status": booking_words.STATUSES.items(),
            "outcome": booking_words.OUTCOMES.items(),
        },
        this_year=zones.today(now, context.organisation().zone).year,
    )
