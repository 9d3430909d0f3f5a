"""Files of people: workbooks read as tables are, with every mistake by line and column, and bad ones refused."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from booking.domain.people.people_table import NEVER, Listed, Mistake
from booking.programme.people_files import reading, workbook
from tests.programme.people_files.workbooks import a_workbook, with_member

SHEET = "xl/worksheets/sheet1.xml"
ANN = Listed(2, "ann@x.org", "Ann Lee", frozenset({"analyst", "member"}), "Australia/Perth", date(2026, 12, 31))


def refusal(data: bytes) -> str:
    """The one mistake of a file that cannot be read at all."""
    found = reading.read(data)
    assert found.people == []
    (mistake,) = found.mistakes
    return str(mistake)


@pytest.mark.parametrize("until", ["2026-12-31", date(2026, 12, 31), datetime(2026, 12, 31)])
def test_a_workbook_is_read_as_a_table_is(until: object) -> None:
    found = reading.read(a_workbook(["Ann@x.org", " Ann  Lee ", "analyst, member", "Perth", until]))
    assert (found.people, found.mistakes, found.notes) == ([ANN], [], [])


def test_empty_lines_keep_their_number_and_cells_may_be_missing() -> None:
    found = reading.read(a_workbook([], ["a@x.org"], [None], ["b@x.org", None, None, None, "soon"], ["A@X.org"]))
    assert [(one.line, one.email) for one in found.people] == [(3, "a@x.org"), (5, "b@x.org"), (6, "a@x.org")]
    assert [(one.line, one.column) for one in found.mistakes] == [(5, "member_until"), (6, "email")]


def test_the_first_sheet_that_can_be_seen_is_read_and_a_note_says_so() -> None:
    def more(made: Workbook) -> None:
        made.create_sheet("Hidden", 0).sheet_state = "hidden"
        made.create_sheet("Others").append(["email"])

    found = reading.read(a_workbook(["ann@x.org"], then=more))
    assert [one.email for one in found.people] == ["ann@x.org"]
    assert found.notes == ["The file has 3 sheets. We read “Members”."]


def test_a_formula_is_read_as_its_stored_result_and_a_note_says_so() -> None:
    made = a_workbook(["ann@x.org", '=CONCATENATE("Ann"," Lee")'])
    formula = b'<c r="B2"><f>CONCATENATE("Ann"," Lee")</f><v />'
    result = formula.replace(b'"B2"', b'"B2" t="str"').replace(b"<v />", b"<v>Ann Lee</v>")
    stored = with_member(made, SHEET, lambda xml: xml.replace(formula, result))
    found = reading.read(stored)
    assert ([one.name for one in found.people], found.mistakes) == (["Ann Lee"], [])
    assert found.notes == ["1 cell holds a formula. We read the results that the file stores."]


def test_a_formula_without_a_stored_result_and_an_error_value_are_mistakes() -> None:
    found = reading.read(a_workbook(["ann@x.org", "=A2"], ["max@x.org", "#N/A"]))
    assert found.mistakes == [
        Mistake(2, workbook.NO_RESULT, "name"),
        Mistake(3, "this cell shows the error #N/A", "name"),
    ]


def test_merged_cells_are_a_mistake_on_their_line() -> None:
    def merge(made: Workbook) -> None:
        made.worksheets[0].merge_cells("C2:C3")

    found = reading.read(a_workbook(["ann@x.org", "", "member"], ["max@x.org"], then=merge))
    words = "the cells C2:C3 are merged: unmerge them, so that each line has its own cells"
    assert found.mistakes == [Mistake(2, words)]


def test_mistakes_of_a_table_are_those_of_a_workbook() -> None:
    found = reading.read(a_workbook(["ann@x.org", "Ann"], header=("email", "zone")))
    words = "unknown column 'zone'; the columns are email, name, role, time_zone, member_until, meeting_url"
    assert [str(one) for one in found.mistakes] == [words]
    found = reading.read(a_workbook(["nobody", "Ann", "boss", "Mars", "soon"]))
    assert [one.column for one in found.mistakes] == ["email", "role", "time_zone", "member_until"]


def test_more_lines_than_may_be_are_refused_with_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_PEOPLE", 3)
    with pytest.raises(workbook.NotAWorkbook, match="more than 20,000 lines: import them in parts"):
        workbook.unpacked(a_workbook(*([f"p{n}@x.org"] for n in range(4))))


def test_a_line_with_very_many_columns_is_refused() -> None:
    assert "line 2 has more than 50 columns" in refusal(a_workbook(["ann@x.org", *["x"] * 60]))


def test_a_workbook_that_says_it_is_huge_is_refused_before_it_is_unpacked() -> None:
    bomb = with_member(a_workbook(["ann@x.org"]), SHEET, lambda xml: xml + b" " * (workbook.MAX_UNPACKED + 1))
    assert len(bomb) < 1_000_000
    assert refusal(bomb) == workbook.TOO_LARGE


def test_a_workbook_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(with_member(a_workbook(["ann@x.org"]), SHEET, lambda xml: xml + b" " * 5_000_000))
    size = (5_000_000 + len(zipfile.ZipFile(io.BytesIO(a_workbook(["ann@x.org"]))).read(SHEET))).to_bytes(4, "little")
    assert refusal(bytes(data.replace(size, (1_000).to_bytes(4, "little")))) == workbook.UNREADABLE


def test_a_workbook_of_very_many_parts_is_refused() -> None:
    written = io.BytesIO(a_workbook(["ann@x.org"]))
    with zipfile.ZipFile(written, "a") as packed:
        for number in range(workbook.MAX_MEMBERS):
            packed.writestr(f"x{number}", "")
    assert refusal(written.getvalue()) == workbook.TOO_LARGE


def test_entities_that_grow_without_end_are_refused() -> None:
    laughs = (
        b'<!DOCTYPE x [<!ENTITY a "'
        + b"ha" * 1000
        + b'">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(8))
        + b"]>"
    )

    def evil(xml: bytes) -> bytes:
        start = xml.index(b"<worksheet")
        return laughs + xml[start:].replace(b"ann@x.org", b"&i;")

    assert refusal(with_member(a_workbook(["ann@x.org"]), SHEET, evil)) == workbook.UNREADABLE
    book = with_member(
        a_workbook(["ann@x.org"]), "xl/workbook.xml", lambda xml: laughs + xml[xml.index(b"<workbook") :]
    )
    assert refusal(book) == workbook.UNREADABLE


BAD = {
    "a zip of something else": lambda: zip_of("a.txt"),
    "half a workbook": lambda: a_workbook(["ann@x.org"])[:2000],
    "a workbook without its sheet": lambda: with_member(a_workbook(["ann@x.org"]), SHEET, lambda _: b""),
    "four bytes": lambda: workbook.ZIP,
}


def zip_of(name: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        packed.writestr(name, "x")
    return written.getvalue()


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_workbook_says_what_to_do(name: str) -> None:
    assert refusal(BAD[name]()) == workbook.UNREADABLE


def test_an_old_or_password_protected_file_says_so() -> None:
    assert refusal(workbook.OLE + b"\xa1\xb1\x1a\xe1" + b"\x00" * 600) == workbook.OLD


def test_an_empty_workbook_says_so() -> None:
    assert refusal(a_workbook(header=())) == "the file is empty"


def test_a_large_file_is_not_even_opened() -> None:
    assert refusal(workbook.ZIP + b"x" * workbook.MAX_BYTES) == "larger than 10 MB: import it in parts"


def test_a_table_of_text_is_read_as_before() -> None:
    found = reading.read(b"Email address;Full name;Member until\nann@x.org;Ann;never\n")
    assert [(one.email, one.name, one.member_until) for one in found.people] == [("ann@x.org", "Ann", NEVER)]
