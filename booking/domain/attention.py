"""What needs a coordinator's hand in the days to come: decided on values, the most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from booking.domain import wording


@dataclass(frozen=True, slots=True)
class OccurrenceStatus:
    """What is looked at of one occurrence. `is_bookable` says whether it has slots, `is_full` that none
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


@dataclass(frozen=True, slots=True)
class ActionItem:
    """One thing to see to. `key` names the occurrence, empty for what is not about one; `alert` is what it costs."""

    code: str
    on: date | None
    title: str
    text: str
    alert: str = ""
    key: str = ""


def action_items(
    seen: list[OccurrenceStatus], holidays: dict[date, str], overlaps: list[tuple[date, str]], failed: int, late: int
) -> list[ActionItem]:
    """Everything that needs attention, by date; what is about no date comes first."""
    found: list[ActionItem] = []
    if failed:
        text = f"{failed} {'email' if failed == 1 else 'emails'} bounced."
        found.append(ActionItem("emails-failed", None, "Emails bounced", text, "These people have not been told"))
    if late:
        text = f"{'1 email has' if late == 1 else f'{late} emails have'} been due for over ten minutes."
        found.append(ActionItem("emails-waiting", None, "Emails are waiting", text, "Is the worker running?"))
    for one in seen:
        found += _of(one)
        if one.on in holidays:
            text = f"{one.title} takes place on {holidays[one.on]}."
            found.append(ActionItem("holiday", one.on, "A date falls on a public holiday", text, "", one.key))
    found += [ActionItem("overlap", on, "Two things at once", text) for on, text in overlaps]
    return sorted(found, key=lambda hand: (hand.on is not None, hand.on or date.min, hand.code))


def _of(one: OccurrenceStatus) -> list[ActionItem]:
    found = []
    if one.is_bookable and one.staffed == 0:
        text = f"{one.title}: nobody is on the roster{', the analysts are away' if one.away else ''}."
        found.append(
            ActionItem("no-analyst", one.on, f"{one.kind} without an analyst", text, "Nobody can book", one.key)
        )
    elif not one.is_bookable and one.away and one.staffed == 0:
        enrolled = f" {_are(one.enrolled, 'person').replace('persons', 'people')} enrolled." if one.enrolled else ""
        text = f"{one.title}: whoever presents it is off, and nobody has taken it over.{enrolled}"
        found.append(ActionItem("no-presenter", one.on, "A presenter is needed", text, "Nobody presents it", one.key))
    elif not one.has_meeting_link:
        text = f"{one.title}: no join link is known{f'; {one.enrolled} are enrolled' if one.enrolled else ''}."
        found.append(
            ActionItem("no-meeting-link", one.on, "A meeting has no join link", text, "Nobody can join", one.key)
        )
    if one.is_bookable and one.sharing:
        text = f"{one.title}: {wording.listed(one.sharing)} have the same meeting link."
        alert = "Two members booked at the same time would meet in one call"
        found.append(ActionItem("shared-link", one.on, "Analysts share one meeting link", text, alert, one.key))
    if one.uncovered:
        text = f"{one.title}: {_are(one.uncovered, 'booking')} still without an analyst."
        alert = "Cancelled one hour before the start"
        found.append(
            ActionItem("uncovered", one.on, "An analyst is off: nobody has taken over yet", text, alert, one.key)
        )
    if one.is_bookable and one.staffed and one.is_full:
        waits = f" {_are(one.waiting, 'member')} waiting." if one.waiting else ""
        text = f"{one.title}: every slot is taken.{waits} Another analyst would help."
        found.append(ActionItem("full", one.on, f"{one.kind} full", text, "", one.key))
    if one.is_bookable and one.staffed and one.bookings == 0:
        text = f"{one.title}: nobody has booked yet."
        found.append(ActionItem("empty", one.on, f"{one.kind} empty", text, "", one.key))
    return found


def _are(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count} {noun}s are"
