"""Text and numbers that nobody means, in every path, query, form and JSON field: refused, on both databases alike."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from booking.domain import numbers
from booking.services.accounts import tokens
from booking.store.people.people import Person
from booking.web.frame import input_guard
from tests import databases, long_form
from tests.builders import NOW, a_person
from tests.databases import Database
from tests.web.client import client_of, token_of
from tests.web.house import House, a_house, rules

ROOT = Path(__file__).resolve().parents[3]
DIGITS = "9" * 5000
LONG = DIGITS[:2000]  # so that a form with every field is not refused for its size
HOSTILE = {"NUL": "\0", "text with NUL": "a\0b", "endless number": LONG, "endless zeros": "0" * 2000 + "1"}
#: What is odd but text: it may be accepted, and must not break anything.
ODD = [
    b"%ED%A0%80",  # half a pair, in bytes
    b"%FF%FE",  # no UTF-8
    "\u0661\u0662".encode(),  # digits of another script
    b"9" * 19,  # more than a database counts
    b"-1",
    b"9999-12-31",
    b"0001-01-01",
    b"x" * 1000,
    b"%s%n{{7*7}}${7*7}",
    "\u202eabc".encode(),  # an override of direction
    b"",
]
ROUNDS = long_form.count(2, 4)  # in each of which a field holds another of them
REFUSED = {400, 404, 422}


def field_names() -> list[str]:
    """The name of every field that a page has or a view reads."""
    found: set[str] = set()
    for path in ROOT.glob("templates/**/*.html"):
        found |= set(re.findall(r'\bname="([a-z_-]+)"', path.read_text("utf-8")))
    for path in (ROOT / "booking" / "web").glob("**/*.py"):
        found |= set(re.findall(r'(?:get|getlist|args|form|values)[(\[]"([a-z_-]+)"', path.read_text("utf-8")))
    return sorted(found - {"csrf_token"})


NAMES = field_names()
ONCE = pytest.mark.parametrize("house", databases.NAMES[:1], indirect=True)  # refused before any database is asked


@pytest.fixture(scope="module", params=databases.NAMES)
def house(request: pytest.FixtureRequest) -> House:
    """One house for the file: what is refused changes nothing, and what is accepted does not matter here."""
    database: Database = databases.migrated(request.param)
    database.empty()
    with database.sessions() as session:
        opened: Session = session
        opened.expire_on_commit = False
        return a_house(database, opened)


@pytest.fixture(scope="module")
def everybody(house: House) -> Person:
    """A person with every role, to whom every address opens."""
    with house.app.extensions["booking"].sessions() as opened:
        opened.expire_on_commit = False
        person = a_person(opened, "Every Body", ["member", "analyst", "coordinator"])
        opened.commit()
        return person


@pytest.fixture
def client(house: House, everybody: Person) -> FlaskClient:
    return client_of(house.app, everybody)


def check(answer: TestResponse, where: str) -> None:
    """No answer is our own fault, and an error under /api/ is a problem document without a cookie."""
    status, kind = answer.status_code, answer.mimetype
    assert status < 500, f"{where}: {status}"
    if answer.request.path.startswith("/api/") and status >= 400:
        assert kind == "application/problem+json", f"{where}: {status} {kind}"
        assert json.loads(answer.data)["status"] == status, where
        assert "Set-Cookie" not in answer.headers, where
    answer.close()


def with_argument(house: House, rule: Rule, name: str, value: str) -> str:
    """The rule's address with that value, percent-encoded already, in one of its places."""
    marker = {"uuid": "00000000-0000-4000-8000-000000000000", "any": "reminders"}
    kept = house.arguments.setdefault("*", {}).get(name)
    path = house.path(rule)
    known = str({**house.arguments["*"], **house.arguments.get(rule.endpoint, {})}.get(name, kept or marker["uuid"]))
    return path.replace(known, value, 1) if known in path else path


@pytest.mark.parametrize("value", ["%00", "a%00b", DIGITS, "%ED%A0%80", "%FF", "\u0661", "..%2f", "x" * 3000])
def test_any_part_of_a_path_may_hold_anything(house: House, client: FlaskClient, value: str) -> None:
    for rule in rules(house.app):
        house.app.extensions["guessing"].begin()  # or it would say to wait
        for name in rule.arguments:
            path = with_argument(house, rule, name, value)
            answer = client.get(path)
            where = f"{path[:120]}"
            if value in {"%00", "a%00b", DIGITS} and value in path:
                assert answer.status_code in {*REFUSED, 405}, f"{where}: {answer.status_code}"
            check(answer, where)


