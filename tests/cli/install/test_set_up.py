"""Setting up from the command line: init, doctor, people, publish, and errors in one line."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from booking.cli.main import main
from booking.programme import files, organisation_file
from booking.store.db import migrate
from tests import databases
from tests.cli.command import ROOT, booking, process
from tests.databases import Database
from tests.programme.people_files.workbooks import a_workbook

INIT = ("init", "--base-url", "https://b.example.org", "--organisation", "Club", "--coordinator", "co@example.org")
KEYS = {"BOOKING_SECRET_KEY": "s" * 40, "BOOKING_FEED_KEY": "f" * 40}


def test_init_writes_settings_makes_the_database_and_lets_the_coordinator_in(tmp_path: Path) -> None:
    done = process(tmp_path, *INIT, "--smtp-url", "smtp://127.0.0.1:9", "--mail-from", "co@example.org")
    assert done.returncode == 0, done.stderr
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_file()} == {0o600}
    assert "The test email couldn't be sent" in done.stdout
    assert str(tmp_path / "data" / "programme" / "examples") in done.stdout
    assert re.search(r"https://b\.example\.org/sign-in/link/[0-9a-f-]{36}\.[a-z2-7]{32}\n", done.stdout)
    again = process(tmp_path, *INIT, "--smtp-url", "", "--mail-from", "co@example.org")
    assert (again.returncode, "already exists" in again.stderr) == (1, True)
    (tmp_path / "elsewhere").mkdir()
    doctor = process(  # from another folder: what init writes holds whole paths
        tmp_path / "elsewhere",
        "doctor",
        BOOKING_SETTINGS=str(tmp_path / "booking.env"),
        BOOKING_BASE_URL="https://127.0.0.1:9",
    )
    assert doctor.returncode == 1
    assert list((tmp_path / "elsewhere").iterdir()) == []
    for line in (
        "✓ keys: both are set",
        "✓ https",
        "✗ public address: https://127.0.0.1:9 doesn't answer: [Errno 111] Connection refused",
        "✓ database: sqlite",
        "✗ mail",
        "✗ worker: never seen",
        "✗ programme: no clinics in the next four weeks",
    ):
        assert line in doctor.stdout
    assert doctor.stdout.count("    ") == doctor.stdout.count("✗")


def test_init_asks_for_what_no_flag_gives(tmp_path: Path) -> None:
    answers = 'https://b.example.org\nDance "Club": 1\n\nco@example.org\n\n\n'
    database = f"sqlite:///{tmp_path / 'own.sqlite'}"
    done = booking(tmp_path, "init", stdin=answers, BOOKING_DATABASE_URL=database)
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "booking.env").read_text().splitlines()
    assert f"BOOKING_DATABASE_URL={database}" in written
    assert "BOOKING_TRUSTED_PROXIES=1" in written
    assert f"BOOKING_DATA={tmp_path / 'data'}" in written
    assert (tmp_path / "own.sqlite").exists()
    organisation = organisation_file.load(tmp_path / "data")
    assert (organisation.name, organisation.short_name, organisation.zone) == (
        'Dance "Club": 1',
        "D1",
        "Australia/Brisbane",
    )
    assert files.in_folder(tmp_path / "data" / "programme") == []
    everything = [path.read_text() for path in (tmp_path / "data").rglob("*.yaml")]
    assert everything
    assert not [text for text in everything if "SMK" in text or "Social Media Knowledge" in text]


@pytest.mark.parametrize(
    ("flag", "value", "words"),
    [
        ("--base-url", "example", "BOOKING_BASE_URL=example: must be an address such as https://"),
        ("--coordinator", "nobody", "'nobody' isn't an email address"),
        ("--zone", "Atlantis", "unknown time zone 'Atlantis': write AEST"),
        ("--database-url", "sqlite:////nowhere/at/all.sqlite", "the database can't be created: "),
        ("--smtp-url", "mail", "write smtp://HOST:PORT"),
        ("--database-url", "mysql://x", "BOOKING_DATABASE_URL: must be sqlite:///PATH or postgresql://"),
        ("--database-url", "postgresql://u@h:port/x", "BOOKING_DATABASE_URL: must be sqlite:///PATH or postgresql://"),
        (
            "--base-url",
            "https://example.org:port",
            "BOOKING_BASE_URL=https://example.org:port: its host or port isn't valid",
        ),
    ],
)
def test_bad_answers_are_one_line_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str, value: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = [*INIT, "--smtp-url", "", "--mail-from", "co@example.org", flag, value]
    monkeypatch.setattr(sys, "argv", ["booking", *arguments])
    monkeypatch.setattr(os, "umask", lambda _mask: 0)  # it would stay for the tests that follow
    with pytest.raises(SystemExit) as ended:
        main()
    message = str(ended.value.code)
    assert message.startswith("booking: ")
    assert words in message
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module", params=databases.NAMES)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `booking init` was run, once on each database."""
    folder = tmp_path_factory.mktemp("installed")
    url = databases.new_url(request.param, "installed")
    done = booking(folder, *INIT, "--smtp-url", "", "--mail-from", "co@example.org", "--database-url", url)
    assert done.returncode == 0, done.stderr
    return folder


