"""`booking doctor`: what is wrong with this installation, and what to do about each finding."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import click
from sqlalchemy import and_, bindparam, func, make_url, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from booking import clock, settings
from booking.cli import mail_settings
from booking.cli.install import public_address
from booking.cli.install.findings import InstallationFinding
from booking.domain import wording, zones
from booking.domain.enums.people import RoleName
from booking.mail import bounce_mailbox
from booking.mail.mailer import TemporaryFailure
from booking.programme import files, nodes, organisation_file
from booking.services.outbox.deliver import MAX_RETRY_DELAY
from booking.settings import Settings, SettingsError
from booking.store.db import engines, migrate
from booking.store.outbox.emails import OutgoingEmail
from booking.store.outbox.workers import Worker
from booking.store.people.people import Role
from booking.store.programme.programme import Programme
from booking.store.queries.programme import coordinator_overview
from booking.store.queries.programme.coordinator_overview import UpcomingOccurrence

LATE = timedelta(minutes=5)


@click.command()
def doctor() -> None:
    """Check the installation and say what to fix. Exits with 1 if something is wrong."""
    try:
        found = settings.load()
    except SettingsError as error:
        click.echo(f"✗ settings: {error}")
        sys.exit(1)
    findings = list(examine(found, clock.now()))
    for finding in findings:
        click.echo(
            f"{'✓' if finding.is_well else '✗'} {finding.what}" + ("" if finding.is_well else f"\n    {finding.remedy}")
        )
    if not all(finding.is_well for finding in findings):
        sys.exit(1)


def examine(found: Settings, now: datetime) -> Iterator[InstallationFinding]:
    """Every finding, the well ones too."""
    yield _keys(found)
    yield _address(found)
    if not found.is_demo:
        yield from public_address.examine(found)
    yield from _data(found, now)
    yield _mail(found)
    if found.bounces != Path():
        yield _bounces(found.bounces)
    yield from _database(found, now)


def _keys(found: Settings) -> InstallationFinding:
    try:
        settings.require_keys(found)
    except SettingsError as error:
        return InstallationFinding("keys", str(error))
    if found.secret_key == found.feed_key:
        return InstallationFinding(
            "keys", "BOOKING_SECRET_KEY and BOOKING_FEED_KEY are the same: use two different keys"
        )
    return InstallationFinding("keys: both are set")


def _address(found: Settings) -> InstallationFinding:
    if found.is_https:
        return InstallationFinding(f"https: {found.base_url}")
    return InstallationFinding(
        f"https: the public address is {found.base_url}",
        "set BOOKING_BASE_URL to https://… and put a proxy that ends TLS in front; "
        "without it, cookies and calendars are sent unencrypted",
    )


def _data(found: Settings, now: datetime) -> Iterator[InstallationFinding]:
    try:
        organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    except (nodes.Unreadable, OSError) as error:
        yield InstallationFinding("data", f"{error}")
        return
    reading = files.read(files.in_folder(found.data / "programme"), organisation, zones.today(now, organisation.zone))
    if reading.problems:
        yield InstallationFinding("programme files", "; ".join(map(str, reading.problems[:5])))
    else:
        yield InstallationFinding(f"data: {found.data}, {len(reading.statements)} series")


def _mail(found: Settings) -> InstallationFinding:
    if found.is_demo:
        return InstallationFinding("mail: stays on this machine (demo)")
    try:
        mail_settings.check(found)
    except SettingsError as error:
        return InstallationFinding("mail", str(error))
    if not found.smtp_url:
        return InstallationFinding(
            "mail: no server", "set BOOKING_SMTP_URL; until then emails wait, and nobody can sign in by email"
        )
    try:
        mail_settings.mailer_of(found).check()
    except TemporaryFailure as error:
        return InstallationFinding("mail", f"{error}: correct BOOKING_SMTP_URL, or wait for the server")
    return InstallationFinding("mail: the server answers and accepts our sign-in")


def _bounces(path: Path) -> InstallationFinding:
    """Whether the mailbox to which bounces return is one, and can be read."""
    why = bounce_mailbox.problem(path)
    if not why and not os.access(path, os.R_OK | os.W_OK):
        why = f"{path} can't be read and written by this user"
    if why:
        return InstallationFinding(
            f"bounces: {why}", "Correct BOOKING_BOUNCES, or the mailbox and who may write to it."
        )
    return InstallationFinding(f"bounces: read from {path}")


def _database(found: Settings, now: datetime) -> Iterator[InstallationFinding]:
    missing = _missing_file(found.database_url)
    if missing is not None:
        yield InstallationFinding(
            f"database: the file {missing} doesn't exist", "run `booking init` or `booking db upgrade`"
        )
        return
    try:
        engine = engines.make(found.database_url)
        with engine.connect() as connection:
            present = migrate.current(connection)
    except (SQLAlchemyError, ValueError) as error:
        yield InstallationFinding(
            "database", f"it doesn't answer: {str(error).splitlines()[0]}. Check BOOKING_DATABASE_URL"
        )
        return
    try:
        migrate.require_known(present)
    except migrate.UnknownRevision as error:
        yield InstallationFinding(f"database: its tables are at {present}", f"{error}. {error.remedy}")
        engine.dispose()
        return
    if present != migrate.head():
        yield InstallationFinding(f"database: its tables are at {present or 'no version'}", "run `booking db upgrade`")
        engine.dispose()
        return
    yield InstallationFinding(f"database: {engine.dialect.name}, at {present}")
    with engines.sessions(engine)() as session:
        checks: tuple[Callable[[Session, Settings, datetime], InstallationFinding], ...] = (
            _worker,
            _emails,
            _coordinator,
            _analysts,
            _meeting_links,
            _demo,
        )
        for check in checks:
            yield check(session, found, now)
    engine.dispose()


def _missing_file(url: str) -> Path | None:
    """The SQLite file that is not there: opening it would make it."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database.startswith((":", "file:")):
        return None
    path = Path(parsed.database)
    return None if path.exists() else path


