"""Backups under load and their restore: consistent, ahead of every calendar, and nothing half done."""

from __future__ import annotations

import re
import shutil
import stat
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from booking.cli.main import booking
from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.resources import PACKAGE
from booking.services.bookings.book import book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.move import move
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.db import backup, engines, migrate
from booking.store.db.backup.archive import BackupError
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Programme
from tests import databases
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_request, acting, an_organisation
from tests.databases import Database
from tests.web.client import FEED_KEY, client_of, make_app

MEMBERS = 4
ORGANISATION = an_organisation(upcoming=0, per_occurrence=0, per_week=0, horizon_days=1000)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the very server that the tests use come first on the path."""
    server = databases.postgresql_server().get_pid()
    bin_folder = Path(f"/proc/{server}/exe").resolve().parent
    monkeypatch.setenv("PATH", str(bin_folder), prepend=":")


def opened(name: str, url: str) -> Database:
    engine = engines.make(url)
    return Database(name, url, engine, engines.sessions(engine))


class Load:
    """Members who book, move and cancel, each in a thread, until the end of the block; `done` counts what they did."""

    def __init__(self, database: Database, members: list[int], clinics: list[Occurrence]) -> None:
        self.database, self.members, self.clinics = database, members, clinics
        self.done, self.has_ended = 0, threading.Event()
        self.threads = ThreadPoolExecutor(len(members))

    def __enter__(self) -> Load:
        self.running = [self.threads.submit(self.act, number) for number in range(len(self.members))]
        return self

    def __exit__(self, *_: object) -> None:
        self.has_ended.set()
        self.threads.shutdown()
        for one in self.running:
            one.result()

    def act(self, number: int) -> None:
        """Each member keeps to one quarter of each clinic, and to another one to move to."""
        with self.database.sessions() as session:
            for clinic in cycle(self.clinics):
                if self.has_ended.is_set():
                    return
                context = acting(session, Actor.member(self.members[number]), organisation=ORGANISATION)
                made = book(context, a_request(clinic, number % 2 * 15)).booking
                elsewhere = a_request(clinic, 30 + number % 2 * 15)
                move(context, made.public_id, elsewhere)
                cancel(context, made.public_id)
                self.done += 3

    def wait(self, more: int) -> None:
        """Until so much more was done."""
        until = self.done + more
        while self.done < until:
            assert not any(one.done() for one in self.running), "a thread ended early"
            self.has_ended.wait(0.01)


def entries(app: Flask, member: Person, analyst: Person) -> tuple[dict[str, tuple[int, str]], list[str]]:
    """SEQUENCE and DTSTAMP of every entry of three feeds, by feed and UID; and the feeds' ETags."""
    client, found, tags = client_of(app), {}, []
    signed = {
        kind: tokens.sign(FEED_KEY, f"{kind}-feed", str(p.public_id))
        for kind, p in (("member", member), ("analyst", analyst))
    }
    for path in ("programme", f"member/{signed['member']}", f"analyst/{signed['analyst']}"):
        answer = client.get(f"/feeds/{path}.ics")
        assert answer.status_code == 200, path
        tags.append(answer.headers["ETag"])
        for part in answer.get_data(as_text=True).replace("\r\n ", "").split("BEGIN:VEVENT")[1:]:
            uid, number, stamp = (re.search(rf"^{name}:(\S+)", part, re.M) for name in ("UID", "SEQUENCE", "DTSTAMP"))
            assert uid
            assert number
            assert stamp
            found[f"{path.partition('/')[0]} {uid[1]}"] = (int(number[1]), stamp[1])
    return found, tags


