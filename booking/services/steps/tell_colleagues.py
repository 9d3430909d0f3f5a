"""Tell analysts of the bookings that they take over."""

from __future__ import annotations

from collections.abc import Sequence

from booking.domain import zones
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person

#: What a colleague is told of a booking. Not its id: the links that are made of it are its member's.
SHOWN = ("title", "zone", "starts_at", "minutes", "member")


def tell_colleagues(context: ActionContext, bookings: Sequence[Booking], who: str) -> None:
    """Email each analyst the bookings that are now theirs instead of `who`'s, in one email; not whoever does it."""
    session = context.session
    by_analyst: dict[Person, list[Booking]] = {}
    for booking in sorted(bookings, key=lambda one: one.starts_at):
        if booking.analyst_id != context.actor.person_id:
            by_analyst.setdefault(booking.analyst, []).append(booking)
    for analyst, theirs in by_analyst.items():
        lines = [email_facts.booking_facts(session, one) for one in theirs]
        told = {
            "analyst": who,
            "handed_over": [{name: line[name] for name in SHOWN} for line in lines],
            "first_day": str(zones.today(theirs[0].starts_at, analyst.time_zone or context.organisation.zone)),
            "zone": lines[0]["zone"],
            "starts_at": lines[0]["starts_at"],
        }
        emails.enqueue(session, EmailName.HANDED_OVER, analyst.email, told, context.now, person_id=analyst.id)
