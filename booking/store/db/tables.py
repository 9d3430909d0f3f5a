"""Every table, so that whoever needs the whole of `Base.metadata` imports one module."""

from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.departures import Departure
from booking.store.bookings.idempotency import IdempotencyKey
from booking.store.bookings.notes import Note
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.base import Base
from booking.store.feed_fetches import FeedFetch
from booking.store.logos import StoredLogo
from booking.store.organisation_versions import OrganisationVersion
from booking.store.outbox.emails import OutgoingEmail
from booking.store.outbox.reminder_progress import ReminderProgress
from booking.store.outbox.workers import Worker
from booking.store.people.address_changes import AddressChange
from booking.store.people.api_tokens import ApiToken
from booking.store.people.people import Person, Role
from booking.store.people.people_imports import PeopleImport
from booking.store.people.rate_limits import RateLimit
from booking.store.people.sessions import UserSession
from booking.store.people.sign_ins import SignIn
from booking.store.people.time_off import TimeOff
from booking.store.people.trial_sign_ups import TrialSignUp
from booking.store.programme.attendance import Attendance
from booking.store.programme.changes import Change, StoredDraft
from booking.store.programme.closures import ClosureSeries, StoredClosure
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Module, Occurrence, Programme, Roster, Series, SeriesAnalyst
from booking.store.report_weeks import ReportWeek

__all__ = [
    "AddressChange",
    "ApiToken",
    "Attendance",
    "AuditEntry",
    "Base",
    "Booking",
    "Change",
    "Claim",
    "ClosureSeries",
    "Departure",
    "Enrolment",
    "FeedFetch",
    "IdempotencyKey",
    "Module",
    "Note",
    "Occurrence",
    "Offer",
    "OrganisationVersion",
    "OutgoingEmail",
    "PeopleImport",
    "Person",
    "PlaceWait",
    "Programme",
    "RateLimit",
    "ReminderProgress",
    "ReportWeek",
    "Role",
    "Roster",
    "Series",
    "SeriesAnalyst",
    "SignIn",
    "StoredClosure",
    "StoredDraft",
    "StoredLogo",
    "TimeOff",
    "TrialSignUp",
    "UserSession",
    "WaitlistEntry",
    "Worker",
]
