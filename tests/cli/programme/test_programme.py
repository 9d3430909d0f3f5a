"""The coordinator at the command line: read, plan, publish, undo, roll, export, mend."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from booking.clock import now
from tests.cli.command import ROOT, booking

YEAR = now().year + 1
MONDAYS = """\
series:
  mondays:
    kind: clinic
    title: Monday Clinic
    every: Monday
    time: 13:00-14:00
    zone: AEST
    from: 2026-01-01
    on_holiday: keep
    analysts: [ada@example.org]
"""
ANNOUNCEMENT = f"""\
March {YEAR}

Tuesday Clinic on Tuesdays, 1pm - 2pm AEST
Search Masterclass on Fridays 10am - 12pm AEST
Module 1: Accounts
Module 2: Bidding
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service with one analyst, before its first publish; to be copied."""
    path = tmp_path_factory.mktemp("prepared")
    (path / "mondays.yaml").write_text(MONDAYS)
    assert booking(path, "db", "upgrade").returncode == 0
    added = booking(path, "people", "add", "ada@example.org", "--name", "Ada Reyes", "--role", "analyst")
    assert added.returncode == 0, added.stderr
    return path


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A copy of that service, for one test."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return tmp_path


def run(folder: Path, *arguments: str, stdin: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
    done = booking(folder, "programme", *arguments, stdin=stdin)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@contextmanager
def database(folder: Path) -> Iterator[sqlite3.Connection]:
    found = next(folder.rglob("*.sqlite*"))
    path = folder / str(found).removesuffix("-wal").removesuffix("-shm")
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def first(folder: Path, sql: str, *values: object) -> tuple[object, ...]:
    with database(folder) as opened:
        return tuple(opened.execute(sql, values).fetchone())


def test_a_plan_is_shown_published_and_put_back(folder: Path) -> None:
    shown = run(folder, "plan", "mondays.yaml").stdout
    fingerprint = re.search(r"--plan ([0-9a-f]{16})", shown)
    assert fingerprint is not None, shown
    as_json = json.loads(run(folder, "plan", "--json", "mondays.yaml").stdout)
    assert as_json["fingerprint"] == fingerprint[1]
    published = run(folder, "publish", "mondays.yaml", "--plan", fingerprint[1]).stdout
    assert "published" in published
    assert "no changes" in run(folder, "plan", "mondays.yaml").stdout
    assert "no changes" in run(folder, "publish", "mondays.yaml").stdout
    assert "as they were before, and nobody was emailed" in run(folder, "undo").stdout
    assert "nothing has been published yet" in run(folder, "undo", code=1).stderr
    assert first(folder, "SELECT count(*) FROM occurrence") == (0,)


def test_a_plan_that_is_no_longer_the_one_shown_is_not_published(folder: Path) -> None:
    refused = run(folder, "publish", "mondays.yaml", "--plan", "0" * 16, code=1)
    assert "the plan has changed since you saw it" in refused.stderr
    assert first(folder, "SELECT count(*) FROM series") == (0,)


def test_what_is_read_from_an_announcement_passes_check_has_dates_and_is_published(folder: Path) -> None:
    read = run(folder, "read", "-", "--assume", stdin=ANNOUNCEMENT).stdout
    (folder / "march.yaml").write_text(read)
    run(folder, "check", "march.yaml")
    dates = run(folder, "dates", "-", stdin=read).stdout
    tuesdays = [date(YEAR, 3, 1) + timedelta(days=n) for n in range(31)]
    for day in (one for one in tuesdays if one.weekday() == 1):
        assert f"{day.day} Mar" in dates or day.isoformat() in dates
    assert "Accounts" in dates


def test_an_announcement_with_nothing_usable_exits_1_and_says_which_lines_came_close(folder: Path) -> None:
    refused = run(folder, "read", "-", stdin="Hello all,\nThe clinic on Tuesday was nice.\n", code=1)
    assert refused.stdout == ""
    assert "line 2" in refused.stderr or ":2" in refused.stderr


def test_a_month_is_rolled_into_another_and_marks_what_to_check(folder: Path) -> None:
    read = run(folder, "read", "-", "--assume", stdin=ANNOUNCEMENT).stdout
    (folder / "march.yaml").write_text(read)
    rolled = run(folder, "roll", f"{YEAR + 1}-04", "march.yaml", "--from", f"{YEAR}-03")
    (folder / "april.yaml").write_text(rolled.stdout)
    assert "check the title" in (rolled.stdout + rolled.stderr).lower()
    run(folder, "check", "april.yaml")
    dates = run(folder, "dates", "april.yaml").stdout
    assert [line.split()[1] for line in dates.splitlines()] == [
        day.isoformat() for day in (date(YEAR + 1, 4, 1) + timedelta(days=n) for n in range(14)) if day.weekday() == 4
    ]


def test_without_a_file_the_month_is_rolled_from_what_is_published(folder: Path) -> None:
    read = run(folder, "read", "-", "--assume", stdin=ANNOUNCEMENT).stdout.replace(
        "    zone:", "    on_holiday: keep\n    zone:"
    )
    (folder / "march.yaml").write_text(read)
    run(folder, "publish", "march.yaml")
    (folder / "march.yaml").unlink()
    rolled = run(folder, "roll", f"{YEAR + 1}-04", "--from", f"{YEAR}-03")
    assert f"  search-masterclass-{YEAR + 1}-04:" in rolled.stdout
    assert "check the title" in rolled.stderr
    (folder / "april.yaml").write_text(rolled.stdout)
    run(folder, "check", "april.yaml")
    run(folder, "roll", f"{YEAR + 1}-04", "--from", f"{YEAR}-05", code=1)


def test_check_asks_about_each_public_holiday_that_a_file_leaves_open(folder: Path) -> None:
    (folder / "mondays.yaml").write_text(MONDAYS.replace("    on_holiday: keep\n", "") + "    until: 2027-12-31\n")
    asked = run(folder, "check", "mondays.yaml").stdout
    assert "mondays.yaml:2: question: Mon\N{NO-BREAK SPACE}27\N{NO-BREAK SPACE}Dec is Christmas Day" in asked
    assert re.search(r"1 series, no mistakes, [0-9]+ questions to answer\n$", asked)
    (folder / "mondays.yaml").write_text(MONDAYS)
    assert run(folder, "check", "mondays.yaml").stdout.endswith("1 series, no mistakes\n")


def test_what_is_exported_is_what_is_stored(folder: Path) -> None:
    text = run(folder, "read", "-", "--assume", stdin=ANNOUNCEMENT).stdout.replace(
        "    zone:", "    on_holiday: skip\n    zone:"
    )
    (folder / "march.yaml").write_text(text)
    plan = run(folder, "plan", "mondays.yaml", "march.yaml").stdout
    fingerprint = re.search(r"--plan ([0-9a-f]{16})", plan)
    assert fingerprint is not None
    run(folder, "publish", "mondays.yaml", "march.yaml", "--plan", fingerprint[1])
    run(folder, "export", "out")
    exported = sorted(str(path.relative_to(folder)) for path in (folder / "out").iterdir())
    assert len(exported) == 3
    assert "no changes" in run(folder, "plan", *exported).stdout
    whole = run(folder, "export").stdout
    assert "no changes" in run(folder, "plan", "-", stdin=whole).stdout
    assert "exists" in run(folder, "export", "out", code=1).stderr


def test_times_that_a_zones_new_rules_made_wrong_are_found_and_mended(folder: Path) -> None:
    plan = run(folder, "plan", "mondays.yaml").stdout
    fingerprint = re.search(r"--plan ([0-9a-f]{16})", plan)
    assert fingerprint is not None
    run(folder, "publish", "mondays.yaml", "--plan", fingerprint[1])
    run(folder, "check", "--stored")
    with database(folder) as stored:
        (wrong,) = stored.execute("SELECT id FROM occurrence ORDER BY starts_at DESC LIMIT 1").fetchone()
        stored.execute(
            "UPDATE occurrence SET starts_at = datetime(starts_at, '+1 hour') || '.000000', "
            "ends_at = datetime(ends_at, '+1 hour') || '.000000' WHERE id = ?",
            (wrong,),
        )
    found = run(folder, "check", "--stored", code=1)
    assert (found.stdout + found.stderr).count("mondays") == 1
    mended = run(folder, "plan", "mondays.yaml").stdout
    fingerprint = re.search(r"--plan ([0-9a-f]{16})", mended)
    assert fingerprint is not None
    run(folder, "publish", "mondays.yaml", "--plan", fingerprint[1])
    run(folder, "check", "--stored")
    assert first(folder, "SELECT sequence FROM occurrence WHERE id = ?", wrong) == (1,)


KILLED = """
import os, signal, sys
from booking.store import audit_log
def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
audit_log.write = kill
sys.argv = ["booking", "programme", "publish", "mondays.yaml"]
from booking.cli.main import main
main()
"""


def test_a_publish_that_is_killed_in_the_middle_leaves_the_store_as_it_was(folder: Path) -> None:
    """The audit log is written last, when every row of the publish is in the transaction."""
    main = "from booking.cli.main import main"
    assert main in KILLED
    done = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, timeout=60
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    tables = ("series", "occurrence", "change", "outgoing_email", "roster")
    assert [first(folder, f"SELECT count(*) FROM {table}") for table in tables] == [(0,)] * 5
    run(folder, "publish", "mondays.yaml")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "mondays.yaml", "--same", "mondays"), "write NEW=STORED"),
        (("plan", "nowhere.yaml"), "nowhere.yaml"),
        (("roll", "2026-13", "--from", "2026-12"), "2026-13"),
        (("roll", "2027-04", "mondays.yaml", "--from", "2027-03"), "no series is announced for 2027-03"),
        (("undo", "00000000-0000-0000-0000-000000000000"), "there is no publish"),
        (("export",), "nothing has been published yet"),
        (("read", "nowhere.txt"), "nowhere.txt"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_place(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    refused = booking(folder, "programme", *arguments)
    assert refused.returncode != 0
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
