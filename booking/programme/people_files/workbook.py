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
from string import ascii_uppercase
from typing import Any
from xml.parsers import expat

from booking.domain.people.people_table import MAX_PEOPLE, Mistake, column_of, letter
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
    opened = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    seen = [one for one in opened.worksheets if one.sheet_state == "visible"]
    if not seen:
        raise NotAWorkbook("there is no sheet with cells in this workbook")
    chosen = seen[0]
    found = Sheet()
    if len(opened.worksheets) > 1:
        found.notes.append(f"The file has {len(opened.worksheets)} sheets. We read “{chosen.title}”.")
    scan = _scanned(data, str(chosen._worksheet_path))
    chosen.reset_dimensions()  # what a file says of them may be wrong
    _read_rows(found, chosen.iter_rows(max_col=MAX_COLUMNS + 1), scan.formulas)
    found.mistakes += scan.merged
    return found


def _check_sizes(data: bytes) -> None:
    """Refuse what would be large once unpacked; a member never unpacks to more than it says."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        members = packed.infolist()
    if len(members) > MAX_MEMBERS or sum(one.file_size for one in members) > MAX_UNPACKED:
        raise NotAWorkbook(TOO_LARGE)


def _read_rows(found: Sheet, rows: Iterator[Any], formulas: set[tuple[int, int]]) -> None:
    columns: list[str] = []
    for line, row in enumerate(rows, 1):
        texts = []
        for at, cell in enumerate(row):
            name = columns[at] if at < len(columns) and columns[at] else letter(at)
            if cell.value is None and (line, at) in formulas:
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
        columns = columns or [column_of(text) for text in texts]
        found.rows.append((line, texts))
        if len(found.mistakes) > MAX_MISTAKES:
            break
    if formulas:
        found.notes.append(
            f"{len(formulas):,} {'cell holds a formula' if len(formulas) == 1 else 'cells hold formulas'}. "
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


def _scanned(data: bytes, path: str) -> _Scan:
    """What openpyxl does not tell of a sheet, in one pass. Raises NotAWorkbook for too many lines."""
    scan = _Scan()
    with zipfile.ZipFile(io.BytesIO(data)) as packed, packed.open(path.lstrip("/")) as member:
        scan.parser.ParseFile(member)
    return scan


class _Scan:
    """Where the formulas of a sheet are, as (line, column from 0), and a mistake for each range of merged cells."""

    def __init__(self) -> None:
        self.formulas: set[tuple[int, int]] = set()
        self.merged: list[Mistake] = []
        self.line, self.column, self.filled = 0, -1, 0
        self.is_filled = False  # whether this line is counted
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.StartElementHandler = self.start

    def refuse(self, *_declared: object) -> None:
        raise NotAWorkbook(UNREADABLE)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.removeprefix(_MAIN)
        if tag == "row":
            self.line = int(attributes.get("r", self.line + 1))
            self.column, self.is_filled = -1, False
        elif tag == "c":
            place = attributes.get("r", "").rstrip("0123456789")
            self.column = _number(place) if place else self.column + 1
        elif tag == "f":
            self.formulas.add((self.line, self.column))
        elif tag in {"v", "is"} and not self.is_filled:
            self.is_filled = True
            self.filled += 1
            if self.filled > MAX_PEOPLE + 1:
                raise NotAWorkbook(TOO_MANY)
        elif tag == "mergeCell" and len(self.merged) < MAX_MISTAKES:
            self.merge(attributes.get("ref", ""))

    def merge(self, place: str) -> None:
        """Note a range such as C2:C3: only its first cell holds anything."""
        line = place.partition(":")[0].lstrip(ascii_uppercase)
        words = f"the cells {place} are merged: unmerge them, so that each line has its own cells"
        self.merged.append(Mistake(int(line or 1), words))


def _number(letters: str) -> int:
    """The column from 0: A is 0, AA is 26."""
    found = 0
    for sign in letters:
        found = found * 26 + ord(sign) - ord("A") + 1
    return found - 1


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
