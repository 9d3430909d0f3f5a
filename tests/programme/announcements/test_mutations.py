"""Texts of the corpus written a little differently: what is read stays the same, or there is a question."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from tests.long_form import count
from tests.programme.announcements import score

Change = Callable[[str, random.Random], str]


def other_dashes(text: str, chance: random.Random) -> str:
    dash = chance.choice(["-", "–", "—", " - ", " – ", "‑"])
    return re.sub(r"(?<=[\dmn]) ?(?:-|–|—)+ ?(?=\d)(?!\d\d-)", dash, text)


def all_capitals(text: str, chance: random.Random) -> str:
    line = chance.choice(text.splitlines())
    return text.replace(line, line.upper())


def no_zone(text: str, chance: random.Random) -> str:
    return re.sub(r",? ?\(?\b(?:AEST|AEDT)\b\)?", "", text)


def split_line(text: str, chance: random.Random) -> str:
    places = [match.start() for match in re.finditer(", ", text)]
    at = chance.choice(places) if places else len(text)
    return f"{text[:at]}\n{text[at + 2 :]}"


def bullets(text: str, chance: random.Random) -> str:
    head, *rest = text.splitlines()
    sign = chance.choice(["•", "-", "*", "→", "◦"])
    return "\n".join([head, *(f"{sign} {line}" for line in rest)])


def wide_spaces(text: str, chance: random.Random) -> str:
    return text.replace(" ", chance.choice(["  ", "\u00a0", " \u200b"]))


def schedule_first(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    at = chance.randrange(len(lines))
    first, _, rest = lines[at].partition(", ")
    lines[at] = f"{rest}, {first}" if rest else first
    return "\n".join(lines)


def a_page(text: str, chance: random.Random) -> str:
    tag = chance.choice(["p", "div", "li", "h2"])
    return "".join(f"<{tag}>{line}</{tag}>\n" for line in text.splitlines())


CHANGES: tuple[Change, ...] = (
    *(other_dashes, all_capitals, no_zone, split_line, bullets, wide_spaces, schedule_first, a_page),
)


def without_titles(read: list[str]) -> list[str]:
    """What was read of days, hours, zone, dates, kind and modules, whatever the capitals."""
    return sorted(line.partition(" | ")[2].casefold() for line in read)


@pytest.mark.parametrize("part", range(4))
def test_a_text_written_differently_is_read_the_same_or_asked_about(part: int) -> None:
    chance = random.Random(part)
    cases = score.texts()
    silent = []
    for _ in range(count(25, 500)):
        case, change = chance.choice(cases), chance.choice(CHANGES)
        text = change(case["text"], chance)
        before, after = score.outcome(case["text"]), score.outcome(text)
        if without_titles(after.read) != without_titles(before.read) and not after.asked - before.asked:
            silent.append(f"{change.__name__}\n{text}\n" + "\n".join([*before.read, "now:", *after.read]))
    assert silent == []
