"""Comma-separated values that a spreadsheet opens without running anything (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
#: A cell that begins with one of these is read as a formula by some spreadsheet.
FORMULA = tuple("=+-@\t\r＝＋－＠")


def guarded(cell: object) -> str:
    """The cell as text; an apostrophe stands before what could be read as a formula, blanks before it or not."""
    text = "" if cell is None else str(cell)
    begins = text if text.startswith(FORMULA) else text.lstrip()
    return f"'{text}" if begins.startswith(FORMULA) else text


def unguarded(text: str) -> str:
    """The text as it was before `guarded` made it harmless; any other stays as it is."""
    return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text


def lines(rows: Iterable[Sequence[object]]) -> str:
    """The rows, every cell guarded, with CRLF line ends."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
    return written.getvalue()
