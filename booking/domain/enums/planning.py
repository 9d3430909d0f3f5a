"""What a publish does to dates, bookings and people, and what it notices on the way."""

from __future__ import annotations

from enum import StrEnum


class OccurrenceState(StrEnum):
    """Whether an occurrence takes place."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"


class StepKind(StrEnum):
    """What a plan does to one occurrence."""

    APPEARS = "appears"
    MOVES = "moves"
    CHANGES = "changes"
    GOES = "goes"
    RETURNS = "returns"


class BookingFate(StrEnum):
    """What a plan does to one booking.

    MOVED along with its date; HANDED to another analyst at its time; UNCOVERED while another analyst is looked for.
    """

    MOVED = "moved"
    HANDED = "handed"
    UNCOVERED = "uncovered"
    CANCELLED = "cancelled"


class CoverFate(StrEnum):
    """What becomes of one booking whose analyst is away.

    HANDED to another analyst at its time; OFFERED another time; ASKED where other analysts could take it; NOBODY where
    none could; CANCELLED where it is too late to ask.
    """

    HANDED = "handed"
    OFFERED = "offered"
    ASKED = "asked"
    NOBODY = "nobody"
    CANCELLED = "cancelled"


class LineKind(StrEnum):
    """What one line of an email tells: the first four of a booking, RENAMED of a series, the others of a date."""

    MOVED = "moved"
    CANCELLED = "cancelled"
    UNCOVERED = "uncovered"
    CHANGES = "changes"
    APPEARS = "appears"
    MOVES = "moves"
    GOES = "goes"
    RETURNS = "returns"
    RENAMED = "renamed"


class PlaceKind(StrEnum):
    """How somebody is concerned by an occurrence that a plan touches."""

    BOOKED = "booked"
    ENROLLED = "enrolled"
    WAITING = "waiting"


class DifferenceKind(StrEnum):
    """What of an occurrence reads otherwise in calendars, its time apart."""

    TITLE = "title"
    MODULE = "module"
    MODULES = "modules"
    KIND = "kind"
    SUMMARY = "summary"
    REASON = "reason"


class FindingCode(StrEnum):
    """What a plan notices: HOLIDAY and SAME_SERIES can be questions, which must be answered before a publish."""

    BEGUN = "begun"
    CLOSED = "closed"
    GOES_ON = "goes-on"
    HOLIDAY = "holiday"
    HOLIDAY_CHOSEN = "holiday-chosen"
    HOLIDAY_IN_SOME_STATES = "holiday-in-some-states"
    HOLIDAY_KEPT = "holiday-kept"
    HOLIDAY_MOVED = "holiday-moved"
    SAME_ANALYST = "same-analyst"
    SAME_LINK = "same-link"
    SAME_MEETING_LINK = "same-meeting-link"
    SAME_MEMBER = "same-member"
    SAME_SERIES = "same-series"
    SAME_TIME = "same-time"
    SAME_TITLE = "same-title"


class ActionCode(StrEnum):
    """What needs a coordinator's attention."""

    EMAILS_FAILED = "emails-failed"
    EMAILS_WAITING = "emails-waiting"
    ADDRESS_FAILING = "address-failing"
    HOLIDAY = "holiday"
    OVERLAP = "overlap"
    NO_ANALYST = "no-analyst"
    NO_PRESENTER = "no-presenter"
    NO_MEETING_LINK = "no-meeting-link"
    SHARED_LINK = "shared-link"
    UNCOVERED = "uncovered"
    FULL = "full"
    EMPTY = "empty"


class Repeats(StrEnum):
    """How often a series meets, as a form asks; OTHER is any rule that only a file can state."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
    OTHER = "other"
