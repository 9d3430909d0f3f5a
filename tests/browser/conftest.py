"""A Chromium that is on the machine already, and a service for it to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from booking.store.db import engines, migrate
from tests import databases, drivers
from tests.browser.serving import Site, serving
from tests.browser.world import World, fill
from tests.builders import NOW
from tests.databases import Database
from tests.web.client import Clock

PATIENCE = 20_000  # milliseconds; a busy machine is slow, not wrong


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser, one for the folder."""
    problem = drivers.browser_missing()
    if problem is not None:
        pytest.skip(problem)
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(
            executable_path=drivers.chromium(), args=drivers.CHROMIUM_FLAGS, headless=True
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts, each a browser of its own with no cookies: in Perth unless told otherwise."""
    with ExitStack() as stack:

        def make(**options: object) -> BrowserContext:
            values: dict[str, object] = {"timezone_id": "Australia/Perth", "locale": "en-AU", **options}
            context = chromium.new_context(**values)  # type: ignore[arg-type]
            context.set_default_timeout(PATIENCE)
            stack.callback(context.close)
            return context

        yield make


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    """A service of this test's own, empty; once on each database."""
    with serving(database, Clock(NOW)) as found:
        yield found


@pytest.fixture
def world(site: Site) -> World:
    """The same service, filled."""
    with site.session() as session:
        session.expire_on_commit = False
        return fill(session)


@pytest.fixture(scope="package")
def gallery_database() -> Iterator[Database]:
    """A database of the gallery's own, migrated. One is enough: a page's markup does not depend on the database."""
    name = databases.NAMES[0]
    url = databases.new_url(name, "gallery")
    migrate.upgrade(url)
    engine = engines.make(url)
    yield Database(name, url, engine, engines.sessions(engine))
    engine.dispose()


@pytest.fixture(scope="package")
def whole_world(gallery_database: Database) -> World:
    """The gallery's database, filled once: its pages are looked at one after another."""
    with gallery_database.sessions() as session:
        session.expire_on_commit = False
        return fill(session)


@pytest.fixture(scope="package")
def gallery(gallery_database: Database) -> Iterator[dict[bool, Site]]:
    """The service, and the same in demo mode (True)."""
    with (
        serving(gallery_database, Clock(NOW)) as site,
        serving(gallery_database, Clock(NOW), BOOKING_IS_DEMO="1") as demo,
    ):
        yield {False: site, True: demo}
