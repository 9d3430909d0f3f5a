"""What a function asks of the database, and how the database carries it out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from tests.databases import Database


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)", statement):
            seen.append((statement, parameters[0] if many else parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def plan(database: Database, statement: str, parameters: Any) -> str:
    """How the statement is carried out; PostgreSQL reads or sorts small tables whole only where it has no other way."""
    verb = "EXPLAIN QUERY PLAN " if database.name == "sqlite" else "EXPLAIN "
    with database.engine.connect() as connection:
        if database.name == "postgresql":
            for way in ("seqscan", "sort", "hashjoin"):
                connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        return "\n".join(str(row) for row in connection.exec_driver_sql(verb + statement, parameters))
