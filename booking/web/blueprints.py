"""The list of the pages: one blueprint a reader."""

from __future__ import annotations

from flask import Flask

from booking.web.account import calendars, email_address, profile, sign_in, time_zone, trial, unsubscribe
from booking.web.analyst import attendance, day, time_off, visit
from booking.web.coordinator import navigation, next_days, tables, today
from booking.web.coordinator.administration import audit_pages, email_pages, one_email, rules_pages, texts_pages
from booking.web.coordinator.bookings import all_bookings, book_for, waitlists
from booking.web.coordinator.dates import change_form, cover_page, date_page, email_page, links, people_of_date
from booking.web.coordinator.drafts import draft_pages
from booking.web.coordinator.people import (
    access_pages,
    account_pages,
    edit_pages,
    email_list,
    import_pages,
    list_pages,
    one_page,
    trial_pages,
)
from booking.web.coordinator.programme import changes, closure_pages, guest_pages, holiday_pages
from booking.web.coordinator.reports import report_pages
from booking.web.coordinator.series import copy_month, edit_series, listed_series, new_series
from booking.web.feeds import feed_pages
from booking.web.member import bookings, occurrence, place_waits, signed_links, waitlist_pages, week
from booking.web.site import bounce_posts, demo, former_addresses, health, help_pages, look, robots

PAGES = (
    week,
    occurrence,
    bookings,
    waitlist_pages,
    place_waits,
    signed_links,
    day,
    time_off,
    visit,
    attendance,
    next_days,
    today,
    links,
    date_page,
    cover_page,
    people_of_date,
    change_form,
    email_page,
    listed_series,
    edit_series,
    new_series,
    copy_month,
    closure_pages,
    holiday_pages,
    guest_pages,
    all_bookings,
    book_for,
    waitlists,
    tables,
    changes,
    list_pages,
    one_page,
    edit_pages,
    access_pages,
    account_pages,
    import_pages,
    trial_pages,
    email_list,
    email_pages,
    one_email,
    rules_pages,
    texts_pages,
    audit_pages,
    report_pages,
    draft_pages,
    sign_in,
    trial,
    unsubscribe,
    profile,
    email_address,
    time_zone,
    calendars,
    help_pages,
    look,
    demo,
    robots,
    feed_pages,
    health,
    bounce_posts,
    former_addresses,
)


def init_app(app: Flask) -> None:
    """Register every blueprint."""
    for blueprint in dict.fromkeys(module.blueprint for module in PAGES):
        app.register_blueprint(blueprint)
    navigation.init_app(app)
    look.init_app(app)