def with_notes(made: Workbook) -> None:
    made.create_sheet("Notes")


def test_people_come_from_a_table_or_one_by_one(installed: Path) -> None:
    (installed / "people.csv").write_text("email,name,role\nzoe@x.org,Zoe,analyst\nleo@x.org,Leo,member\n")
    assert booking(installed, "people", "import", "people.csv").stdout == "2 added, 0 changed, 0 unchanged\n"
    (installed / "bad.csv").write_text("email,name,role\nben@x.org,Ben,member\nx,Y,boss\n")
    bad = booking(installed, "people", "import", "bad.csv")
    assert bad.stderr == (
        "bad.csv:3: email: 'x' isn't an email address: enter an email address such as name@example.org\n"
        "bad.csv:3: role: unknown role 'boss': use member, analyst, coordinator, viewer\n"
    )
    assert bad.returncode == 1
    (installed / "more.xlsx").write_bytes(a_workbook(["zoe@x.org", "Zoe Lin"], ["sam@x.org"], then=with_notes))
    more = booking(installed, "people", "import", "more.xlsx")
    assert more.stdout == "1 added, 1 changed, 0 unchanged\n"
    assert more.stderr == "note: The file has 2 sheets. We read “Members”.\n"
    assert booking(installed, "people", "add", "ben@x.org", "--role", "member").stdout == "added\n"
    assert "/sign-in/link/" in booking(installed, "people", "sign-in-link", "BEN@x.org").stdout
    assert booking(installed, "feeds", "url", "zoe@x.org").stdout.startswith("https://b.example.org/feeds/analyst/")


def test_a_programme_is_published_and_its_mistakes_are_named(installed: Path) -> None:
    file = installed / "p.yaml"
    assert booking(installed, "people", "add", "ann@x.org", "--role", "analyst").returncode == 0
    assert booking(installed, "people", "add", "max@x.org", "--role", "member").returncode == 0
    fields = ("kind: clinic", "title: Clinic", "every: Monday", "time: 1 pm – 2 pm", "from: 2023-12-01")
    text = "series:\n  a-clinic:\n" + "".join(f"    {field}\n" for field in fields)
    file.write_text(f"{text}    analysts: [ann@x.org, max@x.org]\n")
    refused = booking(installed, "programme", "publish", "p.yaml")
    assert refused.stderr == "p.yaml:8: max@x.org is not an analyst; `booking people add` makes one\n"
    file.write_text(text)
    unanswered = booking(installed, "programme", "publish", "p.yaml")
    assert "does it take place? Write on_holiday: keep, skip, postpone or move" in unanswered.stderr
    text = f"{text}    on_holiday: skip\n"
    file.write_text(text)
    shown = booking(installed, "programme", "plan", "p.yaml").stdout
    assert "a-clinic: Clinic (new, 1:00 pm – 2:00 pm, Brisbane time)" in shown
    assert "\npublished\n" in booking(installed, "programme", "publish", "p.yaml").stdout
    assert booking(installed, "programme", "publish", "p.yaml").stdout.endswith("no changes\n")
    file.write_text(text.replace("Monday", "Noday").replace("kind: clinic", "kind: party"))
    bad = booking(installed, "programme", "check", "p.yaml")
    assert (bad.returncode, [line.split(": ")[0] for line in bad.stderr.splitlines()]) == (1, ["p.yaml:3", "p.yaml:5"])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REQUEST_SECONDS", "0", "BOOKING_REQUEST_SECONDS=0: must be from 1 to 3600 seconds"),
        (
            "SMTP_URL",
            "smtp://u:secret@h:mail",
            "BOOKING_SMTP_URL: its port must be a number from 1 to 65535, as in smtp://HOST:587",
        ),
        ("MAIL_FROM", "nope", "BOOKING_MAIL_FROM=nope: must be an email address such as booking@example.org"),
    ],
)
def test_a_setting_that_breaks_the_service_is_named_by_serve_worker_and_doctor(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    given = {**KEYS, "BOOKING_BASE_URL": "https://127.0.0.1:9", "BOOKING_SMTP_URL": "smtp://127.0.0.1:9"}
    given[f"BOOKING_{name}"] = value
    for command in ("serve", "worker"):
        done = process(tmp_path, command, **given)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"booking: {words}\n")
    examined = booking(tmp_path, "doctor", **given)
    assert examined.returncode == 1
    assert words in examined.stdout


