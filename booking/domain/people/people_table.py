"""A table of people as an import reads it: values, and every mistake with its line and column; and as it is written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from booking.domain import links, spreadsheet, zones
from booking.domain.enums.people import RoleName
from booking.domain.people import email_addresses, person_names

COLUMNS = ("email", "name", "role", "time_zone", "member_until", "meeting_url")
ROLES = (RoleName.MEMBER, RoleName.ANALYST, RoleName.COORDINATOR, RoleName.VIEWER)
MAX_BYTES = 50_000_000
MAX_PEOPLE = 20_000  # in one workbook, and in one import from the page
#: What people call the columns, beside their names.
_ALSO = {
    "e_mail": "email",
    "email_address": "email",
    "full_name": "name",
    "roles": "role",
    "timezone": "time_zone",
    "membership_until": "member_until",
    "meeting_link": "meeting_url",
}
DELIMITERS = ",;\t"
NEVER = date.max  # a membership without a last day
NEVER_WORD = "never"
NO_LINK_WORD = "none"
NO_HEADER = "the first line must name the columns"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SEP = re.compile(r'"?sep=([,;\t|])"?[,;\t]*', re.IGNORECASE)  # Excel's own first line
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Listed:
    """One person of the table; what is None or empty leaves what is stored.

    `member_until` NEVER takes a last day away; `time_zone` and `meeting_url` "" take theirs away.
    """

    line: int
    email: str
    name: str
    roles: frozenset[str]
    time_zone: str | None
    member_until: date | None
    meeting_url: str | None = None

    @property
    def email_key(self) -> str:
        return email_addresses.key(self.email)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One bad cell or line, counted from 1; `column` is the name of the cell's column, "" for the whole line."""

    line: int
    message: str
    column: str = ""

    def __str__(self) -> str:
        return f"{self.column}: {self.message}" if self.column else self.message


Cells = Sequence[str]
Wrong = list[tuple[str, str]]  # (column, message)


