"""Fixtures that every folder shares; everything else is built by tests/builders.py."""

from __future__ import annotations

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
