"""`make bench`: what was measured, the baseline of the same run, the ratio, the target. Exits 1 if one is short."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import repeat
from statistics import median

from bench import calendars, fill, growth, load, mail, publishing, servers, visits
from booking import clock

ROUNDS = 5
#: Measures one part on that kind of database, each load for so many seconds.
Measure = Callable[[str, float], "list[Row]"]


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


def feeds_and_slots(kind: str, seconds: float) -> list[Row]:
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
                whole = (port, repeat(load.get(feed)), 200)
                rows.append(
                    compare(f"public feed, {occurrences} occurrences, whole, {kind}", 0.5, whole, same, seconds)
                )
                unchanged = (port, repeat(load.get(feed, f"If-None-Match: {etag}")), 304)
                rows.append(compare(f"public feed, 304, {kind}", 0.5, unchanged, bare, seconds))
                slots = load.get(f"/api/v1/occurrences/{clinic}/slots?minutes=15", cookie)
                target = 0.08 if kind == "sqlite" else 0.05
                rows.append(
                    compare(f"free slots, 5 analysts, {kind}", target, (port, repeat(slots), 200), bare, seconds)
                )
                page = load.get(f"/occurrences/{clinic}", cookie)
                rows.append(
                    compare(f"the page they are booked on, {kind}", None, (port, repeat(page), 200), bare, seconds)
                )
    return rows


def private_feeds(kind: str, seconds: float) -> list[Row]:
    """A member's private feed after one change beside its cached time, and 10,000 of them polled in turn."""
    url = servers.new_database(kind, f"private-{kind}")
    paths, one, booked = calendars.fill_members(url, clock.now())
    environment = servers.environment(url)
    requests = calendars.polls(environment, paths)
    with (
        servers.served("booking.app:from_environment", environment, "/robots.txt") as port,
        servers.served("bench.baseline:make", {}, "/bare") as yard,
    ):
        cached, changed = calendars.after_a_change(url, port, one, booked)
        what = f"private feed, {calendars.ENTRIES} entries, after a change, {kind}"
        rows = [Row(what, 1 / changed, 1 / cached, cached / changed, 1 / 3)]
        show(rows[0])
        target = 0.15 if kind == "sqlite" else 0.1
        ours, bare = (port, requests, 304), (yard, load.get("/bare"))
        rows.append(compare(f"{len(paths)} private feeds polled in turn, 304, {kind}", target, ours, bare, seconds))
    return rows


def bookings(kind: str, seconds: float) -> list[Row]:
    """A booking through HTTP by many members in many clinics, each on a slot that is free, each with its own key."""
    url = servers.new_database(kind, f"bookings-{kind}")
    clinics, members = fill.many_clinics(url, clock.now())
    environment = servers.environment(url)
    requests = iter(list(booking_requests(fill.tokens(url, members, clock.now()), clinics, members)))
    with (
        servers.served("booking.app:from_environment", environment, "/robots.txt") as port,
        servers.served("bench.baseline:make", {}, "/bare") as yard,
    ):
        ours, bare = (port, requests, 201), (yard, load.get("/bare"))
        return [compare(f"a booking by the API, with email and audit log, {kind}", 0.02, ours, bare, seconds)]


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

    def measure(kind: str, _seconds: float) -> list[Row]:
        rows = []
        for values in measured(kind):
            rows.append(Row(*values))
            show(rows[-1])
        return rows

    return measure


#: The parts in the order in which they are measured: `make bench PART=bookings` measures one.
PARTS: dict[str, Measure] = {
    "feeds": feeds_and_slots,
    "private-feeds": private_feeds,
    "bookings": bookings,
    "emails": of_module(mail.measured),
    "publishing": of_module(publishing.measured),
    "growth": of_module(growth.measured),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each round of each load lasts")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="one database only")
    parser.add_argument("--part", choices=list(PARTS), help="one part only")
    arguments = parser.parse_args()
    print(f"{'what':58} {'a second':>9} {'baseline':>10} {'ratio':>7} {'target':>7}")
    rows: list[Row] = []
    for kind in [arguments.only] if arguments.only else ["sqlite", "postgresql"]:
        for part in [arguments.part] if arguments.part else PARTS:
            rows += PARTS[part](kind, arguments.seconds)
    if any(row.verdict == "SHORT" for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
