"""How statements are run on PostgreSQL: prepared on a server of one's own, never behind a pooler; by one process."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from booking.store.db import engines, limits
from tests import databases, pgbouncer

TIMES = limits.PREPARE_AFTER + 2
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%read in one request%'")


def prepared(url: str) -> int:
    """How many statements the server has prepared after so many requests that each read the same."""
    engine = engines.make(url)
    sessions = engines.page_sessions(engine)
    for _ in range(TIMES):
        with sessions() as session:
            session.execute(text("SELECT 'read in one request'"))
    with sessions() as session:
        found = session.scalar(PREPARED)
    engine.dispose()
    return found or 0


def test_what_one_request_after_another_reads_is_prepared() -> None:
    assert prepared(databases.new_url("postgresql", "prepared")) == 1


@pytest.mark.skipif(pgbouncer.program() is None, reason="PgBouncer is missing (tests/install.sh)")
def test_nothing_is_prepared_behind_pgbouncer() -> None:
    databases.new_url("postgresql", "not_prepared")
    with pgbouncer.running(servers=1) as address:
        assert prepared(address.format("not_prepared")) == 0


def test_one_process_of_the_server_answers_a_statement() -> None:
    engine = engines.make(databases.new_url("postgresql", "parallel"))
    for _ in range(2):  # also on a connection that has been given back
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW max_parallel_workers_per_gather")) == "0"
    engine.dispose()
