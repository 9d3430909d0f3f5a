"""A file of people, whatever spreadsheet it comes from: the people, every mistake by line and column, and notes."""

from __future__ import annotations

from dataclasses import dataclass, field

from booking.domain.people import people_table
from booking.domain.people.people_table import Listed, Mistake
from booking.programme.people_files import workbook
from booking.programme.people_files.workbook import NotAWorkbook


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """The lines of a file; with `mistakes` none of them may be imported. `notes` say what was passed over."""

    people: list[Listed]
    mistakes: list[Mistake]
    notes: list[str] = field(default_factory=list)


def read(data: bytes) -> PeopleFile:
    """The people of a CSV table or of the first sheet of an Excel workbook; what it is, its first bytes say."""
    if data.startswith(workbook.OLE):
        return PeopleFile([], [Mistake(1, workbook.OLD)])
    if not data.startswith(workbook.ZIP):
        return PeopleFile(*people_table.read(data))
    try:
        sheet = workbook.read(data)
    except NotAWorkbook as refusal:
        return PeopleFile([], [Mistake(1, str(refusal))])
    people, mistakes = people_table.read_rows(sheet.rows)
    found = sorted([*sheet.mistakes, *mistakes], key=lambda one: one.line)
    return PeopleFile(people, found, sheet.notes)
