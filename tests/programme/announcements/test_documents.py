"""Uploaded documents: whatever is damaged, hostile or too much work is "cannot be read", and nothing else happens."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.programme.announcements import budget, documents, lines, word
from booking.programme.announcements.budget import CannotRead

NAME = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def packed(xml: bytes, name: str = "word/document.xml", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as file:
        file.writestr(name, xml)
    return made.getvalue()


def document(body: str, encoding: str = "utf-8", declared: str = "") -> bytes:
    head = f'<?xml version="1.0" encoding="{declared or encoding}"?>'
    return f'{head}<w:document xmlns:w="{NAME}"><w:body>{body}</w:body></w:document>'.encode(encoding)


def p(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def texts(data: bytes) -> list[str]:
    return [line.text for line in lines.of(data)]


def test_tables_lists_tabs_and_breaks_come_out_as_lines() -> None:
    row = "".join(f"<w:tc>{p(cell)}</w:tc>" for cell in ("Lab", "Wed", "1 pm"))
    item = "<w:p><w:pPr><w:numPr/><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>One</w:t><w:br/><w:t>two</w:t></w:r></w:p>"
    body = f"{p('Hello')}<w:tbl><w:tr>{row}</w:tr></w:tbl>{item}<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r></w:p>"
    found = lines.of(packed(document(body)))
    assert [(line.number, line.text, line.is_item) for line in found] == [
        (1, "Hello", False),
        (2, "Lab\tWed\t1 pm", False),
        (3, "One", True),
        (3, "two", False),
        (4, "a\tb", False),
    ]


def test_a_text_box_within_a_paragraph_is_a_line_of_its_own() -> None:
    box = f"<w:pict><w:txbxContent>{p('box')}</w:txbxContent></w:pict>"
    box = f"<w:p><w:r><w:t>before</w:t>{box}<w:t> after</w:t></w:r></w:p>"
    assert texts(packed(document(box))) == ["box", "before after"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_a_document_may_be_in_any_encoding_that_its_parser_knows(encoding: str) -> None:
    assert texts(packed(document(p("Café"), encoding))) == ["Café"]


GOOD = packed(document(p("Lab on Wednesdays, 1 pm to 2 pm AEST")))
HOSTILE = {
    "a DTD": packed(b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'),
    "a DTD behind spaces": packed(b"<?xml version='1.0'?>" + b" " * 5000 + b"<!DOCTYPE a><a/>"),
    "a DTD in UTF-16": packed('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16")),
    "an encoding that is none": packed(document("", declared="klingon")),
    "an encoding of several bytes": packed(document("", declared="euc-jp")),
    "another encoding than declared": packed(document(p("é"), "iso-8859-1", declared="utf-8")),
    "no XML": packed(b"Hello"),
    "XML that stops": packed(document(p("a"))[:-20]),
    "no document in it": packed(b"<a/>", "mimetype"),
    "a bomb": packed(b" " * 30_000_000),
    "elements in elements": packed(document("<w:p>" * 5000 + "</w:p>" * 5000)),
    "too many pieces": packed(document("<w:p/>" * (budget.MAX_PIECES + 1))),
    "too many lines": packed(document("<w:p></w:p>" * (budget.MAX_LINES + 1))),
    "half a file": GOOD[: len(GOOD) // 2],
    "bytes overwritten": GOOD[:40] + b"\xff" * 20 + GOOD[60:],
    "an unknown compression": GOOD.replace(b"\x08\x00", b"\x63\x00"),
    "a password": GOOD.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_document_that_is_damaged_or_hostile_cannot_be_read(what: str) -> None:
    with pytest.raises(CannotRead, match=r"copy all of it and paste it here|paste only the part"):
        lines.of(HOSTILE[what])


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_document_with_any_bytes_changed_is_read_or_refused(dice: random.Random) -> None:
    data = bytearray(GOOD)
    for _ in range(dice.randint(1, 8)):
        data[dice.randrange(4, len(data))] = dice.randrange(256)
    with contextlib.suppress(CannotRead):
        word.paragraphs(bytes(data))


@pytest.mark.parametrize(
    "page",
    [
        "<p>" + "<b>x</b>" * budget.MAX_PIECES,
        "<p>x" * (budget.MAX_LINES + 1),
        "<p>" + "<noscript>" * (budget.MAX_DEPTH + 2),
    ],
    ids=["pieces", "lines", "depth"],
)
def test_a_page_that_is_too_much_work_cannot_be_read(page: str) -> None:
    with pytest.raises(CannotRead, match=r"paste (it here|only the part)"):
        lines.of(page)


def test_a_long_run_of_pieces_in_one_line_is_still_read() -> None:
    (blank, line) = lines.of("<p>" + "<b>x</b>" * 600)
    assert (blank.text, line.text) == ("", "x" * 600)


@pytest.mark.parametrize("text", ["\ud800 <p>x</p>", "<p>Lab on Wednesdays</p>"])
def test_a_page_is_read_in_a_child_as_it_is_here(text: str) -> None:
    plain = text.encode(errors="replace").decode()
    assert documents.lines_of(text) == lines.of(plain)


def test_an_uploaded_document_is_read_in_a_child_as_it_is_here() -> None:
    assert documents.lines_of(GOOD) == lines.of(GOOD)
    with pytest.raises(CannotRead, match="because it has a DTD: copy all of it"):
        documents.lines_of(HOSTILE["a DTD"])


def in_a_child(before: str) -> list[str]:
    """A command that does something else in place of reading, within the limits of a child."""
    told = "from booking.programme.announcements import documents as d; d.CPU_SECONDS = 1; "
    return ["-c", f"{told}d.lines.of = lambda _: {before}; d.main('file')"]


@pytest.mark.parametrize(
    "instead",
    [
        "[0] * 10**9",
        "exec('while True: pass')",
        "open('/dev/full', 'w').write('x' * 9**7)",
        "exec('raise SystemExit(3)')",
    ],
    ids=["memory", "time", "a file", "the end"],
)
def test_a_child_that_takes_more_than_it_may_ends_and_the_document_cannot_be_read(
    instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "COMMAND", in_a_child(instead))
    with pytest.raises(CannotRead, match="this document can't be read"):
        documents.lines_of(GOOD)


def test_a_child_is_given_no_setting_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKING_SECRET_KEY", "a secret")
    monkeypatch.setattr(
        documents, "COMMAND", ["-c", "import json, os; print(json.dumps({'lines': [[1, k, 0] for k in os.environ]}))"]
    )
    assert not any(line.text.startswith("BOOKING") for line in documents.lines_of(GOOD))