@pytest.mark.parametrize("value", ["-1", "²", "one"])
def test_a_number_that_is_none_says_what_it_must_be(tmp_path: Path, value: str) -> None:
    done = booking(tmp_path, "settings", BOOKING_TRUSTED_PROXIES=value)
    assert done.stderr == f"booking: BOOKING_TRUSTED_PROXIES={value}: must be a whole number, 0 or more\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("people", "sign-in-link", "nobody@x.org"), "nobody here has the address nobody@x.org"),
        (("feeds", "url", "nobody@x.org"), "nobody has the address 'nobody@x.org'"),
        (("people", "import", "none.csv"), "none.csv: No such file or directory"),
        (("programme", "check", "none.yaml"), "none.yaml:1: this file doesn't exist"),
        (("programme", "dates", "p.yaml", "--from", "1/2/3"), "'1/2/3' isn't a date: write it as 2023-12-01"),
        (("worker", "--once"), "BOOKING_SMTP_URL isn't set"),
        (("serve", "--port", "1"), "cannot listen on 127.0.0.1:1"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_without_a_traceback(
    installed: Path, arguments: tuple[str, ...], words: str
) -> None:
    if arguments[0] == "serve" and os.geteuid() == 0:
        arguments, words = ("serve", "--host", "203.0.113.1"), "cannot listen on 203.0.113.1:8000"
    run = process if arguments[0] in {"serve", "worker"} else booking
    done = run(installed, *arguments)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_database_the_remedy_is_named(tmp_path: Path) -> None:
    done = booking(tmp_path, "programme", "publish", **KEYS)
    assert done.stderr == "booking: the database is empty: run `booking db upgrade` first\n"
    done = process(tmp_path, "serve", **KEYS, BOOKING_DATABASE_URL="postgresql://127.0.0.1:9/none")
    assert "the database reported an error" in done.stderr
    assert "BOOKING_SECRET_KEY is missing" in process(tmp_path, "serve").stderr
    assert booking(tmp_path, "settings", BOOKING_TYPO="1").stderr == (
        "booking: BOOKING_TYPO isn't a setting; `booking settings` lists them all\n"
    )


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("SECRET_KEY", "prints, and keep BOOKING_FEED_KEY as it is"),
        ("FEED_KEY", "set it to the key from before, because a new one ends every calendar subscription"),
    ],
)
def test_one_missing_key_is_made_alone(tmp_path: Path, missing: str, words: str) -> None:
    keys = {name: value for name, value in KEYS.items() if name != f"BOOKING_{missing}"}
    (tmp_path / "booking.env").write_text("".join(f"{name}={value}\n" for name, value in keys.items()))
    error = booking(tmp_path, "people", "sign-in-link", "mia@x.org").stderr
    assert error.startswith(f"booking: BOOKING_{missing} is missing or shorter than 32 characters: ")
    assert words in error
    assert "booking init" not in error
    command = error.partition('`python3 -c "')[2].partition('"`')[0]
    printed = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout
    assert len(printed.strip()) >= 32


