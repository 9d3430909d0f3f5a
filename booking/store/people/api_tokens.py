"""Tokens with which programs act for a person: only their digests are stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import ForeignKey, bindparam, func, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.store.db.base import Base, Id, table_of

PREFIX = "booking_"


class ApiToken(Base):
    """One token of one person. `digest` is SHA-256 of it, in hexadecimal; `revoked_at` ends it."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make(session: Session, person_id: int, now: datetime) -> str:
    """A new token with 256 random bits, told this once."""
    token = PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(person_id=person_id, digest=digest(token), created_at=now))
    session.flush()
    return token


def revoke_all(session: Session, person_id: int, now: datetime) -> int:
    """End every token of that person; how many there were."""
    ended = session.execute(
        update(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None)).values(revoked_at=now)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


HANDLE = 12  # characters of a digest that tell the tokens of one person apart on their page


_REVOKE = (
    update(table_of(ApiToken))
    .where(
        ApiToken.person_id == bindparam("owner_id"),
        ApiToken.revoked_at.is_(None),
        func.substr(ApiToken.digest, 1, HANDLE) == bindparam("handle"),
    )
    .values(revoked_at=bindparam("now"))
)


def revoke(session: Session, person_id: int, handle: str, now: datetime) -> bool:
    """End the token of that person whose digest begins with `handle`; returns False where none such is open."""
    values = {"owner_id": person_id, "handle": handle, "now": now}
    return bool(session.connection().execute(_REVOKE, values).rowcount)


def digest_of(token: str) -> str | None:
    """Returns the digest that a token is looked up by; None for what cannot be one."""
    return digest(token) if token.startswith(PREFIX) and len(token) <= 100 else None
