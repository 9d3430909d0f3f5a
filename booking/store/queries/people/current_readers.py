"""The current reader: a person as pages and the API need them, by their session or by a token."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain.enums.people import ROLES_THAT_SEE_OTHERS, STAFF_ROLES
from booking.domain.people import free_trials
from booking.domain.people.sessions import is_over
from booking.store.db.base import table_of
from booking.store.people import api_tokens, sessions
from booking.store.people.api_tokens import ApiToken
from booking.store.people.people import Person, Role
from booking.store.people.sessions import UserSession


@dataclass(frozen=True)
class SignedInPerson:
    """One signed-in person. `zone` is an IANA name, None while unknown.

    `session_id` and `last_seen_at` are of the browser's session; None where a program reads with a token.
    """

    id: int
    public_id: uuid.UUID
    email: str
    name: str
    zone: str | None
    member_until: date | None
    trial_until: date | None
    roles: frozenset[str]
    session_id: int | None = None
    last_seen_at: datetime | None = None
    is_authenticated: ClassVar[bool] = True

    @property
    def is_staff(self) -> bool:
        return not self.roles.isdisjoint(STAFF_ROLES)

    @property
    def sees_others(self) -> bool:
        """Whether what is other people's is shown to them, so that their sessions are short."""
        return not self.roles.isdisjoint(ROLES_THAT_SEE_OTHERS)

    @property
    def is_trial(self) -> bool:
        """Whether the membership is a free trial, under way or over, that nothing has followed."""
        return free_trials.is_trial(self.member_until, self.trial_until)

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "·"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One open session as its person reads of it."""

    id: int
    public_id: uuid.UUID
    device: str
    created_at: datetime
    last_seen_at: datetime


_person, _role, _session, _token = table_of(Person), table_of(Role), table_of(UserSession), table_of(ApiToken)
_OF_PERSON = (
    _person.c.id,
    _person.c.public_id,
    _person.c.email,
    _person.c.name,
    _person.c.time_zone.label("zone"),
    _person.c.member_until,
    _person.c.trial_until,
)
_PERSONS = _person.outerjoin(_role, _role.c.person_id == _person.c.id)
_BY_SESSION = (
    select(*_OF_PERSON, _session.c.id.label("session_id"), _session.c.created_at, _session.c.last_seen_at, _role.c.role)
    .select_from(_session.join(_PERSONS, _session.c.person_id == _person.c.id))
    .where(_session.c.digest == bindparam("digest"), _session.c.ended_at.is_(None), _person.c.closed_at.is_(None))
)
_BY_TOKEN = (
    select(*_OF_PERSON, _role.c.role)
    .select_from(_token.join(_PERSONS, _token.c.person_id == _person.c.id))
    .where(_token.c.digest == bindparam("digest"), _token.c.revoked_at.is_(None), _person.c.closed_at.is_(None))
)


def by_session(session: Session, token: str, now: datetime) -> SignedInPerson | None:
    """Returns the person of that open session: one statement. None for an unknown or ended one, or a closed account."""
    rows = session.connection().execute(_BY_SESSION, {"digest": sessions.digest(token)}).all()
    if not rows:
        return None
    first = rows[0]
    found = _reader(rows, session_id=first.session_id, last_seen_at=first.last_seen_at)
    over = is_over(first.created_at, first.last_seen_at, now, sees_others=found.sees_others)
    return None if over else found


def by_api_token(session: Session, token: str) -> SignedInPerson | None:
    """Returns the person of that API token: one statement. None for an unknown or revoked one."""
    digest = api_tokens.digest_of(token)
    rows = [] if digest is None else session.connection().execute(_BY_TOKEN, {"digest": digest}).all()
    return _reader(rows) if rows else None


def _reader(rows: Sequence[Any], **of_session: Any) -> SignedInPerson:
    person = rows[0]
    roles = frozenset(row.role for row in rows if row.role)
    return SignedInPerson(
        person.id,
        person.public_id,
        person.email,
        person.name,
        person.zone,
        person.member_until,
        person.trial_until,
        roles,
        **of_session,
    )


_OPEN_SESSIONS = (
    select(UserSession.id, UserSession.public_id, UserSession.device, UserSession.created_at, UserSession.last_seen_at)
    .where(UserSession.person_id == bindparam("person_id"), UserSession.ended_at.is_(None))
    .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
)


def open_sessions(session: Session, person_id: int, now: datetime, *, sees_others: bool) -> list[OpenSession]:
    """The person's open sessions, last used first."""
    found = [OpenSession(*row) for row in session.execute(_OPEN_SESSIONS, {"person_id": person_id})]
    return [one for one in found if not is_over(one.created_at, one.last_seen_at, now, sees_others=sees_others)]
