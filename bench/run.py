"""`make bench`: what was measured, the baseline of the same run, the ratio, the target.

A part with a row that falls short is measured once more, for that row. Exits 1 if one is short then too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import repeat
from pathlib import Path
from statistics import median

from bench import calendars, coordinator, fill, growth, large_store, load, mail, pages, publishing, servers, visits
from booking import clock
from booking.store.db import engines

ROUNDS = 5
LOOK_SECONDS = 2.0
#: What is measured: the row of that name or not.
Wanted = Callable[[str], bool]
#: Measures one part on that kind of database, each load for so many seconds, and no more than what is wanted.
Measure = Callable[[str, float, Wanted], "list[Row]"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `target` None where a figure is only told."""

    what: str
    figure: float
    baseline: float
    ratio: float
    target: float | None

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "met" if self.ratio >= self.target else "SHORT"


def compare(
    what: str, target: float | None, ours: tuple[int, Iterator[bytes], int], yard: tuple[int, bytes], seconds: float
) -> Row:
    """Load the baseline and the service in turn, `ROUNDS` times; the median of each and of the ratios.

    `ours` is port, requests and the one status that counts; anything else ends the bench.
    """
    port, requests, expected = ours
    rates, yards = [], []
    load.run(yard[0], repeat(yard[1]), seconds / 2)
    for _ in range(ROUNDS):
        yards.append(load.run(yard[0], repeat(yard[1]), seconds).rate)
        result = load.run(port, requests, seconds)
        if set(result.statuses) != {expected}:
            raise SystemExit(f"bench: {what}: expected only {expected}, got {dict(result.statuses)}")
        rates.append(result.rate)
    ratios = [rate / yard_rate for rate, yard_rate in zip(rates, yards, strict=True)]
    row = Row(what, median(rates), median(yards), median(ratios), target)
    show(row)
    return row


def show(row: Row) -> None:
    target = f"{row.target:.3f}" if row.target is not None else "–"
    print(
        f"{row.what:58} {row.figure:9.1f} {row.baseline:10.1f} {row.ratio:7.3f} {target:>7}  {row.verdict}", flush=True
    )


def feeds_and_slots(kind: str, seconds: float, wanted: Wanted) -> list[Row]:
    """The public feed of a year, whole and 304, and the free slots of one clinic with five analysts."""
    url = servers.new_database(kind, f"year-{kind}")
    clinic, member = fill.year(url, clock.now())
    environment = servers.environment(url)
    cookie, _ = visits.visit(visits.application(environment), member["id"])
    rows = []
    with servers.served("booking.app:from_environment", environment, "/robots.txt") as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/feeds/programme.ics") as answer:
            body, etag = answer.read(), answer.headers["ETag"]
        occurrences = body.count(b"BEGIN:VEVENT")
        if occurrences < 240:
            raise SystemExit(f"bench: the feed holds only {occurrences} occurrences")
        with tempfile.NamedTemporaryFile(suffix=".ics") as constant:
            constant.write(body)
            constant.flush()
            with servers.served("bench.baseline:make", {"BENCH_BYTES": constant.name}, "/bare") as yard:
                same, bare = (yard, load.get("/constant")), (yard, load.get("/bare"))
                feed = "/feeds/programme.ics"
                slots = load.get(f"/api/v1/occurrences/{clinic}/slots?minutes=15", cookie)
                asked = [
                    (f"public feed, {occurrences} occurrences, whole", 0.5, load.get(feed), 200, same),
                    ("public feed, 304", 0.5, load.get(feed, f"If-None-Match: {etag}"), 304, bare),
                    ("free slots, 5 analysts", 0.08 if kind == "sqlite" else 0.05, slots, 200, bare),
                ]
                for what, target, request, status, baseline in asked:
                    if wanted(f"{what}, {kind}"):
                        ours = (port, repeat(request), status)
                        rows.append(compare(f"{what}, {kind}", target, ours, baseline, seconds))
    return rows


#: What each page is to reach, on SQLite and on PostgreSQL.
PAGE_TARGETS = {
    "clinic page, 5 analysts": (0.036, 0.027),
    "programme, signed in": (0.040, 0.032),
    "My bookings": (0.060, 0.045),
    "analyst's day": (0.030, 0.022),
}


