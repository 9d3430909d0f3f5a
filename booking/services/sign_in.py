"""Sign-in by one letter: ask for it, then press its link or type its six digits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain import addresses, errors
from booking.services.deed import deed
from booking.store import letters, people, register, sessions
from booking.store.people import Person
from booking.store.sign_ins import SignIn

VALID = timedelta(minutes=30)
MOST_TRIES = 5
MOST_FOR_AN_ADDRESS = 5  # letters within AN_HOUR
MOST_FOR_A_SENDER = 20  # requests within AN_HOUR
AN_HOUR = timedelta(hours=1)
UNKNOWN_AGAIN = timedelta(days=1)
TYPED_KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who signed in with which request, and where they wanted to be. `token` is of the new session.

    None of both where the code was wrong.
    """

    person_id: int | None
    token: str | None
    sign_in: uuid.UUID
    return_to: str
    has_typed: bool
    tries_left: int


@deed
def ask(
    session: Session,
    email: str,
    sender: str,
    now: datetime,
    *,
    return_to: str = "/",
    typed: dict[str, Any] | None = None,
) -> uuid.UUID:
    """Ask for a letter; the answer is the request's id, the same whoever has the address.

    An address nobody here has gets a letter that says so, at most one a day. Beyond five letters an hour for an
    address no more are sent. Raises TooManyRequests beyond twenty requests an hour of one sender.
    """
    recent = _count(session, SignIn.sender == sender, SignIn.requested_at > now - AN_HOUR)
    if recent >= MOST_FOR_A_SENDER:
        raise errors.TooManyRequests(now + AN_HOUR)
    typed_email, email = email.strip().lower(), addresses.key(email)
    person = people.with_email(session, email)
    sent = (SignIn.email == email) & (SignIn.expires_at > SignIn.requested_at)
    for_address = _count(session, sent, SignIn.requested_at > now - AN_HOUR)
    for_unknown = _count(session, sent, SignIn.requested_at > now - UNKNOWN_AGAIN)
    writes = for_address < MOST_FOR_AN_ADDRESS if person is not None else for_unknown == 0
    row = SignIn(
        email=email,
        person_id=person.id if person is not None else None,
        sender=sender,
        requested_at=now,
        expires_at=now + VALID if writes else now,
        return_to=return_to,
        typed=typed or {},
    )
    session.add(row)
    session.flush()
    if writes:
        name = "sign-in" if person is not None else "sign-in-unknown"
        to = person.email if person is not None else typed_email
        letters.enqueue(session, name, to, {"sign_in": str(row.public_id)}, now, person_id=row.person_id)
    return row.public_id


def _count(session: Session, *conditions: Any) -> int:
    return session.scalar(select(func.count()).select_from(SignIn).where(*conditions)) or 0


@deed
def by_link(
    session: Session, sign_in: uuid.UUID, now: datetime, *, device: str = "", replaces: int | None = None
) -> Visit:
    """Consume a request by its link, whose MAC the caller has checked, and begin a session. Raises SignInExpired.

    `replaces` is the internal id of the session that this browser had, which ends.
    """
    row = _locked(session, sign_in)
    return _consume(session, row, now, device, replaces)


@deed
def _try_code(
    session: Session, sign_in: uuid.UUID, matches: bool, now: datetime, device: str, replaces: int | None
) -> Visit:
    row = _locked(session, sign_in)
    if row.tries >= MOST_TRIES or row.used_at is not None or now >= row.requested_at + VALID:
        raise errors.SignInExpired()
    if matches and row.person_id is not None and now < row.expires_at:
        return _consume(session, row, now, device, replaces)
    row.tries += 1
    return Visit(None, None, row.public_id, row.return_to, bool(row.typed), MOST_TRIES - row.tries)


def by_code(
    session: Session,
    sign_in: uuid.UUID,
    matches: bool,
    now: datetime,
    *,
    device: str = "",
    replaces: int | None = None,
) -> Visit:
    """Consume a request by its six digits; `matches` says whether they are the right ones.

    Raises WrongCode with the tries that are left, which is committed and counted; SignInExpired after five, once
    used, or after 30 minutes.
    """
    visit = _try_code(session, sign_in, matches, now, device, replaces)
    if visit.person_id is None:
        raise errors.WrongCode(visit.tries_left)
    return visit


def _locked(session: Session, sign_in: uuid.UUID) -> SignIn:
    row = session.scalars(
        select(SignIn).where(SignIn.public_id == sign_in).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise errors.SignInExpired()
    return row


def _consume(session: Session, row: SignIn, now: datetime, device: str, replaces: int | None) -> Visit:
    if row.used_at is not None or row.person_id is None or now >= row.expires_at:
        raise errors.SignInExpired()
    person = session.get_one(Person, row.person_id, populate_existing=True)
    if person.closed_at is not None:
        raise errors.SignInExpired()
    row.used_at = now
    register.write(session, "signed-in", "person", person.public_id, now, actor_id=person.id)
    if replaces is not None:
        sessions.end(session, replaces, now)
    token = sessions.begin(session, person.id, device, now)
    return Visit(person.id, token, row.public_id, row.return_to, bool(row.typed), MOST_TRIES - row.tries)


@deed
def link_for(session: Session, email: str, now: datetime) -> uuid.UUID:
    """A request that needs no letter, for the command line: its link is printed. Raises NotFound."""
    person = people.with_email(session, email)
    if person is None:
        raise errors.NotFound(f"nobody here has the address {email}")
    row = SignIn(
        email=person.email, person_id=person.id, sender="command line", requested_at=now, expires_at=now + VALID
    )
    session.add(row)
    register.write(session, "sign-in-link-printed", "person", person.public_id, now)
    session.flush()
    return row.public_id


def typed_for(session: Session, person_id: int, sign_in: uuid.UUID, now: datetime) -> dict[str, Any]:
    """What this person typed before they signed in; empty for anybody else's request, or after an hour."""
    row = session.scalars(
        select(SignIn).where(
            SignIn.public_id == sign_in, SignIn.person_id == person_id, SignIn.used_at > now - TYPED_KEPT
        )
    ).one_or_none()
    return dict(row.typed) if row is not None else {}
