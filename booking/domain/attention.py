"""Action items of a coordinator for the days ahead: decided on values, the most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from booking.domain import wording
from booking.domain.bookings import cover_words
from booking.domain.enums.planning import ActionCode


@dataclass(frozen=True, slots=True)
class OccurrenceStatus:
    """The status of one occurrence. `is_bookable` says whether it has slots, `is_full` that none
    of them is free."""

    key: str
    title: str
    kind: str  # what its kind is called: Clinic
    on: date
    starts_at: datetime
    is_bookable: bool
    staffed: int
    away: int
    has_meeting_link: bool
    bookings: int
    is_full: bool
    enrolled: int
    waiting: int
    uncovered: int = 0  # bookings whose analyst is away, and nobody has them yet
    sharing: tuple[str, ...] = ()  # analysts who have one meeting link with somebody else there
    has_begun: bool = False
    unlinked: tuple[str, ...] = ()  # those of several analysts who have no meeting link


@dataclass(frozen=True, slots=True)
class StuckEmails:
    """Emails that failed for good or bounced lately, those that have been due for long, and people whose address
    doesn't work: how many there are, and the names of the first few."""

    failed: int
    waiting: int
    unreachable: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionItem:
    """One thing to see to. `key` names the occurrence, empty for what is not about one; `alert` is what it costs."""

    code: ActionCode
    on: date | None
    title: str
    text: str
    alert: str = ""
    key: str = ""


def action_items(
    seen: list[OccurrenceStatus], holidays: dict[date, str], overlaps: list[tuple[date, str]], stuck: StuckEmails
) -> list[ActionItem]:
    """Everything that needs attention, by date; what is about no date comes first."""
    found = _of_emails(stuck)
    for one in seen:
        found += _of(one) + ([] if one.has_begun else _how_full(one))
        if one.on in holidays:
            text = f"{one.title} takes place on {holidays[one.on]}."
            found.append(ActionItem(ActionCode.HOLIDAY, one.on, "A date falls on a public holiday", text, "", one.key))
    found += [ActionItem(ActionCode.OVERLAP, on, "An analyst has two meetings at once", text) for on, text in overlaps]
    return sorted(found, key=lambda item: (item.on is not None, item.on or date.min, item.code))


def _of_emails(stuck: StuckEmails) -> list[ActionItem]:
    found: list[ActionItem] = []
    if stuck.failed:
        text = f"{stuck.failed} {'email' if stuck.failed == 1 else 'emails'} bounced."
        found.append(
            ActionItem(ActionCode.EMAILS_FAILED, None, "Emails bounced", text, "These people haven't been told")
        )
    if stuck.waiting:
        count = "1 email has" if stuck.waiting == 1 else f"{stuck.waiting} emails have"
        text, alert = f"{count} been waiting for over ten minutes.", "Check that the worker is running"
        found.append(ActionItem(ActionCode.EMAILS_WAITING, None, "Emails aren't going out", text, alert))
    if stuck.unreachable:
        rest = stuck.unreachable - len(stuck.names)
        text = f"{wording.listed([*stuck.names, *([f'{rest} more'] if rest else [])])}: emails to their address bounce."
        alert = "Ask them for another address, and correct it"
        found.append(ActionItem(ActionCode.ADDRESS_FAILING, None, "Email addresses that don't work", text, alert))
    return found


def _of(one: OccurrenceStatus) -> list[ActionItem]:
    found = []
    enrolled = f" {_are(one.enrolled, 'person').replace('persons', 'people')} enrolled." if one.enrolled else ""
    if one.is_bookable and one.staffed == 0:
        text = f"{one.title}: nobody is on the roster{' (the analysts are off)' if one.away else ''}."
        found.append(
            ActionItem(
                ActionCode.NO_ANALYST, one.on, f"{one.kind} without an analyst", text, "Nobody can book", one.key
            )
        )
    elif not one.is_bookable and one.away and one.staffed == 0:
        text = f"{one.title}: the presenter is off, and nobody has taken over.{enrolled}"
        found.append(
            ActionItem(ActionCode.NO_PRESENTER, one.on, "A presenter is needed", text, "Nobody presents it", one.key)
        )
    elif not one.has_meeting_link:
        whose = f" for {wording.listed(one.unlinked)}" if one.unlinked else ""
        text = f"{one.title}: no meeting link{whose} yet.{enrolled}"
        alert = "Members booked with them can't join" if one.unlinked else "Nobody can join"
        found.append(ActionItem(ActionCode.NO_MEETING_LINK, one.on, "Meeting link missing", text, alert, one.key))
    if one.is_bookable and one.sharing:
        text = f"{one.title}: {wording.listed(one.sharing)} use the same meeting link."
        alert = "Members booked at the same time would end up in the same call"
        found.append(ActionItem(ActionCode.SHARED_LINK, one.on, "Analysts share a meeting link", text, alert, one.key))
    if one.uncovered:
        text = f"{one.title}: {_are(one.uncovered, 'booking')} still without an analyst."
        alert = f"Cancelled {cover_words.ENDS} before the start if nobody takes over"
        found.append(
            ActionItem(
                ActionCode.UNCOVERED, one.on, "An analyst is off and nobody has taken over yet", text, alert, one.key
            )
        )
    return found


def _how_full(one: OccurrenceStatus) -> list[ActionItem]:
    """What is to see to where every slot is taken, or none."""
    found = []
    if one.is_bookable and one.staffed and one.is_full:
        waits = f" {_are(one.waiting, 'member')} waiting." if one.waiting else ""
        text = f"{one.title}: every slot is taken.{waits} Another analyst would help."
        found.append(ActionItem(ActionCode.FULL, one.on, f"{one.kind} full", text, "", one.key))
    if one.is_bookable and one.staffed and one.bookings == 0:
        text = f"{one.title}: nobody has booked yet."
        found.append(ActionItem(ActionCode.EMPTY, one.on, f"{one.kind} empty", text, "", one.key))
    return found


def _are(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count} {noun}s are"