_LAST_SEEN_AT = select(func.max(Worker.seen_at))


def _worker(session: Session, _found: Settings, now: datetime) -> InstallationFinding:
    seen = session.scalar(_LAST_SEEN_AT)
    if seen is None:
        return InstallationFinding("worker: never seen", "run `booking worker`, or `booking serve --with-worker`")
    ago = int((now - seen).total_seconds())
    if seen - now > LATE:
        return InstallationFinding(
            f"worker: seen {-ago // 60} minutes from now",
            "a clock is or was wrong: keep the clocks of all hosts right (NTP), then restart the workers",
        )
    if now - seen > LATE:
        return InstallationFinding(
            f"worker: last seen {ago // 60} minutes ago", "start `booking worker` again; its log says why it stopped"
        )
    return InstallationFinding(f"worker: seen {ago} seconds ago")


_FAILED = select(func.count()).select_from(OutgoingEmail).where(OutgoingEmail.failed_at > bindparam("since"))
_LATE = (
    select(func.count())
    .select_from(OutgoingEmail)
    .where(
        OutgoingEmail.sent_at.is_(None),
        OutgoingEmail.failed_at.is_(None),
        OutgoingEmail.due_at < bindparam("until"),
        or_(
            OutgoingEmail.due_at < bindparam("ago"),
            and_(OutgoingEmail.last_error != "", OutgoingEmail.created_at < bindparam("ago")),
        ),
    )
)


def _emails(session: Session, _found: Settings, now: datetime) -> InstallationFinding:
    ago = now - timedelta(minutes=30)
    failed = session.scalar(_FAILED, {"since": now - timedelta(days=7)})
    late = session.scalar(_LATE, {"until": now + 2 * MAX_RETRY_DELAY, "ago": ago})
    if failed or late:
        return InstallationFinding(
            f"emails: {late} have waited over half an hour, {failed} failed this week", "see mail and worker above"
        )
    return InstallationFinding("emails: none late, none failed this week")


