"""A booking as a letter carries it: iTIP (RFC 5546) for iMIP (RFC 6047). One VEVENT, one attendee."""

from __future__ import annotations

from dataclasses import dataclass

from icalendar import vCalAddress

from booking.calendars import entries, feeds, text
from booking.calendars.entries import Publisher
from booking.domain.meetings import Appointment


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a letter: exactly the address and the name that stand in its From or To."""

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
    calendar = feeds.empty()
    calendar.add("method", method)
    return Invitation(method, feeds.of_one(calendar, entry))


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{text.line(party.email)}")
    name = text.parameter(party.name)
    if name:
        address.params["CN"] = name
    return address
