"""One VEVENT for each occurrence and each booking (RFC 5545, 3.6.1). Nothing recurs, nothing is relative to now."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from icalendar import Event

from booking.calendars import text
from booking.calendars.addresses import Addresses
from booking.domain import wording, zones
from booking.domain.meetings import Appointment, Departed, Meeting
from booking.domain.organisation import Organisation

SYDNEY = "Australia/Sydney"
CANCELLED_PREFIX = "CANCELLED: "


@dataclass(frozen=True, slots=True)
class Publisher:
    """The publisher of calendars. `uid_domain` is the stored one, never that of the settings or of a request."""

    organisation: Organisation
    uid_domain: str
    addresses: Addresses

    def occurrence_uid(self, public_id: uuid.UUID) -> str:
        return f"occurrence-{public_id}@{self.uid_domain}"

    def booking_uid(self, public_id: uuid.UUID) -> str:
        return f"booking-{public_id}@{self.uid_domain}"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One VEVENT with what its calendar needs to know of it. `order` sorts: start, then UID."""

    event: Event
    starts_at: datetime
    ends_at: datetime
    zone: str
    uid: str

    @property
    def order(self) -> tuple[datetime, str]:
        return self.starts_at, self.uid


def public(publisher: Publisher, meeting: Meeting) -> CalendarEntry:
    """An occurrence as everybody sees it: its page, and never a join link; it blocks nobody's day."""
    page = publisher.addresses.occurrence(meeting.public_id)
    kind = publisher.organisation.kinds.get(meeting.kind)
    word = "Book a slot" if kind is not None and kind.bookable and not meeting.is_cancelled else "Details"
    paragraphs = [_facts(publisher, meeting), meeting.summary, f"{word}: {page}"]
    return _of_meeting(publisher, meeting, _Content(paragraphs, page))


def followed(publisher: Publisher, meeting: Meeting) -> CalendarEntry:
    """An occurrence in a member's private feed, with its join link."""
    page = publisher.addresses.occurrence(meeting.public_id)
    join_url = "" if meeting.is_cancelled else publisher.addresses.join_url(meeting.public_id)
    ways = "\n".join([f"Join: {join_url}"] * bool(join_url) + [f"Details: {page}"])
    paragraphs = [_facts(publisher, meeting), meeting.summary, ways]
    return _of_meeting(publisher, meeting, _Content(paragraphs, page, join_url, is_private=True))


def given(
    publisher: Publisher, meeting: Meeting, appointments: Sequence[Appointment], departed: Departed | None = None
) -> CalendarEntry:
    """An occurrence in the feed of an analyst who gives it: of a bookable kind with a line for each booking.

    `appointments` are that analyst's in it, by start; cancelled ones are left out. SEQUENCE rises with each change of
    the occurrence, of a booking in it, and with each that has `departed`.
    """
    zone = publisher.organisation.zone
    page = publisher.addresses.analyst_day(zones.today(meeting.starts_at, zone))
    join_url = "" if meeting.is_cancelled else publisher.addresses.join_url(meeting.public_id)
    standing = [] if meeting.is_cancelled else [one for one in appointments if not one.is_cancelled]
    kind = publisher.organisation.kinds.get(meeting.kind)
    booked = "\n".join(_booked_line(one, zone) for one in standing)
    if not standing and kind is not None and kind.bookable and not meeting.is_cancelled:
        booked = "Nobody has booked yet."
    ways = "\n".join([f"Join: {join_url}"] * bool(join_url) + [f"Your day: {page}"])
    changes = [(meeting.sequence, meeting.revised_at), *((one.sequence + 1, one.revised_at) for one in appointments)]
    if departed is not None:
        changes.append((departed.sequence, departed.revised_at))
    revised = sum(sequence for sequence, _ in changes), max(at for _, at in changes)
    paragraphs = [_facts(publisher, meeting), booked, ways]
    return _of_meeting(publisher, meeting, _Content(paragraphs, page, join_url, is_private=True), revised)


def booked(publisher: Publisher, appointment: Appointment) -> CalendarEntry:
    """A booking as its member sees it, with its join link."""
    meeting = appointment.meeting
    page = publisher.addresses.booking(appointment.public_id)
    join_url = "" if appointment.is_cancelled else publisher.addresses.join_url(appointment.public_id)
    facts = [_when(appointment.starts_at, appointment.ends_at, publisher.organisation.zone)]
    if appointment.is_cancelled:
        facts.append(_cancelled(appointment.reason))
    analyst = text.line(appointment.analyst)
    facts.append(f"With {analyst or 'an analyst'}, {appointment.minutes} minutes.")
    brief = [f"About: {text.block(appointment.topic)}"] * bool(appointment.topic)
    brief += [f"Link: {text.line(appointment.link)}"] * bool(appointment.link)
    ways = [f"Join: {join_url}"] * bool(join_url) + [
        f"{'Your booking' if not join_url else 'View, move or cancel'}: {page}"
    ]
    summary = f"{meeting.title} with {analyst}" if analyst else meeting.title
    content = _Content(["\n".join(facts), "\n".join(brief), "\n".join(ways)], page, join_url, is_private=True)
    event = _event(publisher, meeting, summary, content, is_cancelled=appointment.is_cancelled)
    uid = publisher.booking_uid(appointment.public_id)
    _stamp(event, uid, appointment.sequence, appointment.revised_at)
    _place(event, appointment.starts_at, appointment.ends_at, meeting.zone)
    return CalendarEntry(event, appointment.starts_at, appointment.ends_at, meeting.zone, uid)


