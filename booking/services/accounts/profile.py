"""Change one's own profile."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain import errors, links, zones
from booking.domain.bookings.topics import clean_line
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import EmailPreference
from booking.domain.enums.people import InvitationPreference
from booking.domain.organisation import Organisation
from booking.domain.people import person_names
from booking.services.transaction import transactional
from booking.store import audit_log, feed_fetches
from booking.store.bookings import bookings
from booking.store.bookings import reminders as booked_reminders
from booking.store.db import locks
from booking.store.people.people import Person
from booking.store.queries.feeds.feed_versions import FETCHED_AT, GENERATION

ABOUT_CHARACTERS = 200
AGENDA_HOURS = range(4, 13)


def values_of(person: Person) -> dict[str, str]:
    """Returns what the profile form shows: a text for each field of ProfileChange."""
    return {
        "name": person.name,
        "time_zone": zones.current_name(person.time_zone) if person.time_zone else "",
        "invitations": person.invitations,
        "about": person.about,
        "reminders": "yes" if person.wants_reminders else "no",
        "meeting_url": person.meeting_url or "",
        "daily_agenda": "" if person.agenda_hour is None else str(person.agenda_hour),
    }


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """A profile as its owner wants it: texts, as a form sends them.

    name          not empty
    time_zone     an IANA name, empty for none, None to leave it
    invitations   an InvitationPreference
    about         what an analyst may be asked about
    reminders     whether reminders come by email: yes or no
    daily_agenda  the hour of the day at which an analyst's agenda comes, empty for never
    meeting_url   an analyst's own meeting link, empty for none, None to leave it
    """

    name: str
    time_zone: str | None
    invitations: str
    about: str = ""
    reminders: str = "yes"
    daily_agenda: str = ""
    meeting_url: str | None = None


@transactional
def change(
    session: Session, person_id: int, wanted: ProfileChange, organisation: Organisation, now: datetime
) -> Person:
    """Set somebody's own profile. What is set here wins over later imports.

    Raises TextNotAccepted naming the field.
    """
    cleaned = _name(wanted.name)
    told = clean_line("about", wanted.about, ABOUT_CHARACTERS)
    zone = _zone(wanted.time_zone) if wanted.time_zone else None
    if wanted.invitations not in list(InvitationPreference):
        raise errors.TextNotAccepted("invitations", "choose one of the options")
    if wanted.reminders not in {"yes", "no"}:
        raise errors.TextNotAccepted("reminders", "choose yes or no")
    if wanted.daily_agenda not in {"", *map(str, AGENDA_HOURS)}:
        raise errors.TextNotAccepted("daily_agenda", "choose an hour from the list")
    if wanted.meeting_url and not links.is_https(wanted.meeting_url):
        raise errors.TextNotAccepted("meeting_url", links.HTTPS)
    if session.get_one(Person, person_id).name != cleaned:
        locks.occurrences(session, bookings.shown_in(session, [person_id], now))  # always before persons
    person = locks.person(session, person_id)
    _remind(session, person, wanted.reminders == "yes", organisation, now)
    person.agenda_hour = int(wanted.daily_agenda) if wanted.daily_agenda else None
    if wanted.meeting_url is not None and (wanted.meeting_url or None) != person.meeting_url:
        person.meeting_url, person.meeting_url_is_own = wanted.meeting_url or None, True
    person.name_is_own = person.name_is_own or cleaned != person.name
    if wanted.time_zone is not None and zone != (person.time_zone and zones.current_name(person.time_zone)):
        person.time_zone, person.time_zone_is_own = zone, True
    if cleaned != person.name:
        bookings.rename(session, [person.id], now)  # analysts' calendars name members, and members' name analysts
    person.name, person.invitations, person.about = cleaned, wanted.invitations, told
    audit_log.write(session, AuditAction.CHANGED, AuditSubject.PERSON, person.public_id, now, actor_id=person.id)
    return person


def _name(text: str) -> str:
    try:
        return person_names.parse(text)
    except person_names.NotAName as error:
        raise errors.TextNotAccepted("name", str(error)) from None


def _zone(text: str) -> str:
    """The zone's current name. Raises TextNotAccepted."""
    try:
        return zones.named(text)
    except zones.UnknownZone:
        raise errors.TextNotAccepted("time_zone", "choose a time zone from the list") from None


