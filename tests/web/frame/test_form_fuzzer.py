"""Every form of every page, for every reader, filled with what nobody means: refused in words or taken as text.

The forms are read from the pages themselves, so that a new one is tried without being listed. Each try is rolled back:
the next one finds everything as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import sessionmaker
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse, encode_multipart

from booking.store.db import engines
from tests import databases, long_form
from tests.builders import CLINIC_AT
from tests.databases import Database
from tests.web.busy_house import Scene, a_busy_house
from tests.web.client import BASE_URL, client_of, make_app
from tests.web.house import House, rules
from tests.web.html_forms import Form, read

MARK = b"<zz-hostile"
VALUES: dict[str, bytes] = {
    "empty": b"",
    "NUL": b"a\0b",
    "half a pair": b"\xed\xa0\x80",
    "no UTF-8": b"\xff\xfe",
    "5,000 digits": b"9" * 5000,
    "19 digits": b"9" * 19,
    "too large": b"x y " * 70_000,
    "overlong": b"x y " * 10_000,
    "a long line": b"x" * 5000,
    "overridden direction": "\u202ecba\u2066\u200f".encode(),
    "HTML": b"\"'>" + MARK + b" onload=x></textarea></script>" + MARK + b">",
    "SQL": b"'; DROP TABLE person; --",
    "emoji": "👩‍👩‍👧🏳️‍🌈\U0010ffff".encode(),
    "deep JSON": b"[" * 5000,
    "JSON": b'{"action": ["x"], "fields": {"a": null}}',
    "day one": b"0001-01-01",
    "the last day": b"9999-12-31",
    "no such day": b"2026-02-30T25:61",
    "less than nothing": b"-1",
    "endless": b"1e400",
    "templates": b"{{7*7}}${7*7}%s%n%(x)s",
    "header": b"a\r\nSet-Cookie: x=1\r\n\r\n<b>",
    "another site": b"//evil.example.com/\\..",
    "other digits": "\u0661\u0662:\u0663".encode(),
    "no such id": b"00000000-0000-4000-8000-000000000000",
}
NO_PAGES = ("api.", "feeds.", "static", "demo.")
ANSWERS = {200, 303, 400, 401, 403, 404, 409, 410, 413, 422, 429}
#: A form by the view that it goes to, its method and its fields.
Key = tuple[str, str, tuple[str, ...]]


#: PostgreSQL is the stricter one: it refuses NUL, numbers too large and values of another type.
ON = databases.NAMES


@pytest.fixture(scope="module", params=ON)
def scene(request: pytest.FixtureRequest) -> Scene:
    database: Database = databases.migrated(request.param)
    database.empty()
    with database.sessions() as opened:
        opened.expire_on_commit = False
        return a_busy_house(database, opened)


@contextmanager
def undone(house: House) -> Iterator[None]:
    """All that the service writes meanwhile is rolled back at the end."""
    state = house.app.extensions["booking"]
    with state.engine.connect() as connection:
        transaction = connection.begin()
        within = sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        house.app.extensions["booking"] = replace(state, sessions=within)
        house.app.extensions["guessing"].begin()  # or it would say to wait
        try:
            yield
        finally:
            house.app.extensions["booking"] = state
            transaction.rollback()


@contextmanager
def signed_in_afterwards(client: FlaskClient) -> Iterator[None]:
    """The browser's session is as before at the end, whatever signs out meanwhile."""
    name, domain = client.application.config["SESSION_COOKIE_NAME"], urlsplit(BASE_URL).netloc
    cookie = client.get_cookie(name, domain=domain)
    yield
    if cookie is not None:
        client.set_cookie(name, cookie.value, domain=domain, secure=True)


def endpoint_of(house: House, url: str, method: str) -> str:
    """Which view the address leads to; empty if none takes that method."""
    try:
        return str(house.app.url_map.bind(urlsplit(BASE_URL).netloc).match(urlsplit(url).path, method)[0])
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return ""


def forms_for(house: House, client: FlaskClient, paths: list[str], alike: int) -> dict[Key, Form]:
    """Every form that this reader can get to, by view, method and fields.

    Begins at every address there is, and follows links and the forms that only look. Of linked pages that differ only
    in what a field of their address holds, `alike` are opened.
    """
    found: dict[Key, Form] = {}
    looked: Counter[tuple[str, tuple[str, ...]]] = Counter()
    waiting = [f"{BASE_URL}{path}" for path in paths]
    waiting += [f"{BASE_URL}{house.path(rule)}" for rule in rules(house.app) if "GET" in (rule.methods or ())]
    first, seen = set(waiting), set()
    while waiting:
        url = waiting.pop(0)
        endpoint = endpoint_of(house, url, "GET")
        page = (endpoint, tuple(sorted({pair.partition("=")[0] for pair in urlsplit(url).query.split("&")})))
        is_alike = looked[page] >= alike and url not in first
        if not endpoint or url in seen or is_alike or endpoint.startswith(NO_PAGES):
            continue
        seen.add(url)
        looked[page] += 1
        answer = client.get(url)
        if answer.mimetype != "text/html":
            answer.close()
            continue
        forms, links = read(answer.text, url)
        waiting += links
        for form in forms:
            view = endpoint_of(house, form.action, form.method)
            found.setdefault((view, form.method, tuple(form.names)), form)
            if form.method == "GET":
                waiting.append(f"{form.action.partition('?')[0]}?{urlencode(form.fields)}")
    return found


AS_IT_IS = "as it is"
EACH = long_form.count(3, 1)  # of so many values one is tried alone; forms of other sizes begin with another
TURN = 13  # a form whose fields all hold something else is sent with every thirteenth of the values in the first