@dataclass(frozen=True, slots=True)
class _Content:
    """What an entry says and leads to. A private one blocks its reader's day, and may have a join link."""

    paragraphs: Sequence[str]
    page: str
    join_url: str = ""
    is_private: bool = False


def _of_meeting(
    publisher: Publisher, meeting: Meeting, content: _Content, revised: tuple[int, datetime] | None = None
) -> CalendarEntry:
    """`revised` are SEQUENCE and DTSTAMP where they are not the occurrence's own."""
    event = _event(publisher, meeting, meeting.heading, content, is_cancelled=meeting.is_cancelled)
    uid = publisher.occurrence_uid(meeting.public_id)
    _stamp(event, uid, *(revised or (meeting.sequence, meeting.revised_at)))
    _place(event, meeting.starts_at, meeting.ends_at, meeting.zone)
    return CalendarEntry(event, meeting.starts_at, meeting.ends_at, meeting.zone, uid)


def _event(publisher: Publisher, meeting: Meeting, summary: str, content: _Content, *, is_cancelled: bool) -> Event:
    event = Event()
    known = publisher.organisation.kinds.get(meeting.kind)
    category = text.name(known.title if known is not None else meeting.kind)
    shown = text.line(summary) or category or "Meeting"  # an empty SUMMARY is an error to some readers
    event.add("summary", text.TypedText((CANCELLED_PREFIX if is_cancelled else "") + shown))
    described = [text.block(paragraph) for paragraph in content.paragraphs]
    event.add("description", text.TypedText("\n\n".join(paragraph for paragraph in described if paragraph)))
    event.add("url", content.page)
    event.add("location", "Online")
    if category:
        event.add("categories", [category])
    event.add("class", "PRIVATE" if content.is_private else "PUBLIC")
    event.add("transp", "OPAQUE" if content.is_private and not is_cancelled else "TRANSPARENT")
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    if content.join_url:
        label = f"Join: {text.parameter(meeting.title)}"
        parameters: dict[str, Any] = {"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"], "LABEL": label}
        event.add("conference", content.join_url, parameters=parameters)
    return event


def _stamp(event: Event, uid: str, sequence: int, revised_at: datetime) -> None:
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", revised_at.replace(microsecond=0))
    event.add("last-modified", revised_at.replace(microsecond=0))


def _place(event: Event, starts_at: datetime, ends_at: datetime, zone: str) -> None:
    """DTSTART and DTEND on the zone's own clock; in UTC where that clock shows a time twice.

    RFC 5545 (3.3.5) would take the first of the two; ical.js and libical, and so Thunderbird, take the second.
    """
    for name, instant in (("dtstart", starts_at), ("dtend", ends_at)):
        wall = zones.wall(instant, zone)
        if zones.is_shown_once(wall, zone):
            event.add(name, wall, parameters={"TZID": zone})
        else:
            event.add(name, instant)


def _facts(publisher: Publisher, meeting: Meeting) -> str:
    """The time in words, where it was if it moved, and that it is cancelled if it is."""
    zone = publisher.organisation.zone
    lines = [_when(meeting.starts_at, meeting.ends_at, zone)]
    if meeting.moved_from_at is not None:
        lines.append(f"Moved from {_start(meeting.moved_from_at, zone)}.")
    if meeting.is_cancelled:
        lines.append(_cancelled(meeting.reason))
    return "\n".join(lines)


def _cancelled(reason: str) -> str:
    return f"Cancelled. {text.line(reason)}".rstrip()


def _when(start: datetime, end: datetime, zone: str) -> str:
    """Monday 30 November, 1:00–2:00 pm AEST (2:00–3:00 pm in Sydney): Sydney's where an Australian zone differs."""
    shown = f"{_day(start, zone)}, {wording.span(start, end, zone)} {zones.abbreviation(start, zone)}"
    if zone.startswith("Australia/") and not wording.same_clock(start, zone, SYDNEY):
        other_day = "" if zones.today(start, SYDNEY) == zones.today(start, zone) else f"{_day(start, SYDNEY)}, "
        shown += f" ({other_day}{wording.span(start, end, SYDNEY)} in Sydney)"
    return shown.replace(wording.NBSP, " ")


def _start(instant: datetime, zone: str) -> str:
    shown = f"{_day(instant, zone)}, {wording.clock(instant, zone)} {zones.abbreviation(instant, zone)}"
    return shown.replace(wording.NBSP, " ")


def _day(instant: datetime, zone: str) -> str:
    return wording.long_day(zones.today(instant, zone))


def _booked_line(appointment: Appointment, zone: str) -> str:
    """1:15 pm, 30 minutes: A member – what they would like to discuss"""
    at = wording.clock(appointment.starts_at, zone).replace(wording.NBSP, " ")
    topic = text.line(appointment.topic)
    said = f" {wording.DASH} {topic}" if topic else ""
    return f"{at}, {appointment.minutes} minutes: {text.line(appointment.member) or 'a member'}{said}"
