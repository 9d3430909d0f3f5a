"""Fixtures that every folder shares; everything else is built by tests/builders.py."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests import databases
from tests.databases import Database


@pytest.fixture(params=databases.NAMES)
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database; the test runs once on SQLite and once on PostgreSQL."""
    found = databases.migrated(request.param)
    found.empty()
    return found


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session of `database`."""
    with database.sessions() as opened:
        yield opened


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Under CI=true nothing is skipped: a skip there is a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
