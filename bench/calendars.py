"""Private feeds through HTTP: one of 60 entries after a change beside its cached time, and 10,000 polled in turn."""

from __future__ import annotations

import http.client
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from statistics import median
from time import perf_counter

from sqlalchemy import Connection, insert, select, text, update

from bench import fill, load, servers, visits
from booking import clock
from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.programme import organisation_file
from booking.resources import folder
from booking.services.action_context import ActionContext
from booking.services.bookings.edit_topic import edit_brief
from booking.store.bookings.bookings import Booking
from booking.store.db import engines
from booking.store.db.base import table_of
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence, Series

MEMBERS = 10_000
BOOKINGS = 4  # of each of the many
ENTRIES = 60
CHANGES = 150
QUARTER = timedelta(minutes=15)


def fill_members(url: str, now: datetime) -> tuple[list[str], str, list[uuid.UUID]]:
    """A year of programme and 10,000 members with bookings and a place each, and one more whose feed has 60 entries.

    The paths of the feeds of the many, that of the one, and the one's bookings.
    """
    fill.year(url, now)
    engine = engines.make(url)
    with engine.begin() as connection:
        members = fill.people(connection, MEMBERS, "member", now, first=1)
        (one,) = fill.people(connection, 1, "member", now, first=MEMBERS + 1)
        clinics = _of_kind(connection, "clinic")
        labs = _of_kind(connection, "lab")
        _book(connection, members, clinics, BOOKINGS, now)
        own = ENTRIES - len(labs)
        ids = _book(connection, [one], clinics, own, now)
        connection.execute(update(Person).where(Person.id == one["id"]).values(feed_kinds=["lab"]))
        connection.execute(update(Person).values(member_feed_fetched_at=now))
        places = [
            {
                "public_id": uuid.uuid4(),
                "member_id": m["id"],
                "series_id": labs[0][1],
                "revised_at": now,
                "created_at": now,
            }
            for m in members
        ]
        connection.execute(insert(table_of(Enrolment)), places)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))  # what a database does by itself, some time after so many new rows
    engine.dispose()
    return [path_of(member) for member in members], path_of(one), ids


def _of_kind(connection: Connection, kind: str) -> list[tuple[int, int, datetime]]:
    rows = connection.execute(
        select(Occurrence.id, Occurrence.series_id, Occurrence.starts_at)
        .join(Series, Series.id == Occurrence.series_id)
        .where(Series.kind == kind)
        .order_by(Occurrence.starts_at)
    )
    return [(row.id, row.series_id, row.starts_at) for row in rows]


def _book(
    connection: Connection,
    members: list[dict[str, object]],
    clinics: list[tuple[int, int, datetime]],
    each: int,
    now: datetime,
) -> list[uuid.UUID]:
    """`each` bookings a member in clinics one after another; no claims, which no feed reads."""
    analyst = connection.execute(select(Person.id).order_by(Person.id).limit(1)).scalar_one()
    rows = []
    for number, member in enumerate(members):
        for n in range(each):
            occurrence_id, _, at = clinics[(number + n) % len(clinics)]
            rows.append(
                {
                    "public_id": uuid.uuid4(),
                    "occurrence_id": occurrence_id,
                    "analyst_id": analyst,
                    "member_id": member["id"],
                    "starts_at": at,
                    "ends_at": at + QUARTER,
                    "minutes": 15,
                    "chose_analyst": False,
                    "topic": "GA4 events do not fire on the thank-you page",
                    "is_invited": False,
                    "revised_at": now,
                    "created_at": now,
                }
            )
    connection.execute(insert(table_of(Booking)), rows)
    return [row["public_id"] for row in rows]


def path_of(member: dict[str, object]) -> str:
    return f"/feeds/member/{tokens.sign(servers.FEED_KEY, 'member-feed', str(member['public_id']))}.ics"


def after_a_change(url: str, port: int, path: str, bookings: list[uuid.UUID]) -> tuple[float, float]:
    """Seconds of a whole feed: unchanged, and after a change of one booking. Medians, over one connection."""
    engine = engines.make(url)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    organisation = organisation_file.load(folder("data"))
    seen: set[str] = set()

    def get() -> float:
        began = perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        took = perf_counter() - began
        if answer.status != 200 or body.count(b"BEGIN:VEVENT") != ENTRIES:
            raise SystemExit(f"bench: {answer.status} with {body.count(b'BEGIN:VEVENT')} entries at a private feed")
        seen.add(answer.headers["ETag"])
        return took

    unchanged, changed = [], []
    with engines.sessions(engine)() as session:
        for number, public_id in zip(range(CHANGES), cycle(bookings)):
            edit_brief(
                ActionContext(session, organisation, clock.now(), Actor.link()),
                public_id,
                topic=f"Topic number {number}",
            )
            changed.append(get())
            unchanged.append(get())
    connection.close()
    engine.dispose()
    if len(seen) != CHANGES:
        raise SystemExit(f"bench: {CHANGES} changes gave {len(seen)} tags")
    return median(unchanged), median(changed)


def polls(environment: dict[str, str], paths: list[str]) -> Iterator[bytes]:
    """A conditional GET for each of the paths in turn, without an end; the tags are those of another process."""
    client = visits.application(environment).test_client()
    requests = [load.get(path, f"If-None-Match: {client.head(path).headers['ETag']}") for path in paths]
    return cycle(requests)
