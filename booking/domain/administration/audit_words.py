"""The audit log in words: each line as a sentence without its subject, "Cancelled the booking of Mia Chen, …"."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from booking.domain import wording, zones
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import EmailName
from booking.domain.enums.planning import StepKind

SERVICE = "The service"
BY_LINK = "through the link in an email"
MOST_SERIES = 5  # that one line names


@dataclass(frozen=True, slots=True)
class LoggedSubject:
    """What a line is about, as far as it is known now. `person` is a name, `email` which email it is."""

    public_id: uuid.UUID
    person: str | None = None
    title: str | None = None
    starts_at: datetime | None = None
    zone: str | None = None
    occurrence: uuid.UUID | None = None
    email: str | None = None


class ActionWords(NamedTuple):
    """`label` is what a list of actions calls it; `sentence` has places for what it was about."""

    label: str
    sentence: str


_A = AuditAction
#: `{slot}`: "a slot for Mia Chen, Tue 8 Dec, 1:00 pm AEST"; `{booking}`: "the booking of …"; `{date}`: "Live Member
#: Clinic, Tue 8 Dec, 1:00 pm AEST"; `{who}`: a name; `{account}`: "the account of …"; others are of the details.
WORDS: Mapping[AuditAction, ActionWords] = {
    _A.BOOKED: ActionWords("Booked", "Booked {slot}"),
    _A.MOVED: ActionWords("Moved a booking", "Moved {booking}{from_to}"),
    _A.CANCELLED: ActionWords("Cancelled a booking", "Cancelled {booking}"),
    _A.BRIEF_EDITED: ActionWords("Changed a topic", "Changed the topic of {booking}"),
    _A.INVITED: ActionWords("Asked for an invitation", "Asked for a calendar invitation to {booking}"),
    _A.HANDED_OVER: ActionWords("Handed a booking over", "Handed {booking} over to {to}"),
    _A.LENGTHENED: ActionWords("Extended a booking", "Extended {booking}"),
    _A.BEGAN: ActionWords("Started a visit or a draft", "Started the visit of {booking}"),
    _A.ENTERED: ActionWords("Opened the meeting", "Opened the meeting of {booking}"),
    _A.CAME: ActionWords("Marked as came", "Marked {booking} as “Came”"),
    _A.NO_SHOW: ActionWords("Marked as no show", "Marked {booking} as “No show”"),
    _A.UNMARKED: ActionWords("Removed a mark", "Removed the mark from {booking}"),
    _A.NOTED: ActionWords("Wrote notes", "Wrote notes on {booking}"),
    _A.ATTENDANCE_MARKED: ActionWords("Marked attendance", "Marked who came to {date}"),
    _A.ENROLLED: ActionWords("Enrolled", "Enrolled {who} in {date}"),
    _A.LEFT: ActionWords("Ended an enrolment", "Ended the enrolment of {who} in {date}"),
    _A.UNENROLLED: ActionWords("Cancelled an enrolment", "Took {who} out of {date}"),
    _A.JOINED_WAITLIST: ActionWords("Joined a waitlist", "Put {who} on the waitlist for {date}"),
    _A.LEFT_WAITLIST: ActionWords("Left a waitlist", "Took {who} off the waitlist for {date}"),
    _A.REMOVED_FROM_WAITLIST: ActionWords("Removed from a waitlist", "Removed {who} from the waitlist for {date}"),
    _A.OFFERED: ActionWords("Held a slot", "Held a slot for {who} from the waitlist, {date}"),
    _A.OFFER_DECLINED: ActionWords("Declined a slot", "Declined the slot held for {who}, {date}"),
    _A.OFFER_LAPSED: ActionWords(
        "Stopped holding a slot", "Stopped holding a slot for {who}: no answer in time, {date}"
    ),
    _A.CALLED: ActionWords("Told the waitlist of a free slot", "Told {who} on the waitlist of a free slot, {date}"),
    _A.DATE_EMAILED: ActionWords("Emailed people of a date", "Emailed people of {date}"),
    _A.BLOCKED: ActionWords("Blocked a quarter", "Blocked a quarter of {analyst} in {date}"),
    _A.UNBLOCKED: ActionWords("Opened a quarter again", "Opened a blocked quarter of {analyst} again in {date}"),
    _A.AWAY: ActionWords("Entered time off", "Entered time off for {who}{from_to}"),
    _A.BACK: ActionWords("Ended time off", "Ended time off of {who}"),
    _A.TOOK_COVER: ActionWords("Took over bookings", "Took over bookings of {date}"),
    _A.COVER_ACCEPTED: ActionWords("Accepted another time", "Accepted another time or analyst for {booking}"),
    _A.COVER_LAPSED: ActionWords("Cancelled for want of cover", "Cancelled {booking}: nobody took over"),
    _A.RATHER_WAITS: ActionWords("Chose the waitlist instead", "Gave up {booking} to wait for another slot"),
    _A.PUBLISHED: ActionWords("Published", "Published {published}"),
    _A.UNDONE: ActionWords("Undid a publish", "Undid a publish"),
    _A.LINKS_SET: ActionWords("Set links", "Set links or recordings of {date}"),
    _A.ADDED: ActionWords("Added a person", "Added {who}"),
    _A.SIGNED_IN: ActionWords("Signed in", "Signed in"),
    _A.SIGN_IN_FAILED: ActionWords("Failed to sign in", "Failed to sign in as {tried}"),
    _A.SIGN_IN_LINK_PRINTED: ActionWords("Printed a sign-in link", "Printed a sign-in link for {who}"),
    _A.SIGN_IN_SENT: ActionWords("Sent a sign-in email", "Sent a sign-in email to {who}"),
    _A.SIGNED_OUT: ActionWords("Signed out", "Signed out"),
    _A.SIGNED_OUT_ELSEWHERE: ActionWords("Signed out another device", "Signed {who} out on another device"),
    _A.SIGNED_OUT_EVERYWHERE: ActionWords("Signed out everywhere", "Signed {who} out everywhere"),
    _A.TRIAL_BEGUN: ActionWords("Began a free trial", "Began a free trial"),
    _A.CHANGED: ActionWords("Changed a profile", "Changed the profile of {who}"),
    _A.ADDRESS_CHANGE_ASKED: ActionWords("Asked to change an address", "Asked to change the email address of {who}"),
    _A.ADDRESS_CHANGED: ActionWords("Changed an address", "Changed the email address of {who}"),
    _A.FEED_CHOSEN: ActionWords("Chose what a calendar shows", "Chose what the calendar of {who} shows"),
    _A.FEED_ADDRESS_RENEWED: ActionWords("Replaced a calendar address", "Replaced the calendar address of {who}"),
    _A.UNSUBSCRIBED: ActionWords("Turned emails off", "Turned off reminders or the daily agenda for {who}"),
    _A.TOKEN_MADE: ActionWords("Made an API token", "Made an API token for {who}"),
    _A.TOKENS_REVOKED: ActionWords("Revoked API tokens", "Revoked the API tokens of {who}"),
    _A.IMPORTED: ActionWords("Imported people", "Imported people: {imported}"),
    _A.MERGED: ActionWords("Merged accounts", "Merged another account into {account}"),
    _A.CLOSED: ActionWords("Closed an account", "Closed {account}"),
    _A.REOPENED: ActionWords("Reopened an account", "Reopened {account}"),
    _A.RULES_SAVED: ActionWords("Changed the rules", "Changed the rules of booking"),
    _A.TEXTS_SAVED: ActionWords("Changed the texts", "Changed the organisation’s texts"),
    _A.RESENT: ActionWords("Sent an email again", "Sent an email again: {email}"),
    _A.BOUNCED: ActionWords("An email bounced", "Noted that an email bounced: {email}"),
    _A.DISMISSED: ActionWords("Dismissed an email", "Dismissed an email that wasn’t delivered: {email}"),
    _A.RESTORED: ActionWords("Restored a backup", "Restored a backup"),
    _A.FILLED: ActionWords("Filled the demo", "Filled the database with the demo"),
}
#: Where one action is said differently of another sort of thing.
_SPECIAL = {(_A.BEGAN, AuditSubject.DRAFT): "Started a draft from an announcement"}
OBJECTS: Mapping[AuditSubject, str] = {
    AuditSubject.BOOKING: "Bookings",
    AuditSubject.OCCURRENCE: "Dates",
    AuditSubject.ENROLMENT: "Enrolments",
    AuditSubject.WAITLIST_ENTRY: "Waitlist places",
    AuditSubject.PERSON: "People",
    AuditSubject.PEOPLE: "Imports of people",
    AuditSubject.SIGN_IN: "Sign-ins with an unknown address",
    AuditSubject.CHANGE: "Publishes",
    AuditSubject.DRAFT: "Drafts",
    AuditSubject.EMAIL: "Emails",
    AuditSubject.RULES: "The rules of booking",
    AuditSubject.TEXTS: "The organisation’s texts",
    AuditSubject.DATABASE: "The database",
    AuditSubject.DEMO: "The demo",
}
_STEPS = (
    (StepKind.APPEARS, "new"),
    (StepKind.MOVES, "moved"),
    (StepKind.CHANGES, "changed"),
    (StepKind.GOES, "cancelled"),
    (StepKind.RETURNS, "held again"),
)


def sentence(
    action: str,
    subject: str,
    about: LoggedSubject | None,
    details: Mapping[str, Any],
    zone: str,
    titles: Mapping[str, str] | None = None,
) -> str:
    """What was done, as a sentence without who did it; `titles` are those of the series that a publish names, by slug.

    `zone` is where times are said, if what it is about has none of its own. An action of another version keeps its
    name.
    """
    try:
        known = AuditAction(action)
    except ValueError:
        return action.replace("-", " ").capitalize()
    special = next((words for key, words in _SPECIAL.items() if key == (known, subject)), None)
    return (special or WORDS[known].sentence).format_map(_places(about, details, zone, titles or {}))


def why(action: str, details: Mapping[str, Any]) -> str:
    """What a line says beside: the reason that was given, that it was late or past a limit; else empty."""
    said = []
    if action != AuditAction.SIGN_IN_FAILED and (reason := str(details.get("reason") or "")):
        said.append(f"Reason: {reason}")
    if details.get("is_late"):
        said.append("Late")
    if details.get("limit_passed"):
        said.append("Past the member’s limit")
    return ". ".join(said)


def _places(
    about: LoggedSubject | None, details: Mapping[str, Any], zone: str, titles: Mapping[str, str]
) -> dict[str, str]:
    known = about or LoggedSubject(uuid.UUID(int=0))
    own_zone = known.zone or zone
    starts_at = _instant(details.get("starts_at")) or known.starts_at
    at = f", {moment(starts_at, own_zone)}" if starts_at is not None else ""
    from_to = _from_to(details, own_zone)
    who, of = known.person or "somebody", f" of {known.person}" if known.person else ""
    return {
        "who": who,
        "slot": f"a slot{f' for {who}' if of else ''}{at}",
        "booking": f"{'the' if of else 'a'} booking{of}{'' if from_to else at}",
        "date": f"{known.title}{at}" if known.title else "a date that no longer exists",
        "account": f"{'the' if of else 'an'} account{of}",
        "from_to": from_to,
        "analyst": str(details.get("analyst", "an analyst")),
        "to": str(details.get("to", "a colleague")),
        "tried": known.person or str(details.get("email", "somebody unknown")),
        "email": _email(known, details),
        "imported": f"{details.get('added', 0)} added and {details.get('changed', 0)} changed",
        "published": _published(details, titles),
    }


def _from_to(details: Mapping[str, Any], zone: str) -> str:
    """From when to when: a booking that moved, or time off; empty for anything else."""
    first, last = ("was_at", "starts_at") if "was_at" in details else ("starts_at", "ends_at")
    start, end = _instant(details.get(first)), _instant(details.get(last))
    if start is None or end is None:
        return ""
    return f" from {moment(start, zone)} to {moment(end, zone)}"


def _instant(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def moment(instant: datetime, zone: str) -> str:
    """Tue 8 Dec, 1:00 pm AEST"""
    day = wording.day(zones.today(instant, zone))
    return f"{day}, {wording.clock(instant, zone)} {zones.abbreviation(instant, zone)}"


def _email(about: LoggedSubject, details: Mapping[str, Any]) -> str:
    if count := details.get("count"):
        return f"{count} that had failed"
    name = about.email or str(details.get("name", ""))
    label = next((one.label for one in EmailName if one.value == name), "an email")
    return f"“{label}” to {about.person}" if about.person else f"“{label}”"


def of_series(slugs: Iterable[str], titles: Mapping[str, str]) -> str:
    """The series as a sentence lists them, the first few by title; one that is no longer there by its slug's words."""
    names = list(dict.fromkeys(titles.get(slug, slug.replace("-", " ")) for slug in slugs))
    rest = len(names) - MOST_SERIES
    return wording.listed([*names[:MOST_SERIES], f"{rest} more"] if rest > 0 else names)


def _closures(details: Mapping[str, Any]) -> str:
    """ "a closure on 24 to 26 December", "the end of a closure on …"; empty where the publish has none."""
    said = []
    for what, words in (("closed", "a closure, {}"), ("lifted", "the end of a closure, {}")):
        for first, last in details.get(what, ()):
            said.append(words.format(wording.period(date.fromisoformat(first), date.fromisoformat(last))))
    return ", ".join(said)


def _published(details: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    series = of_series([str(slug) for slug in details.get("series", ())], titles)
    steps = [(int(details[what]), words) for what, words in _STEPS if details.get(what)]
    first = ", ".join(f"{n} {words}" for n, words in steps)
    if steps:
        first = first.replace(f"{steps[0][0]} ", f"{steps[0][0]} {'date' if steps[0][0] == 1 else 'dates'} ", 1)
    closures = _closures(details)
    told = f"{series}: {first}" if series and first else series or first or ("" if closures else "changes")
    told = ", ".join(filter(None, [told, closures]))
    if n := details.get("bookings"):
        told += f", {n} {'booking' if n == 1 else 'bookings'} moved or cancelled"
    return told
