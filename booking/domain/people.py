"""A table of people as an import reads it: values, and every mistake with its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from booking.domain import zones

COLUMNS = ("email", "name", "role", "time_zone", "member_until")
ROLES = ("member", "analyst", "coordinator")
MOST_BYTES = 50_000_000
NAME_CHARACTERS = 100
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(
    rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@(?:{_LABEL}\.)+{_LABEL}"
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Listed:
    """One person of the table; what is None or empty leaves what is stored."""

    line: int
    email: str
    name: str
    roles: frozenset[str]
    time_zone: str | None
    member_until: date | None


@dataclass(frozen=True, slots=True)
class Mistake:
    """One bad cell or line, counted from 1."""

    line: int
    message: str


def is_email(text: str) -> bool:
    """Whether mail can be addressed so: ASCII, a domain with a dot."""
    return len(text) <= 254 and len(text.partition("@")[0]) <= 64 and bool(_EMAIL.fullmatch(text))


def read(data: bytes) -> tuple[list[Listed], list[Mistake]]:
    """The people of a CSV file in UTF-8 (a byte order mark and semicolons are fine), and every mistake in it."""
    if len(data) > MOST_BYTES:
        return [], [Mistake(1, f"larger than {MOST_BYTES // 1_000_000} MB: import it in parts")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [Mistake(data[: error.start].count(b"\n") + 1, "not UTF-8 text: save the table as CSV in UTF-8")]
    first = text.split("\n", 1)[0]
    if not first.strip():
        return [], [Mistake(1, "the file is empty" if not text.strip() else "the first line names the columns")]
    delimiter = ";" if ";" in first and "," not in first else ","
    rows = _rows(text, delimiter)
    _, header = next(rows)
    if isinstance(header, str):
        return [], [Mistake(1, header)]
    names = [cell.strip().lower() for cell in header]
    mistakes = _header(names)
    return ([], mistakes) if mistakes else _people(rows, names)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each record with the line it begins on; what csv cannot read is a message, and the last."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, f"not CSV from here on: {error}"
            return
        yield line, row


def _header(header: list[str]) -> list[Mistake]:
    unknown = [cell for cell in header if cell not in COLUMNS]
    found = [Mistake(1, f"unknown column {cell!r}; known are {', '.join(COLUMNS)}") for cell in unknown]
    if "email" not in header:
        found.append(Mistake(1, "the column 'email' is missing"))
    found += [Mistake(1, f"the column {cell!r} stands twice") for cell in COLUMNS if header.count(cell) > 1]
    return found


def _people(rows: Iterable[tuple[int, list[str] | str]], header: list[str]) -> tuple[list[Listed], list[Mistake]]:
    people: list[Listed] = []
    mistakes: list[Mistake] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        if isinstance(row, str):
            mistakes.append(Mistake(line, row))
        elif not any(cell.strip() for cell in row):
            continue
        elif len(row) != len(header):
            mistakes.append(Mistake(line, f"{_counted(len(row), 'cell')}, but {_counted(len(header), 'column')}"))
        else:
            wrong: list[str] = []
            person = _person(line, dict(zip(header, row, strict=True)), wrong)
            if person.email and seen.setdefault(person.email, line) != line:
                wrong.append(f"{person.email} stands in line {seen[person.email]} already")
            mistakes += [Mistake(line, message) for message in wrong]
            people.append(person)
    if not people and not mistakes:
        mistakes.append(Mistake(1, "the file lists nobody"))
    return people, mistakes


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _person(line: int, texts: Mapping[str, str], wrong: list[str]) -> Listed:
    """One record; what is bad about it is added to `wrong`."""
    cells = {column: " ".join(text.split()) for column, text in texts.items()}
    email = cells.get("email", "").lower()
    if not is_email(email):
        wrong.append(f"{cells['email']!r} is no e-mail address" if email else "the e-mail address is missing")
    name = cells.get("name", "")
    if len(name) > NAME_CHARACTERS or not name.isprintable():
        wrong.append(f"a name has at most {NAME_CHARACTERS} characters, all of them visible")
    roles = frozenset(word for word in re.split(r"[\s;,|/+]+", cells.get("role", "").lower()) if word)
    wrong += [f"unknown role {role!r}: {', '.join(ROLES)}" for role in sorted(roles - set(ROLES))]
    zone = _zone(cells.get("time_zone", ""))
    if zone is None and cells.get("time_zone"):
        wrong.append(f"unknown time zone {cells['time_zone']!r}: write a city or a state, such as Perth or NSW")
    until = _day(cells.get("member_until", ""))
    if until is None and cells.get("member_until"):
        wrong.append(f"{cells['member_until']!r} is no date: write 2026-12-31")
    return Listed(line, email, name, roles, zone, until)


@lru_cache(maxsize=1024)
def _zone(text: str) -> str | None:
    try:
        return zones.named(text) if text else None
    except zones.UnknownZone:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def read_one(email: str, name: str, role: str, time_zone: str, member_until: str) -> tuple[Listed, list[Mistake]]:
    """One person from single cells, by the rules of the table."""
    cells = {"email": email, "name": name, "role": role, "time_zone": time_zone, "member_until": member_until}
    wrong: list[str] = []
    person = _person(0, cells, wrong)
    return person, [Mistake(0, message) for message in wrong]
