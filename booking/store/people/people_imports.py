"""Files of people that a coordinator has looked at: kept until they are imported, or for a few days."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.store.db.base import Base, Id, new_public_id, table_of

KEPT = timedelta(days=3)


class PeopleImport(Base):
    """One file. `rows` are its lines as a table of people reads them, (line, cells), emptied once they are imported.

    `notes` say what was passed over in the file. `imported_at` is None while nothing is written; then `result` counts.
    """

    __tablename__ = "people_import"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    coordinator_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    file_name: Mapped[str]
    rows: Mapped[list[Any]] = mapped_column(JSON)
    notes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(index=True)
    imported_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


_ONE = (
    select(PeopleImport)
    .where(PeopleImport.public_id == bindparam("public_id"))
    .execution_options(populate_existing=True)
)
_LOCKED = _ONE.with_for_update()
_FORGET = delete(table_of(PeopleImport)).where(PeopleImport.created_at < bindparam("before"))


def with_public_id(session: Session, public_id: uuid.UUID, *, locked: bool = False) -> PeopleImport | None:
    """One file, as it is stored now."""
    return session.scalars(_LOCKED if locked else _ONE, {"public_id": public_id}).one_or_none()


def forget(session: Session, now: datetime) -> None:
    """Delete what is older than a few days."""
    session.execute(_FORGET, {"before": now - KEPT})
