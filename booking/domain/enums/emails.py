"""Every email, by the folder of its templates under `templates/mail/`."""

from __future__ import annotations

from enum import StrEnum


class EmailName(StrEnum):
    """The name of an email: a folder with subject.txt, body.txt and body.html; `label` is what people call it."""

    label: str

    def __new__(cls, name: str, label: str = "") -> EmailName:
        """Make a member whose value is `name`."""
        made = str.__new__(cls, name)
        made._value_, made.label = name, label
        return made

    # a member's bookings
    BOOKED = "booked", "Booking confirmed"
    MOVED = "moved", "Booking moved"
    CANCELLED = "cancelled", "Booking cancelled"
    INVITATION = "invitation", "Calendar invitation"
    REMINDER = "reminder", "Reminder"
    AGREED = "agreed", "What we agreed"
    MOVED_BY_US = "moved-by-us", "Booking moved by us"
    CANCELLED_BY_US = "cancelled-by-us", "Booking cancelled by us"
    PROGRAMME_CHANGED = "programme-changed", "Changes to the programme"
    # enrolments
    ENROLLED = "enrolled", "Enrolment confirmed"
    UNENROLLED = "unenrolled", "Enrolment cancelled by us"
    REMINDER_ENROLLED = "reminder-enrolled", "Reminder"
    # the waitlist
    OFFER = "offer", "Slot held"
    OFFER_LAPSED = "offer-lapsed", "Slot no longer held"
    FREE_TO_BOOK = "free-to-book", "Slot free to book"
    LAST_HOUR_CALL = "last-hour-call", "Slot free in the last hour"
    WAITLIST_REMOVED = "waitlist-removed", "Removed from the waitlist"
    PLACE_OFFERED = "place-offered", "Place held"
    PLACE_LAPSED = "place-lapsed", "Place no longer held"
    # cover
    COVER_OFFER = "cover-offer", "Another time offered"
    COVER_SOUGHT = "cover-sought", "Looking for another analyst"
    COVER_NOBODY = "cover-nobody", "Choose another time"
    COVER_WANTED = "cover-wanted", "Cover needed"
    SOMEONE_AWAY = "someone-away", "Analyst away"
    HANDED_OVER = "handed-over", "Bookings taken over"
    # to everybody of a date
    MESSAGE = "message", "Message about a date"
    # staff
    DAILY_AGENDA = "daily-agenda", "Daily agenda"
    EMAILS_FAILING = "emails-failing", "Emails bounced"
    # accounts
    SIGN_IN = "sign-in", "Sign-in code"
    SIGN_IN_CLOSED = "sign-in-closed", "Sign-in to a closed account"
    SIGN_IN_UNKNOWN = "sign-in-unknown", "Sign-in with an unknown address"
    ADDRESS_CONFIRM = "address-confirm", "Confirm new address"
    ADDRESS_CHANGED = "address-changed", "Email address changed"
    ACCOUNTS_MERGED = "accounts-merged", "Accounts merged"
    # free trials
    TRIAL_SIGN_UP = "trial-sign-up", "Free trial: confirm"
    TRIAL_ENDING = "trial-ending", "Free trial ends soon"
    # whoever sets the service up
    TEST = "test-email", "Test email"


#: What carries a code or link that has long expired when somebody would send it again.
NOT_RESENT = (
    EmailName.SIGN_IN,
    EmailName.SIGN_IN_CLOSED,
    EmailName.SIGN_IN_UNKNOWN,
    EmailName.ADDRESS_CONFIRM,
    EmailName.TRIAL_SIGN_UP,
)


class EmailPreference(StrEnum):
    """The emails that go out by themselves, and that people can switch off."""

    REMINDERS = "reminders"
    DAILY_AGENDA = "daily-agenda"


class EmailState(StrEnum):
    """Where an email is on its way, in the order in which pages list them."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # refused when it was sent
    BOUNCED = "bounced"  # sent, and came back later
    DISMISSED = "dismissed"  # failed or bounced, and nobody needs to see to it any more


class DeliveryAction(StrEnum):
    """What a delivery report says became of an email (RFC 3464, 2.3.3), as far as it matters here."""

    FAILED = "failed"
    DELAYED = "delayed"


class DateGroup(StrEnum):
    """Who of a date is emailed together, in the order in which the page offers them."""

    BOOKED = "booked"
    ENROLLED = "enrolled"
    WAITING = "waiting"
    ROSTER = "roster"
