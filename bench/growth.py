"""How the functions behave as the tables grow: with 1,000 and with 1,000,000 bookings, 100,000 members.

The clinic, the member and the analyst that are asked for have equally many rows of their own at both sizes; all the
rest lies around them. Every statement is explained at the large size; none may read a growing table from end to end.
"""

from __future__ import annotations

import re
import time as clocks
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, Engine, event, insert, text, update
from sqlalchemy.orm import Session

from bench import fill, servers
from booking import clock
from booking.domain.bookings import slots
from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.programme import organisation_file
from booking.resources import folder
from booking.services.action_context import ActionContext
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.cancel import cancel
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.db import engines
from booking.store.db.base import table_of
from booking.store.outbox.emails import OutgoingEmail
from booking.store.programme.programme import Occurrence, Programme, Roster
from booking.store.queries.bookings import agenda_rows, timetables
from booking.store.queries.programme import meeting_rows

SIZES = (1_000, 1_000_000)
MEMBERS = 100_000
TEAM = 5
ROUNDS = 60
MAX_SLOWDOWN = 1.3
GROWING = (
    "booking",
    "claim",
    "outgoing_email",
    "person",
    "role",
    "audit_log",
    "occurrence",
    "roster",
    "idempotency_key",
)
#: What is timed, as its rows are called.
NAMES = (
    "free slots of a clinic",
    "four weeks of clinics, five analysts",
    "a booking, made and given up",
    "my bookings",
    "the analyst's day",
)
QUARTER = timedelta(minutes=15)
BATCH_SIZE = 20_000
#: When an hour starts, its analysts, and the members who have a quarter each, four by four with each analyst.
Hour = tuple[datetime, list[int], list[int]]
#: What is timed, and the session that it reads with.
Run = tuple[Session, Callable[[], object]]


@dataclass(frozen=True)
class Asked:
    """What is asked for, alike at both sizes."""

    clinic: uuid.UUID
    clinic_at: datetime
    member_id: int
    guest_ids: list[int]
    analyst_id: int


def fill_database(engine: Engine, bookings: int, now: datetime) -> Asked:
    """The rows: the clinics of four weeks with five analysts, and `bookings` bookings around them in the past."""
    with engine.begin() as connection:
        team = [int(str(row["id"])) for row in fill.people(connection, TEAM, "analyst", now)]
        members: list[int] = []
        for first in range(0, MEMBERS, BATCH_SIZE):
            rows = fill.people(connection, BATCH_SIZE, "member", now, first)
            members += [int(str(row["id"])) for row in rows]
        others = [int(str(row["id"])) for row in fill.people(connection, 400, "analyst", now, 1000)]
        series_id = fill.series(connection, "clinic", "clinic", "Live Member Clinic", "MO", 13, now)
        connection.execute(update(Programme).values(version=1, uid_domain="booking.example.org", published_at=now))
        first = (now + timedelta(days=1)).replace(hour=3, minute=0, second=0, microsecond=0)
        coming = [first + timedelta(days=day) for day in range(26)]
        ids = fill.occurrences(connection, series_id, coming, team, now, modular=False)
        _past(connection, series_id, bookings, members[50:], others, now)
        last_seen = _own(connection, series_id, members[0], team[0], now)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    assert last_seen
    return Asked(ids[0], first, members[0], members[1:50], team[0])


def _own(connection: Connection, series_id: int, member: int, analyst: int, now: datetime) -> int:
    """Twenty bookings of the member and the analyst that are asked for, weekly and long past."""
    made = 0
    for week in range(20):
        at = (now - timedelta(days=400 + 7 * week)).replace(hour=3, minute=0, second=0, microsecond=0)
        add_hours(connection, series_id, [(at, [analyst], [member])], now)
        made += 1
    return made


