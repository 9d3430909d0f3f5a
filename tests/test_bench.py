"""What the bench names as a text is there: it is run too seldom to find that out by itself."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from bench import run

BENCH = Path(__file__).resolve().parents[1] / "bench"


def test_every_server_that_the_bench_starts_is_there() -> None:
    named = {name for path in BENCH.glob("*.py") for name in re.findall(r'"(bench\.\w+:\w+)"', path.read_text("utf-8"))}
    assert "bench.baseline:make" in named
    for name in named:
        module, _, attribute = name.partition(":")
        assert callable(getattr(importlib.import_module(module), attribute)), name


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("", list(run.PARTS)),
        ("My bookings", ["pages"]),
        ("free slots, 5 analysts, postgresql", ["feeds"]),
        ("1,000,000", ["growth"]),
        ("four weeks of clinics", ["growth"]),
        ("nothing of the kind", []),
    ],
)
def test_a_row_is_found_by_words_of_its_name(words: str, parts: list[str]) -> None:
    assert run.parts_of(None, words) == parts


def test_a_row_that_falls_short_is_measured_once_more_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def measure(kind: str, _seconds: float, wanted: run.Wanted) -> list[run.Row]:
        asked.append([what for what in ("quick", "slow") if wanted(what)])
        ratio = {"quick": 1.0, "slow": 0.1 if len(asked) == 1 else 0.6}
        return [run.Row(what, 1, 1, ratio[what], 0.5) for what in asked[-1]]

    monkeypatch.setitem(run.PARTS, "made up", (measure, ("quick", "slow")))
    rows = run.measured("made up", "sqlite", 0, "")
    assert asked == [["quick", "slow"], ["slow"]]
    assert [(row.what, row.verdict) for row in rows] == [("quick", "met"), ("slow", "met")]
