"""Score the reader on the corpus: each text is right, asked or wrong in silence.

A text of the corpus has the series that a careful person would write down. `dates` are all dates of a series; with
"..." at the end, those of the announced month of a series without an end. An empty `series` means that nobody could
know: the reader must ask, on the line `asks` (the second, where it isn't given).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from booking.domain import zones
from booking.domain.planning import schedule
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.occurrences import Period, StoredSeries
from booking.domain.planning.plan import NOTHING_STORED
from booking.domain.planning.resolve import resolve
from booking.programme import files
from booking.programme.announcements import months, reading, writing
from booking.programme.announcements.draft import AnnouncementDraft
from tests.builders import ORGANISATION

#: Those who can be named; two are called Sam.
ANALYSTS = {
    "ada@example.org": "Ada Reyes",
    "ben@example.org": "Ben Cole",
    "sam@example.org": "Sam Hale",
    "sam.wu@example.org": "Sam Wu",
}
TODAY = date(2026, 11, 23)
CORPUS = Path(__file__).parent / "corpus"
_MONTHS = {f"{date(2000, month, 1):%b}": month for month in range(1, 13)}
#: Questions that are about the whole text: they excuse nothing that is wrong on a line.
_GENERAL = {"aest", "no-month", "no-year", "past"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`right`, `asked` or `wrong in silence` for one text; what was expected, read and asked."""

    name: str
    score: str
    expected: list[str]
    read: list[str]
    questions: list[str]

    def __str__(self) -> str:
        parts = [f"{self.score}: {self.name}"]
        parts += [f"  expected {line}" for line in self.expected] + [f"  read     {line}" for line in self.read]
        return "\n".join(parts + [f"  asked    {line}" for line in self.questions])


def texts() -> list[dict[str, Any]]:
    """The texts of the corpus, in the order of its files."""
    return [case for path in sorted(CORPUS.glob("*.yaml")) for case in yaml.safe_load(path.read_text())]


def verdict(case: dict[str, Any]) -> Verdict:
    """Read one text, write its file, and compare each of its dates."""
    draft = reading.read(case["text"], ORGANISATION, TODAY, analysts=ANALYSTS)
    read = _series_read(draft)
    expected = sorted(_expected(wanted) for wanted in case["series"])
    line, code = case.get("asks", 2), case.get("question")
    asked = any(d.line == line and (d.code.startswith(code) if code else d.code not in _GENERAL) for d in draft.doubts)
    if not case["series"]:
        score = "right" if asked else "wrong in silence"
    elif read == expected:
        score = "right"
    else:
        score = "asked" if asked else "wrong in silence"
    return Verdict(case["name"], score, expected, read, [f"{d.line}: {d.message}" for d in draft.doubts])


@dataclass(frozen=True, slots=True)
class Outcome:
    """The series of a text as they were read, and the codes of the questions about them."""

    read: list[str]
    asked: frozenset[str]


def outcome(text: str) -> Outcome:
    """What is read of a text, and asked."""
    draft = reading.read(text, ORGANISATION, TODAY, analysts=ANALYSTS)
    return Outcome(_series_read(draft), frozenset(f"{d.code} {d.message}" for d in draft.doubts))


def scores(verdicts: list[Verdict]) -> Counter[str]:
    """How many texts have each score."""
    return Counter(one.score for one in verdicts)


def _expected(wanted: dict[str, Any]) -> str:
    days = []
    for part in wanted["dates"].removesuffix("...").split(";"):
        *numbers, month = re.findall(r"\w+", part)
        days += [date(2027, _MONTHS[month], int(number)) for number in numbers]
    return _shown(wanted, days, has_end=not wanted["dates"].endswith("..."))


def _shown(values: dict[str, Any], days: list[date], has_end: bool) -> str:
    listed = " ".join(f"{on:%-d/%-m}" for on in days)
    parts = [values["title"], values["kind"], values["time"], values["zone"], listed, "" if has_end else "..."]
    extra = [", ".join(values.get("modules", [])), "/".join(map(str, values.get("slots", [])))]
    extra.append(" ".join(values.get("analysts", [])))
    return " | ".join(part for part in parts + extra if part)


def _series_read(draft: AnnouncementDraft) -> list[str]:
    if not draft.series:
        return []
    found = files.read_all([("-", writing.file_of(draft).encode())], ORGANISATION, TODAY)
    if found.problems:
        return [f"fails check: {problem}" for problem in found.problems]
    ids = {email: n for n, email in enumerate(ANALYSTS)}
    asked = resolve(found.statements, NOTHING_STORED, ids, TODAY)
    return sorted(_definition_shown(one, draft.month) for one in asked.definitions.values())


def _definition_shown(asked: Definition, month: date) -> str:
    rule = asked.rule
    has_end = rule.ends_on is not None or bool(rule.modules)
    until = date(month.year + 1, 12, 31) if has_end else months.following(month)
    period = Period(zones.day_starts_at(rule.starts_on, rule.zone), with_past=True, until=until)
    computed = schedule.compute(asked, StoredSeries(), period, asks=False)
    days = sorted(zones.today(setting.starts_at, rule.zone) for setting in computed.settings.values())
    values = {
        "title": asked.title,
        "kind": asked.kind,
        "time": f"{rule.start_wall:%H:%M}-{rule.end_wall:%H:%M}",
        "zone": rule.zone,
        "modules": list(rule.modules),
        "slots": list(asked.slot_minutes or ()),
        "analysts": [list(ANALYSTS)[n] for n in asked.analysts],
    }
    return _shown(values, [on for on in days if has_end or on < until], has_end)
