"""Every table, so that whoever needs the whole of `Base.metadata` imports one module."""

from booking.store.address_changes import AddressChange
from booking.store.api_tokens import ApiToken
from booking.store.attendance import Attendance
from booking.store.away import Away
from booking.store.base import Base
from booking.store.bookings import Booking
from booking.store.changes import Change, Draft
from booking.store.claims import Claim
from booking.store.departures import Departure
from booking.store.enrolments import Enrolment
from booking.store.feed_fetches import FeedFetch
from booking.store.idempotency import IdempotencyKey
from booking.store.letters import Letter
from booking.store.notes import Note
from booking.store.people import Person, Role
from booking.store.programme import Module, Occurrence, Programme, Roster, Series, SeriesAnalyst
from booking.store.rate_limits import RateLimit
from booking.store.register import Entry
from booking.store.reminded import Reminded
from booking.store.sessions import UserSession
from booking.store.sign_ins import SignIn
from booking.store.waiting import Offer, Waiting
from booking.store.workers import Worker

__all__ = [
    "AddressChange",
    "ApiToken",
    "Attendance",
    "Away",
    "Base",
    "Booking",
    "Change",
    "Claim",
    "Departure",
    "Draft",
    "Enrolment",
    "Entry",
    "FeedFetch",
    "IdempotencyKey",
    "Letter",
    "Module",
    "Note",
    "Occurrence",
    "Offer",
    "Person",
    "Programme",
    "RateLimit",
    "Reminded",
    "Role",
    "Roster",
    "Series",
    "SeriesAnalyst",
    "SignIn",
    "UserSession",
    "Waiting",
    "Worker",
]
