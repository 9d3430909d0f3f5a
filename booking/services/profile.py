"""What people set of themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors, zones
from booking.domain.briefs import clean_line
from booking.services.deed import deed
from booking.store import locks, register
from booking.store.people import INVITATIONS, Person

NAME_CHARACTERS = 100
ABOUT_CHARACTERS = 200


@deed
def change(
    session: Session, person_id: int, now: datetime, *, name: str, time_zone: str, invitations: str, about: str = ""
) -> Person:
    """Set name, zone (an IANA name, empty for none), invitations and what an analyst may be asked about.

    What is set here wins over later imports. Raises TextNotAccepted naming the field.
    """
    cleaned = clean_line("name", name, NAME_CHARACTERS)
    told = clean_line("about", about, ABOUT_CHARACTERS)
    if not cleaned:
        raise errors.TextNotAccepted("name", "say how you are called")
    try:
        zone = zones.named(time_zone) if time_zone else None
    except zones.UnknownZone:
        raise errors.TextNotAccepted("time_zone", "no zone goes by this name") from None
    if invitations not in INVITATIONS:
        raise errors.TextNotAccepted("invitations", "choose one of the three")
    person = locks.person(session, person_id)
    person.name_is_own = person.name_is_own or cleaned != person.name
    person.time_zone_is_own = person.time_zone_is_own or zone != person.time_zone
    person.name, person.time_zone, person.invitations, person.about = cleaned, zone, invitations, told
    register.write(session, "changed", "person", person.public_id, now, actor_id=person.id)
    return person


@deed
def hear_zone(session: Session, person_id: int, time_zone: str, now: datetime) -> bool:
    """Take note of the browser's zone: kept where none is known. Whether the person is to be asked about it, once."""
    try:
        zone = zones.named(time_zone)
    except zones.UnknownZone:
        return False
    person = locks.person(session, person_id)
    if zone == "UTC" or zone.startswith("Etc/") or person.time_zone == zone:
        return False
    if person.time_zone is None:
        person.time_zone = zone
        return False
    if person.asked_time_zone == zone:
        return False
    person.asked_time_zone = zone
    return True


@deed
def use_zone(session: Session, person_id: int, time_zone: str, now: datetime) -> None:
    """The person says: show me this zone's times. Raises TextNotAccepted."""
    try:
        zone = zones.named(time_zone)
    except zones.UnknownZone:
        raise errors.TextNotAccepted("time_zone", "no zone goes by this name") from None
    person = locks.person(session, person_id)
    person.time_zone, person.time_zone_is_own = zone, True
    register.write(session, "changed", "person", person.public_id, now, actor_id=person.id)


@deed
def sign_out_everywhere(session: Session, person_id: int, now: datetime) -> None:
    """End every visit of this person, on every device."""
    person = locks.person(session, person_id)
    person.session_generation += 1
    register.write(session, "signed-out-everywhere", "person", person.public_id, now, actor_id=person.id)


@deed
def new_feed_address(session: Session, person_id: int, purpose: str, now: datetime) -> None:
    """End the private address of that purpose (member-feed, analyst-feed): a new one stands in its place."""
    person = locks.person(session, person_id)
    if purpose == "member-feed":
        person.member_feed_generation += 1
        person.member_feed_fetched_at = None
    elif purpose == "analyst-feed":
        person.analyst_feed_generation += 1
        person.analyst_feed_fetched_at = None
    else:
        raise errors.NotFound()
    register.write(session, "new-feed-address", "person", person.public_id, now, actor_id=person.id, purpose=purpose)
