"""Stores to measure on: a year of programme, and many clinics with many members."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, insert, update

from booking.store.db import engines
from booking.store.people import api_tokens
from booking.store.people.api_tokens import ApiToken
from booking.store.people.people import Person, Role
from booking.store.programme.programme import Module, Occurrence, Programme, Roster, Series

ZONE = "Australia/Brisbane"
ANALYSTS = 5
SERIES = (
    ("clinic-monday", "clinic", "Live Member Clinic", "MO", 13),
    ("clinic-tuesday", "clinic", "Live Member Clinic", "TU", 13),
    ("lab", "lab", "Technical Lab: Meta Business Suite", "WE", 13),
    ("ga4", "masterclass", "Google Analytics 4, Data Analysis & Evaluation Masterclass", "TH", 10),
    ("influencer", "masterclass", "Influencer Marketing Masterclass: Organic, Paid & Commerce", "FR", 10),
)


def people(connection: Connection, count: int, role: str, now: datetime, first: int = 0) -> list[dict[str, object]]:
    rows = [
        {
            "email": f"{role}{n}@example.org",
            "name": f"{role.title()} Number {n}",
            "public_id": uuid.uuid4(),
            "time_zone": "Australia/Sydney",
            "created_at": now,
        }
        for n in range(first, first + count)
    ]
    ids = connection.execute(insert(Person).returning(Person.id, sort_by_parameter_order=True), rows).scalars().all()
    connection.execute(insert(Role), [{"person_id": i, "role": role} for i in ids])
    return [{**row, "id": i} for row, i in zip(rows, ids, strict=True)]


def series(connection: Connection, slug: str, kind: str, title: str, day: str, hour: int, now: datetime) -> int:
    values = {
        "slug": slug,
        "kind": kind,
        "title": title,
        "summary": "Live help, with an analyst.",
        "zone": ZONE,
        "rrule": f"FREQ=WEEKLY;BYDAY={day}",
        "starts_on": now.date(),
        "start_wall": time(hour),
        "end_wall": time(hour + 1),
        "created_at": now,
    }
    return connection.execute(insert(Series).values(values).returning(Series.id)).scalar_one()


def occurrences(
    connection: Connection, series_id: int, starts: list[datetime], analysts: list[int], now: datetime, modular: bool
) -> list[uuid.UUID]:
    rows = [
        {
            "public_id": uuid.uuid4(),
            "series_id": series_id,
            "key": str(n) if modular else f"{start:%Y-%m-%dT%H}",
            "module_number": n if modular else None,
            "starts_at": start,
            "ends_at": start + timedelta(hours=1),
            "revised_at": now,
            "created_at": now,
        }
        for n, start in enumerate(starts, 1)
    ]
    ids = (
        connection.execute(insert(Occurrence).returning(Occurrence.id, sort_by_parameter_order=True), rows)
        .scalars()
        .all()
    )
    places = [{"occurrence_id": o, "analyst_id": a, "position": p} for o in ids for p, a in enumerate(analysts)]
    connection.execute(insert(Roster), places)
    return [row["public_id"] for row in rows]  # type: ignore[misc]


def year(url: str, now: datetime) -> tuple[uuid.UUID, dict[str, object]]:
    """260 occurrences from the coming Monday on; a clinic within the horizon, and a member."""
    engine = engines.make(url)
    now = now.replace(microsecond=0)
    monday = now.date() + timedelta(days=7 - now.weekday())
    with engine.begin() as connection:
        analysts = [int(str(row["id"])) for row in people(connection, ANALYSTS, "analyst", now)]
        member = people(connection, 1, "member", now)[0]
        clinics: list[uuid.UUID] = []
        for number, (slug, kind, title, day, hour) in enumerate(SERIES):
            series_id = series(connection, slug, kind, title, day, hour, now)
            if kind == "masterclass":
                titles = [
                    {"series_id": series_id, "number": n, "title": f"Module title number {n}"} for n in range(1, 53)
                ]
                connection.execute(insert(Module), titles)
            starts = [_at(monday + timedelta(weeks=week, days=number), hour) for week in range(52)]
            staff = analysts if kind == "clinic" else []
            clinics += occurrences(connection, series_id, starts, staff or analysts[:1], now, kind == "masterclass")
        connection.execute(update(Programme).values(version=1, uid_domain="booking.example.org", published_at=now))
    engine.dispose()
    return clinics[0], member


def _at(day: date, hour_in_brisbane: int) -> datetime:
    return datetime.combine(day, time(hour_in_brisbane - 10), UTC)


def many_clinics(url: str, now: datetime) -> tuple[list[tuple[uuid.UUID, datetime]], list[dict[str, object]]]:
    """225 clinics in the coming four weeks with five analysts each, and a member for each of their quarters."""
    engine = engines.make(url)
    now = now.replace(microsecond=0)
    first = (now + timedelta(days=2)).replace(hour=0, minute=0, second=0)  # near midnight tomorrow is too near
    starts = [first + timedelta(days=day, hours=hour) for day in range(25) for hour in range(9)]
    with engine.begin() as connection:
        analysts = [int(str(row["id"])) for row in people(connection, ANALYSTS, "analyst", now)]
        members = people(connection, len(starts) * ANALYSTS * 4, "member", now)
        series_id = series(connection, "hours", "clinic", "Live Member Clinic", "MO", 13, now)
        ids = occurrences(connection, series_id, starts, analysts, now, modular=False)
        connection.execute(update(Programme).values(version=1, uid_domain="booking.example.org", published_at=now))
    engine.dispose()
    return list(zip(ids, starts, strict=True)), members


def tokens(url: str, members: list[dict[str, object]], now: datetime) -> dict[int, str]:
    """A token for each member, by their id, for programs that book."""
    made = {int(str(member["id"])): f"{api_tokens.PREFIX}{uuid.uuid4().hex}{uuid.uuid4().hex}" for member in members}
    engine = engines.make(url)
    rows = [{"person_id": i, "digest": api_tokens.digest(token), "created_at": now} for i, token in made.items()]
    with engine.begin() as connection:
        connection.execute(insert(ApiToken.__table__), rows)
    engine.dispose()
    return made
