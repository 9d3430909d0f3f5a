"""The list of the pages: one blueprint a reader."""

from __future__ import annotations

from flask import Flask

from booking.web import (
    address,
    analyst,
    analyst_links,
    attendance,
    away,
    bookings,
    calendars,
    coordinator,
    demo,
    drafts,
    feeds,
    health,
    letters,
    manage,
    me,
    occurrence,
    people,
    places,
    programme,
    robots,
    sign_in,
    time_zone,
    unsubscribe,
    visits,
)

PAGES = (
    programme,
    occurrence,
    bookings,
    places,
    manage,
    analyst,
    away,
    visits,
    attendance,
    coordinator,
    analyst_links,
    people,
    letters,
    drafts,
    sign_in,
    unsubscribe,
    me,
    address,
    time_zone,
    calendars,
    demo,
    robots,
    feeds,
    health,
)


def init_app(app: Flask) -> None:
    """Register every blueprint."""
    for module in PAGES:
        app.register_blueprint(module.blueprint)
