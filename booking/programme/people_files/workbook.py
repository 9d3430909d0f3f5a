"""An Excel workbook (.xlsx) as rows of text, read as a stream in a process whose time and memory are limited.

A workbook is a zip of XML. What it says of its own size is looked at before anything is unpacked. Formulas are read as
the results that the spreadsheet program stored beside them; one without a stored result is a mistake, and so are merged
cells and error values. openpyxl refuses DTDs, and with them entities, by way of defusedxml.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from xml.parsers import expat

from booking.domain.people.people_table import MAX_PEOPLE, Mistake, letter
from booking.programme import child_process

COMMAND = ["-m", __name__]
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MAX_BYTES = 10_000_000
MAX_UNPACKED = 100_000_000
MAX_MEMBERS = 1_000
MAX_COLUMNS = 50
MAX_MISTAKES = 1_000
CPU_SECONDS = 30
UNREADABLE = "this file can't be read: save it again as an Excel workbook (.xlsx), or as CSV in UTF-8"
OLD = "this is an old or password-protected Excel file: save it as an Excel workbook (.xlsx) without a password"
TOO_LARGE = "this workbook is too large: import it in parts"
TOO_MANY = f"more than {MAX_PEOPLE:,} lines: import them in parts"
NO_RESULT = "this formula has no stored result: open the file in your spreadsheet program, save it and choose it again"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main "


class NotAWorkbook(Exception):
    """The file is refused as a whole; the message says why, and what to do."""


@dataclass(slots=True)
class Sheet:
    """Rows of the sheet that was read, each with its number; `notes` say what else is in the file."""

    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(data: bytes) -> Sheet:
    """The first sheet that can be seen, read in a child process. Raises NotAWorkbook."""
    if len(data) > MAX_BYTES:
        raise NotAWorkbook(f"larger than {MAX_BYTES // 1_000_000} MB: import it in parts")
    try:
        answer = child_process.ask(COMMAND, data)
    except child_process.ChildFailed as error:
        raise NotAWorkbook(UNREADABLE) from error
    if "refused" in answer:
        raise NotAWorkbook(answer["refused"])
    rows = [(int(line), list(cells)) for line, cells in answer["rows"]]
    return Sheet(rows, [Mistake(*one) for one in answer["mistakes"]], answer["notes"])


def unpacked(data: bytes) -> Sheet:
    """The first sheet that can be seen. Only for a process with limits: see `read`. Raises NotAWorkbook."""
    from openpyxl import load_workbook  # loads slowly, and nothing else needs it

    _check_sizes(data)
    with_results = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    with_formulas = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    seen = [one for one in with_results.worksheets if one.sheet_state == "visible"]
    if not seen:
        raise NotAWorkbook("there is no sheet with cells in this workbook")
    chosen = seen[0]
    found = Sheet()
    if len(with_results.worksheets) > 1:
        found.notes.append(f"The file has {len(with_results.worksheets)} sheets. We read “{chosen.title}”.")
    formulas = with_formulas[chosen.title]
    for one in (chosen, formulas):
        one.reset_dimensions()  # what a file says of them may be wrong
    _read_rows(found, chosen.iter_rows(max_col=MAX_COLUMNS + 1), formulas.iter_rows(max_col=MAX_COLUMNS + 1))
    found.mistakes += _merged(data, str(chosen._worksheet_path))
    return found


def _check_sizes(data: bytes) -> None:
    """Refuse what would be large once unpacked; a member never unpacks to more than it says."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        members = packed.infolist()
    if len(members) > MAX_MEMBERS or sum(one.file_size for one in members) > MAX_UNPACKED:
        raise NotAWorkbook(TOO_LARGE)


def _read_rows(found: Sheet, results: Iterator[Any], formulas: Iterator[Any]) -> None:
    columns: list[str] = []
    count = 0  # of formulas
    for line, (row, as_written) in enumerate(zip(results, formulas, strict=False), 1):
        texts = []
        for at, (cell, written) in enumerate(zip(row, as_written, strict=False)):
            name = columns[at] if at < len(columns) and columns[at] else letter(at)
            is_formula = written.data_type == "f"
            count += is_formula
            if is_formula and cell.value is None:
                found.mistakes.append(Mistake(line, NO_RESULT, name))
            elif cell.data_type == "e":
                found.mistakes.append(Mistake(line, f"this cell shows the error {cell.value}", name))
            texts.append("" if cell.data_type == "e" else text_of(cell.value))
        while texts and not texts[-1].strip():
            texts.pop()
        if len(texts) > MAX_COLUMNS:
            raise NotAWorkbook(f"line {line} has more than {MAX_COLUMNS} columns")
        if not texts:
            continue
        columns = columns or [text.strip().lower() for text in texts]
        found.rows.append((line, texts))
        if len(found.rows) > MAX_PEOPLE + 1:
            raise NotAWorkbook(TOO_MANY)
        if len(found.mistakes) > MAX_MISTAKES:
            break
    if count:
        found.notes.append(
            f"{count:,} {'cell holds a formula' if count == 1 else 'cells hold formulas'}. "
            "We read the results that the file stores."
        )


def text_of(value: object) -> str:
    """A cell as a table of text has it: a date as 2026-12-31, a whole number without a fraction."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _merged(data: bytes, path: str) -> list[Mistake]:
    """A mistake for each range of merged cells: only its first cell holds anything."""
    found: list[Mistake] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == f"{_MAIN}mergeCell" and len(found) < MAX_MISTAKES:
            place = attributes.get("ref", "")
            digits = "".join(sign for sign in place.partition(":")[0] if sign.isdigit())
            words = f"the cells {place} are merged: unmerge them, so that each line has its own cells"
            found.append(Mistake(int(digits or 1), words))

    def refuse(*_declared: object) -> None:
        raise NotAWorkbook(UNREADABLE)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    with zipfile.ZipFile(io.BytesIO(data)) as packed, packed.open(path.lstrip("/")) as member:
        parser.ParseFile(member)
    return found


def main() -> None:
    """The child: rows, mistakes and notes as JSON, or why the file is refused."""
    data = child_process.begin(CPU_SECONDS)
    try:
        found = unpacked(data)
    except NotAWorkbook as refusal:
        child_process.answer({"refused": str(refusal)})
        return
    mistakes = [(one.line, one.message, one.column) for one in found.mistakes]
    child_process.answer({"rows": found.rows, "mistakes": mistakes, "notes": found.notes})


if __name__ == "__main__":
    main()
