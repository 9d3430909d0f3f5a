"""The coordinator's pages and downloads with 100,000 people and a million bookings."""

from __future__ import annotations

import time as clocks
import uuid
from datetime import datetime, timedelta
from statistics import median

from flask import Flask
from werkzeug.test import Client

from bench import baseline, growth
from booking.domain.enums.people import RoleName
from booking.domain.people.actor import Actor
from booking.programme import organisation_file
from booking.resources import folder
from booking.services.action_context import ActionContext
from booking.services.records.count_report_weeks import SETTLING, count_report_week, prepare_report_weeks
from booking.store.db import engines
from booking.store.people.people import Person, Role

SECONDS = 0.5  # of each round: there are many pages
MAX_TIMES = 40  # as long as a bare Flask route
ROUNDS = 9
BARE_CALLS = 40  # of the bare route in one round, as it is so much quicker


def pages(asked: growth.Asked, member: uuid.UUID, now: datetime) -> dict[str, str]:
    """The addresses that are measured, by what they are called in the table."""
    monday = now.date() - timedelta(days=now.weekday())
    sunday = monday + timedelta(days=6)

    def report(weeks: int, path: str = "/coordinator/reports") -> str:
        return f"{path}?from={monday - timedelta(weeks=weeks - 1)}&to={sunday}"

    return {
        "next days": "/coordinator/",
        "the coordinator's today": "/coordinator/today",
        "people": "/coordinator/people",
        "people by words": "/coordinator/people?q=number+777",
        "people by role": "/coordinator/people?role=analyst",
        "one person": f"/coordinator/people/{member}",
        "bookings": "/coordinator/bookings",
        "bookings of a month": f"/coordinator/bookings?from={now.date() - timedelta(days=30)}&to={now.date()}",
        "bookings by state": "/coordinator/bookings?from=&outcome=no-show",
        "bookings of a member": "/coordinator/bookings?from=&member=member777@example.org",
        "programme": "/coordinator/programme",
        "a series": "/coordinator/programme/past",
        "a date": f"/coordinator/occurrences/{asked.clinic}",
        "changes": "/coordinator/changes",
        "waitlists": "/coordinator/waitlists",
        "emails": "/coordinator/emails",
        "failing addresses": "/coordinator/emails/addresses",
        "audit log": "/coordinator/audit",
        "rules": "/coordinator/rules",
        "texts": "/coordinator/texts",
        "closures": "/coordinator/closures/",
        "holidays": "/coordinator/holidays/",
        "free trials": "/coordinator/people/trials",
        "reports of a week": report(1),
        "reports of a month": report(5),
        "reports of a quarter": report(13),
        "reports of a year": report(52),
        "a report as CSV": report(52, "/coordinator/reports/use.csv"),
    }


#: Downloads that stream: timed is how soon their first bytes are there, in this process, without a server between.
DOWNLOADS = {
    "people.csv, first bytes": "/coordinator/people.csv",
    "bookings.csv, first bytes": "/coordinator/bookings.csv",
    "audit.csv, first bytes": "/coordinator/audit.csv",
}


def prepared(url: str, asked: growth.Asked, now: datetime) -> tuple[int, dict[str, str]]:
    """Make one of the members a coordinator and count the weeks of the reports, as the worker does.

    Returns the coordinator and the addresses of pages.
    """
    engine = engines.make(url)
    with engines.sessions(engine)() as session:
        coordinator = session.get_one(Person, asked.guest_ids[0])
        if RoleName.COORDINATOR not in coordinator.role_names:
            session.add(Role(person_id=coordinator.id, role=RoleName.COORDINATOR))
            session.commit()
        organisation = organisation_file.load(folder("data"))
        prepare_report_weeks(ActionContext(session, organisation, now - SETTLING, Actor.system()))
        while count_report_week(ActionContext(session, organisation, now, Actor.system())):
            pass
        member = session.get_one(Person, asked.member_id)
        found = coordinator.id, pages(asked, member.public_id, now)
    engine.dispose()
    return found


def first_bytes(app: Flask, cookie: str, path: str) -> tuple[float, float]:
    """Seconds until the first bytes of a download are there, and those that a bare route takes: medians, in turn."""
    client, bare = Client(app, use_cookies=False), Client(baseline.make(), use_cookies=False)
    name, value = cookie.split(": ", 1)
    ours, yards = [], []
    for _ in range(ROUNDS):
        began = clocks.perf_counter()
        for _ in range(BARE_CALLS):
            bare.get("/bare")
        yards.append((clocks.perf_counter() - began) / BARE_CALLS)
        began = clocks.perf_counter()
        answer = client.get(path, headers={name: value}, buffered=False)
        next(iter(answer.iter_encoded()), b"")
        ours.append(clocks.perf_counter() - began)
        if answer.status_code != 200:
            raise SystemExit(f"bench: {path}: expected 200, got {answer.status_code}")
        answer.close()
    return median(ours), median(yards)
