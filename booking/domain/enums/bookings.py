"""What a booking, an offer and a place on the waitlist can be."""

from __future__ import annotations

from enum import StrEnum


class BookingStatus(StrEnum):
    """Whether a booking still stands."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class CancelledBy(StrEnum):
    """Which side cancelled a booking; a publish and cover count as staff."""

    MEMBER = "member"
    STAFF = "staff"


class VisitOutcome(StrEnum):
    """How a visit was marked once it had begun."""

    CAME = "came"
    NO_SHOW = "no-show"


class OfferStatus(StrEnum):
    """What has become of an offer: GONE where its slot was taken away before the member answered."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    GONE = "gone"


class WaitlistOutcome(StrEnum):
    """How a place on the waitlist ended: REMOVED by staff, GONE where the clinic was cancelled or began."""

    BOOKED = "booked"
    LEFT = "left"
    REMOVED = "removed"
    GONE = "gone"


class AfterOffer(StrEnum):
    """What has become of a slot that is no longer held for somebody, as their email says it."""

    OFFERED = "offered"
    FREE = "free"
    OVER = "over"
    WITHDRAWN = "withdrawn"


class LimitScope(StrEnum):
    """Which limit of the policy a booking would pass."""

    OCCURRENCE = "occurrence"
    WEEK = "week"
    UPCOMING = "upcoming"
    NO_SHOWS = "no-shows"


class AwaitedKind(StrEnum):
    """What somebody waits for, as sentences name it."""

    SLOT = "slot"  # of a clinic
    PLACE = "place"  # in a lab or masterclass
