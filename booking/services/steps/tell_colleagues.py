"""Tell analysts of the bookings that they take over."""

from __future__ import annotations

from collections.abc import Sequence

from booking.domain import zones
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts, emails
from booking.store.outbox.emails import EmailContext
from booking.store.people.people import Person
from booking.store.programme.changes import Change

#: What a colleague is told of a booking. Not its id: the links that are made of it are its member's.
SHOWN = ("title", "zone", "starts_at", "minutes", "member")


def tell_colleagues(
    context: ActionContext, bookings: Sequence[Booking], who: str, *, change: Change | None = None
) -> None:
    """Email each analyst the bookings that are now theirs instead of `who`'s, in one email; not whoever does it.

    The emails of a publish, `change`, wait as its others do; they are counted in its plan, and go to whoever publishes
    it too.
    """
    session = context.session
    due_at, change_id = (context.now, None) if change is None else (change.due_at, change.id)
    by_analyst: dict[Person, list[Booking]] = {}
    for booking in sorted(bookings, key=lambda one: one.starts_at):
        if change is not None or booking.analyst_id != context.actor.person_id:
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
        about: EmailContext = {"person_id": analyst.id, "due_at": due_at, "change_id": change_id}
        emails.enqueue(session, EmailName.HANDED_OVER, analyst.email, told, context.now, **about)