def _past(
    connection: Connection, series_id: int, count: int, members: list[int], analysts: list[int], now: datetime
) -> None:
    """Hours in the past, four bookings of a quarter each, one analyst an hour."""
    hours: list[Hour] = []
    start = (now - timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    for number in range(count // 4):
        step, who = divmod(number, len(analysts))
        at = start - timedelta(hours=step)
        people = [members[(4 * number + n) % len(members)] for n in range(4)]
        hours.append((at, [analysts[who]], people))
        if len(hours) == BATCH_SIZE // 4:
            add_hours(connection, series_id, hours, now)
            hours = []
    if hours:
        add_hours(connection, series_id, hours, now)


def add_hours(connection: Connection, series_id: int, hours: list[Hour], now: datetime) -> None:
    """Occurrences of an hour, with four bookings of a quarter for each analyst as far as the members go."""
    occurrence = table_of(Occurrence)
    rows = [
        {
            "public_id": uuid.uuid4(),
            "series_id": series_id,
            "key": f"{at.isoformat()} {analysts[0]}",
            "starts_at": at,
            "ends_at": at + timedelta(hours=1),
            "revised_at": now,
            "created_at": now,
        }
        for at, analysts, _ in hours
    ]
    made = insert(occurrence).returning(occurrence.c.id, sort_by_parameter_order=True)
    ids = list(connection.execute(made, rows).scalars())
    roster = [
        {"occurrence_id": occurrence_id, "analyst_id": analyst, "position": position}
        for occurrence_id, (_, analysts, _) in zip(ids, hours, strict=True)
        for position, analyst in enumerate(analysts)
    ]
    connection.execute(insert(table_of(Roster)), roster)
    bookings = [
        {
            "public_id": uuid.uuid4(),
            "occurrence_id": occurrence_id,
            "analyst_id": analysts[n // 4],
            "member_id": member,
            "starts_at": at + n % 4 * QUARTER,
            "ends_at": at + (n % 4 + 1) * QUARTER,
            "minutes": 15,
            "chose_analyst": False,
            "is_invited": False,
            "revised_at": now,
            "created_at": now,
            "outcome": "no-show" if n % 20 == 7 else "came",
        }
        for occurrence_id, (at, analysts, people) in zip(ids, hours, strict=True)
        for n, member in enumerate(people)
    ]
    booking = table_of(Booking)
    made = insert(booking).returning(booking.c.id, sort_by_parameter_order=True)
    booking_ids = list(connection.execute(made, bookings).scalars())
    claims, emails, entries = [], [], []
    for booking_id, row in zip(booking_ids, bookings, strict=True):
        claims += [
            {"person_id": row[who], "quarter_at": row["starts_at"], "booking_id": booking_id}
            for who in ("analyst_id", "member_id")
        ]
        emails.append(
            {
                "public_id": uuid.uuid4(),
                "name": "booked",
                "person_id": row["member_id"],
                "to_email": "x@example.org",
                "booking_id": booking_id,
                "facts": {},
                "due_at": now,
                "created_at": now,
                "sent_at": now,
            }
        )
        entries.append(
            {
                "action": "booked",
                "subject": "booking",
                "subject_id": row["public_id"],
                "at": now,
                "actor_id": row["member_id"],
                "details": {},
            }
        )
    connection.execute(insert(table_of(Claim)), claims)
    connection.execute(insert(table_of(OutgoingEmail)), emails)
    connection.execute(insert(table_of(AuditEntry)), entries)


def functions(
    session: Session, asked: Asked, organisation: Organisation, now: datetime
) -> dict[str, Callable[[], object]]:
    """What is timed, by name."""
    guests = iter(asked.guest_ids * 10)
    rules = organisation.policy

    def free_of_a_clinic() -> object:
        found = timetables.timetable(session, asked.clinic, organisation, asked.member_id)
        assert found is not None
        return slots.free(found.hours, 15, rules, now)

    def four_weeks() -> object:
        coming = timetables.coming(session, organisation, now, now + timedelta(days=28), asked.member_id)
        return [slots.free(found.hours, 15, rules, now) for found in coming]

    def a_booking() -> object:
        request = BookingRequest(asked.clinic, asked.clinic_at, 15, topic="GA4")
        made = book(ActionContext(session, organisation, now, Actor.member(next(guests))), request).booking
        return cancel(ActionContext(session, organisation, now, Actor.link()), made.public_id)

    def my_bookings() -> object:
        return meeting_rows.appointments(session, member_id=asked.member_id, latest=50)

    def a_day() -> object:
        start = asked.clinic_at - timedelta(hours=12)
        return agenda_rows.staffed(session, asked.analyst_id, (start, start + timedelta(days=1)), organisation, now)

    return dict(zip(NAMES, (free_of_a_clinic, four_weeks, a_booking, my_bookings, a_day), strict=True))


def timed(pairs: dict[str, list[Run]]) -> dict[str, list[float]]:
    """The median of many runs at each size, in seconds, by name.

    The sizes take turns, so that a machine that is busy for a while slows them alike. The first few runs are left out.
    """
    found = {}
    for name, runs in pairs.items():
        times: list[list[float]] = [[] for _ in runs]
        for number in range(ROUNDS):
            for place, (session, run) in enumerate(runs):
                began = clocks.perf_counter()
                run()
                session.rollback()
                if number >= 5:
                    times[place].append(clocks.perf_counter() - began)
        found[name] = [median(taken) for taken in times]
    return found


def scans(engine: Engine, session: Session, runs: dict[str, Callable[[], object]]) -> list[str]:
    """The growing tables that some statement reads from end to end, with the function it belongs to."""
    seen: dict[tuple[str, str], Any] = {}
    running = ""

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if not many and re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)", statement, re.IGNORECASE):
            seen.setdefault((running, statement), parameters)

    event.listen(engine, "before_cursor_execute", note)
    for name, run in runs.items():
        running = name
        run()
        session.rollback()
    event.remove(engine, "before_cursor_execute", note)
    is_sqlite = engine.dialect.name == "sqlite"
    found = []
    with engine.connect() as connection:
        for (name, statement), parameters in seen.items():
            verb = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
            lines = [str(row) for row in connection.exec_driver_sql(verb + statement, parameters)]
            pattern = r"SCAN (\w+)" if is_sqlite else r"Seq Scan on (\w+)"
            for line in lines:
                match = re.search(pattern, line)
                if match and match[1] in GROWING and "USING" not in line:
                    found.append(f"{name}: {line.strip()} in {' '.join(statement.split())[:120]}")
    return found


def measured(kind: str) -> Iterator[tuple[str, float, float, float, float]]:
    """What; figure and baseline (times a second, large and small); small ÷ large time; and the least that may be."""
    now = clock.now().replace(microsecond=0)
    organisation = organisation_file.load(folder("data"))
    pairs: dict[str, list[Run]] = {}
    with ExitStack() as stack:
        for size in SIZES:
            engine = engines.make(servers.new_database(kind, f"growth-{size}-{kind}"))
            stack.callback(engine.dispose)
            asked = fill_database(engine, size, now)
            session = stack.enter_context(engines.sessions(engine)())
            runs = functions(session, asked, organisation, now)
            for name, run in runs.items():
                pairs.setdefault(name, []).append((session, run))
        times = timed(pairs)
        if whole := scans(engine, session, runs):
            raise SystemExit("bench: growing tables are read from end to end:\n" + "\n".join(whole))
    for name, (small, large) in times.items():
        yield f"{name}, 1,000,000 bookings, {kind}", 1 / large, 1 / small, small / large, 1 / MAX_SLOWDOWN
