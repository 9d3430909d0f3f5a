"""Refusals as people read them, the same on pages and in the API: one or two sentences, and what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from booking.domain import errors, wording
from booking.domain.bookings import agenda_words, lengths, policy_words
from booking.domain.enums.bookings import VisitOutcome
from booking.domain.enums.refusals import RefusalCode
from booking.domain.errors import Refusal
from booking.domain.people import sign_in

SENTENCES = {
    RefusalCode.NOT_FOUND: "We can't find that, or it isn't yours.",
    RefusalCode.NOT_ALLOWED: "Your account can't do this.",
    RefusalCode.NOT_BOOKABLE: "This has no slots to book. Enrol in it instead.",
    RefusalCode.NOT_ENROLLABLE: "You can't enrol in this. Book a slot instead.",
    RefusalCode.OCCURRENCE_CANCELLED: "This date is cancelled. See the programme for the next one.",
    RefusalCode.OUTSIDE_HOURS: "That time is outside its hours. Choose one of the times shown.",
    RefusalCode.NOT_ON_ROSTER: "That analyst isn't on the roster for this date. Choose somebody else, or any analyst.",
    RefusalCode.NOT_A_MEMBER: (
        "Only members can book. If your membership is under another email address, sign in with that one."
    ),
    RefusalCode.NO_SLOT_CHOSEN: "Choose a time for the length you want.",
    RefusalCode.NOT_CONFIRMED: "This booking is already cancelled.",
    RefusalCode.KEY_REUSED: "This was sent before with different details. Reload the page, then try again.",
    RefusalCode.NOT_BEGUN: "You can mark this once the slot has started.",
    RefusalCode.STILL_FREE: "What you'd wait for is free, so you can book it now.",
    RefusalCode.OFFER_LAPSED: "This offer is over. See the programme for what's free now.",
    RefusalCode.PLAN_CHANGED: "Something has changed since you saw the plan. Check it again.",
    RefusalCode.PLAN_HURTS: "Something has changed since you saw the plan. Check it again.",
    RefusalCode.COVER_CHANGED: "Bookings have changed since you saw this. Check it again.",
    RefusalCode.RECIPIENTS_CHANGED: "The people of this date have changed since you saw the preview. Check it again.",
    RefusalCode.CANNOT_UNDO: "This can't be undone any more. You can still preview taking it back.",
    RefusalCode.NOT_BLOCKABLE: "Somebody has this time, so it can’t be blocked. Cancel or move the booking first.",
    RefusalCode.ALREADY_COVERED: "Somebody else has already taken this. Thank you.",
    RefusalCode.NOTHING_TO_TAKE: "You have no free time then, so nothing was moved.",
    RefusalCode.SPAN_NOT_ACCEPTED: "The last day must be on or after the first, not in the past, and within a year.",
    RefusalCode.ADDRESS_TAKEN: "Another account has this address.",
    RefusalCode.CHANGED_MEANWHILE: (
        "Somebody else has saved changes since you opened this page, so nothing was saved. "
        "Compare theirs with yours below, then save again."
    ),
    RefusalCode.LAST_COORDINATOR: "This is the only coordinator. Give somebody else that role first.",
    RefusalCode.PEOPLE_CHANGED: "Somebody has changed these people since this was shown. Nothing was saved.",
    RefusalCode.TRIED_TOO_OFTEN: (
        "You've entered too many wrong codes on this page. Use the link in the email, or ask for a new code."
    ),
    RefusalCode.SIGN_IN_EXPIRED: (
        f"That link or code has been used, or is older than {sign_in.VALID_MINUTES} minutes. Ask for a new one."
    ),
}


def sentence(refusal: Refusal, when: Callable[[datetime], str], today: date) -> str:
    """The refusal in one or two sentences; `when` words a time for the reader, `today` is in the programme's zone."""
    match refusal:
        case errors.SlotTaken(own=True):
            return "You already have a booking at that time. Choose another time, or move the other booking."
        case errors.SlotTaken():
            return "Somebody else has just booked that time."
        case errors.TooLate(closed_at=closed):
            return f"It's too late to book that time. It could be booked until {when(closed)}."
        case errors.TooEarly(opens_at=opens):
            return f"It's too early to book that time. You can book it from {when(opens)}."
        case errors.AlreadyStarted(started_at=started):
            return f"It started at {when(started)}, so it can't be moved or cancelled any more."
        case errors.AlreadyOver(ended_at=ended):
            return f"It ended at {when(ended)}."
        case errors.LimitReached(scope=scope, limit=limit, last_hour_at=last_hour_at):
            return policy_words.limit_reached(scope, limit, "" if last_hour_at is None else when(last_hour_at))
        case errors.AlreadyMarked(outcome=outcome):
            return marked(outcome)
        case errors.Full(limit=limit):
            return f"This is full: all {limit} places are taken. Check back later in case somebody cancels."
        case errors.MembershipEnded(member_until=last, is_trial=is_trial):
            return f"{membership_ended(last, today, is_trial=is_trial)} {'Join' if is_trial else 'Renew it'} to book."
        case errors.LengthNotOffered(offered=offered):
            return lengths.sentence(offered)
        case errors.TextNotAccepted(field=field, reason=reason):
            name = {"topic": "The topic", "link": "The link"}.get(field, field)
            return f"{name}: {reason}."
        case errors.TooManyRequests(retry_at=retry):
            return _too_often(refusal.limit_name, when(_next_minute(retry)))
        case errors.WrongCode(tries_left=left):
            return _wrong_code(left)
    return SENTENCES.get(refusal.code, "That can't be done.")


def membership_ended(last: date, today: date, *, is_trial: bool) -> str:
    """What a membership, or a free trial, with that last day says today."""
    what, day = "free trial" if is_trial else "membership", f"{wording.long_day(last)} {last.year}"
    if today > last:
        return f"Your {what} ended on {day}."
    return f"Your {what} ends on {day}, before this date."


def marked(outcome: VisitOutcome) -> str:
    """Why a booking that somebody has marked can't be changed, and what to do first."""
    mark = agenda_words.OUTCOMES[outcome]
    return f"It's marked “{mark}”. Undo the mark first, then you can change or cancel it."


def _wrong_code(left: int) -> str:
    """Returns how many tries are left, and after the last one what still works."""
    if not left:
        return f"That code isn't right. {SENTENCES[RefusalCode.TRIED_TOO_OFTEN]}"
    return f"That code isn't right. You have {left} {'try' if left == 1 else 'tries'} left."


def _too_often(limit_name: str, again_at: str) -> str:
    """Returns which limit was reached, and from when on the next try is free."""
    reached = {
        "sign-in-address": "You've asked for too many sign-in emails within an hour. Use the latest one, or ask",
        "sign-in-anywhere": "That's the most sign-in emails for one address within an hour. Use the latest one, or ask",
        "sign-in-network": "Too many people have asked to sign in from your network. Ask",
        "trial-address": "We've emailed this address several times today. Use the link in the latest email, or ask",
        "trial-network": "Too many people have signed up from your network. Try",
        "wrong-code-address": "Too many wrong codes for this address. Use the link in the email, or try",
        "wrong-code-network": "Too many wrong codes from your network. Use the link in the email, or try",
    }
    return f"{reached.get(limit_name, 'You have asked for this too often. Try')} again from {again_at}."


def _next_minute(instant: datetime) -> datetime:
    """The first whole minute that is not before `instant`: what a clock without seconds can say truly."""
    return instant + timedelta(seconds=(60 - instant.second) % 60)
