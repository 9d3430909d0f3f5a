"""Every email, by the folder of its templates under `templates/mail/`."""

from __future__ import annotations

from enum import StrEnum


class EmailName(StrEnum):
    """The name of an email: a folder with subject.txt, body.txt and body.html."""

    # a member's bookings
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    INVITATION = "invitation"
    REMINDER = "reminder"
    AGREED = "agreed"
    MOVED_BY_US = "moved-by-us"
    CANCELLED_BY_US = "cancelled-by-us"
    PROGRAMME_CHANGED = "programme-changed"
    # enrolments
    ENROLLED = "enrolled"
    REMINDER_ENROLLED = "reminder-enrolled"
    # the waitlist
    OFFER = "offer"
    OFFER_LAPSED = "offer-lapsed"
    FREE_TO_BOOK = "free-to-book"
    LAST_HOUR_CALL = "last-hour-call"
    # cover
    COVER_OFFER = "cover-offer"
    COVER_SOUGHT = "cover-sought"
    COVER_NOBODY = "cover-nobody"
    COVER_WANTED = "cover-wanted"
    SOMEONE_AWAY = "someone-away"
    # staff
    DAILY_AGENDA = "daily-agenda"
    EMAILS_FAILING = "emails-failing"
    # accounts
    SIGN_IN = "sign-in"
    SIGN_IN_CLOSED = "sign-in-closed"
    SIGN_IN_UNKNOWN = "sign-in-unknown"
    ADDRESS_CONFIRM = "address-confirm"
    ADDRESS_CHANGED = "address-changed"
    ACCOUNTS_MERGED = "accounts-merged"
    # whoever sets the service up
    TRIAL = "trial"


class EmailPreference(StrEnum):
    """The emails that go out by themselves, and that people can switch off."""

    REMINDERS = "reminders"
    DAILY_AGENDA = "daily-agenda"


class EmailState(StrEnum):
    """Where an email is on its way, in the order in which pages list them."""

    WAITING = "waiting"
    FAILED = "failed"
    SENT = "sent"
