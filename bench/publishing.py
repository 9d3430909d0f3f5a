"""Planning and publishing 1,000 series over a year, beside dateutil alone and the same rows inserted by Core."""

from __future__ import annotations

import time as clocks
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from dateutil.rrule import rrulestr
from sqlalchemy import Connection, insert

from bench import fill, servers
from booking import clock
from booking.domain.people.actor import Actor
from booking.domain.planning.words.statement import Named, SourcePlace, Statement
from booking.domain.recurrence import Rule
from booking.programme import organisation_file
from booking.resources import folder
from booking.services.action_context import ActionContext
from booking.services.publishing import planning
from booking.services.publishing.planning import Asking
from booking.services.publishing.publish import publish
from booking.store.db import engines
from booking.store.db.base import Base, table_of
from booking.store.programme.programme import Occurrence, Roster, Series, SeriesAnalyst

SERIES = 1000
WEEKS = 52
ANALYSTS = 200
DAYS = ("MO", "TU", "WE", "TH", "FR")


def statements(emails: list[str], first: date) -> list[Statement]:
    """1,000 weekly clinics of an hour, each with one analyst, none in another's way."""
    found = []
    for number in range(SERIES):
        hour, turn = divmod(number // ANALYSTS, len(DAYS))
        day = DAYS[turn]
        rule = Rule(
            f"FREQ=WEEKLY;BYDAY={day}",
            first,
            time(9 + hour),
            time(10 + hour),
            "Australia/Sydney",
            first + timedelta(weeks=WEEKS, days=-1),
        )
        analyst = Named(emails[number % ANALYSTS], SourcePlace("bench.yaml", number + 1))
        place = SourcePlace("bench.yaml", number + 1)
        stated = Statement(f"s-{number}", "clinic", f"Series {number}", "", rule, (), (analyst,), place)
        found.append(stated)
    return found


def by_hand(connection: Connection, stated: list[Statement], analysts: list[int], now: datetime) -> int:
    """The baseline: every date by dateutil, and the same rows by Core; how many occurrences."""
    programme = [
        {
            "slug": one.slug,
            "kind": one.kind,
            "title": one.title,
            "summary": "",
            "zone": one.rule.zone,
            "rrule": one.rule.rrule,
            "starts_on": one.rule.starts_on,
            "ends_on": one.rule.ends_on,
            "start_wall": one.rule.start_wall,
            "end_wall": one.rule.end_wall,
            "slot_minutes": "",
            "created_at": now,
            "public_id": uuid.uuid4(),
            "terms": {},
        }
        for one in stated
    ]
    ids = _inserted(connection, Series, programme)
    staff = [analysts[number % ANALYSTS] for number in range(len(ids))]
    team = [{"series_id": i, "analyst_id": a, "position": 0} for i, a in zip(ids, staff, strict=True)]
    connection.execute(insert(table_of(SeriesAnalyst)), team)
    rows, places = [], []
    for series_id, analyst, one in zip(ids, staff, stated, strict=True):
        start = datetime.combine(one.rule.starts_on, time())
        until = datetime.combine(one.rule.ends_on or date.max, time())
        for day in rrulestr(one.rule.rrule, dtstart=start).between(start, until, inc=True):
            rows.append(
                {
                    "public_id": uuid.uuid4(),
                    "series_id": series_id,
                    "key": day.date().isoformat(),
                    "rule_on": day.date(),
                    "starts_at": day.replace(tzinfo=UTC),
                    "ends_at": day.replace(tzinfo=UTC) + timedelta(hours=1),
                    "status": "scheduled",
                    "reason": "",
                    "sequence": 0,
                    "revised_at": now,
                    "created_at": now,
                }
            )
            places.append(analyst)
    found = _inserted(connection, Occurrence, rows)
    roster = [
        {"occurrence_id": i, "analyst_id": a, "position": 0, "is_away": False}
        for i, a in zip(found, places, strict=True)
    ]
    connection.execute(insert(table_of(Roster)), roster)
    return len(rows)


def _inserted(connection: Connection, row: type[Base], values: list[dict[str, object]]) -> list[int]:
    table = table_of(row)
    returning = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(connection.execute(returning, values).scalars())


def asking(stated: list[Statement]) -> Asking:
    """They are held on public holidays."""
    return planning.files([replace(one, on_holiday="keep") for one in stated])


def measured(kind: str) -> Iterator[tuple[str, float, float, float, float]]:
    """What, figure and baseline in occurrences (or publishes) a second, ratio, target."""
    now = clock.now().replace(microsecond=0)
    first = now.date() + timedelta(days=7 - now.weekday())
    organisation = organisation_file.load(folder("data"))
    times: dict[str, float] = {}
    count = 0
    for name in ("yard", "ours"):
        url = servers.new_database(kind, f"publish-{name}-{kind}")
        engine = engines.make(url)
        with engine.begin() as connection:
            people = fill.people(connection, ANALYSTS, "analyst", now)
        stated = statements([str(row["email"]) for row in people], first)
        if name == "yard":
            began = clocks.perf_counter()
            with engine.begin() as connection:
                count = by_hand(connection, stated, [int(str(row["id"])) for row in people], now)
            times["yard"] = clocks.perf_counter() - began
        else:
            with engines.sessions(engine)() as session:
                for turn in ("first", "second"):
                    began = clocks.perf_counter()
                    plan = planning.read_plan(session, asking(stated), organisation, now)
                    shown = plan.fingerprint
                    times[f"{turn} plan"] = clocks.perf_counter() - began
                    began = clocks.perf_counter()
                    publish(
                        ActionContext(session, organisation, now, Actor.system()),
                        asking(stated),
                        uid_domain="x.org",
                        fingerprint=shown,
                    )
                    times[turn] = clocks.perf_counter() - began
        engine.dispose()
    yield (
        f"plan and publish {SERIES} series, {count} dates, {kind}",
        count / (times["first plan"] + times["first"]),
        count / times["yard"],
        times["yard"] / (times["first plan"] + times["first"]),
        1 / 3,
    )
    again = f"publish again, empty, beside the first, {kind}"
    yield again, 1 / times["second"], 1 / times["first"], times["first"] / times["second"], 2.0
