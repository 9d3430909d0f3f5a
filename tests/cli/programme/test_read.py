"""`booking programme read`: what it says of each series, and when it exits with 0."""

from __future__ import annotations

import subprocess
from datetime import date, timedelta
from pathlib import Path

from booking.clock import now
from tests.cli.command import booking

YEAR = now().year + 1
TUESDAYS = [on for n in range(30) if (on := date(YEAR, 6, 1) + timedelta(days=n)).weekday() == 1]
CLEAR = f"June {YEAR}\nKnitting workshop, Tuesdays 6pm-7pm Perth time"


def read(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    return booking(folder, "programme", "read", "-", *options, stdin=text)


def shown(on: date) -> str:
    return f"{on:%a} {on.day} {on:%b}"


def test_each_series_is_reported_with_its_dates_and_what_it_skips(tmp_path: Path) -> None:
    done = read(tmp_path, f"{CLEAR}, except {TUESDAYS[1].day} June")
    first, last = shown(TUESDAYS[0]), shown(TUESDAYS[-1])
    dates = f"{len(TUESDAYS) - 1} dates: {first} to {last} {YEAR}. Skips {shown(TUESDAYS[1])}."
    assert done.stderr == f"-:2: Knitting workshop: 6 pm – 7 pm, Perth time. {dates}\n-: everything was understood\n"
    assert done.returncode == 0


def test_an_open_question_is_no_success_unless_its_default_is_accepted(tmp_path: Path) -> None:
    text = f"{CLEAR}, {TUESDAYS[2].day} June"
    done, assumed = read(tmp_path, text), read(tmp_path, text, "--assume")
    assert (done.returncode, assumed.returncode) == (1, 0)
    assert f"-:2: question: what is {TUESDAYS[2].day} June" in done.stderr
    assert "-: 1 question is open" in done.stderr
    assert "everything was understood" not in done.stderr + assumed.stderr
    assert done.stdout == assumed.stdout


def test_a_token_that_no_series_used_is_no_success_either(tmp_path: Path) -> None:
    done = read(tmp_path, f"{CLEAR}\nThe kiln room is open on Saturdays.")
    assert done.returncode == 1
    assert "-:3: question: we didn’t use “Saturdays”" in done.stderr
