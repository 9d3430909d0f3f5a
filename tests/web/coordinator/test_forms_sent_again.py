"""Every form of the coordinators' pages, sent twice, and sent when its day is over: once done, or refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, union_all

from booking.store.db import engines
from booking.store.db.base import Base
from tests import databases
from tests.builders import CLINIC_AT, NOW
from tests.databases import Database
from tests.web.busy_house import Scene, a_busy_house
from tests.web.client import Clock, client_of, make_app
from tests.web.frame.test_form_fuzzer import check, forms_for, send, signed_in_afterwards, try_form, undone
from tests.web.house import House, rules
from tests.web.html_forms import Form

#: What a form makes; sent again, it makes no second one.
MADE = (
    "address_change", "booking", "change", "claim", "closure", "draft", "enrolment", "occurrence", "offer",
    "organisation_version", "outgoing_email", "person", "place_wait", "role", "series", "time_off", "waitlist_entry",
)  # fmt: skip
_COUNTS = union_all(*(select(func.count()).select_from(Base.metadata.tables[name]) for name in MADE))
#: Views whose form may be sent again on purpose, each with the reason.
AGAIN_ON_PURPOSE = {"people.send_sign_in": "each email has a code of its own, in case the one before never arrived"}


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="module")
def house(clock: Clock) -> House:
    database: Database = databases.migrated("sqlite")
    database.empty()
    with database.sessions() as opened:
        opened.expire_on_commit = False
        scene: Scene = a_busy_house(database, opened)
    return replace(
        scene.house, app=make_app(database, clock), arguments={**scene.house.arguments, "paths": {"": scene.paths}}
    )


@pytest.fixture
def client(house: House) -> FlaskClient:
    for person in house.people.values():
        if person is not None:
            client_of(house.app, person)  # signed in somewhere, which their page lists
    coordinator = house.people["coordinator"]
    assert coordinator is not None
    return client_of(house.app, coordinator)


#: Views that do nothing with their form as it stands in the house: a plan or an email is previewed first and then sent
#: with its fingerprint, or a file is missing.
REFUSED_AS_SHOWN = {
    "coordinator.change_series",
    "coordinator.copy_series_of_month",
    "coordinator.email_date",
    "coordinator.occurrence_publish",
    "coordinator.save_the_texts",
    "coordinator.set_up_series",
    "drafts.publish",
    "guests.publish",
    "holidays.publish",
    "people.import_file",
}
#: What is typed into forms that begin empty, by view.
TYPED = {
    "people.add": {"email": "new@example.org", "name": "Newt Ng", "role": "member"},
    "people.address": {"email": "other@example.org"},
    "coordinator.email_date": {"subject": "Bring your own numbers", "text": "And a question.", "do": "send"},
    "coordinator.save_the_rules": {"upcoming": "7"},
    "drafts.begin": {"source": "Technical Lab: every Wednesday, 3:00 - 4:00 pm AEST"},
}


def typed(view: str, form: Form) -> list[tuple[str, bytes]]:
    """What is sent: the form as it is shown, with what somebody types."""
    written = TYPED.get(view, {})
    shown = [(name, value.encode()) for name, value in form.fields if name not in written and name not in form.files]
    return [*shown, *((name, value.encode()) for name, value in written.items())]


def coordinators_forms(house: House, client: FlaskClient) -> Iterator[tuple[str, Form]]:
    """Each form that posts to a page of coordinators, with its view."""
    views = {rule.endpoint for rule in rules(house.app) if rule.rule.startswith("/coordinator")}
    paths = house.arguments["paths"][""]
    assert isinstance(paths, list)
    for (view, method, _), form in forms_for(house, client, paths, alike=1).items():
        if method == "POST" and view in views:
            yield view, form


def counts(house: House) -> dict[str, int]:
    """How many rows there are of what forms make."""
    with house.app.extensions["booking"].sessions() as session:
        return dict(zip(MADE, session.scalars(_COUNTS), strict=True))


def test_a_form_that_is_sent_twice_does_once_what_it_says(
    house: House, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "writing", lambda session: nullcontext())  # `undone` has begun the transaction
    views, twice, done = set(), [], dict[str, bool]()
    for view, form in coordinators_forms(house, client):
        views.add(view)
        fields = typed(view, form)
        with undone(house), signed_in_afterwards(client):
            first = try_form(client, form, fields, f"{form.action}, first")
            before = counts(house)
            second = try_form(client, form, fields, f"{form.action}, second")
            grown = {name: number - before[name] for name, number in counts(house).items() if number > before[name]}
        done[view] = done.get(view, False) or first == 303
        if grown and view not in AGAIN_ON_PURPOSE:
            twice.append(f"{view} ({first}, then {second}): {grown}")
    assert not twice, "\n".join(twice)
    acting = {
        rule.endpoint
        for rule in rules(house.app)
        if rule.rule.startswith("/coordinator") and "POST" in (rule.methods or ())
    }
    assert acting - views == set()
    assert sorted(view for view, is_done in done.items() if not is_done) == sorted(REFUSED_AS_SHOWN)


def test_a_form_that_is_sent_when_its_day_is_over_is_refused_in_words(
    house: House, client: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "writing", lambda session: nullcontext())
    found = list(coordinators_forms(house, client))
    clock.now = CLINIC_AT + timedelta(days=1)
    refused = 0
    try:
        for view, form in found:
            with undone(house), signed_in_afterwards(client):
                answer = send(client, form, typed(view, form))
                check(answer, form.action)
                assert answer.status_code not in {400, 401}, f"{form.action}: {answer.status_code}"
                if answer.status_code in {404, 409, 410, 422}:
                    refused += 1
                    assert "<main" in answer.text, form.action
                    assert "<h1" in answer.text, form.action
    finally:
        clock.now = NOW
    assert refused > 5
