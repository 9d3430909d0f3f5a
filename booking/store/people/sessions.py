"""Sessions of signed-in people. The browser's cookie holds a random token; only its digest is stored."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, bindparam, delete, insert, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.people.sessions import MEMBER_IDLE
from booking.store.db.base import Base, Id, new_public_id, table_of


class UserSession(Base):
    """One browser in which one person signed in.

    `digest` is SHA-256 of the cookie's token, in hexadecimal. `device` is the User-Agent header in words.
    `last_seen_at` is written every few minutes at most; `ended_at` ends the session at once.
    """

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    device: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


_session = table_of(UserSession)
_INSERT = insert(_session)
_SEEN = (
    update(_session)
    .where(_session.c.id == bindparam("session_id"), _session.c.last_seen_at < bindparam("seen_at"))
    .values(last_seen_at=bindparam("seen_at"))
)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def begin(session: Session, person_id: int, device: str, now: datetime) -> str:
    """Store a new session and return its token (256 random bits), which is not stored."""
    token = secrets.token_urlsafe(32)
    values = {"public_id": new_public_id(), "person_id": person_id, "digest": digest(token), "device": device}
    session.connection().execute(_INSERT, {**values, "created_at": now, "last_seen_at": now})
    return token


def end(session: Session, session_id: int, now: datetime) -> None:
    """End one session by its internal id; idempotent."""
    wanted = update(UserSession).where(UserSession.id == session_id, UserSession.ended_at.is_(None))
    session.execute(wanted.values(ended_at=now))


def end_own(session: Session, person_id: int, public_id: uuid.UUID, now: datetime) -> bool:
    """End one of this person's sessions; returns False where they have no such open session."""
    wanted = update(UserSession).where(
        UserSession.public_id == public_id, UserSession.person_id == person_id, UserSession.ended_at.is_(None)
    )
    return bool(session.execute(wanted.values(ended_at=now)).rowcount)  # type: ignore[attr-defined]


def end_all(session: Session, person_id: int, now: datetime, *, but: int | None = None) -> int:
    """End every session of this person, the one with the internal id `but` apart; returns how many it ended."""
    wanted = update(UserSession).where(UserSession.person_id == person_id, UserSession.ended_at.is_(None))
    if but is not None:
        wanted = wanted.where(UserSession.id != but)
    return int(session.execute(wanted.values(ended_at=now)).rowcount)  # type: ignore[attr-defined]


def seen(session: Session, last: Mapping[int, datetime]) -> None:
    """Set when each session was last used, by internal id; never backwards."""
    values = [{"session_id": session_id, "seen_at": at} for session_id, at in sorted(last.items())]
    session.connection().execute(_SEEN, values)


_FORGET = delete(_session).where(_session.c.last_seen_at < bindparam("before"))


def forget(session: Session, now: datetime) -> None:
    """Delete what has not been used for so long that it has ended, whoever's it was."""
    session.connection().execute(_FORGET, {"before": now - MEMBER_IDLE})
