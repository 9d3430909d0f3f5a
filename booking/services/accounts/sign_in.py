"""Sign-in by one email: ask for it, then click its link or enter its six digits.

Limits count requests by address and network and failures by network, under a lock, in windows that slide. A stranger
who asks for somebody else's address uses up the requests of their own network alone. What is sent to an address, and
what is said about it, is the same whether somebody here has it or not.
"""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain import errors, tokens
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import EmailName
from booking.domain.people import email_addresses
from booking.domain.people.sign_in import CODES_AT_ONCE, MAX_TRIES, VALID, masked
from booking.services.steps import undelivered
from booking.services.transaction import transactional
from booking.store import audit_log
from booking.store.outbox import emails
from booking.store.people import rate_limits, sessions
from booking.store.people.people import Person, with_email
from booking.store.people.rate_limits import RateLimitRule
from booking.store.people.sign_ins import SignIn
from booking.store.queries.people import account_holdings

AN_HOUR = timedelta(hours=1)
TYPED_KEPT = timedelta(hours=1)
#: In the order in which they are locked.
EMAILS_TO_AN_ADDRESS_FROM_A_NETWORK = RateLimitRule("sign-in-address", 5, AN_HOUR)
EMAILS_TO_AN_ADDRESS = RateLimitRule("sign-in-anywhere", 20, AN_HOUR)  # from all networks, against floods of email
REQUESTS_OF_A_NETWORK = RateLimitRule(
    "sign-in-network", 500, AN_HOUR
)  # against floods: a whole organisation stays below
EMAILS_TO_A_STRANGER = RateLimitRule("sign-in-stranger", 1, timedelta(days=1))
STRANGERS_OF_A_NETWORK = RateLimitRule(
    "sign-in-strangers", 20, AN_HOUR
)  # beyond it strangers get no email, and no word of it
WRONG_CODES_FOR_AN_ADDRESS = RateLimitRule("wrong-code-address", 10, AN_HOUR)
WRONG_CODES_OF_A_NETWORK = RateLimitRule("wrong-code-network", 30, AN_HOUR)


@dataclass(frozen=True, slots=True)
class Browser:
    """The origin of a sign-in: a keyed digest of the network address, the device in words, and the internal id of the
    session that this browser has and that a new one replaces."""

    sender: str
    device: str = ""
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class TypedCode:
    """Six digits as somebody typed them, and the secret key that the right ones are made with."""

    digits: str
    key: str


@dataclass(frozen=True, slots=True)
class NewSession:
    """A new session: its token, with which request it began, and where the person wanted to be."""

    token: str
    sign_in: uuid.UUID
    return_to: str
    has_typed: bool


@dataclass(frozen=True, slots=True)
class RequestedSignIn:
    """A request as its page shows it, its address as people write it; `person_id` is None for one that nobody has."""

    sign_in: uuid.UUID
    email: str
    person_id: int | None
    return_to: str
    typed: dict[str, Any]
    is_open: bool


@transactional
def ask(
    session: Session,
    email: str,
    sender: str,
    now: datetime,
    *,
    return_to: str = "/",
    typed: dict[str, Any] | None = None,
) -> uuid.UUID:
    """Ask for an email with a code and a link; returns the request's id, the same whoever has the address.

    An address that nobody here has, or whose account is closed, gets an email that says so, at most one a day. Raises
    TooManyRequests beyond five requests an hour for one address from one network, or twenty from all networks.
    """
    typed_email, email = email.strip().lower(), email_addresses.key(email)
    count(session, EMAILS_TO_AN_ADDRESS_FROM_A_NETWORK, f"{email} {sender}", now)
    count(session, EMAILS_TO_AN_ADDRESS, email, now)
    count(session, REQUESTS_OF_A_NETWORK, sender, now)
    person = with_email(session, email)
    row = SignIn(
        email=email,
        person_id=person.id if person is not None else None,
        requested_at=now,
        expires_at=now + VALID,
        return_to=return_to,
        typed=typed or {},
    )
    name, to = (EmailName.SIGN_IN, person.email) if person is not None else (_refusal(session, email), typed_email)
    is_told = person is not None or _tell_stranger(session, email, name, sender, now)
    session.add(row)
    session.flush()
    if is_told:
        emails.enqueue(session, name, to, {"sign_in": str(row.public_id)}, now, person_id=row.person_id)
    return row.public_id


