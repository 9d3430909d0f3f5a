"""What the service holds while a browser looks at it: a week with every kind of meeting, and a reader of every role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy.orm import Session

from booking.store.bookings.bookings import Booking
from booking.store.people.people import Person
from booking.store.programme.programme import CANCELLED, Module, Occurrence, Programme
from tests.builders import CLINIC_AT, NOW, a_booking, a_person, a_series, an_occurrence

ROOM = "https://zoom.example.com/j/8123456789"
LONG = "Tags fire twice on the thank-you page since the shop moved; the sheet with both counts is behind the link. " * 3

#: What was published of the Mondays: two that are left out, one that is cancelled.
MONDAYS = {
    "skips": {"2023-11-27": "", "2023-12-11": ""},
    "exceptions": {"2023-12-18": {"cancelled": "Public holiday."}},
}


@dataclass
class World:
    """Rows that tests ask for by name; everything of them is loaded."""

    ana: Person
    ben: Person
    cora: Person
    kim: Person
    lee: Person
    tia: Person
    clinic: Occurrence
    second: Occurrence
    full: Occurrence
    lab: Occurrence
    masterclass: Occurrence
    off: Occurrence
    booking: Booking
    past: Booking


def fill(session: Session) -> World:
    """Fill an empty database, as of NOW (Monday 27 November 2023): the clinic is on Monday 4 December."""
    programme = session.get_one(Programme, 1)
    programme.uid_domain, programme.is_demo = "booking.example.org", True
    ana = a_person(session, "Ana Reyes", ["analyst"], time_zone="Australia/Sydney", about="ask me about GA4")
    ben = a_person(session, "Ben Novak", ["analyst"], time_zone="Australia/Brisbane", meeting_url=ROOM)
    cora = a_person(session, "Cora Ord", ["coordinator"])
    kim = a_person(session, "Kim Lee", ["member"], time_zone="Australia/Perth")
    lee = a_person(session, "Lee Moss", ["member"])
    last = date(2023, 12, 4)
    tia = a_person(session, "Tia Novak-Featherstonehaugh", ["member"], member_until=last, trial_until=last)
    for person in (ana, ben, cora, kim, lee, tia):
        person.is_demo = True
    mondays = a_series(
        session,
        [ana, ben],
        slug="monday-clinic",
        meeting_url=ROOM,
        starts_on=date(2023, 11, 20),
        ends_on=date(2023, 12, 18),
        terms=MONDAYS,
    )
    before = an_occurrence(session, mondays, [ana, ben], CLINIC_AT - timedelta(days=14))
    clinic = an_occurrence(session, mondays, [ana, ben])
    off = an_occurrence(
        session, mondays, [ana, ben], CLINIC_AT + timedelta(days=14), status=CANCELLED, reason="Public holiday."
    )
    tuesdays = a_series(
        session,
        [ana, ben],
        slug="tuesday-clinic",
        rrule="FREQ=WEEKLY;BYDAY=TU",
        ends_on=date(2023, 12, 12),
        terms={"exceptions": {"2023-12-12": {"analysts": [ben.id]}}},
    )
    second = an_occurrence(session, tuesdays, [ana, ben], CLINIC_AT + timedelta(days=1))
    full = an_occurrence(session, tuesdays, [ben], CLINIC_AT + timedelta(days=8))
    labs = a_series(
        session,
        [ana],
        slug="lab",
        kind="lab",
        title="Lab: Meta Business Suite",
        meeting_url=ROOM,
        rrule="FREQ=WEEKLY;BYDAY=WE",
        ends_on=date(2023, 12, 6),
    )
    lab = an_occurrence(session, labs, [ana], CLINIC_AT + timedelta(days=2))
    title = "Influencer Marketing Masterclass"
    classes = a_series(
        session,
        [ana],
        slug="influencer",
        kind="masterclass",
        title=title,
        start_wall=time(10),
        end_wall=time(12),
        rrule="FREQ=WEEKLY;BYDAY=FR",
    )
    names = ("Trends, Forecasts and Why It Works", "Finding the Right Voices", "Briefs and Contracts", "Measuring It")
    classes.modules = [Module(number=n + 1, title=name) for n, name in enumerate(names)]
    meetings = [
        an_occurrence(
            session,
            classes,
            [ana],
            CLINIC_AT + timedelta(days=4 + 7 * n, hours=-3),
            key=str(n + 1),
            module_number=n + 1,
            ends_at=CLINIC_AT + timedelta(days=4 + 7 * n, hours=-1),
        )
        for n in range(len(names))
    ]
    session.commit()
    past = a_booking(
        session, before, kim, now=NOW - timedelta(days=9), analyst=ben.public_id, topic="GA4 events not firing"
    )
    booking = a_booking(
        session, clinic, kim, analyst=ana.public_id, topic=LONG, link="https://shop.example.org/thank-you"
    )
    a_booking(session, clinic, analyst=ben.public_id, after_minutes=15, minutes=30, topic="Campaign tagging")
    for quarter in range(4):
        a_booking(session, full, after_minutes=15 * quarter)
    session.refresh(booking)
    return World(ana, ben, cora, kim, lee, tia, clinic, second, full, lab, meetings[0], off, booking, past)


THE_DAY = date(2023, 12, 4)
EMPTY_DAY = date(2023, 12, 3)
