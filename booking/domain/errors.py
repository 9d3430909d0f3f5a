"""Every refusal, by name. They know no HTTP; `code` is public and never changes.

A refusal carries the instants and numbers it turns on as attributes; the sentence a
reader sees, in the reader's own time, is made where it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from booking.domain.enums.bookings import LimitScope, VisitOutcome
from booking.domain.enums.refusals import RefusalCode

if TYPE_CHECKING:
    from booking.domain.bookings.slots import Slot


class Refusal(Exception):
    """The request cannot be fulfilled; nothing was written."""

    code = RefusalCode.REFUSED


class NotFound(Refusal):
    """There is no such thing, or not for this person; the two are told alike."""

    code = RefusalCode.NOT_FOUND


class NotAllowed(Refusal):
    """This person's roles do not cover this action."""

    code = RefusalCode.NOT_ALLOWED


class NotBookable(Refusal):
    """The occurrence's kind has no slots."""

    code = RefusalCode.NOT_BOOKABLE


class OccurrenceCancelled(Refusal):
    """The occurrence does not take place."""

    code = RefusalCode.OCCURRENCE_CANCELLED


class NotEnrollable(Refusal):
    """Its slots are booked one by one; nobody enrols in it."""

    code = RefusalCode.NOT_ENROLLABLE


class AlreadyOver(Refusal):
    """It is over; `ended_at` in UTC."""

    code = RefusalCode.ALREADY_OVER

    def __init__(self, ended_at: datetime) -> None:
        super().__init__(f"ended at {ended_at:%Y-%m-%d %H:%M} UTC")
        self.ended_at = ended_at


class Full(Refusal):
    """Every place is taken; `limit` is how many there are."""

    code = RefusalCode.FULL

    def __init__(self, limit: int) -> None:
        super().__init__(f"all {limit} places are taken")
        self.limit = limit


class LengthNotOffered(Refusal):
    """`offered` lists the lengths that are, in minutes."""

    code = RefusalCode.LENGTH_NOT_OFFERED

    def __init__(self, offered: tuple[int, ...]) -> None:
        super().__init__(f"offered lengths, in minutes: {', '.join(map(str, offered))}")
        self.offered = offered


class OutsideHours(Refusal):
    """The slot does not lie on the quarters of the occurrence."""

    code = RefusalCode.OUTSIDE_HOURS


class NotOnRoster(Refusal):
    """The analyst does not staff this occurrence."""

    code = RefusalCode.NOT_ON_ROSTER


class TooLate(Refusal):
    """Asked later than the policy allows; `closed_at` is the last good instant (UTC)."""

    code = RefusalCode.TOO_LATE

    def __init__(self, closed_at: datetime) -> None:
        super().__init__(f"closed at {closed_at:%Y-%m-%d %H:%M} UTC")
        self.closed_at = closed_at


class AlreadyStarted(Refusal):
    """Neither cancelled nor moved once it has begun; `started_at` in UTC."""

    code = RefusalCode.ALREADY_STARTED

    def __init__(self, started_at: datetime) -> None:
        super().__init__(f"began at {started_at:%Y-%m-%d %H:%M} UTC")
        self.started_at = started_at


class TooEarly(Refusal):
    """Beyond the horizon; `opens_at` is the first good instant (UTC)."""

    code = RefusalCode.TOO_EARLY

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(f"opens at {opens_at:%Y-%m-%d %H:%M} UTC")
        self.opens_at = opens_at


class StillFree(Refusal):
    """Asked to wait for what is free: `slots` suit and can be booked now, best first."""

    code = RefusalCode.STILL_FREE

    def __init__(self, slots: Sequence[Slot]) -> None:
        super().__init__("what is asked for is free")
        self.slots = tuple(slots)


class LimitReached(Refusal):
    """`limit` bookings are held already: `scope` says which ones count. For NO_SHOWS it is visits missed.

    From `last_hour_at` (UTC) on, limits no longer count for what is still free in that clinic.
    """

    code = RefusalCode.LIMIT_REACHED

    def __init__(self, scope: LimitScope, limit: int, last_hour_at: datetime | None = None) -> None:
        super().__init__(
            f"{limit} booking(s) already: {scope}" if scope != LimitScope.NO_SHOWS else f"{limit} times not come"
        )
        self.scope = scope
        self.limit = limit
        self.last_hour_at = last_hour_at


class NotAMember(Refusal):
    """The person is no member."""

    code = RefusalCode.NOT_A_MEMBER


class MembershipEnded(Refusal):
    """The slot starts after `member_until`, the last day of the membership, or of a free trial (`is_trial`)."""

    code = RefusalCode.MEMBERSHIP_ENDED

    def __init__(self, member_until: date, *, is_trial: bool) -> None:
        super().__init__(f"the membership's last day is {member_until}")
        self.member_until = member_until
        self.is_trial = is_trial


class SlotTaken(Refusal):
    """Somebody else has it, or the member is booked elsewhere at that time (`own`)."""

    code = RefusalCode.SLOT_TAKEN

    def __init__(self, *, own: bool = False) -> None:
        super().__init__("you are booked at that time" if own else "somebody else has it")
        self.own = own


class OfferLapsed(Refusal):
    """The offer was for a time that is over; it went to somebody else, or nobody."""

    code = RefusalCode.OFFER_LAPSED


class NotConfirmed(Refusal):
    """The booking was cancelled before."""

    code = RefusalCode.NOT_CONFIRMED


class KeyReused(Refusal):
    """The idempotency key came before with another request."""

    code = RefusalCode.KEY_REUSED


class TextNotAccepted(Refusal):
    """A text is too long, or not what its field takes; `field` names it."""

    code = RefusalCode.TEXT_NOT_ACCEPTED

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NotBegun(Refusal):
    """Came or did not come is marked only once the slot has started."""

    code = RefusalCode.NOT_BEGUN


class AlreadyMarked(Refusal):
    """Somebody has marked whether its member came, so it is neither cancelled nor moved; `outcome` is the mark."""

    code = RefusalCode.ALREADY_MARKED

    def __init__(self, outcome: VisitOutcome) -> None:
        super().__init__(f"it is marked {outcome}")
        self.outcome = outcome


class WrongCode(Refusal):
    """The six digits are not those of an email that still works; `tries_left` more may be made."""

    code = RefusalCode.WRONG_CODE

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


class TriedTooOften(Refusal):
    """Too many wrong codes on one sign-in page, which takes no more; the link of its email still works."""

    code = RefusalCode.TRIED_TOO_OFTEN


class SignInExpired(Refusal):
    """The link or code was used or has expired."""

    code = RefusalCode.SIGN_IN_EXPIRED


class TooManyRequests(Refusal):
    """Asked too often; `retry_at` is when it may be asked again (UTC), `limit_name` which limit was reached."""

    code = RefusalCode.TOO_MANY_REQUESTS

    def __init__(self, retry_at: datetime, limit_name: str = "") -> None:
        super().__init__(f"again after {retry_at:%Y-%m-%d %H:%M} UTC")
        self.retry_at = retry_at
        self.limit_name = limit_name


class ChangedMeanwhile(Refusal):
    """Somebody else has saved another version since this one was read."""

    code = RefusalCode.CHANGED_MEANWHILE


class CannotPublish(Refusal):
    """The programme file cannot be stored; `problems` names each reason with file and line."""

    code = RefusalCode.CANNOT_PUBLISH

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class AddressTaken(Refusal):
    """Another account has the address; the two can be merged."""

    code = RefusalCode.ADDRESS_TAKEN
