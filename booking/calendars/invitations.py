"""A booking as an email carries it: iTIP (RFC 5546) for iMIP (RFC 6047). One VEVENT, one attendee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache

from icalendar import vCalAddress

from booking.calendars import entries, feeds, text, vtimezone
from booking.calendars.entries import Publisher
from booking.domain import zones
from booking.domain.meetings import Appointment
from booking.domain.people import email_addresses

END = b"END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True)
class Party:
    """One end of an email: the name and address of its From or To; the domain is written as it is there (xn--…)."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """`method` is METHOD, and must be the method parameter of the MIME part too."""

    method: str
    content: bytes


def invitation(publisher: Publisher, appointment: Appointment, organiser: Party, attendee: Party) -> Invitation:
    """REQUEST for a booking that stands, CANCEL for one that was cancelled; SEQUENCE is the appointment's own."""
    method = "CANCEL" if appointment.is_cancelled else "REQUEST"
    entry = entries.booked(publisher, appointment)
    entry.event.add("organizer", _address(organiser))
    invited = _address(attendee)
    invited.params["CUTYPE"] = "INDIVIDUAL"
    invited.params["ROLE"] = "REQ-PARTICIPANT"
    invited.params["PARTSTAT"] = "ACCEPTED"
    invited.params["RSVP"] = "FALSE"
    entry.event.add("attendee", invited)
    opening = _opening(method, entry.zone, zones.today(entry.starts_at, "UTC"), zones.today(entry.ends_at, "UTC"))
    return Invitation(method, opening + entry.event.to_ical() + END)


@lru_cache(maxsize=256)
def _opening(method: str, zone: str, first: date, last: date) -> bytes:
    """All that stands before the VEVENT: alike for whatever is booked in that zone on those days."""
    calendar = feeds.empty()
    calendar.add("method", method)
    start, end = (datetime.combine(day, time(), UTC) for day in (first, last))
    calendar.add_component(vtimezone.component(zone, start - feeds.MARGIN, end + feeds.MARGIN))
    content: bytes = calendar.to_ical()
    return content.removesuffix(END)


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{text.line(email_addresses.key(party.email))}")
    name = text.parameter(party.name)
    if name:
        address.params["CN"] = name
    return address
