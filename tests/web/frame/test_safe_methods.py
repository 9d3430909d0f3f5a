"""GET, HEAD and OPTIONS change nothing: whoever opens a page, and whatever opens the links of an email first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from booking.store.db.tables import Base
from booking.web.feeds import fetches
from tests.databases import Database
from tests.web.client import client_of
from tests.web.house import ROLES, House, a_house, rules

pytestmark = pytest.mark.both_databases  # every address again

PACKAGE = Path(__file__).resolve().parents[3] / "booking"
METHODS = ("OPTIONS", "HEAD", "GET")
#: What a calendar that fetches leaves behind: the whole table, and these columns.
FETCH_RECORD = {"feed_fetch": None, "person": {"member_feed_fetched_at", "analyst_feed_fetched_at"}}
FEEDS = {"feeds.member", "feeds.analyst"}


@pytest.fixture
def house(database: Database, session: Session) -> House:
    return a_house(database, session)


def everything(session: Session) -> dict[str, list[tuple[str, ...]]]:
    """Every row of every table, without the record that a calendar was fetched."""
    session.rollback()
    found = {}
    for table in Base.metadata.sorted_tables:
        left_out = FETCH_RECORD.get(table.name, set())
        if left_out is not None:
            columns = [column for column in table.columns if column.name not in left_out]
            found[table.name] = sorted(tuple(map(str, row)) for row in session.execute(select(*columns)))
    return found


@contextmanager
def written(database: Database) -> Iterator[list[str]]:
    """The statements that write, as they are sent."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200


def ask(client: FlaskClient, house: House, rule: Rule) -> dict[str, tuple[int, str | None]]:
    """Status and Location of each method; OPTIONS and HEAD are asked before GET."""
    found = {}
    for method in METHODS:
        answer = client.open(house.path(rule), method=method)
        if method == "HEAD":
            assert answer.data == b"", rule
        found[method] = (answer.status_code, answer.location)
        answer.close()
    return found


def test_whoever_opens_any_address_changes_nothing(house: House, database: Database, session: Session) -> None:
    clients = {name: client_of(house.app, house.people[name]) for name in ROLES}
    before = everything(session)
    for name, client in clients.items():
        for rule in rules(house.app):
            with written(database) as statements:
                answers = ask(client, house, rule)
            where = f"{name} at {rule.rule}: {answers}, {statements}"
            assert statements == [] or rule.endpoint in FEEDS, where
            assert answers["HEAD"] == answers["GET"], where
            assert all(status < 500 for status, _ in answers.values()), where
        fetches.write(house.app)
        assert everything(session) == before, name
        assert is_signed_in(client) is (house.people[name] is not None), name


#: Where a method decides something else than whether to act, and why.
NOT_ABOUT_ACTING = {
    "web/feeds/feed_pages.py": "only GET counts as a fetch of a calendar",
    "web/frame/current_reader.py": "a GET is asked again after signing in",
    "web/frame/csrf.py": "a form's page is that of its token, any other the address",
    "web/frame/forms.py": "everything but the safe methods wants a CSRF token",
    "api/blueprint.py": "everything but the safe methods wants an API token",
}


def method_tests(source: str) -> list[str]:
    """Every comparison of a request's method in a source file, as it is written there."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare) and "request.method" in ast.unparse(node)
    ]


def test_code_that_acts_names_post() -> None:
    """The framework sends HEAD to every view that takes GET: "not GET" is not "POST"."""
    found = {
        (path.relative_to(PACKAGE).as_posix(), text)
        for path in sorted(PACKAGE.rglob("*.py"))
        for text in method_tests(path.read_text("utf-8"))
    }
    acting = {(where, text) for where, text in found if where not in NOT_ABOUT_ACTING}
    assert acting
    assert {text for _, text in acting} <= {"request.method == 'POST'", "request.method != 'POST'"}, acting
    assert {where for where, _ in found} >= set(NOT_ABOUT_ACTING)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("if request.method == 'GET': show()\nact()", "request.method == 'GET'"),
        ("if request.method != 'HEAD': act()", "request.method != 'HEAD'"),
        ("if 'GET' != flask.request.method: act()", "'GET' != flask.request.method"),
    ],
)
def test_a_view_that_acts_on_what_is_not_get_is_found(source: str, text: str) -> None:
    assert method_tests(source) == [text]