def count(session: Session, limit: RateLimitRule, key: str, now: datetime) -> None:
    """Count one more; raises TooManyRequests, and counts nothing, where as many as may be were counted."""
    hits = rate_limits.lock(session, limit, key, now)
    retry_at = rate_limits.free_at(limit, hits)
    if retry_at is not None:
        raise errors.TooManyRequests(retry_at, limit.name)
    rate_limits.hit(session, limit, key, hits, now)


def _refusal(session: Session, email: str) -> EmailName:
    """The name of the email that says why nobody can sign in with this address: only its owner reads it."""
    return (
        EmailName.SIGN_IN_UNKNOWN if account_holdings.with_email(session, email) is None else EmailName.SIGN_IN_CLOSED
    )


def _tell_stranger(session: Session, email: str, name: EmailName, sender: str, now: datetime) -> bool:
    """Whether an address without an open account is sent the email `name`; the request is recorded as a failure."""
    of_address = rate_limits.lock(session, EMAILS_TO_A_STRANGER, email, now)
    of_network = rate_limits.lock(session, STRANGERS_OF_A_NETWORK, sender, now)
    if rate_limits.free_at(STRANGERS_OF_A_NETWORK, of_network) is not None:
        return False
    rate_limits.hit(session, STRANGERS_OF_A_NETWORK, sender, of_network, now)
    reason = "closed-account" if name == EmailName.SIGN_IN_CLOSED else "unknown-address"
    _record_failure(session, reason, email, None, sender, now)
    if rate_limits.free_at(EMAILS_TO_A_STRANGER, of_address) is not None:
        return False
    rate_limits.hit(session, EMAILS_TO_A_STRANGER, email, of_address, now)
    return True


def _record_failure(
    session: Session, reason: str, email: str, person_id: int | None, sender: str, now: datetime
) -> None:
    person = session.get(Person, person_id) if person_id is not None else None
    subject, subject_id = (
        (AuditSubject.PERSON, person.public_id) if person is not None else (AuditSubject.SIGN_IN, None)
    )
    audit_log.write(
        session,
        AuditAction.SIGN_IN_FAILED,
        subject,
        subject_id,
        now,
        reason=reason,
        email=masked(email),
        network=sender,
    )


_SIGN_IN = select(SignIn).where(SignIn.public_id == bindparam("sign_in"))


def asked(session: Session, sign_in: uuid.UUID, now: datetime) -> RequestedSignIn | None:
    """The request of that id; None where it is unknown or forgotten."""
    row = session.scalars(_SIGN_IN, {"sign_in": sign_in}).one_or_none()
    if row is None:
        return None
    is_open = row.used_at is None and now < row.expires_at
    return RequestedSignIn(
        row.public_id, email_addresses.readable(row.email), row.person_id, row.return_to, dict(row.typed), is_open
    )


@transactional
def _try_link(session: Session, sign_in: uuid.UUID, now: datetime, browser: Browser) -> NewSession | None:
    hits = rate_limits.lock(session, WRONG_CODES_OF_A_NETWORK, browser.sender, now)
    row = _locked(session, sign_in)
    person = _who(session, row, now)
    if person is not None:
        return _consume(session, row, row, person, now, browser)
    if rate_limits.free_at(WRONG_CODES_OF_A_NETWORK, hits) is None:
        rate_limits.hit(session, WRONG_CODES_OF_A_NETWORK, browser.sender, hits, now)
        _record_failure(session, "expired-link", row.email, row.person_id, browser.sender, now)
    return None


def by_link(session: Session, sign_in: uuid.UUID, now: datetime, browser: Browser) -> NewSession:
    """Consume a request by its link, whose MAC the caller has checked, and begin a session. Raises SignInExpired."""
    visit = _try_link(session, sign_in, now, browser)
    if visit is None:
        raise errors.SignInExpired()
    return visit


_ADDRESS = select(SignIn.email).where(SignIn.public_id == bindparam("sign_in"))


@transactional
def _try_code(
    session: Session, sign_in: uuid.UUID, typed: TypedCode, now: datetime, browser: Browser
) -> NewSession | int:
    """The new session, or how many tries are left."""
    email = session.scalar(_ADDRESS, {"sign_in": sign_in})
    if email is None:
        raise errors.SignInExpired()
    counted = [(WRONG_CODES_FOR_AN_ADDRESS, email), (WRONG_CODES_OF_A_NETWORK, browser.sender)]
    hits = [rate_limits.lock(session, limit, of, now) for limit, of in counted]
    for (limit, _), found in zip(counted, hits, strict=True):
        if (retry_at := rate_limits.free_at(limit, found)) is not None:
            raise errors.TooManyRequests(retry_at, limit.name)
    page = _locked(session, sign_in)
    sent = _open_codes(session, email, now)
    if not sent:
        raise errors.SignInExpired()
    if page.tries >= MAX_TRIES:
        raise errors.TriedTooOften()
    for row in sent:
        expected = tokens.six_digits(typed.key, "sign-in-code", str(row.public_id))
        person = _who(session, row, now)
        if hmac.compare_digest(typed.digits, expected) and person is not None:
            return _consume(session, row, page, person, now, browser)
    page.tries += 1
    for (limit, of), found in zip(counted, hits, strict=True):
        rate_limits.hit(session, limit, of, found, now)
    _record_failure(session, "wrong-code", email, page.person_id, browser.sender, now)
    return MAX_TRIES - page.tries