def _remind(session: Session, person: Person, wants: bool, organisation: Organisation, now: datetime) -> None:
    if person.wants_reminders == wants:
        return
    person.wants_reminders = wants
    session.flush()
    booked_reminders.plan(session, booked_reminders.upcoming_of(session, person.id, now), organisation, now)


_PERSON_ID = select(Person.id).where(Person.public_id == bindparam("public_id"))


@transactional
def unsubscribe(
    session: Session, public_id: uuid.UUID, what: EmailPreference, organisation: Organisation, now: datetime
) -> None:
    """End emails that come by themselves. Twice is once. Raises NotFound."""
    seen = session.execute(_PERSON_ID, {"public_id": public_id}).scalar_one_or_none()
    if seen is None:
        raise errors.NotFound()
    person = locks.person(session, seen)
    if what == EmailPreference.REMINDERS:
        _remind(session, person, False, organisation, now)
    else:
        person.agenda_hour = None
    audit_log.write(
        session,
        AuditAction.UNSUBSCRIBED,
        AuditSubject.PERSON,
        person.public_id,
        now,
        actor_id=person.id,
        is_by_link=True,
        what=what,
    )


@transactional
def hear_zone(session: Session, person_id: int, time_zone: str, now: datetime) -> bool:
    """Take note of the browser's zone: kept where none is known. Whether the person is to be asked about it, once."""
    zone = zones.of_browser(time_zone)
    if zone is None:
        return False
    person = locks.person(session, person_id)
    if person.time_zone is not None and zones.current_name(person.time_zone) == zone:
        return False
    if person.time_zone is None:
        person.time_zone = zone
        return False
    if person.asked_time_zone == zone:
        return False
    person.asked_time_zone = zone
    return True


@transactional
def use_zone(session: Session, person_id: int, time_zone: str, now: datetime) -> None:
    """The person says: show me this zone's times, as their browser named it. Raises TextNotAccepted."""
    zone = zones.of_browser(time_zone) or _zone(time_zone)
    person = locks.person(session, person_id)
    person.time_zone, person.time_zone_is_own = zone, True
    audit_log.write(session, AuditAction.CHANGED, AuditSubject.PERSON, person.public_id, now, actor_id=person.id)


@transactional
def choose_feed(
    session: Session, person_id: int, kinds: Collection[str], organisation: Organisation, now: datetime
) -> None:
    """Set which kinds the member's calendar holds beside their own bookings and enrolments. Raises TextNotAccepted."""
    ticked = set(kinds)
    if not ticked <= set(organisation.kinds):
        raise errors.TextNotAccepted("kinds", "choose from the list")
    person = locks.person(session, person_id)
    chosen = None if ticked == organisation.without_slots else sorted(ticked)  # as it comes: then a new kind too
    if chosen == person.feed_kinds:
        return
    person.feed_kinds = chosen
    audit_log.write(
        session,
        AuditAction.FEED_CHOSEN,
        AuditSubject.PERSON,
        person.public_id,
        now,
        actor_id=person.id,
        kinds=sorted(ticked),
    )


@transactional
def new_feed_address(session: Session, person_id: int, purpose: str, now: datetime) -> None:
    """End the private address of that purpose (member-feed, analyst-feed): a new one stands in its place."""
    role = next((one for one in GENERATION if purpose == f"{one}-feed"), None)
    if role is None:
        raise errors.NotFound()
    person = locks.person(session, person_id)
    setattr(person, GENERATION[role].key, getattr(person, GENERATION[role].key) + 1)
    setattr(person, FETCHED_AT[role].key, None)
    feed_fetches.forget(session, role, person.id)
    audit_log.write(
        session,
        AuditAction.FEED_ADDRESS_RENEWED,
        AuditSubject.PERSON,
        person.public_id,
        now,
        actor_id=person.id,
        purpose=purpose,
    )
