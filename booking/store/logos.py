"""Logos that coordinators have uploaded: each a PNG of this program's own making, at an address of its own."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, bindparam, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.texts.organisation_texts import Logo
from booking.store.db.base import Base, Id, new_public_id, table_of


class StoredLogo(Base):
    """One picture. `saved_at` is None while it was only looked at: the next upload of its coordinator replaces it."""

    __tablename__ = "logo"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    content: Mapped[bytes]
    width: Mapped[int]
    height: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime | None]


_logo = table_of(StoredLogo)
_CONTENT = select(_logo.c.content).where(_logo.c.public_id == bindparam("of"))
_SIZE = select(_logo.c.public_id, _logo.c.width, _logo.c.height).where(_logo.c.public_id == bindparam("of"))
_INSERT = insert(_logo)
_FORGET = delete(_logo).where(_logo.c.person_id == bindparam("uploader"), _logo.c.saved_at.is_(None))
_SAVE = (
    update(_logo)
    .where(_logo.c.public_id == bindparam("of"), _logo.c.saved_at.is_(None))
    .values(saved_at=bindparam("at"))
)


def content(session: Session, public_id: uuid.UUID) -> bytes | None:
    """The PNG's bytes; None where there is no such logo."""
    found: bytes | None = session.scalar(_CONTENT, {"of": public_id})
    return found


def logo(session: Session, public_id: uuid.UUID) -> Logo | None:
    """That logo, if it is stored."""
    row = session.execute(_SIZE, {"of": public_id}).one_or_none()
    return None if row is None else Logo(row.public_id, row.width, row.height)


def add(session: Session, logo: Logo, content: bytes, person_id: int, now: datetime) -> None:
    """Keep a picture that its coordinator looks at, in place of the last that they only looked at."""
    session.execute(_FORGET, {"uploader": person_id})
    values = {"public_id": logo.public_id, "width": logo.width, "height": logo.height}
    session.execute(_INSERT, {**values, "content": content, "person_id": person_id, "created_at": now})


def save(session: Session, public_id: uuid.UUID, now: datetime) -> None:
    """Note that a version of the texts has it: from now on it stays."""
    session.execute(_SAVE, {"of": public_id, "at": now})
