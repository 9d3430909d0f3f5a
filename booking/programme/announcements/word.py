"""The paragraphs of a Word document (.docx), read as a stream: no tree is built, and a DTD is refused by the parser."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from xml.parsers import expat

from booking.programme.announcements.budget import MAX_LINES, PASTE, SHORTEN, Budget, CannotRead

MAX_UNPACKED = 20_000_000
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
#: What nobody sees in the document: deleted text, where moved text was, former styles, a copy for old programs.
#: What was inserted is read as all else.
_UNSEEN = frozenset(
    {
        *("del", "moveFrom", "pPrChange", "rPrChange", "tblPrChange", "sectPrChange"),
        "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback",
    }
)
#: All that damaged, encrypted or oddly packed and encoded documents raise in zipfile and expat.
_DAMAGED = (
    *(KeyError, ValueError, LookupError, EOFError, OSError, RuntimeError, NotImplementedError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, expat.ExpatError),
)


def paragraphs(data: bytes) -> list[tuple[int, str]]:
    """Each paragraph with its number; a table's row is one, its cells apart by tabs. Raises CannotRead."""
    try:
        parsed = _Paragraphs()
        parsed.parser.Parse(_document(data), True)
    except _DAMAGED as error:
        raise CannotRead(f"this document can't be read: {PASTE}") from error
    return parsed.found


def _document(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as packed, packed.open("word/document.xml") as member:
        xml = member.read(MAX_UNPACKED + 1)
    if len(xml) > MAX_UNPACKED:
        raise CannotRead(f"this document is too large: {SHORTEN}")
    return xml


class _Paragraphs:
    """The reports of expat, put together to lines."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self.path: list[str] = []
        self.open: list[tuple[list[str], list[str]]] = []  # paragraphs under way: their words, and a list sign or none
        self.cells: list[list[str]] = []
        self.rows = 0
        self.unseen = 0  # how many elements that are not shown are open
        self.budget = Budget()
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def refuse(self, *_declared: object) -> None:
        raise CannotRead(f"this document can't be read, because it has a DTD: {PASTE}")

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        tag = name.removeprefix(_WORD)
        self.path.append(tag)
        self.budget.spend(len(self.path))
        self.unseen += tag in _UNSEEN
        if tag == "p":
            self.open.append(([], []))
        elif tag == "tr":
            self.cells = self.cells if self.rows else []
            self.rows += 1
        elif tag == "tc" and self.rows == 1:
            self.cells.append([])
        elif self.open and not self.unseen:
            self.within(tag)

    def within(self, tag: str) -> None:
        """Take an element of a paragraph that is not text."""
        words, sign = self.open[-1]
        if tag == "numPr":
            sign[:] = ["\u2022 "]
        elif self.path[-2:-1] == ["r"]:
            words.append({"tab": "\t", "br": "\x0b", "cr": "\x0b", "noBreakHyphen": "-"}.get(tag, ""))

    def characters(self, data: str) -> None:
        self.budget.spend()
        if self.open and self.path[-1] == "t" and not self.unseen:
            self.open[-1][0].append(data)

    def end(self, _name: str) -> None:
        tag = self.path.pop()
        self.unseen -= tag in _UNSEEN
        if tag == "p":
            words, sign = self.open.pop()
            if not self.rows:
                self.add("".join([*sign, *words]))
            elif self.cells:
                self.cells[-1].append("".join(words))
        elif tag == "tr":
            self.rows -= 1
            if not self.rows:
                self.add("\t".join(" ".join(cell) for cell in self.cells))

    def add(self, text: str) -> None:
        self.found.append((len(self.found) + 1, text))
        if len(self.found) > MAX_LINES:
            raise CannotRead(f"this has more than {MAX_LINES:,} lines: {SHORTEN}")