def tries_of(form: Form, *, is_new: bool, is_first: bool) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """What is sent, with words for it.

    Of a form with fields that were not tried yet more than of others, of the first that goes to its view most.
    """
    if is_new or not form.names:
        yield from ordinary_tries(form)
    yield from hostile_tries(form, is_new=is_new, is_first=is_first)
    if is_first:
        yield from tries_with_other_fields(form)


def ordinary_tries(form: Form) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The form as it was shown, and with nothing filled in."""
    default = [(name, value.encode()) for name, value in form.fields]
    yield AS_IT_IS, default
    if form.names:
        yield "nothing", [pair for pair in default if pair[0] == "csrf_token"]


def hostile_tries(form: Form, *, is_new: bool, is_first: bool) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The form with values that nobody means: in all its fields at once, and in one."""
    default = [(name, value.encode()) for name, value in form.fields]
    values, names = list(VALUES.items()), form.names
    if not names:
        return
    for turn in range(0, len(values), TURN if is_new and (len(names) > 1 or not is_first) else len(values)):
        turned = {name: values[(turn + TURN * place) % len(values)][1] for place, name in enumerate(names)}
        yield f"all others, {turn}", [(key, turned.get(key, kept)) for key, kept in default]
    if not is_first:
        return
    for number, (what, value) in list(enumerate(values))[len(names) % EACH :: EACH]:
        name = names[number % len(names)]
        yield f"{what} in {name}", [(key, value if key == name else kept) for key, kept in default]


def tries_with_other_fields(form: Form) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The form without one of its fields, or with one of them twice."""
    default = [(name, value.encode()) for name, value in form.fields]
    values = list(VALUES.values())
    for place, name in enumerate(form.names):
        if place % 2:
            yield f"without {name}", [pair for pair in default if pair[0] != name]
        else:
            yield f"{name} twice", [*default, (name, values[place % len(values)])]


def send(client: FlaskClient, form: Form, fields: list[tuple[str, bytes]]) -> TestResponse:
    if form.method == "GET":
        return client.get(f"{form.action.partition('?')[0]}?{urlencode(fields)}")
    headers = {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"}
    if not form.is_multipart:
        kind = "application/x-www-form-urlencoded"
        return client.post(form.action, data=urlencode(fields), content_type=kind, headers=headers)
    data: dict[str, list[Any]] = {}
    for name, value in fields:
        sent = FileStorage(BytesIO(value), "a.docx") if name in form.files else value.decode("utf-8", "replace")
        data.setdefault(name, []).append(sent)
    boundary, body = encode_multipart(data)  # in memory: the client leaves a body that it keeps in a file open
    kind = f'multipart/form-data; boundary="{boundary}"'
    return client.post(form.action, data=body, content_type=kind, headers=headers)


def check(answer: TestResponse, where: str) -> None:
    """Nothing of ours broke, and nothing that was typed has become part of the page."""
    assert answer.status_code in ANSWERS, f"{where}: {answer.status_code}"
    assert answer.headers.get("Set-Cookie", "").count("x=1") == 0, where
    assert MARK not in answer.data, f"{where}: written into the page as it was typed"
    assert b"Traceback" not in answer.data, where


def try_form(client: FlaskClient, form: Form, fields: list[tuple[str, bytes]], where: str) -> int:
    """Send it, and look at the page that follows; returns the status of the first answer."""
    try:
        answer = send(client, form, fields)
        check(answer, where)
        if answer.status_code == 303 and urlsplit(answer.location).netloc in {"", urlsplit(BASE_URL).netloc}:
            check(client.get(answer.location), f"{where}, then {answer.location}")
        return answer.status_code
    except AssertionError:
        raise
    except Exception as error:  # the test's client raises what a browser is answered with 500
        raise AssertionError(f"{where}: {error!r}") from error


def test_no_form_breaks_whatever_is_typed_into_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "writing", lambda session: nullcontext())  # `undone` has begun the transaction
    is_whole = long_form.IS_LONG or name_of_database(scene.house) == databases.NAMES[0]
    tries = tries_of if is_whole else hostile_tries  # what is sent else is refused before any database is asked
    alike = 2 if is_whole else 1
    tried: set[tuple[str, str]] = set()
    later = on_the_day(scene.house)
    for house in (scene.house, later):
        for role, person in scene.readers.items():
            if person is not None:
                client_of(house.app, person)  # another session, which the profile lists
            client = client_of(house.app, person)
            for key, form in forms_for(house, client, scene.paths, alike).items():
                fields_of = {(key[0], name) for name in ["", *key[2]]}
                is_new = not fields_of <= tried
                if house is later and not is_new:
                    continue
                for what, fields in tries(form, is_new=is_new, is_first=(key[0], "") not in tried):
                    with undone(house), signed_in_afterwards(client):
                        where = f"{role}, {form.method} {form.action}, {what}"
                        status = try_form(client, form, fields, where)
                    assert what != AS_IT_IS or person is None or status != 401, f"{where}: {status}"
                tried |= fields_of
    acting = {rule.endpoint for rule in rules(scene.house.app) if "POST" in (rule.methods or ())}
    unseen = acting - {view for view, _ in tried} - {view for view in acting if view.startswith("api.")}
    # the demo's own, and what only the mail provider posts to
    without_form = {"demo.sign_in", "demo.clock", "bounces.take"}
    assert not is_whole or unseen == without_form, (
        "bring about the state in which a page of the busy house has this form"
    )


def on_the_day(house: House) -> House:
    """The same house five minutes after its clinics have begun."""
    database = databases.migrated(name_of_database(house))
    return replace(house, app=make_app(database, CLINIC_AT + timedelta(minutes=5)))


def name_of_database(house: House) -> str:
    return str(house.app.extensions["booking"].engine.dialect.name)