def main_pages(kind: str, seconds: float, wanted: Wanted) -> list[Row]:
    """The pages that people open most, each as one who has something on it."""
    url = servers.new_database(kind, f"pages-{kind}")
    found = pages.filled(url, clock.now())
    environment = servers.environment(url)
    app = visits.application(environment)
    newcomer, regular, analyst = (
        visits.visit(app, person)[0] for person in (found.newcomer, found.regular, found.analyst)
    )
    requests = {
        "clinic page, 5 analysts": load.get(f"/occurrences/{found.clinic}", newcomer),
        "programme, signed in": load.get("/", regular),
        "My bookings": load.get("/bookings", regular),
        "analyst's day": load.get(f"/analyst/{found.day}", analyst),
    }
    rows = []
    with (
        servers.served("booking.app:from_environment", environment, "/robots.txt") as port,
        servers.served("bench.baseline:make", {}, "/bare") as yard,
    ):
        for name, request in requests.items():
            target = PAGE_TARGETS[name][kind != "sqlite"]
            if wanted(f"{name}, {kind}"):
                ours, bare = (port, repeat(request), 200), (yard, load.get("/bare"))
                rows.append(compare(f"{name}, {kind}", target, ours, bare, seconds))
    return rows


COORDINATOR_TODAY = "the coordinator's today"


def coordinator_pages(kind: str, seconds: float, wanted: Wanted) -> list[Row]:
    """Every page of coordinators with 100,000 people and a million bookings, and how soon their downloads begin."""
    return coordinator_rows(*_large_store(kind), kind, seconds, wanted)


@cache
def _large_store(kind: str) -> tuple[str, growth.Asked]:
    """The store, made once a run, as rows that fall short are measured again."""
    url = servers.new_database(kind, f"coordinator-{kind}")
    engine = engines.make(url)
    asked = large_store.filled(engine, clock.now().replace(microsecond=0))
    engine.dispose()
    return url, asked


def coordinator_rows(url: str, asked: growth.Asked, kind: str, seconds: float, wanted: Wanted) -> list[Row]:
    """The same on a store that is there."""
    person, paths = coordinator.prepared(url, asked, clock.now().replace(microsecond=0))
    environment = servers.environment(url)
    app = visits.application(environment)
    cookie, _ = visits.visit(app, person)
    least, rows = 1 / coordinator.MAX_TIMES, []
    with (
        servers.served("booking.app:from_environment", environment, "/robots.txt") as port,
        servers.served("bench.baseline:make", {}, "/bare") as yard,
    ):
        for name, path in paths.items():
            what = f"{name}, a million bookings, {kind}"
            if wanted(what):
                target = PAGE_TARGETS["analyst's day"][kind != "sqlite"] if name == COORDINATOR_TODAY else least
                ours, bare = (port, repeat(load.get(path, cookie)), 200), (yard, load.get("/bare"))
                rows.append(compare(what, target, ours, bare, min(seconds, coordinator.SECONDS)))
    for name, path in coordinator.DOWNLOADS.items():
        what = f"{name}, a million bookings, {kind}"
        if wanted(what):
            taken, bare_seconds = coordinator.first_bytes(app, cookie, path)
            rows.append(Row(what, 1 / taken, 1 / bare_seconds, bare_seconds / taken, least))
            show(rows[-1])
    return rows


def private_feeds(kind: str, seconds: float, wanted: Wanted) -> list[Row]:
    """A member's private feed after one change beside its cached time, and 10,000 of them polled in turn."""
    url = servers.new_database(kind, f"private-{kind}")
    paths, one, booked = calendars.fill_members(url, clock.now())
    environment = servers.environment(url)
    requests = calendars.polls(environment, paths)
    with (
        servers.served("booking.app:from_environment", environment, "/robots.txt") as port,
        servers.served("bench.baseline:make", {}, "/bare") as yard,
    ):
        rows = []
        what = f"private feed, {calendars.ENTRIES} entries, after a change, {kind}"
        if wanted(what):
            cached, changed = calendars.after_a_change(url, port, one, booked)
            rows.append(Row(what, 1 / changed, 1 / cached, cached / changed, 1 / 3))
            show(rows[0])
        what, target = f"{len(paths)} private feeds polled in turn, 304, {kind}", 0.15 if kind == "sqlite" else 0.1
        if wanted(what):
            ours, bare = (port, requests, 304), (yard, load.get("/bare"))
            rows.append(compare(what, target, ours, bare, seconds))
    return rows


def bookings(kind: str, seconds: float, wanted: Wanted) -> list[Row]:
    """A booking through HTTP by many members in many clinics, each on a slot that is free, each with its own key."""
    what = f"a booking by the API, with email and audit log, {kind}"
    if not wanted(what):
        return []
    url = servers.new_database(kind, f"bookings-{kind}")
    clinics, members = fill.many_clinics(url, clock.now())
    environment = servers.environment(url)
    requests = iter(list(booking_requests(fill.tokens(url, members, clock.now()), clinics, members)))
    with (
        servers.served("booking.app:from_environment", environment, "/robots.txt") as port,
        servers.served("bench.baseline:make", {}, "/bare") as yard,
    ):
        ours, bare = (port, requests, 201), (yard, load.get("/bare"))
        return [compare(what, 0.02, ours, bare, seconds)]