def test_a_backup_under_load_is_consistent_and_its_restore_is_ahead_of_every_calendar(
    database: Database, session: Session, tmp_path: Path
) -> None:
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    clinics = [a_clinic(session, analysts=2, starts_at=CLINIC_AT + timedelta(weeks=week)) for week in range(2)]
    members = [a_person(session) for _ in range(MEMBERS)]
    analyst = clinics[0].roster[0].analyst
    stays = a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(weeks=2)), members[0])
    session.commit()
    file = tmp_path / "copy.booking"
    with Load(database, [one.id for one in members], clinics) as load:
        load.wait(12)
        backup.make(database.url, file, "1.2.3", NOW)
        load.wait(12)
    for minutes in (15, 30, 0, 45):
        context = acting(session, Actor.member(members[0].id), organisation=ORGANISATION)
        move(context, stays.public_id, a_request(stays.occurrence, minutes))
    session.rollback()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    seen, tags = entries(make_app(database, LATER), members[0], analyst)

    url = databases.new_url(database.name, f"restored-{database.name}")
    restored = backup.restore(url, file, LATER)
    assert (restored.manifest.version, restored.step) == ("1.2.3", 1000 + 3600)
    copy = opened(database.name, url)
    with copy.sessions() as there:
        quarters = there.scalar(select(func.sum(Booking.minutes) / 15).where(Booking.status == CONFIRMED))
        claims = there.scalar(select(func.count()).select_from(Claim))
        assert claims == 2 * quarters, "each quarter is claimed for its analyst and for its member"
        made = there.scalar(select(func.count()).select_from(Booking))
        for table, kind in ((OutgoingEmail.name, "booked"), (AuditEntry.action, "booked")):
            assert there.scalar(select(func.count()).where(table == kind)) == made, "what belongs together is together"
    now_seen, new_tags = entries(make_app(copy, LATER), members[0], analyst)
    common = seen.keys() & now_seen.keys()
    assert {key.partition(" ")[0] for key in common} == {"programme", "member", "analyst"}
    for key in common:
        assert now_seen[key][0] > seen[key][0], key
        assert now_seen[key][1] >= seen[key][1], key
    assert not set(tags) & set(new_tags)
    copy.engine.dispose()


@pytest.fixture(scope="module", params=databases.NAMES)
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The kind of a database, and a backup of an empty one."""
    server = databases.postgresql_server().get_pid()
    url = databases.new_url(request.param, f"older-{request.param}")
    migrate.upgrade(url)
    file = tmp_path_factory.mktemp("small") / "small.booking"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", str(Path(f"/proc/{server}/exe").resolve().parent), prepend=":")
        backup.make(url, file, "0.0.9", NOW)
    return request.param, file


NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9998", "{head}", None, None


def upgrade():
    op.add_column("programme", sa.Column("motto", sa.String(), nullable=True))
"""


