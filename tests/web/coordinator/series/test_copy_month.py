"""A month copied into another from what is stored: checked as cards, planned, published as one, and safe to repeat."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time

import pytest
from flask.testing import FlaskClient as Client
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.store.programme.programme import Module, Series
from tests.builders import NOW, ORGANISATION, a_person, a_series
from tests.databases import Database
from tests.web.client import BASE_URL, Clock, client_of, make_app, post, token_of
from tests.web.coordinator.series.test_series_forms import NEW, a_new, dates, publish, stored, text_of

pytestmark = pytest.mark.both_databases  # what is published is stored

COPY = "/coordinator/copy-month"
LAB = {"title": "Search Lab", "day": ["2"], "start": "16:00", "end": "17:00", "starts": "2023-12-06"}
MASTERCLASS = {"title": "Masterclass", "day": ["4"], "start": "10:00", "end": "12:00", "starts": "2023-12-01"}


@pytest.fixture
def client(database: Database, session: Session) -> Client:
    app = make_app(database, Clock(NOW))
    quiet = replace(ORGANISATION, observe=())
    app.extensions["booking"] = replace(app.extensions["booking"], organisation=quiet)
    cora = a_person(session, "Cora", roles=["coordinator"])
    ada = a_person(session, "Ada", roles=["analyst"])
    session.commit()
    client = client_of(app, cora)
    lab = {**LAB, "ends": "2023-12-31", "analyst": [str(ada.public_id)], "url": "https://meet.example.org/lab"}
    assert publish(client, NEW, a_new(client, "lab", **lab)).status_code == 303
    mine = {**MASTERCLASS, "modules": "Accounts\nBidding 2023", "url": "https://meet.example.org/mc"}
    assert publish(client, NEW, a_new(client, "masterclass", **mine)).status_code == 303
    return client


def asked(client: Client, **fields: str | list[str]):  # type: ignore[no-untyped-def]
    data = {
        "csrf_token": token_of(client.get(COPY).text),
        "from": "2023-12",
        "to": "2024-01",
        "copy": ["search-lab", "masterclass"],
        "title:search-lab": "Search Lab",
        "title:masterclass": "Masterclass",
        "modules:masterclass": "Accounts\nBidding 2024",
        **fields,
    }
    return client.post(COPY, data=data, headers={"Referer": f"{BASE_URL}{COPY}"})


def walls(session: Session, slug: str) -> list[str]:
    return [f"{one.starts_at:%d %b}" for one in dates(session, slug)]


def test_the_page_shows_what_is_copied_with_what_is_to_be_checked(client: Client, session: Session) -> None:
    a_series(session, slug="all-year", title="Monday Clinic")
    session.commit()
    page = client.get(COPY)
    said = text_of(page)
    assert "January 2024: 5 dates, Wed 3 Jan to Wed 31 Jan" in said
    assert "Check the title: the month’s topic was “Search Lab”" in said
    assert "Module 2 names 2023: “Bidding 2023”" in said
    assert "Series that go on by themselves (1) Monday Clinic" in said
    assert re.findall(r'name="copy" value="([^"]*)" checked', page.text) == ["search-lab", "masterclass"]
    assert "Ada" in said
    assert "@example.org" not in said


def test_a_series_whose_title_stays_goes_on_and_a_masterclass_runs_again(client: Client, session: Session) -> None:
    plan = asked(client)
    assert "7 added" in text_of(plan).replace("added 7", "7 added")
    done = publish(client, COPY, plan)
    assert "/coordinator/changes/" in done.location
    assert walls(session, "search-lab")[4:] == ["03 Jan", "10 Jan", "17 Jan", "24 Jan", "31 Jan"]
    again = stored(session, "masterclass-2024-01")
    assert (again.title, again.meeting_url) == ("Masterclass", "https://meet.example.org/mc")
    assert [module.title for module in again.modules] == ["Accounts", "Bidding 2024"]
    assert walls(session, "masterclass-2024-01") == ["05 Jan", "12 Jan"]
    assert [row.title for row in session.scalars(select(Module).order_by(Module.series_id, Module.number))][:2] == [
        "Accounts",
        "Bidding 2023",
    ]


def test_a_new_title_makes_a_new_series_with_the_same_link_and_analysts(client: Client, session: Session) -> None:
    publish(client, COPY, asked(client, copy=["search-lab"], **{"title:search-lab": "Attribution Lab"}))
    assert len(walls(session, "search-lab")) == 4
    new = stored(session, "search-lab-2024-01")
    assert (new.title, new.meeting_url) == ("Attribution Lab", "https://meet.example.org/lab")
    assert [place.analyst.name for place in new.analysts] == ["Ada"]
    assert (new.start_wall, new.starts_on.month, new.ends_on) == (time(16), 1, date(2024, 1, 31))


def test_copying_twice_changes_nothing_and_the_card_says_that_it_was_copied(client: Client, session: Session) -> None:
    plan = asked(client)
    publish(client, COPY, plan)
    assert publish(client, COPY, plan).status_code == 409
    assert "This was copied into January before." in text_of(client.get(f"{COPY}?from=2023-12&to=2024-01"))
    # the lab ends in January now: what is left of December is the masterclass
    assert "Nothing: it’s already like that." in text_of(asked(client, copy=["masterclass"]))
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Series)) == 3


def test_what_is_left_out_is_not_copied_and_nothing_at_all_is_a_mistake(client: Client, session: Session) -> None:
    publish(client, COPY, asked(client, copy=["masterclass"]))
    assert len(walls(session, "search-lab")) == 4
    none = asked(client, copy=[])
    assert (none.status_code, "Choose at least one series." in text_of(none)) == (422, True)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title:search-lab", "", "Enter a title of at most 200 characters."),
        ("title:search-lab", "x" * 201, "Enter a title of at most 200 characters."),
        ("modules:masterclass", " \n ", "Enter at least one module, each on a line of its own."),
        ("modules:masterclass", "x\n" * 61, "Enter at most 60 modules"),
    ],
)
def test_a_mistake_stands_on_its_card_and_nothing_is_written(
    client: Client, session: Session, field: str, value: str, said: str
) -> None:
    page = asked(client, **{field: value})
    assert (page.status_code, said in text_of(page)) == (422, True)
    assert 'aria-invalid="true"' in page.text
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Series)) == 2


def test_back_to_editing_keeps_what_was_typed(client: Client) -> None:
    page = asked(client, do="edit", **{"title:search-lab": "Attribution Lab"})
    assert (page.status_code, 'value="Attribution Lab"' in page.text) == (200, True)


@pytest.mark.parametrize("query", ["from=x&to=y", "from=1999-01&to=2024-01", "from=2023-12&to=2023-12"])
def test_months_that_cannot_be_copied_are_not(client: Client, query: str) -> None:
    assert client.get(f"{COPY}?{query}").status_code == 200
    assert "Choose two different months." in text_of(client.get(f"{COPY}?from=2023-12&to=2023-12"))


def test_with_nothing_to_copy_the_page_says_what_to_do(database: Database, session: Session) -> None:
    cora = a_person(session, "Cora", roles=["coordinator"])
    session.commit()
    client = client_of(make_app(database, Clock(NOW)), cora)
    assert "No series ends with a month, so there is nothing to copy. Set up a series" in text_of(client.get(COPY))
    sent = post(client, COPY, NEW + "?kind=lab", **{"from": "2023-12", "to": "2024-01"})
    assert sent.status_code == 422


def test_holidays_of_each_series_are_answered_on_the_plan(client: Client, session: Session) -> None:
    state = client.application.extensions["booking"]
    observing = replace(state.organisation, closed={date(2024, 1, 10): "Inventory", date(2024, 1, 12): "Inventory"})
    client.application.extensions["booking"] = replace(state, organisation=observing)
    page = text_of(client.get(COPY))
    assert "Wed 10 Jan is Inventory: the plan asks what to do" in page
    plan = asked(client)
    for asked_about in ("Wed 10 Jan is Inventory", "Fri 12 Jan is Inventory"):
        assert asked_about in text_of(plan)
    assert 'value="publish"' not in plan.text
    publish(client, COPY, asked(client, holiday=["search-lab=skip", "masterclass-2024-01=keep"]))
    assert "10 Jan" not in walls(session, "search-lab")
    assert walls(session, "masterclass-2024-01") == ["05 Jan", "12 Jan"]