def booking_requests(
    tokens: dict[int, str], clinics: list[tuple[uuid.UUID, datetime]], members: list[dict[str, object]]
) -> Iterator[bytes]:
    """One POST a member, all for anyone, spread over the clinics: the first start of each, then the second …"""
    starts = [(public_id, at + timedelta(minutes=15 * q)) for q in range(4) for public_id, at in clinics]
    for number, member in enumerate(members):
        public_id, start = starts[number % len(starts)]
        wanted = {
            "occurrence_id": str(public_id),
            "analyst": None,
            "starts_at": start.isoformat(),
            "minutes": 15,
            "topic": "GA4 events",
        }
        headers = (f"Authorization: Bearer {tokens[int(str(member['id']))]}", f"Idempotency-Key: {uuid.uuid4()}")
        yield load.post_json("/api/v1/bookings", json.dumps(wanted), *headers)


def of_module(measured: Callable[[str], Iterable[tuple[str, float, float, float, float | None]]]) -> Measure:
    """Makes a part of the bench out of a module's own function, which takes as long as its work does."""

    def measure(kind: str, _seconds: float, wanted: Wanted) -> list[Row]:
        rows = [Row(*values) for values in measured(kind)]
        rows = [row for row in rows if wanted(row.what)]
        for row in rows:
            show(row)
        return rows

    return measure


#: The parts in the order in which they are measured, each with words of its rows: `make bench PART=bookings` measures
#: one part, `make bench ROW="My bookings"` the rows whose name has these words.
PARTS: dict[str, tuple[Measure, tuple[str, ...]]] = {
    "feeds": (feeds_and_slots, ("public feed, 260 occurrences, whole", "public feed, 304", "free slots, 5 analysts")),
    "pages": (main_pages, tuple(PAGE_TARGETS)),
    "private-feeds": (
        private_feeds,
        ("private feed, 60 entries, after a change", "10000 private feeds polled in turn"),
    ),
    "bookings": (bookings, ("a booking by the API, with email and audit log",)),
    "emails": (of_module(mail.measured), ("400 emails",)),
    "publishing": (of_module(publishing.measured), ("plan and publish 1000 series", "publish again, empty")),
    "coordinator": (coordinator_pages, ("a million bookings", COORDINATOR_TODAY)),
    "growth": (of_module(growth.measured), ("1,000,000 bookings", *growth.NAMES[:3])),
}


def parts_of(part: str | None, words: str) -> list[str]:
    """The parts to measure: the one that is named, those that have a row with these words, or all."""
    if part is not None:
        return [part]
    return [name for name, (_, rows) in PARTS.items() if any(_has(row, words) or _has(words, row) for row in rows)]


def _has(what: str, words: str) -> bool:
    return words.casefold() in what.casefold()


def measured(part: str, kind: str, seconds: float, words: str) -> list[Row]:
    """The rows of that part, those that fell short measured once more."""
    measure, _ = PARTS[part]
    rows = measure(kind, seconds, lambda what: _has(what, words))
    short = {row.what for row in rows if row.verdict == "SHORT"}
    if not short:
        return rows
    print("once more:", flush=True)
    return [row for row in rows if row.what not in short] + measure(kind, seconds, lambda what: what in short)


def busy() -> str:
    """How busy the machine is while the bench waits: the share of its processors that anything else takes."""
    try:
        before = _ticks()
        time.sleep(LOOK_SECONDS)
        after = _ticks()
    except OSError:
        return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    idle, whole = after[0] - before[0], after[1] - before[1]
    return f"{1 - idle / max(whole, 1):.0%} of {os.cpu_count()} cores"


def _ticks() -> tuple[int, int]:
    """Idle and all ticks of the processors since the machine started (Linux, proc(5))."""
    fields = [int(field) for field in Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:9]]
    return fields[3] + fields[4], sum(fields)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each round of each load lasts")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="one database only")
    parser.add_argument("--part", choices=list(PARTS), help="one part only")
    parser.add_argument("--row", default="", help="only rows whose name has these words")
    arguments = parser.parse_args()
    print(f"before, other work takes {busy()}")
    print(f"{'what':58} {'a second':>9} {'baseline':>10} {'ratio':>7} {'target':>7}")
    rows: list[Row] = []
    for kind in [arguments.only] if arguments.only else ["sqlite", "postgresql"]:
        for part in parts_of(arguments.part, arguments.row):
            rows += measured(part, kind, arguments.seconds, arguments.row)
    print(f"after, other work takes {busy()}")
    if not rows:
        sys.exit(f"bench: no row has the words {arguments.row!r}")
    if any(row.verdict == "SHORT" for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