def test_any_path_without_a_route_is_refused_too(client: FlaskClient) -> None:
    for path in ("/%00", "/api/%00", "/api/v1/%00", "/feeds/%00.ics", "/static/%00", "/api/v1/nothing"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        check(answer, path)


@pytest.mark.parametrize("what", HOSTILE)
@ONCE
def test_every_field_of_every_query_refuses_what_nobody_means(house: House, client: FlaskClient, what: str) -> None:
    for rule in rules(house.app):
        if "GET" not in (rule.methods or ()):
            continue
        for fields in ({name: HOSTILE[what] for name in NAMES}, {HOSTILE[what]: "x"}):
            answer = client.get(house.path(rule), query_string=fields)
            assert answer.status_code in REFUSED, f"{rule.rule}: {answer.status_code}"
            check(answer, rule.rule)


@pytest.mark.parametrize("what", HOSTILE)
@ONCE
def test_every_field_of_every_form_refuses_what_nobody_means(house: House, client: FlaskClient, what: str) -> None:
    token = token_of(client.get("/me").text)
    for rule in rules(house.app):
        if "POST" not in (rule.methods or ()) or rule.endpoint.startswith("api."):
            continue
        for content in ("application/x-www-form-urlencoded", "multipart/form-data"):
            form = {"csrf_token": token, **dict.fromkeys(NAMES, HOSTILE[what])}
            answer = client.post(house.path(rule), data=form, content_type=content)
            expected = REFUSED | {303, 403}  # not for a coordinator, or asked to sign in before anything is read
            assert answer.status_code in expected, f"{rule.rule}: {answer.status_code}"
            check(answer, rule.rule)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_field_of_any_query_or_form_breaks_a_page(house: House, everybody: Person, number: int) -> None:
    turned = [ODD[(3 * number + place) % len(ODD)] for place in range(len(NAMES))]
    query = b"&".join(name.encode() + b"=" + value for name, value in zip(NAMES, turned, strict=True))
    for rule in rules(house.app):
        client, path = client_of(house.app, everybody), house.path(rule)  # which a form may sign out
        if "GET" in (rule.methods or ()):
            check(client.get(path, query_string=query.decode("latin-1")), f"GET {rule.rule}")
        if "POST" in (rule.methods or ()) and not rule.endpoint.startswith("api."):
            body = b"csrf_token=" + token_of(client.get("/me").text).encode() + b"&" + query
            kind = "application/x-www-form-urlencoded"
            check(client.post(path, data=body, content_type=kind), f"POST {rule.rule}")


DEEP = "[" * 100_000
BODIES: dict[str, bytes] = {
    "deep lists": DEEP.encode(),
    "deep objects": b'{"a":' * 40_000,
    "deep, and closed": (DEEP + "]" * 100_000).encode(),
    "NUL in a text": json.dumps({"topic": "\0"}).encode(),
    "NUL in a name": json.dumps({"\0": 1}).encode(),
    "half a pair": b'{"topic": "\\ud800"}',
    "half a pair in a list": b'[[["\\udfff"]]]',
    "endless number": b'{"minutes": ' + DIGITS.encode() + b"}",
    "great number": b'{"minutes": 1e400}',
    "large number": b'{"minutes": 99999999999999999999}',
    "no number": b'{"minutes": NaN}',
    "endless text of digits": json.dumps({"topic": DIGITS}).encode(),
    "broken UTF-8": b'{"topic": "\xff"}',
    "nothing": b"",
    "no object": b"7",
    "no JSON": b"{",
}


@pytest.fixture(scope="module")
def api_token(house: House) -> str:
    with house.app.extensions["booking"].sessions() as opened:
        email = a_person(opened, "Pro Gram").email
        opened.commit()
        return tokens.make(opened, email, NOW)


@pytest.mark.parametrize("what", BODIES)
@ONCE
def test_every_json_body_is_answered_with_a_problem_document(house: House, api_token: str, what: str) -> None:
    client = client_of(house.app)
    headers = {"Authorization": f"Bearer {api_token}", "Content-Type": "application/json"}
    for rule in rules(house.app):
        for method in sorted({"POST", "PATCH", "DELETE"} & (rule.methods or set())):
            if rule.endpoint.startswith("api."):
                answer = client.open(house.path(rule), method=method, data=BODIES[what], headers=headers)
                where = f"{what}, {method} {rule.rule}"
                assert answer.status_code in REFUSED or method == "DELETE", f"{where}: {answer.status_code}"
                check(answer, where)


FEW = settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.generate],
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_forms_of_any_words_never_break_a_page(house: House, everybody: Person) -> None:
    posts = [
        rule for rule in rules(house.app) if "POST" in (rule.methods or ()) and not rule.endpoint.startswith("api.")
    ]
    words = st.text(max_size=60) | st.sampled_from(["", "1", "on", "2026-11-30", "13:00", "any", "x@example.org"])

    @given(st.sampled_from(posts), st.dictionaries(st.sampled_from(NAMES), words, max_size=len(NAMES)))
    @FEW
    def send(rule: Rule, fields: dict[str, Any]) -> None:
        client = client_of(house.app, everybody)
        form = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
        form["csrf_token"] = token_of(client.get("/me").text)
        check(client.post(house.path(rule), data=form), f"{rule.rule}: {form}")

    send()


@pytest.mark.parametrize(
    ("text", "is_good"),
    [("", True), ("Tags ☃ 👩‍👩‍👧", True), ("a\nb\tc\x07", True), ("9" * 300, True), ("9" * 301, False), ("\0", False)],
)
def test_text_is_readable_unless_nobody_can_mean_it(text: str, is_good: bool) -> None:
    assert input_guard.is_readable(text) is is_good


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *[("7", 7), ("007", 7), ("0", 0), ("999999999", 999_999_999), ("0" * 5000, 0), ("\u0663", 3)],
        *[(text, None) for text in ("1000000000", "", "-1", "1.5", DIGITS, "x", "\u00b2")],
    ],
)
def test_whole_numbers_are_read_up_to_what_anything_here_counts(text: str, number: int | None) -> None:
    assert numbers.whole(text) == number
