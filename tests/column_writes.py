"""Which columns the service itself has written, seen as it runs: not what tests, builders or the demo put there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Column, Connection, Engine, Insert, Table, Update, event
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from booking.store.db.tables import Base

ROOT = Path(__file__).resolve().parent.parent
SERVICES, TESTS = (f"{ROOT / name}/" for name in ("booking/services", "tests"))
DEMO = f"{SERVICES}demo.py"


def every_column() -> set[str]:
    """Every column of every table, as table.column; without the ids, which the database numbers by itself."""
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if not (column is table.autoincrement_column and not column.foreign_keys and column.name == "id")
    }


@contextmanager
def watching(engine: Engine) -> Iterator[set[str]]:
    """While it lasts, collects the columns to which a service function writes something else than their default."""
    seen: set[str] = set()

    def look(
        _connection: Connection, _cursor: Any, _sql: str, _parameters: Any, context: ExecutionContext, _many: bool
    ) -> None:
        compiled: Any = getattr(context, "compiled", None)
        statement = getattr(compiled, "statement", None)
        if isinstance(statement, Insert | Update) and is_by_a_service(sys._getframe(1)):
            seen.update(written(statement, context.compiled_parameters))  # type: ignore[attr-defined]

    event.listen(engine, "before_cursor_execute", look)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", look)


def is_by_a_service(frame: FrameType | None) -> bool:
    """Whether a service function, and not a test or the demo, is what runs this statement.

    Read from the innermost call outwards, up to the first test: a service stands between the two.
    """
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(TESTS) or DEMO in {path, _wrapped(frame)}:
            return False
        if path.startswith(SERVICES):
            return True
        frame = frame.f_back
    return False


def _wrapped(frame: FrameType) -> str:
    """Of the wrapper that makes a function a transaction, which writes at its commit: where that function stands."""
    function = frame.f_locals.get("function")
    return function.__code__.co_filename if hasattr(function, "__code__") else ""


def written(statement: Insert | Update, rows: list[dict[str, Any]]) -> Iterator[str]:
    """The columns that the statement sets to something else than what they have by themselves."""
    table = statement.table
    if not isinstance(table, Table):
        return
    computed = {getattr(key, "key", key) for key in (getattr(statement, "_values", None) or {})}
    on_conflict = getattr(statement, "_post_values_clause", None)
    computed |= {getattr(key, "key", key) for key in dict(getattr(on_conflict, "update_values_to_set", ()))}
    for column in table.columns:
        is_set = isinstance(statement, Insert) or not computed or column.key in computed
        bound = [row[column.key] for row in rows if is_set and column.key in row]
        if any(is_more(column, value) for value in bound) or (column.key in computed and not bound):
            yield f"{table.name}.{column.name}"


def is_more(column: Column[Any], value: object) -> bool:
    """Whether the value says more than the column's default, or than NULL where that may stand there."""
    if value is None:
        return False
    if isinstance(column.default, ScalarElementColumnDefault):
        return bool(value != column.default.arg)
    return not (isinstance(column.default, CallableColumnDefault) and value == {})
