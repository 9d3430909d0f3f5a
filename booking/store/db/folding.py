"""Text without case and accents, the same in Python and in both databases: what a search compares."""

from __future__ import annotations

import sqlite3
import unicodedata
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import String

_SQLITE_NAME = "booking_folded"


def folded(text: str) -> str:
    """In lower case and without accents: "Zoë O'Brien" as "zoe o'brien"."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


#: Emails of European names that are another one with accents, in either case, and which: PostgreSQL translates these.
_ACCENTED = [c for c in map(chr, range(0xC0, 0x180)) if len(folded(c)) == 1 and folded(c).isascii()]
_PLAIN = "".join(map(folded, _ACCENTED))


class Folded(GenericFunction[str]):
    """A column folded by the database."""

    type = String()
    inherit_cache = True
    name = _SQLITE_NAME


@compiles(Folded, "postgresql")
def _on_postgresql(element: Folded, compiler: Any, **options: Any) -> str:
    inside = compiler.process(element.clauses, **options)
    lower = f"lower({inside})"  # translating is slow, and few names need it
    translated = f"translate({lower}, '{''.join(_ACCENTED)}', '{_PLAIN}')"
    return f"CASE WHEN octet_length({inside}) = length({inside}) THEN {lower} ELSE {translated} END"


def of(column: ColumnElement[str]) -> ColumnElement[str]:
    """The column, folded."""
    return Folded(column)


def prepare_sqlite(connection: sqlite3.Connection) -> None:
    """Teach a connection the function."""
    connection.create_function(_SQLITE_NAME, 1, folded, deterministic=True)