_COORDINATORS = select(func.count()).select_from(Role).where(Role.role == RoleName.COORDINATOR)


def _coordinator(session: Session, _found: Settings, _now: datetime) -> InstallationFinding:
    count = session.scalar(_COORDINATORS)
    if not count:
        return InstallationFinding("people: no coordinator", "run `booking people add EMAIL --role coordinator`")
    return InstallationFinding(f"people: {count} {'coordinator' if count == 1 else 'coordinators'}")


def _analysts(session: Session, found: Settings, now: datetime) -> InstallationFinding:
    """Whether members find anybody to book in the next four weeks."""
    kinds = organisation_file.load(found.data, found.organisation or None, found.join_url).kinds
    bookable = {name: kind for name, kind in kinds.items() if kind.bookable}
    dates = [
        one
        for one in coordinator_overview.between(session, now, now + timedelta(days=28))
        if one.kind in bookable and not one.is_cancelled
    ]
    called = wording.listed([kind.title_plural.lower() for kind in bookable.values()]) or "bookable dates"
    if not dates:
        return InstallationFinding(
            f"programme: no {called} in the next four weeks", "publish a programme, so that people can book"
        )
    staffed = [one for one in dates if set(one.analysts) - set(one.away)]
    if not staffed:
        return InstallationFinding(
            f"analysts: none of the {len(dates)} {called} in the next four weeks has one",
            "add analysts on the page of a date, or as `analysts:` in the series’ file: until then nobody can book",
        )
    return InstallationFinding(f"analysts: {len(staffed)} of {len(dates)} {called} in the next four weeks have one")


def _meeting_links(session: Session, found: Settings, now: datetime) -> InstallationFinding:
    """Whether everybody who joins a date in the next four weeks gets to a meeting of their own."""
    kinds = organisation_file.load(found.data, found.organisation or None, found.join_url).kinds
    dates = [
        one
        for one in coordinator_overview.not_over(session, now, now + timedelta(days=28))
        if not one.is_cancelled and one.kind in kinds
    ]
    missing = [_dated(one) for one in dates if not one.has_meeting_link(is_bookable=kinds[one.kind].bookable)]
    if missing:
        return InstallationFinding(
            f"meeting links: none yet for {_first_three(missing)}",
            "add a link on the page of the date, or ask each analyst to set their own in their profile: until then "
            "nobody can join",
        )
    shared = [
        f"{_dated(one)} ({wording.listed(one.sharing)})" for one in dates if one.sharing and kinds[one.kind].bookable
    ]
    if shared:
        return InstallationFinding(
            f"meeting links: analysts share one at {_first_three(shared)}",
            "ask each analyst to set their own link in their profile, or import the column meeting_url",
        )
    return InstallationFinding("meeting links: every date has one, and no two analysts of a date share one")


def _dated(one: UpcomingOccurrence) -> str:
    return f"{one.title} on {wording.day(zones.today(one.starts_at, one.zone))}"


def _first_three(named: list[str]) -> str:
    return "; ".join(named[:3]) + (f", and {len(named) - 3} more dates" if len(named) > 3 else "")


_IS_DEMO = select(Programme.is_demo)


def _demo(session: Session, found: Settings, _now: datetime) -> InstallationFinding:
    is_demo = session.scalar(_IS_DEMO)
    if is_demo and not found.is_demo:
        return InstallationFinding(
            "demo: this database holds the demo's people", "point BOOKING_DATABASE_URL at another one"
        )
    if found.is_demo and not is_demo:
        return InstallationFinding("demo: BOOKING_IS_DEMO is set on a real database", "unset BOOKING_IS_DEMO at once")
    return InstallationFinding("demo: no" if not is_demo else "demo: yes")
