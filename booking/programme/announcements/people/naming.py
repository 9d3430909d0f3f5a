"""Names: "with Ada", "(with Ada and Ben)", "Tutor: Ada Reyes", and the column of a table for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.grammar.vocabulary import DAY, MONTH

_OTHER = rf"(?!(?i:and|on|from|at|in|every|each|(?:{DAY})|(?:{MONTH})|a[ecw][sd]t|aet|utc|gmt)\b)"
_NAME = rf"{_OTHER}[A-Z][\w'’-]*\w(?: {_OTHER}[A-Z][\w'’-]*\w){{0,2}}"
_JOIN = r"\s*(?:,\s*and\b|,|&|\+|\b(?i:and)\b)\s*"
_LEADS = r"led|hosted|presented|facilitated|taught|run|given|tutored"
_LABEL = r"tutors?|presenters?|analysts?|hosts?|facilitators?|trainers?|instructors?|teachers?|leaders?|speakers?"
_WITH = re.compile(
    rf"(?P<open>\(\s*)?\b(?:(?i:with|(?:{_LEADS})\s+by)\s+|(?i:{_LABEL})\s*:\s*)"
    rf"(?P<names>{_NAME}(?:{_JOIN}{_NAME})*)(?P<close>\s*\))?"
)
_EACH = re.compile(_NAME)
_CAPITALS = re.compile(r"\b[A-Z][\w'’-]*\w(?: [A-Z][\w'’-]*\w){0,2}")
_CELL = re.compile(r"[^\t|]+")
_HEAD = re.compile(rf"(?i)(?:with|who|led by|{_LABEL})\W*")
#: Words in capitals that are no names of people.
_NO_NAMES = {"zoom", "teams"}


@dataclass(frozen=True, slots=True)
class NamedPeople:
    """Names and the stretch of the line that says them, with the words and brackets around them."""

    names: tuple[str, ...]
    start: int
    end: int


def find(text: str) -> list[NamedPeople]:
    """Every phrase of a line that names people."""
    found = []
    for match in _WITH.finditer(text):
        names = tuple(name for name in _EACH.findall(match["names"]) if name.split()[0].lower() not in _NO_NAMES)
        start = match.end("open") if match["open"] and not match["close"] else match.start()
        end = match.end("names") if match["close"] and not match["open"] else match.end()
        if names:
            found.append(NamedPeople(names, start, end))
    return found


def bare(text: str) -> list[str]:
    """Whatever may be a name in a line, whether or not words lead to it."""
    return _CAPITALS.findall(text)


def by_line(lines: Sequence[SourceLine]) -> Iterator[tuple[SourceLine, list[NamedPeople]]]:
    """Each line with the names in it: those of a table's column for them, else those that words lead to."""
    column, width = None, 0
    for line in lines:
        if not line.text:
            continue  # a blank line ends no table: pages have them between rows
        cells = list(_CELL.finditer(line.text)) if "\t" in line.text or "|" in line.text else []
        if len(cells) < 2:
            column = None
        heads = [n for n, cell in enumerate(cells) if _HEAD.fullmatch(cell[0].strip())]
        if heads:
            column, width = heads[0], len(cells)
        elif column is not None and len(cells) == width:
            cell = cells[column]
            names = tuple(_EACH.findall(cell[0]))
            yield line, [NamedPeople(names, cell.start(), cell.end())] if names else []
            continue
        yield line, find(line.text)


def without(text: str, people: Sequence[NamedPeople]) -> str:
    """The text with blanks in place of these people, as long as before."""
    kept = list(text)
    for one in people:
        kept[one.start : one.end] = " " * (one.end - one.start)
    return "".join(kept)
