"""Changes: each publish, with what it takes to undo it; and the drafts that become one."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from booking.store.db.base import Base, Id, new_public_id


class Change(Base):
    """One publish. `plan` is what was shown, `before` the rows as they were; `due_at` is when its emails leave.

    Until then it can be undone. `closed_at`: it no longer could, what it held was let go, and `before` emptied.
    """

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_published_at", "published_at", "id"), Index("ix_change_due_at", "due_at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    fingerprint: Mapped[str]
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_at: Mapped[datetime]
    due_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class StoredDraft(Base):
    """An announcement or programme file as a coordinator typed it, with the answers given so far."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_updated_at", "updated_at", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    coordinator_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    source: Mapped[str]
    month: Mapped[str] = mapped_column(default="")
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    change_id: Mapped[int | None] = mapped_column(ForeignKey("change.id"), index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
