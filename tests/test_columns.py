"""Every column of every table can be filled by a page, a command, a file or an import; not by demo or tests alone.

Watched while services run (`column_writes.py`): a column counts once a service function, called as a page, a command or
the worker calls it, writes something to it that is more than its default.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.services import demo
from booking.services.accounts import profile
from booking.store.people.people import Person
from tests.builders import NOW, ORGANISATION, a_person
from tests.column_scenario import the_rest_happens
from tests.column_writes import every_column, watching
from tests.databases import Database
from tests.services.outbox.test_secrets import everything_happens

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ROOT = Path(__file__).resolve().parent.parent
#: Columns whose only writer is meant to be the demo, each with the reason.
DEMO_ONLY = {
    "person.is_demo": "marks made-up people, so that a real database is never taken for a demo",
    "programme.demo_seconds": "the demo's own clock, which its strip sets",
    "programme.is_demo": "marks a database that the demo filled",
}
WHAT_TO_DO = """
No service function was seen to write {columns}.
If a page, command, file or import can write it: call that service function in tests/column_scenario.py.
If nothing can: build the way to fill it (a field of a page or a column of an import), or take the column out."""


@ON_SQLITE
def test_every_column_can_be_filled_by_other_means_than_the_demo(database: Database, session: Session) -> None:
    with watching(database.engine) as seen:
        the_rest_happens(session)
        database.empty()
        everything_happens(session)
    missing = sorted(every_column() - seen - set(DEMO_ONLY))
    assert not missing, WHAT_TO_DO.format(columns=", ".join(missing))
    assert not seen & set(DEMO_ONLY), "a column that is listed as the demo's is written by something else too"


@ON_SQLITE
def test_what_a_test_writes_does_not_count_and_what_a_service_writes_does(database: Database, session: Session) -> None:
    with watching(database.engine) as seen:
        ada = a_person(session, "Ada", roles=["analyst"], meeting_url="https://zoom.example.com/j/1", about="Tags")
        session.execute(update(Person).values(meeting_url="https://zoom.example.com/j/2"))
        session.commit()
    assert seen == set()
    form = {"name": "Ada", "time_zone": "", "invitations": "until-subscribed"}
    with watching(database.engine) as seen:
        profile.change(session, ada.id, profile.ProfileChange(**form, about="Tags", meeting_url=""), ORGANISATION, NOW)
    assert "person.meeting_url" not in seen, "taking a value away fills nothing"
    with watching(database.engine) as seen:
        wanted = profile.ProfileChange(**form, about="Tags", meeting_url="https://zoom.example.com/j/3")
        profile.change(session, ada.id, wanted, ORGANISATION, NOW)
    assert "person.meeting_url" in seen
    assert "person.time_zone" not in seen, "a column that is written with what it began with is not filled"


@ON_SQLITE
def test_what_the_demo_writes_does_not_count(database: Database, session: Session) -> None:
    with watching(database.engine) as seen:
        demo.people(session, NOW)
    assert session.scalars(select(Person.is_demo)).first() is True
    assert seen == set()


def test_every_service_that_the_scenario_calls_is_reached_from_a_page_a_command_or_the_worker() -> None:
    """So that no function is kept for this test alone."""
    called = imported_from_services(ROOT / "tests" / "column_scenario.py")
    assert called
    reached = set()
    for layer in ("web", "api", "cli"):
        for path in (ROOT / "booking" / layer).rglob("*.py"):
            if path.stem != "demo":
                reached |= imported_from_services(path)
    assert called <= reached


def imported_from_services(path: Path) -> set[str]:
    """The modules of services that a module imports, or imports something from; those of a package count as it."""
    return {
        f"{node.module}.{alias.name}"
        if any((ROOT / Path(*node.module.split("."), alias.name)).with_suffix(end).exists() for end in ("", ".py"))
        else node.module
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("booking.services")
        for alias in node.names
    }
