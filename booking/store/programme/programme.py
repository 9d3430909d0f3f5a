"""The programme as published: the one programme row, series, their modules and rosters, occurrences."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.domain.enums.planning import OccurrenceState
from booking.store.db.base import Base, Id, new_public_id, one_of
from booking.store.people.people import Person
from booking.store.programme.changes import Change

SCHEDULED, CANCELLED = OccurrenceState.SCHEDULED, OccurrenceState.CANCELLED


class Programme(Base):
    """One row, id 1, locked by whoever publishes.

    `uid_domain` is set at the first publish and never follows the settings; `version` rises with every
    change that a public feed shows; `is_demo` marks a database that the demo filled, whose
    clock runs `demo_seconds` ahead of the real one. `aest_zone` is the answer to
    which clock AEST means while Sydney observes daylight saving, None as long as nobody was asked.
    """

    __tablename__ = "programme"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    uid_domain: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    demo_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    aest_zone: Mapped[str | None]


class Series(Base):
    """One recurring thing of the programme; the rule's fields are those of `domain.recurrence.Rule`.

    `slot_minutes` lists the lengths offered, ascending, as text ("15,30"); empty means that the policy's are.
    `terms` holds what applies on top of the rule: changes from a date on, exceptions by key, skipped dates,
    guests, the answer for public holidays; `store/programme/adjustments_json.py` turns it into values and back.
    """

    __tablename__ = "series"
    __table_args__ = (CheckConstraint("end_wall > start_wall", name="ends_after_start"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    slug: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    zone: Mapped[str]
    rrule: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    start_wall: Mapped[time]
    end_wall: Mapped[time]
    slot_minutes: Mapped[str] = mapped_column(default="")
    meeting_url: Mapped[str | None]
    terms: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default=text("'{}'"))
    created_at: Mapped[datetime]

    modules: Mapped[list[Module]] = relationship(cascade="all, delete-orphan", order_by="Module.number")
    analysts: Mapped[list[SeriesAnalyst]] = relationship(
        cascade="all, delete-orphan", order_by="SeriesAnalyst.position"
    )


class Module(Base):
    """A numbered title of a modular series."""

    __tablename__ = "module"
    __table_args__ = (CheckConstraint("number >= 1", name="number"),)

    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class SeriesAnalyst(Base):
    """The analysts of a series, in the order in which they are shown; occurrences copy them to their roster."""

    __tablename__ = "series_analyst"

    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)
    analyst_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    position: Mapped[int]

    analyst: Mapped[Person] = relationship()


class Occurrence(Base):
    """One meeting of a series. `sequence` and `revised_at` are SEQUENCE and DTSTAMP of the feeds.

    `title` and `meeting_url` are for this one only, None where the series' hold; `moved_from_at` is where it was.
    `rule_on` is the date of the rule that it stands for now, None for an extra one; `key` is where the rule first
    put it and never changes. `change_id` is the publish that added it. Recording and slides are for afterwards.
    """

    __tablename__ = "occurrence"
    __table_args__ = (
        UniqueConstraint("series_id", "key"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(one_of("status", OccurrenceState), name="status"),
        CheckConstraint("sequence >= 0", name="sequence"),
        Index("ix_occurrence_starts_at", "starts_at", "id"),
        Index("ix_occurrence_series_starts_at", "series_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    key: Mapped[str]
    module_number: Mapped[int | None]
    title: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    moved_from_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(default=SCHEDULED)
    reason: Mapped[str] = mapped_column(default="")
    meeting_url: Mapped[str | None]
    rule_on: Mapped[date | None]
    recording_url: Mapped[str] = mapped_column(default="", server_default=text("''"))
    slides_url: Mapped[str] = mapped_column(default="", server_default=text("''"))
    change_id: Mapped[int | None] = mapped_column(ForeignKey(Change.id), index=True)
    sequence: Mapped[int] = mapped_column(default=0)
    revised_at: Mapped[datetime]
    created_at: Mapped[datetime]

    series: Mapped[Series] = relationship()
    roster: Mapped[list[Roster]] = relationship(cascade="all, delete-orphan", order_by="Roster.position")

    @property
    def is_cancelled(self) -> bool:
        return self.status == CANCELLED


class Roster(Base):
    """One analyst staffing one occurrence; `meeting_url` only where theirs differs for this one.

    `is_away`: cannot come; only the bookings that still look for another place are with them, and nobody books.
    """

    __tablename__ = "roster"

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id", ondelete="CASCADE"), primary_key=True)
    analyst_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    position: Mapped[int]
    meeting_url: Mapped[str | None]
    is_away: Mapped[bool] = mapped_column(default=False, server_default=false())

    analyst: Mapped[Person] = relationship()
