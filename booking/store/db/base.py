"""The base of every table: names of constraints, and times that are UTC and nothing else."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, Table, Uuid
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC instant. A naive value is refused with ValueError; SQLite keeps it without offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time cannot be stored: {value}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: 64 bits on PostgreSQL; SQLite numbers rows by itself only in a column called INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """The tables' common base; `type_annotation_map` makes every datetime a UTC one."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UTCDateTime, uuid.UUID: Uuid}  # noqa: RUF012 (SQLAlchemy reads it from the class)


def new_public_id() -> uuid.UUID:
    """A random id for addresses, UIDs and the API."""
    return uuid.uuid4()


def one_of(column: str, allowed: type[StrEnum]) -> str:
    """The condition that the column holds a value of that enum, for a CHECK constraint."""
    values = ", ".join(f"'{one}'" for one in allowed)
    return f"{column} IN ({values})"


Details = dict[str, Any]


def table_of(row: type[Base]) -> Table:
    """The table of a class, for statements that need no object of it."""
    return cast(Table, row.__table__)
