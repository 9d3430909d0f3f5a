"""The service through PgBouncer in transaction mode: two connections to the server, shared by all threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking.domain.people.actor import Actor
from booking.services.bookings.book import book
from booking.store.bookings.bookings import Booking
from booking.store.db import engines, limits, migrate
from tests import databases, pgbouncer
from tests.builders import CLINIC_AT, a_clinic, a_person, a_request, acting, an_organisation
from tests.databases import Database
from tests.web.client import client_of, make_app

THREADS, ROUNDS = 6, 8
ORGANISATION = an_organisation(upcoming=0, per_occurrence=0, per_week=0, horizon_days=1000)

pytestmark = pytest.mark.skipif(pgbouncer.program() is None, reason="PgBouncer is missing (tests/install.sh)")


@pytest.fixture(scope="module")
def pooled() -> Iterator[Database]:
    """A database that was migrated through PgBouncer, and is used through it."""
    databases.new_url("postgresql", "pooled")
    with pgbouncer.running(servers=2) as address:
        url = address.format("pooled")
        migrate.upgrade(url)
        engine = engines.make(url, within=limits.PAGE)
        yield Database("postgresql", url, engine, engines.sessions(engine))
        engine.dispose()


def test_bookings_and_pages_go_through_pgbouncer_from_many_threads_at_once(pooled: Database) -> None:
    with pooled.sessions() as session:
        clinics = [a_clinic(session, analysts=2, starts_at=CLINIC_AT + timedelta(weeks=week)) for week in range(ROUNDS)]
        analysts = {clinic.id: [place.analyst.public_id for place in clinic.roster] for clinic in clinics}
        members = [a_person(session) for _ in range(THREADS)]
        session.commit()
    app = make_app(pooled)

    def of_thread(number: int) -> set[int]:
        client, statuses = client_of(app, members[number]), set()
        for clinic in clinics:
            with pooled.sessions() as session:
                request = a_request(clinic, number % 4 * 15, analyst=analysts[clinic.id][number // 4])
                book(acting(session, Actor.member(members[number].id), organisation=ORGANISATION), request)
            for path in (f"/occurrences/{clinic.public_id}", "/", "/feeds/clinics.ics", "/healthz"):
                statuses.add(client.get(path).status_code)
        return statuses

    with ThreadPoolExecutor(THREADS) as threads:
        assert set().union(*threads.map(of_thread, range(THREADS))) == {200}
    with pooled.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == THREADS * ROUNDS
