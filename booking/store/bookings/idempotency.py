"""Idempotency keys: a form or request sent twice is answered by what it made the first time."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain import errors
from booking.store.db.base import Base, table_of


class IdempotencyKey(Base):
    """`answer` is the public id of what the request made; `digest` is of the request."""

    __tablename__ = "idempotency_key"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    answer: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(index=True)


def digest(request: Mapping[str, object]) -> str:
    """SHA-256 over the request's fields, order apart."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()


_SELECT = select(IdempotencyKey.digest, IdempotencyKey.answer).where(
    IdempotencyKey.person_id == bindparam("person_id"), IdempotencyKey.key == bindparam("key")
)
_INSERT = {
    name: dialect.insert(table_of(IdempotencyKey)).on_conflict_do_nothing().returning(IdempotencyKey.key)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


def begin(
    session: Session, person_id: int, key: str, request: Mapping[str, object], answer: uuid.UUID, now: datetime
) -> uuid.UUID:
    """Returns what the request answers with: `answer` where it is the first, else what its earlier twin made.

    The row goes first in the transaction: a twin that is under way makes this wait. Raises KeyReused where the
    key came with another request.
    """
    wanted = digest(request)
    values = {"person_id": person_id, "key": key, "digest": wanted, "answer": answer, "created_at": now}
    insert = _INSERT[session.get_bind().dialect.name]
    if session.connection().execute(insert, values).first() is not None:
        return answer
    stored = session.execute(_SELECT, {"person_id": person_id, "key": key}).one()
    made: uuid.UUID = stored.answer
    if stored.digest != wanted:
        raise errors.KeyReused()
    return made