def read(data: bytes) -> tuple[list[Listed], list[Mistake]]:
    """The people of a table in UTF-8 as spreadsheets save it, and every mistake in it.

    A byte order mark, `sep=;` in the first line, commas, semicolons or tabs, and columns and cells left empty at the
    end are all fine.
    """
    if len(data) > MAX_BYTES:
        return [], [Mistake(1, f"larger than {MAX_BYTES // 1_000_000} MB: import it in parts")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [
            Mistake(data[: error.start].count(b"\n") + 1, "this isn't UTF-8 text: save the table as CSV in UTF-8")
        ]
    rows = _rows(text)
    line, header = next(rows, (1, []))
    if isinstance(header, str):
        return [], [Mistake(line, header)]
    if not any(cell.strip() for cell in header):
        return [], [Mistake(line, "the file is empty" if not text.strip() else NO_HEADER)]
    return _table(line, header, rows)


def read_rows(rows: Iterable[tuple[int, Cells]]) -> tuple[list[Listed], list[Mistake]]:
    """As `read`, of rows that are taken apart already, each with its line; the first one names the columns."""
    left = iter(rows)
    line, header = next(left, (1, ()))
    return _table(line, header, left) if header else ([], [Mistake(line, "the file is empty")])


def _table(line: int, header: Cells, rows: Iterable[tuple[int, Cells | str]]) -> tuple[list[Listed], list[Mistake]]:
    columns = [column_of(cell) for cell in header]
    mistakes = _header(line, columns)
    return ([], mistakes) if mistakes else _people(rows, columns)


def column_of(cell: str) -> str:
    """The column that a heading names: "Member until" is member_until; another heading stays as it is."""
    text = cell.strip().lower()
    name = re.sub(r"[\s_-]+", "_", text)
    name = _ALSO.get(name, name)
    return name if name in COLUMNS else text


def _rows(text: str) -> Iterator[tuple[int, Cells | str]]:
    """Each record with the line it begins on; what csv cannot read is a message, and the last."""
    first = _LINE_END.split(text, maxsplit=1)[0]
    stated = _SEP.fullmatch(first.strip(" "))
    delimiter = stated[1] if stated else max(DELIMITERS, key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, f"this isn't CSV from here on: {error}"
            return
        if not (stated and line == 1):
            yield line, row


def _header(line: int, columns: Sequence[str]) -> list[Mistake]:
    unknown = [cell for cell in columns if cell and cell not in COLUMNS]
    found = [Mistake(line, f"unknown column {cell!r}; the columns are {', '.join(COLUMNS)}") for cell in unknown]
    if "email" not in columns:
        found.append(Mistake(line, "the column 'email' is missing"))
    found += [Mistake(line, f"the column {cell!r} is there twice") for cell in COLUMNS if columns.count(cell) > 1]
    return found


def _people(rows: Iterable[tuple[int, Cells | str]], columns: Cells) -> tuple[list[Listed], list[Mistake]]:
    people: list[Listed] = []
    mistakes: list[Mistake] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        if isinstance(row, str):
            mistakes.append(Mistake(line, row))
            continue
        if not any(cell.strip() for cell in row):
            continue
        wrong = _beside(row, columns)
        person = _person(line, dict(zip(columns, row, strict=False)), wrong)
        if person.email and seen.setdefault(person.email_key, line) != line:
            wrong.append(("email", f"{person.email} is already in line {seen[person.email_key]}"))
        mistakes += [Mistake(line, message, column) for column, message in wrong]
        people.append(person)
    if not people and not mistakes:
        mistakes.append(Mistake(1, "there is nobody in the file"))
    return people, mistakes


def _beside(row: Cells, columns: Cells) -> Wrong:
    """Cells that hold something under no name. Fewer cells than columns are fine: Excel leaves empty ones out."""
    named = [*columns, *[""] * (len(row) - len(columns))]
    return [
        ("", f"{cell.strip()!r} is in column {letter(at)}, which has no name in the first line")
        for at, (cell, name) in enumerate(zip(row, named, strict=False))
        if cell.strip() and not name
    ]


def letter(at: int) -> str:
    """The column as spreadsheets name it: 0 is A, 26 is AA."""
    return (letter(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)


def _person(line: int, texts: Mapping[str, str], wrong: Wrong) -> Listed:
    """One record; what is bad about it is added to `wrong`."""
    cells = {column: " ".join(spreadsheet.unguarded(text).split()) for column, text in texts.items()}
    email = _email(cells.get("email", ""), wrong)
    name = _name(cells.get("name", ""), wrong)
    roles = frozenset(word for word in re.split(r"[\s;,|/+]+", cells.get("role", "").lower()) if word)
    wrong += [("role", f"unknown role {role!r}: use {', '.join(ROLES)}") for role in sorted(roles - set(ROLES))]
    zone = _zone(cells.get("time_zone", ""))
    if zone is None and cells.get("time_zone"):
        wrong.append(
            ("time_zone", f"unknown time zone {cells['time_zone']!r}: write a city or a state, such as Perth or NSW")
        )
    until = _day(cells.get("member_until", ""))
    if until is None and cells.get("member_until"):
        wrong.append(
            (
                "member_until",
                f"{cells['member_until']!r} isn't a date: write it as 2026-12-31, or never for no last day",
            )
        )
    return Listed(line, email, name, roles, zone, until, _meeting_url(cells.get("meeting_url", ""), wrong))


def _email(text: str, wrong: Wrong) -> str:
    try:
        return email_addresses.parse(text)
    except email_addresses.NotAnAddress as error:
        wrong.append(("email", f"{text!r} isn't an email address: {error}" if text else "the email address is missing"))
        return text.lower()


def _name(text: str, wrong: Wrong) -> str:
    try:
        return person_names.parse(text) if text else ""
    except person_names.NotAName as error:
        wrong.append(("name", f"{text[:60]!a} can't be a name: {error}"))
        return ""


def _meeting_url(text: str, wrong: Wrong) -> str | None:
    if not text or text.lower() == NO_LINK_WORD:
        return "" if text else None
    if not links.is_https(text):
        wrong.append(("meeting_url", f"{text[:60]!r} isn't a meeting link: {links.HTTPS}, or none for no link"))
    return text


@lru_cache(maxsize=1024)
def _zone(text: str) -> str | None:
    try:
        return zones.named(text) if text else None
    except zones.UnknownZone:
        return None


def _day(text: str) -> date | None:
    if text.lower() == NEVER_WORD:
        return NEVER
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def cells(person: Listed) -> tuple[str, ...]:
    """The person as one record, in the order of COLUMNS: read again, it is the same but for its line."""
    until = "" if person.member_until is None else person.member_until.isoformat()
    return (
        person.email,
        person.name,
        ", ".join(sorted(person.roles)),
        person.time_zone or "",
        NEVER_WORD if person.member_until == NEVER else until,
        NO_LINK_WORD if person.meeting_url == "" else person.meeting_url or "",
    )


def read_one(
    email: str, name: str, role: str, time_zone: str, member_until: str, meeting_url: str = ""
) -> tuple[Listed, list[Mistake]]:
    """One person from single cells, by the rules of the table."""
    cells = dict(zip(COLUMNS, (email, name, role, time_zone, member_until, meeting_url), strict=True))
    wrong: Wrong = []
    person = _person(0, cells, wrong)
    return person, [Mistake(0, message, column) for column, message in wrong]
