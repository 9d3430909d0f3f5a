"""A table of people as an import reads it: values, and every mistake with its line."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date

from booking.domain import zones

COLUMNS = ("email", "name", "role", "time_zone", "member_until")
ROLES = ("member", "analyst", "coordinator")
MOST_BYTES = 50_000_000
_EMAIL = re.compile(r"[^@\s<>\"',;:()\\\[\]]{1,64}@[^@\s<>\"',;:()\\\[\]]{1,190}\.[^@\s<>\"',;:()\\\[\]]{1,63}")


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
    return bool(_EMAIL.fullmatch(text))


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
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in first and "," not in first else ",", strict=True
    )
    try:
        header = [cell.strip().lower() for cell in next(rows)]
        mistakes = _header(header)
        return ([], mistakes) if mistakes else _people(rows, header)
    except csv.Error as error:
        return [], [Mistake(rows.line_num, f"not CSV: {error}")]


def _header(header: list[str]) -> list[Mistake]:
    unknown = [cell for cell in header if cell not in COLUMNS]
    found = [Mistake(1, f"unknown column {cell!r}; known are {', '.join(COLUMNS)}") for cell in unknown]
    if "email" not in header:
        found.append(Mistake(1, "the column 'email' is missing"))
    found += [Mistake(1, f"the column {cell!r} stands twice") for cell in set(header) if header.count(cell) > 1]
    return found


def _people(rows: csv.Reader, header: list[str]) -> tuple[list[Listed], list[Mistake]]:  # type: ignore[name-defined]
    people: list[Listed] = []
    mistakes: list[Mistake] = []
    seen: dict[str, int] = {}
    for row in rows:
        line = rows.line_num
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            mistakes.append(Mistake(line, f"{len(row)} cells, but {len(header)} columns"))
            continue
        cells = {name: " ".join(cell.split()) for name, cell in zip(header, row, strict=True)}
        wrong: list[str] = []
        person = _person(line, cells, wrong)
        if person.email in seen:
            wrong.append(f"{person.email} stands in line {seen[person.email]} already")
        seen.setdefault(person.email, line)
        mistakes += [Mistake(line, message) for message in wrong]
        people.append(person)
    if not people and not mistakes:
        mistakes.append(Mistake(1, "the file lists nobody"))
    return people, mistakes


def _person(line: int, cells: dict[str, str], wrong: list[str]) -> Listed:
    email = cells.get("email", "").lower()
    if not is_email(email):
        wrong.append(f"{cells.get('email', '')!r} is no e-mail address")
    name = cells.get("name", "")
    if len(name) > 100 or not name.isprintable():
        wrong.append("a name has at most 100 characters, all of them visible")
    roles = frozenset(word for word in re.split(r"[\s;,|/+]+", cells.get("role", "").lower()) if word)
    for role in sorted(roles - set(ROLES)):
        wrong.append(f"unknown role {role!r}: {', '.join(ROLES)}")
    zone = None
    if cells.get("time_zone"):
        try:
            zone = zones.named(cells["time_zone"])
        except zones.UnknownZone:
            wrong.append(f"unknown time zone {cells['time_zone']!r}: write a city or a state, such as Perth or NSW")
    until = None
    if cells.get("member_until"):
        try:
            until = date.fromisoformat(cells["member_until"]) if len(cells["member_until"]) == 10 else None
            if until is None:
                raise ValueError
        except ValueError:
            wrong.append(f"{cells['member_until']!r} is no date: write 2026-12-31")
    return Listed(line, email, name, roles, zone, until)


def read_one(email: str, name: str, role: str, time_zone: str, member_until: str) -> tuple[Listed, list[Mistake]]:
    """One person from single cells, by the rules of the table."""
    cells = {"email": email, "name": name, "role": role, "time_zone": time_zone, "member_until": member_until}
    wrong: list[str] = []
    person = _person(0, {column: " ".join(cell.split()) for column, cell in cells.items()}, wrong)
    return person, [Mistake(0, message) for message in wrong]
