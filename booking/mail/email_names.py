"""What each email is called where people read about it, by the name of its templates."""

from __future__ import annotations

from booking.domain.enums.emails import EmailName

TITLES = {
    EmailName.ACCOUNTS_MERGED: "Accounts merged",
    EmailName.ADDRESS_CHANGED: "Email address changed",
    EmailName.ADDRESS_CONFIRM: "Confirm new address",
    EmailName.AGREED: "What we agreed",
    EmailName.BOOKED: "Booking confirmed",
    EmailName.CANCELLED: "Booking cancelled",
    EmailName.CANCELLED_BY_US: "Booking cancelled by us",
    EmailName.COVER_NOBODY: "Choose another time",
    EmailName.COVER_OFFER: "Another time offered",
    EmailName.COVER_SOUGHT: "Looking for another analyst",
    EmailName.COVER_WANTED: "Cover needed",
    EmailName.DAILY_AGENDA: "Daily agenda",
    EmailName.EMAILS_FAILING: "Emails bounced",
    EmailName.ENROLLED: "Enrolment confirmed",
    EmailName.FREE_TO_BOOK: "Slot free to book",
    EmailName.INVITATION: "Calendar invitation",
    EmailName.LAST_HOUR_CALL: "Slot free in the last hour",
    EmailName.MOVED: "Booking moved",
    EmailName.MOVED_BY_US: "Booking moved by us",
    EmailName.OFFER: "Slot held",
    EmailName.OFFER_LAPSED: "Slot no longer held",
    EmailName.PROGRAMME_CHANGED: "Changes to the programme",
    EmailName.REMINDER: "Reminder",
    EmailName.REMINDER_ENROLLED: "Reminder",
    EmailName.SIGN_IN: "Sign-in code",
    EmailName.SIGN_IN_CLOSED: "Sign-in to a closed account",
    EmailName.SIGN_IN_UNKNOWN: "Sign-in with an unknown address",
    EmailName.SOMEONE_AWAY: "Analyst away",
    EmailName.TRIAL: "Test email",
}