def by_code(session: Session, sign_in: uuid.UUID, typed: TypedCode, now: datetime, browser: Browser) -> NewSession:
    """Begin a session by the six digits that somebody typed on the page of that request.

    Any code works that is unused, less than ten minutes old and among the latest three of that address. Raises
    WrongCode with the tries that are left, which is committed and counted; TriedTooOften after five on that page;
    SignInExpired where no code works any more; TooManyRequests after too many wrong codes on all pages.
    """
    tried = _try_code(session, sign_in, typed, now, browser)
    if isinstance(tried, int):
        raise errors.WrongCode(tried)
    return tried


_LATEST = (
    select(SignIn.id)
    .where(SignIn.email == bindparam("email"))
    .order_by(SignIn.requested_at.desc(), SignIn.id.desc())
    .limit(CODES_AT_ONCE)
)


_THESE = (
    select(SignIn)
    .where(SignIn.id.in_(bindparam("ids", expanding=True)))
    .order_by(SignIn.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def _open_codes(session: Session, email: str, now: datetime) -> list[SignIn]:
    """Of the latest three requests for that address those whose code works, latest first, locked by id."""
    ids = session.scalars(_LATEST, {"email": email}).all()
    rows = session.scalars(_THESE, {"ids": ids}).all()
    return [row for row in reversed(rows) if row.used_at is None and now < row.expires_at]


_LOCKED = (
    select(SignIn)
    .where(SignIn.public_id == bindparam("sign_in"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def _locked(session: Session, sign_in: uuid.UUID) -> SignIn:
    row = session.scalars(_LOCKED, {"sign_in": sign_in}).one_or_none()
    if row is None:
        raise errors.SignInExpired()
    return row


def _who(session: Session, row: SignIn, now: datetime) -> Person | None:
    """Whom a request signs in now; None where it is used or expired, or nobody's."""
    if row.used_at is not None or row.person_id is None or now >= row.expires_at:
        return None
    person = session.get_one(Person, row.person_id, populate_existing=True)
    return person if person.closed_at is None else None


def _consume(
    session: Session, row: SignIn, page: SignIn, person: Person, now: datetime, browser: Browser
) -> NewSession:
    """Use up the request whose code or link it was, and begin a session; `page` is the request that led here."""
    row.used_at = now
    row.return_to, row.typed = page.return_to, page.typed
    undelivered.works_again(person)
    audit_log.write(session, AuditAction.SIGNED_IN, AuditSubject.PERSON, person.public_id, now, actor_id=person.id)
    if browser.replaces is not None:
        sessions.end(session, browser.replaces, now)
    token = sessions.begin(session, person.id, browser.device, now)
    return NewSession(token, row.public_id, row.return_to, bool(row.typed))


@transactional
def link_for(session: Session, email: str, now: datetime) -> uuid.UUID:
    """A request that needs no email, for the command line: its link is printed. Raises NotFound."""
    person = with_email(session, email)
    if person is None:
        raise errors.NotFound(f"nobody here has the address {email}")
    row = SignIn(email=person.email, person_id=person.id, requested_at=now, expires_at=now + VALID)
    session.add(row)
    audit_log.write(session, AuditAction.SIGN_IN_LINK_PRINTED, AuditSubject.PERSON, person.public_id, now)
    session.flush()
    return row.public_id


_TYPED_FOR = select(SignIn).where(
    SignIn.public_id == bindparam("sign_in"),
    SignIn.person_id == bindparam("person_id"),
    SignIn.used_at > bindparam("since"),
)


def typed_for(session: Session, person_id: int, sign_in: uuid.UUID, now: datetime) -> dict[str, Any]:
    """Returns what this person typed before they signed in; empty for another person's request, or after an hour."""
    row = session.scalars(
        _TYPED_FOR, {"sign_in": sign_in, "person_id": person_id, "since": now - TYPED_KEPT}
    ).one_or_none()
    return dict(row.typed) if row is not None else {}
