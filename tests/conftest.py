"""Fixtures that every folder shares, which databases a test runs on, and what is run first."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests import databases
from tests.databases import Database

TESTS = Path(__file__).parent
#: What these folders test is words, markup and headers, which are the same on each database.
ABOUT_PAGES = {"web", "browser"}
#: The longest tests, longest first: begun last, one of them would keep one worker busy while the others are done.
LONGEST = (
    "stress/test_stress.py",
    "web/frame/test_form_fuzzer.py",
    "test_wheel.py",
    "services/publishing/test_promises.py",
    "cli/server/test_serve.py",
    "services/bookings/test_race.py",
    "web/frame/test_safe_methods.py",
    "services/bookings/test_one_calendar.py",
)


def databases_of(item: pytest.Item) -> tuple[str, ...]:
    """The databases that a test with `database` runs on.

    Pages run on SQLite unless marked `both_databases`, everything else on both unless marked `one_database`.
    """
    is_about_pages = item.path.relative_to(TESTS).parts[0] in ABOUT_PAGES
    if item.get_closest_marker("one_database") or (is_about_pages and not item.get_closest_marker("both_databases")):
        return databases.NAMES[:1]
    return databases.NAMES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each database that it runs on."""
    is_given = any("database" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "database" in metafunc.fixturenames and not is_given:
        metafunc.parametrize("database", databases_of(metafunc.definition), indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database."""
    found = databases.migrated(request.param)
    found.empty()
    return found


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session of `database`."""
    with database.sessions() as opened:
        yield opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; the order of all others stays."""
    places = {TESTS / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """No example has a time limit of its own, as a busy machine is slow and not wrong.

    Where no test has imported Hypothesis, its plugin would at the end: that is a second for nothing.
    """
    if "hypothesis" not in sys.modules:
        session.config.pluginmanager.unregister(name="hypothesispytest")
        return
    from hypothesis import settings

    settings.register_profile("booking", deadline=None)
    settings.load_profile("booking")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Under CI=true nothing is skipped: a skip there is a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