def test_a_server_of_wsgi_without_settings_says_in_a_line_which_come_first(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOOKING_")}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "run", "--debug", "--port", "0"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("booking: BOOKING_SECRET_KEY is missing, and so is BOOKING_FEED_KEY: run ")
    assert done.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_named_by_init_and_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **more: path != tmp_path and may(path, mode, **more))
    done = booking(tmp_path, "init")  # asks nothing
    words = f"booking: can't write into the folder {tmp_path}: run this as a user who may, or"
    assert (done.stdout, done.stderr) == ("", f"{words} in another folder\n")

    def refused(**_named: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".booking-x"))

    monkeypatch.setattr("booking.store.db.backup.TemporaryDirectory", refused)
    done = booking(tmp_path, "backup", str(tmp_path / "copy.zip"))
    assert (done.returncode, done.stderr) == (1, f"{words} choose another folder\n")


def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "booking.env"
    file.write_text("BOOKING_BASE_URL=https://b.example.org\n")
    read = Path.read_text

    def refused(path: Path, *given: Any, **named: Any) -> str:
        if path.name == file.name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path, *given, **named)

    monkeypatch.setattr(Path, "read_text", refused)
    done = booking(tmp_path, "settings")
    words = "can't read booking.env: run this as a user who may, such as the one of the service"
    assert (done.returncode, done.stderr) == (1, f"booking: {words}\n")


def test_settings_are_listed_and_secrets_are_not_shown(installed: Path) -> None:
    shown = booking(installed, "settings").stdout
    key = re.search(r"SECRET_KEY=(\S+)", (installed / "booking.env").read_text())
    assert key is not None
    assert key[1] not in shown
    assert "BOOKING_SECRET_KEY=(set)" in shown
    assert "BOOKING_BASE_URL=https://b.example.org" in shown


def test_dates_are_printed_as_text_and_json_from_standard_input(tmp_path: Path) -> None:
    fields = ("kind: clinic", "title: C", "every: Tuesday", "time: 1-2 pm", "from: 2023-12-01")
    text = "zone: AEST\nseries:\n  c:\n" + "".join(f"    {field}\n" for field in fields)
    done = booking(
        tmp_path, "programme", "dates", "-", "--from", "2023-12-12", "--to", "2023-12-19", "--json", stdin=text
    )
    assert json.loads(done.stdout) == [
        {
            "series": "c",
            "kind": "clinic",
            "title": "C",
            "module": None,
            "starts_at": "2023-12-12T03:00:00Z",
            "ends_at": "2023-12-12T04:00:00Z",
            "wall": "Tue 2023-12-12 13:00–14:00 AEST",
        }
    ]
    plain = booking(tmp_path, "programme", "dates", "-", "--to", "2023-12-06", stdin=text).stdout
    assert plain.split() == ["Tue", "2023-12-05", "13:00–14:00", "AEST", "2023-12-05T03:00:00Z", "clinic", "C"]


@pytest.mark.parametrize("name", databases.NAMES)
def test_db_upgrade_reaches_the_newest_tables_on_both(tmp_path: Path, name: str) -> None:
    url = databases.new_url(name, "by_command")
    for _ in range(2):
        done = booking(tmp_path, "db", "upgrade", BOOKING_DATABASE_URL=url)
        assert done.stdout == f"the database is at {migrate.head()}\n", done.stderr


def test_a_demo_setting_on_a_real_database_sends_and_serves_nothing(installed: Path) -> None:
    for command in (("worker", "--once"), ("serve",)):
        done = process(installed, *command, BOOKING_IS_DEMO="1")
        assert (done.returncode, "BOOKING_IS_DEMO is set" in done.stderr) == (1, True)


def test_the_demo_refuses_a_database_with_real_people(database: Database) -> None:
    from booking.services import demo
    from tests.builders import NOW, a_person

    with database.sessions() as session:
        a_person(session)
        session.commit()
        with pytest.raises(demo.HoldsRealPeople):
            demo.people(session, NOW)
