"""Any source of an announcement to numbered plain lines: text, what Word leaves on the clipboard, HTML, .docx.

Work is limited as well as size: see `Budget`. A source from somebody else is read by `documents.lines_of`.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from booking.programme.announcements import word
from booking.programme.announcements.budget import MAX_LINES, PASTE, SHORTEN, Budget, CannotRead, SourceLine

MAX_BYTES = 2_000_000
MAX_LINE_LENGTH = 2_000
_MARKUP = re.compile(r"<(?:!doctype|html|body|table|p|div|li|h[1-6]|br)\b[^>]{0,500}>", re.IGNORECASE)
_SIGNS = "•◦▪▫‣⁃∙·●○■□–—*-o→➜➤►▶✓✔\uf0b7\uf0a7"
_BULLET = re.compile(rf"^\s*(?:[{re.escape(_SIGNS)}]\s+|[•▪●■◦‣→➜➤►▶✓✔\uf0b7\uf0a7]\s*)")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u202a-\u202e]")
_SPACES = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "fieldset"),
        *("figcaption", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav"),
        *("ol", "option", "p", "pre", "section", "table", "tbody", "thead", "title", "tr", "ul"),
    }
)
_HIDDEN = frozenset({"script", "style", "head", "template", "noscript", "svg", "title"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})


def is_html(source: str) -> bool:
    """Whether it looks like a page rather than plain text."""
    return _MARKUP.search(source[:200_000]) is not None


def of(source: bytes | str) -> list[SourceLine]:
    """The lines of a source; blank ones are kept, so that paragraphs stay apart. Raises CannotRead."""
    if isinstance(source, bytes):
        if len(source) > MAX_BYTES:
            raise CannotRead(f"this is larger than {MAX_BYTES // 1_000_000} MB: {SHORTEN}")
        if source[:4] == b"PK\x03\x04":
            return _plain(word.paragraphs(source))
        source = decoded(source)
    if len(source) > MAX_BYTES:
        raise CannotRead(f"this is larger than {MAX_BYTES // 1_000_000} MB: {SHORTEN}")
    if is_html(source):
        return _html(source)
    return _plain(list(enumerate(numbered(source), 1)))


def numbered(source: str) -> list[str]:
    """The text by lines as they are numbered everywhere, from 1."""
    return re.split("\r\n|\r|\n", source)


def decoded(data: bytes) -> str:
    """Bytes as text: UTF-8, UTF-16 with its mark, else Windows' western letters. Raises CannotRead for others."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise CannotRead(f"this can't be read: {PASTE}") from error
    if data[:5] in {b"%PDF-", b"{\\rtf"} or data[:4] == b"\xd0\xcf\x11\xe0" or b"\x00" in data[:4000]:
        raise CannotRead(f"this isn't text: {PASTE}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _plain(numbered: list[tuple[int, str]]) -> list[SourceLine]:
    found = []
    for number, raw in numbered:
        for part in re.split("[\x0b\x0c\x85\u2028\u2029]", raw):
            text = _INVISIBLE.sub("", part)
            if not text.isprintable():
                text = "".join(sign if sign == "\t" or sign.isprintable() or sign.isspace() else " " for sign in text)
            bullet = _BULLET.match(text)
            text = _SPACES.sub(" ", text[bullet.end() :] if bullet else text)
            text = re.sub(r" ?\t[ \t]*", "\t", text).strip()
            first, *others = _pieces(text)
            found.append(SourceLine(number, first, bullet is not None))
            found += [SourceLine(number, piece) for piece in others]
            if len(found) > MAX_LINES:
                raise CannotRead(f"this has more than {MAX_LINES:,} lines: {SHORTEN}")
    return found


def _pieces(text: str) -> list[str]:
    """The text of a line, cut between words where it is too long for one."""
    found = []
    while len(text) > MAX_LINE_LENGTH:
        at = text.rfind(" ", 1, MAX_LINE_LENGTH)
        at = at if at > 0 else MAX_LINE_LENGTH
        found.append(text[:at])
        text = text[at:].lstrip()
    return [*found, text]


class _Page(HTMLParser):
    """Text by blocks; a table's row is one line, its cells apart by tabs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self.words: list[str] = []
        self.has_words = False  # whether any of them shows
        self.budget = Budget()
        self.number = 1
        self.hidden: list[str] = []
        self.tables: list[bool] = []  # of each open table, whether a row is open: not every row is closed
        self.is_item = False

    def close_line(self) -> None:
        text = re.sub(r"[ \r\n]+", " ", "".join(self.words)).strip(" ")
        if text.strip():
            self.found.append((self.number, f"{'• ' if self.is_item else ''}{text}"))
            self.is_item = False
        self.words, self.has_words = [], False

    @property
    def rows(self) -> bool:
        """Whether a row of a table is open."""
        return any(self.tables)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.budget.spend(depth=max(len(self.hidden), len(self.tables)))
        if self.hidden[-1:] == ["head"] and tag in _BLOCKS | {"body"} and tag not in _HIDDEN:
            self.hidden.pop()  # what shows ends a head that nothing closed
        if tag in _HIDDEN and tag not in _VOID:
            self.hidden.append(tag)
        if tag in {"td", "th"}:
            self.words.append("\t" if self.has_words else "")
        elif tag in _BLOCKS and not (self.rows and tag in {"p", "div", "br"}):
            self.close_line()
            if tag in {"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol"}:
                self.found.append((self.getpos()[0], ""))
        elif tag in _BLOCKS:
            self.words.append(" ")
        if tag == "table":
            self.tables.append(False)
        elif tag == "tr":
            self.tables[-1:] = [True]
        self.is_item = self.is_item or tag == "li"

    def handle_endtag(self, tag: str) -> None:
        if self.hidden and tag == self.hidden[-1]:
            self.hidden.pop()
        if tag == "tr" and self.tables:
            self.tables[-1] = False
        elif tag == "table" and self.tables:
            self.tables.pop()
        if tag in _BLOCKS and not (self.rows and tag in {"p", "div"}):
            self.close_line()

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        self.budget.spend()
        if not self.has_words:
            stripped = data.lstrip()
            self.number = self.getpos()[0] + data[: len(data) - len(stripped)].count("\n")
            self.has_words = bool(stripped)
        self.words.append(data.replace("\t", " "))


def _html(source: str) -> list[SourceLine]:
    page = _Page()
    page.feed(source)
    page.close()
    page.close_line()
    return _plain(page.found)
