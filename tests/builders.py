"""Builders: rows and values with every field defaulted that a test does not care about. Dates are fixed.

NOW is Monday 27 November 2023, 09:00 in Brisbane; the clinic meets on Monday 4 December, 13:00–14:00 there.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from booking.domain.bookings.slots import Hours, Slot
from booking.domain.organisation import Kind, Organisation, Policy
from booking.domain.people.actor import Actor
from booking.services.action_context import ActionContext
from booking.services.bookings.book import BookingRequest, book
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.people.people import Person, Role
from booking.store.programme.programme import Occurrence, Programme, Roster, Series, SeriesAnalyst

NOW = datetime(2023, 11, 26, 23, 0, tzinfo=UTC)
CLINIC_AT = datetime(2023, 12, 4, 3, 0, tzinfo=UTC)
BRISBANE = "Australia/Brisbane"
KINDS = {
    "clinic": Kind("clinic", "clinics", "Clinic", "Clinics", bookable=True, shape="circle"),
    "lab": Kind("lab", "labs", "Lab", "Labs", shape="diamond"),
    "masterclass": Kind("masterclass", "masterclasses", "Masterclass", "Masterclasses", modular=True, shape="square"),
}
#: Without reminders, so that a test of one email sees one email.
ORGANISATION = Organisation("Social Media Knowledge", "SMK", BRISBANE, KINDS, Policy(reminder_hours=()))
_numbers = itertools.count(1)


def an_organisation(**policy: object) -> Organisation:
    """The organisation with some of its policy changed."""
    values: dict[str, object] = {"reminder_hours": (), **policy}
    return Organisation("Social Media Knowledge", "SMK", BRISBANE, KINDS, Policy(**values))  # type: ignore[arg-type]


def acting(
    session: Session, actor: Actor, now: datetime = NOW, organisation: Organisation = ORGANISATION
) -> ActionContext:
    """The context of what somebody does; `Actor.system()` for the worker and the command line."""
    return ActionContext(session, organisation, now, actor)


def a_person(session: Session, name: str = "", roles: Sequence[str] = ("member",), **fields: object) -> Person:
    """A stored person; the address follows from the name."""
    name = name or f"Person {next(_numbers)}"
    email = f"{name.lower().replace(' ', '.').replace('’', '')}@example.org"
    values: dict[str, object] = {"email": email, "created_at": NOW, **fields}
    person = Person(name=name, roles=[Role(role=role) for role in roles], **values)
    session.add(person)
    session.flush()
    return person


def a_series(session: Session, analysts: Sequence[Person] = (), **fields: object) -> Series:
    """A stored series: the Monday clinic, 13:00–14:00 in Brisbane."""
    values: dict[str, object] = {
        "slug": f"clinic-{next(_numbers)}",
        "kind": "clinic",
        "title": "Live Member Clinic",
        "zone": BRISBANE,
        "rrule": "FREQ=WEEKLY;BYDAY=MO",
        "starts_on": date(2023, 12, 4),
        "start_wall": time(13),
        "end_wall": time(14),
        "created_at": NOW,
        **fields,
    }
    series = Series(**values)
    series.analysts = [SeriesAnalyst(analyst_id=a.id, position=n) for n, a in enumerate(analysts)]
    session.add(series)
    session.flush()
    return series


def an_occurrence(
    session: Session, series: Series, analysts: Sequence[Person] = (), starts_at: datetime = CLINIC_AT, **fields: object
) -> Occurrence:
    """A stored occurrence of one hour with its roster."""
    values: dict[str, object] = {
        "key": starts_at.date().isoformat(),
        "rule_on": starts_at.date(),
        "ends_at": starts_at + timedelta(hours=1),
        "revised_at": NOW,
        "created_at": NOW,
        **fields,
    }
    occurrence = Occurrence(series_id=series.id, starts_at=starts_at, **values)
    occurrence.roster = [Roster(analyst_id=a.id, position=n) for n, a in enumerate(analysts)]
    session.add(occurrence)
    session.flush()
    return occurrence


def a_clinic(session: Session, analysts: int = 1, starts_at: datetime = CLINIC_AT, **fields: object) -> Occurrence:
    """A committed clinic of a new series with that many new analysts, the UID domain stored."""
    team = [a_person(session, roles=["analyst"]) for _ in range(analysts)]
    occurrence = an_occurrence(session, a_series(session, team), team, starts_at, **fields)
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    session.commit()
    return occurrence


def a_request(occurrence: Occurrence, after_minutes: int = 0, minutes: int = 15, **fields: object) -> BookingRequest:
    """A request for the slot that starts so long after the occurrence does."""
    starts_at = occurrence.starts_at + timedelta(minutes=after_minutes)
    return BookingRequest(occurrence.public_id, starts_at, minutes, **fields)  # type: ignore[arg-type]


def a_booking(
    session: Session, occurrence: Occurrence, member: Person | None = None, now: datetime = NOW, **request: object
) -> Booking:
    """A booking made by the service function itself, by a new member unless one is given."""
    member = member or a_person(session)
    session.commit()
    return book(acting(session, Actor.member(member.id), now), a_request(occurrence, **request)).booking  # type: ignore[arg-type]


def a_place(
    session: Session, occurrence: Occurrence, member: Person, minutes: int = 15, **fields: object
) -> WaitlistEntry:
    """A member's place on the waitlist, whatever is free: a stored row, with no offer."""
    values: dict[str, object] = {"minutes": minutes, "joined_at": NOW, **fields}
    place = WaitlistEntry(occurrence_id=occurrence.id, member_id=member.id, **values)
    session.add(place)
    session.commit()
    return place


def hours(analyst_ids: Sequence[int] = (1,), taken: Sequence[tuple[int, int]] = (), **fields: object) -> Hours:
    """One hour from CLINIC_AT; `taken` holds (analyst, number of the quarter)."""
    claimed = frozenset((a, CLINIC_AT + timedelta(minutes=15 * n)) for a, n in taken)
    return Hours(CLINIC_AT, CLINIC_AT + timedelta(hours=1), tuple(analyst_ids), claimed, **fields)  # type: ignore[arg-type]


def a_slot(after_minutes: int = 0, minutes: int = 15, analyst_id: int = 1) -> Slot:
    """The slot that starts so long after CLINIC_AT."""
    return Slot(analyst_id, CLINIC_AT + timedelta(minutes=after_minutes), minutes)