def test_a_backup_of_an_older_version_is_brought_up_to_date(
    small: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, file = small
    url = databases.new_url(name, f"updated-{name}")
    shutil.copytree(PACKAGE / "migrations", tmp_path / "migrations")
    (tmp_path / "migrations" / "versions" / "9998_next.py").write_text(NEXT.format(head=migrate.head()))
    monkeypatch.setattr(migrate, "config", partial(migrate.config, tmp_path / "migrations"))
    assert migrate.head() == "9998"
    assert backup.restore(url, file, LATER).manifest.version == "0.0.9"
    engine = engines.make(url)
    with engine.connect() as connection:
        assert migrate.current(connection) == "9998"
        assert connection.execute(text("SELECT motto FROM programme")).scalars().all() == [None]
    engine.dispose()


def rewritten(file: Path, target: Path, **changes: bytes) -> None:
    """The archive again, with another manifest or copy."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name.partition(".")[0], old.read(name)))


def damages(file: Path, folder: Path, is_sqlite: bool) -> Iterator[tuple[Path, str]]:
    """Files that must not be restored, each with words of the reason."""
    content = file.read_bytes()
    for name, changed, words in (
        ("cut", content[: len(content) // 2], "is damaged or not a backup"),
        ("flipped", content[:400] + bytes([content[400] ^ 255]) + content[401:], "is damaged or not a backup"),
        ("text", b"hello", "is damaged or not a backup"),
    ):
        (folder / name).write_bytes(changed)
        yield folder / name, words
    with zipfile.ZipFile(file) as archive:
        manifest = archive.read("manifest.json")
    for name, changes, words in (
        ("foreign", {"manifest": b'{"service": "shop"}'}, "isn't a backup made by `booking backup`"),
        ("newer", {"manifest": manifest.replace(f'"{migrate.head()}"'.encode(), b'"9999"')}, "newer version, 0.0.9"),
        ("broken", {"database": b"no database" * 1000}, "database" if is_sqlite else "pg_restore"),
    ):
        rewritten(file, folder / name, **changes)
        yield folder / name, words


def test_what_is_damaged_foreign_or_newer_is_refused_and_leaves_nothing(
    small: tuple[str, Path], tmp_path: Path
) -> None:
    name, file = small
    url = f"sqlite:///{tmp_path / 'b.sqlite'}" if name == "sqlite" else databases.new_url(name, "refusing")
    (tmp_path / "files").mkdir()
    for damaged, words in damages(file, tmp_path / "files", name == "sqlite"):
        with pytest.raises(BackupError, match=re.escape(words)):
            backup.restore(url, damaged, LATER)
        assert [path.name for path in tmp_path.iterdir()] == ["files"]
    other = "sqlite:///b.sqlite" if name == "postgresql" else "postgresql://127.0.0.1:9/none"
    with pytest.raises(BackupError, match=f"is a backup of {name}"):
        backup.restore(other, file, LATER)
    backup.restore(url, file, LATER)  # the store was still empty


def test_a_backup_is_restored_into_an_empty_database_alone_and_overwrites_no_file(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "copy"
    backup.make(database.url, file, "1", NOW)
    content = file.read_bytes()
    with pytest.raises(BackupError, match="already exists"):
        backup.make(database.url, file, "1", NOW)
    with pytest.raises(BackupError, match="isn't empty"):
        backup.restore(database.url, file, LATER)
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_the_commands_say_what_they_did_and_the_audit_log_keeps_it(
    database: Database, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_person(session, "Mia Moss")
    session.commit()
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    monkeypatch.setenv("BOOKING_DATABASE_URL", database.url)
    made = run(booking, ["backup", "b.booking"])
    assert (made.exit_code, "holds the database as it was on" in made.output) == (0, True), made.output
    assert run(booking, ["backup", "b.booking"]).output.startswith("booking: b.booking already exists")
    url = databases.new_url(database.name, f"by-command-{database.name}")
    monkeypatch.setenv("BOOKING_DATABASE_URL", url)
    done = run(booking, ["restore", "b.booking"])
    assert (done.exit_code, "Everybody has to sign in again" in done.output) == (0, True), done.output
    copy = opened(database.name, url)
    with copy.sessions() as there:
        assert there.scalars(select(Person.name)).all() == ["Mia Moss"]
        (entry,) = there.scalars(select(AuditEntry).where(AuditEntry.action == "restored"))
        assert entry.details["step"] >= 1000
    copy.engine.dispose()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_in_a_folder_the_newest_backups_are_kept_and_other_files_left_alone(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOKING_DATABASE_URL", database.url)
    named = ["booking-2023-11-01T023000Z.zip", "booking-2023-11-02T023000Z.zip", "booking-mine.zip", "notes.txt"]
    for name in named:
        (tmp_path / name).write_text("x")
    done = CliRunner().invoke(booking, ["backup", "--keep", "2", str(tmp_path)])
    assert done.exit_code == 0, done.output
    left = sorted(one.name for one in tmp_path.iterdir())
    assert (named[0] in left, set(named[1:]) <= set(left), len(left)) == (False, True, 4)
    assert f"{tmp_path / named[0]} is deleted: 2 newer backups are kept" in done.output
    refused = CliRunner().invoke(booking, ["backup", "--keep", "2", str(tmp_path / "one.zip")])
    assert "--keep needs a folder" in refused.output


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_without_pg_dump_the_remedy_is_named(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="pg_dump isn't on the PATH: install PostgreSQL's client programs"):
        backup.make(database.url, tmp_path / "copy", "1", NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_a_newer_version_is_not_backed_up(
    database: Database, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "knows", lambda revision: False)
    with pytest.raises(BackupError, match=r"a newer version or a draft made it\. Install that version"):
        backup.make(database.url, tmp_path / "copy", "1", NOW)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_backed_up_where_there_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="doesn't exist: check"):
        backup.make(f"sqlite:///{tmp_path / 'none.sqlite'}", tmp_path / "copy", "1", NOW)
    assert list(tmp_path.iterdir()) == []
