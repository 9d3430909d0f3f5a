"""All waitlists: who waits for which date, by series and day."""

from __future__ import annotations

from datetime import date, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import zones
from booking.store.queries.bookings import booking_list, waitlist_list
from booking.store.queries.bookings.waitlist_list import WaitlistFilter
from booking.web.coordinator import filter_fields
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.bookings import booking_words
from booking.web.frame import access, context, list_places


@blueprint.get("/waitlists")
@access.viewer
def waitlists() -> ResponseReturnValue:
    """Everybody who waits for a date that is not over, by date; narrowed by series and day."""
    series = booking_list.series(context.db(), context.organisation().kinds)
    asked = {name: request.args.get(name, "").strip()[:200] for name in ("series", "on")}
    errors = {}
    narrowed = WaitlistFilter()
    day = _day(asked["on"])
    if asked["on"] and day is None:
        errors["on"] = "That isn’t a date. Choose one, or leave it empty."
        asked["on"] = ""
    if asked["series"] and asked["series"] not in {one.slug for one in series}:
        errors["series"] = "There’s no such series. Choose one from the list."
    if not errors:
        zone = context.organisation().zone
        bounds = (zones.day_starts_at(day, zone), zones.day_starts_at(day + timedelta(days=1), zone)) if day else ()
        narrowed = WaitlistFilter(asked["series"] or None, *bounds)
    after = list_places.read(request.args.get("after", ""))
    found = [] if errors else waitlist_list.page(context.db(), narrowed, after, context.now())
    shown = found[: waitlist_list.PAGE]
    page = render_template(
        "coordinator/waitlists.html",
        waits=shown,
        more=list_places.written(shown[-1].place) if len(found) > len(shown) else "",
        asked=asked,
        errors=errors,
        series=[(one.slug, booking_words.named(one)) for one in series],
        is_narrowed=bool(asked["series"] or asked["on"]),
    )
    return page, 422 if errors else 200


def _day(text: str) -> date | None:
    found = filter_fields.day(text)
    return found if found is not None and found.year in filter_fields.YEARS else None
