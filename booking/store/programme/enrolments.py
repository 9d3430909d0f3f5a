"""Enrolments: a member's place in a lab or a masterclass."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from booking.store.db.base import Base, Id, new_public_id

OPEN = "left_at IS NULL"


class Enrolment(Base):
    """A place in every occurrence of a series, or in the one of `occurrence_id`. `sequence` and `revised_at` as a
    booking's."""

    __tablename__ = "enrolment"
    __table_args__ = (
        Index(
            "uq_enrolment_whole",
            "member_id",
            "series_id",
            unique=True,
            sqlite_where=text(f"{OPEN} AND occurrence_id IS NULL"),
            postgresql_where=text(f"{OPEN} AND occurrence_id IS NULL"),
        ),
        Index(
            "uq_enrolment_one",
            "member_id",
            "occurrence_id",
            unique=True,
            sqlite_where=text(f"{OPEN} AND occurrence_id IS NOT NULL"),
            postgresql_where=text(f"{OPEN} AND occurrence_id IS NOT NULL"),
        ),
        Index("ix_enrolment_series_id", "series_id", "occurrence_id", "id"),
        Index("ix_enrolment_occurrence_id", "occurrence_id"),
        Index("ix_enrolment_member_id", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))
    sequence: Mapped[int] = mapped_column(default=0)
    revised_at: Mapped[datetime]
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
