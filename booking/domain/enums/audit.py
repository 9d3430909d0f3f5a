"""What the audit log records, and about what."""

from __future__ import annotations

from enum import StrEnum


class AuditAction(StrEnum):
    """What was done, in the past tense."""

    # bookings
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    BRIEF_EDITED = "brief-edited"
    INVITED = "invited"
    HANDED_OVER = "handed-over"
    LENGTHENED = "lengthened"
    # visits
    BEGAN = "began"
    ENTERED = "entered"
    CAME = "came"
    NO_SHOW = "no-show"
    UNMARKED = "unmarked"
    NOTED = "noted"
    ATTENDANCE_MARKED = "attendance"
    # enrolments
    ENROLLED = "enrolled"
    LEFT = "left"
    UNENROLLED = "unenrolled"
    # the waitlist
    JOINED_WAITLIST = "joined-waitlist"
    LEFT_WAITLIST = "left-waitlist"
    REMOVED_FROM_WAITLIST = "removed-from-waitlist"
    OFFERED = "offered"
    OFFER_DECLINED = "offer-declined"
    OFFER_LAPSED = "offer-lapsed"
    CALLED = "called"
    # cover
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    AWAY = "away"
    BACK = "back"
    TOOK_COVER = "took-cover"
    COVER_ACCEPTED = "accepted"
    COVER_LAPSED = "lapsed"
    RATHER_WAITS = "rather-waits"
    # the programme
    PUBLISHED = "published"
    UNDONE = "undone"
    LINKS_SET = "set-links"
    DATE_EMAILED = "emailed-date"
    # accounts
    ADDED = "added"
    TRIAL_BEGUN = "began-trial"
    SIGNED_IN = "signed-in"
    SIGN_IN_FAILED = "sign-in-failed"
    SIGN_IN_LINK_PRINTED = "sign-in-link-printed"
    SIGN_IN_SENT = "sign-in-sent"
    SIGNED_OUT = "signed-out"
    SIGNED_OUT_ELSEWHERE = "signed-out-elsewhere"
    SIGNED_OUT_EVERYWHERE = "signed-out-everywhere"
    CHANGED = "changed"
    ADDRESS_CHANGE_ASKED = "asked-to-change-address"
    ADDRESS_CHANGED = "changed-address"
    FEED_CHOSEN = "feed-chosen"
    FEED_ADDRESS_RENEWED = "new-feed-address"
    UNSUBSCRIBED = "unsubscribed"
    TOKEN_MADE = "token-made"
    TOKENS_REVOKED = "tokens-revoked"
    IMPORTED = "imported"
    MERGED = "merged"
    CLOSED = "closed"
    REOPENED = "reopened"
    # the organisation
    RULES_SAVED = "saved-rules"
    TEXTS_SAVED = "saved-texts"
    # running the service
    RESENT = "resent"
    BOUNCED = "bounced"
    DISMISSED = "dismissed"
    RESTORED = "restored"
    FILLED = "filled"


class AuditSubject(StrEnum):
    """What an entry is about; `subject_id` is the public id of one."""

    BOOKING = "booking"
    OCCURRENCE = "occurrence"
    ENROLMENT = "enrolment"
    WAITLIST_ENTRY = "waiting"
    PERSON = "person"
    PEOPLE = "people"
    SIGN_IN = "sign-in"
    CHANGE = "change"
    DRAFT = "draft"
    EMAIL = "email"
    RULES = "rules"
    TEXTS = "texts"
    DATABASE = "database"
    DEMO = "demo"
