"""Deliver letters: lease, render, send, note what became of it. Nothing is locked while the mail server talks."""

from __future__ import annotations

import logging
import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from booking.calendars.addresses import Addresses
from booking.calendars.entries import Publisher
from booking.calendars.invitations import Party, invitation
from booking.domain import tokens
from booking.domain.meetings import Appointment, Meeting
from booking.domain.organisation import Organisation
from booking.mail.compose import Attached, Sender, compose
from booking.mail.mailer import Mailer, PermanentFailure, TemporaryFailure
from booking.mail.render import Recipient, Rendered, render
from booking.services.deed import deed
from booking.settings import Settings
from booking.store import outbox
from booking.store.letters import Letter
from booking.store.people import Person

BATCH = 20
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
CANCELLING = {"cancelled": "member", "cancelled-by-us": "staff"}
log = logging.getLogger("booking.letters")


@deed
def lease(session: Session, worker: str, now: datetime) -> list[tuple[Letter, Person | None]]:
    """Take a batch of letters with who reads each."""
    letters = outbox.lease(session, worker, now, BATCH)
    people = {
        p.id: p for p in session.query(Person).filter(Person.id.in_({x.person_id for x in letters if x.person_id}))
    }
    return [(letter, people.get(letter.person_id) if letter.person_id else None) for letter in letters]


@deed
def mark_sent(session: Session, letter_id: int, worker: str, now: datetime) -> None:
    """It left."""
    outbox.sent(session, letter_id, worker, now)


@deed
def mark_failed(session: Session, letter_id: int, worker: str, now: datetime, why: str) -> None:
    """It will never go."""
    outbox.failed(session, letter_id, worker, now, why)


@deed
def mark_put_off(session: Session, letter_id: int, worker: str, until: datetime, why: str) -> None:
    """It may go later."""
    outbox.put_off(session, letter_id, worker, until, why)


@deed
def keep_house(session: Session, worker: str, now: datetime) -> None:
    """Say that the worker is alive, and forget what has had its time."""
    outbox.seen(session, worker, now)
    outbox.tidy(session, now)


def deliver_once(
    sessions: sessionmaker[Session],
    mailer: Mailer,
    settings: Settings,
    organisation: Organisation,
    worker: str,
    now: datetime,
) -> int:
    """Send one batch; how many letters were taken, whatever became of them."""
    with sessions() as session:
        taken = lease(session, worker, now)
        for letter, person in taken:
            _deliver(session, mailer, settings, organisation, worker, letter, person, now)
    return len(taken)


def _deliver(
    session: Session,
    mailer: Mailer,
    settings: Settings,
    organisation: Organisation,
    worker: str,
    letter: Letter,
    person: Person | None,
    now: datetime,
) -> None:
    recipient = recipient_of(letter, person)
    sender = Sender(organisation.name, settings.mail_from, settings.reply_address, _domain(letter, settings))
    carried = invitation_of(letter, recipient, sender, settings, organisation)
    rendered = render_letter(letter, recipient, settings, organisation)
    message = compose(rendered, recipient, sender, letter.public_id, letter.created_at, carried)
    try:
        mailer.send(message)
    except PermanentFailure as failure:
        log.warning("letter %s (%s) failed for good: %s", letter.public_id, letter.name, failure)
        mark_failed(session, letter.id, worker, now, str(failure))
    except TemporaryFailure as failure:
        until = now + retry_after(letter.attempts)
        log.warning("letter %s (%s) put off until %s: %s", letter.public_id, letter.name, until, failure)
        mark_put_off(session, letter.id, worker, until, str(failure))
    else:
        log.info("letter %s (%s) sent", letter.public_id, letter.name)
        mark_sent(session, letter.id, worker, now)


def retry_after(attempts: int) -> timedelta:
    """How long to wait after that many attempts: doubled each time up to an hour, with a fifth of jitter."""
    doubled: timedelta = FIRST_RETRY * (1 << min(max(attempts, 1) - 1, 20))
    return min(doubled, LONGEST_RETRY) * random.uniform(0.8, 1.2)


def recipient_of(letter: Letter, person: Person | None) -> Recipient:
    """Who reads it, in their present zone."""
    if person is None:
        return Recipient(letter.to_email)
    return Recipient(letter.to_email, person.name, person.time_zone)


def render_letter(letter: Letter, recipient: Recipient, settings: Settings, organisation: Organisation) -> Rendered:
    """Subject, text and HTML of a letter, its links made now."""
    return render(letter.name, letter.facts, recipient, links_of(letter.facts, settings), organisation)


def links_of(facts: dict[str, Any], settings: Settings) -> dict[str, str]:
    """Every address that a letter may carry; none of them is stored."""
    base, key = settings.base_url, settings.secret_key
    links = {"site": base, "programme": f"{base}/", "join": settings.join_url}
    if "booking" in facts:
        links["manage"] = f"{base}/manage/{tokens.sign(key, 'manage', facts['booking'])}"
        links["entry"] = f"{links['manage']}/booking.ics"
        links["door"] = f"{base}/join/{tokens.sign(key, 'door', facts['booking'])}"
    if "sign_in" in facts:
        links["sign_in"] = f"{base}/sign-in/link/{tokens.sign(key, 'sign-in', facts['sign_in'])}"
        links["code"] = tokens.six_digits(key, "sign-in-code", facts["sign_in"])
    return links


def _domain(letter: Letter, settings: Settings) -> str:
    return str(letter.facts.get("uid_domain") or settings.host)


def invitation_of(
    letter: Letter, recipient: Recipient, sender: Sender, settings: Settings, organisation: Organisation
) -> Attached | None:
    """The invitation that goes along with a letter about a booking which was born with one; else None."""
    facts = letter.facts
    if "booking" not in facts or not facts["is_invited"]:
        return None
    publisher = Publisher(organisation, sender.domain, Addresses(settings.base_url, settings.secret_key))
    organiser = Party(sender.name, sender.email)
    made = invitation(publisher, appointment_of(letter), organiser, Party(recipient.name, recipient.email))
    return Attached(made.method, made.content)


def appointment_of(letter: Letter) -> Appointment:
    """The booking as of the commit that queued the letter."""
    facts = letter.facts
    instants = {name: datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at", "revised_at")}
    meeting = Meeting(
        public_id=uuid.UUID(facts["occurrence"]),
        series_slug=facts["series"],
        series_title=facts["title"],
        summary="",
        kind=facts["kind"],
        title=facts["title"],
        module=None,
        modules=0,
        module_title="",
        starts_at=instants["starts_at"],
        ends_at=instants["ends_at"],
        zone=facts["zone"],
        is_cancelled=False,
        reason="",
        moved_from_at=None,
        sequence=0,
        revised_at=instants["revised_at"],
    )
    nobody = uuid.UUID(int=0)  # an invitation names people, and points at none of their ids
    return Appointment(
        public_id=uuid.UUID(facts["booking"]),
        meeting=meeting,
        starts_at=instants["starts_at"],
        ends_at=instants["ends_at"],
        minutes=facts["minutes"],
        analyst=facts["analyst"],
        analyst_public_id=nobody,
        member=facts["member"],
        member_public_id=nobody,
        chose_analyst=False,
        topic=facts["topic"],
        link=facts["link"],
        is_cancelled=letter.name in CANCELLING,
        cancelled_by=CANCELLING.get(letter.name),
        is_late=False,
        reason=facts.get("reason", ""),
        outcome=None,
        is_invited=True,
        sequence=facts["sequence"],
        revised_at=instants["revised_at"],
    )
