"""Values for the calendar tests, every field defaulted that a test does not care about."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from booking.calendars.addresses import Addresses
from booking.calendars.entries import Publisher
from booking.domain.meetings import Appointment, Meeting
from booking.domain.organisation import Organisation
from tests.builders import KINDS, ORGANISATION

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
START = datetime(2026, 11, 30, 3, tzinfo=UTC)  # Monday 1 pm in Brisbane, 2 pm in Sydney
REVISED_AT = datetime(2026, 11, 1, 5, 6, 7, 891, tzinfo=UTC)
ADDRESSES = Addresses("https://book.example.org", "a secret key that nobody else knows")
PUBLISHER = Publisher(ORGANISATION, "uids.example.org", ADDRESSES)
SYDNEYS = Publisher(Organisation("Sydney Learners", "SL", "Australia/Sydney", KINDS), "uids.example.org", ADDRESSES)


def an_id(number: int) -> uuid.UUID:
    return uuid.UUID(int=0x5EED0000000040008000000000000000 + number)


def a_meeting(number: int = 1, starts_at: datetime = START, **fields: object) -> Meeting:
    """A clinic of one hour."""
    values: dict[str, object] = {
        "public_id": an_id(number),
        "series_slug": "live-member-clinics",
        "series_title": "Live Member Clinic",
        "summary": "Live help from the analysts.",
        "kind": "clinic",
        "title": "Live Member Clinic",
        "module": None,
        "modules": 0,
        "module_title": "",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "zone": "Australia/Brisbane",
        "is_cancelled": False,
        "reason": "",
        "moved_from_at": None,
        "sequence": 0,
        "revised_at": REVISED_AT,
    }
    return Meeting(**(values | fields))  # type: ignore[arg-type]


def an_appointment(number: int = 101, meeting: Meeting | None = None, **fields: object) -> Appointment:
    """The first 15 minutes of a clinic, Mia with Ada."""
    meeting = meeting or a_meeting()
    values: dict[str, object] = {
        "public_id": an_id(number),
        "meeting": meeting,
        "starts_at": meeting.starts_at,
        "ends_at": meeting.starts_at + timedelta(minutes=15),
        "minutes": 15,
        "analyst": "Ada Reyes",
        "analyst_public_id": an_id(901),
        "member": "Mia Holt",
        "member_public_id": an_id(902),
        "chose_analyst": True,
        "topic": "GA4 events not firing",
        "link": "https://shop.example.com/thanks",
        "is_cancelled": False,
        "cancelled_by": None,
        "is_late": False,
        "reason": "",
        "outcome": None,
        "is_invited": True,
        "sequence": 0,
        "revised_at": REVISED_AT,
    }
    return Appointment(**(values | fields))  # type: ignore[arg-type]
