"""All waitlists: listed by date, narrowed, page after page; somebody is taken off."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.store.queries.bookings import waitlist_list
from tests.builders import CLINIC_AT, a_clinic, a_person, a_place
from tests.databases import Database
from tests.web.client import client_of, make_app, post

pytestmark = pytest.mark.both_databases
PATH = "/coordinator/waitlists"


@pytest.fixture
def coordinator(database: Database, session: Session) -> FlaskClient:
    return client_of(make_app(database), a_person(session, "Cora", roles=["coordinator"]))


def names(client: FlaskClient, path: str = PATH) -> list[str]:
    return re.findall(r">(Waits \w+)</a></h3>", client.get(path).text)


def test_those_who_wait_are_listed_by_date_and_narrowed_by_series_and_day(
    session: Session, coordinator: FlaskClient
) -> None:
    later, sooner = a_clinic(session, starts_at=CLINIC_AT + timedelta(days=1)), a_clinic(session)
    over = a_clinic(session, starts_at=CLINIC_AT - timedelta(days=20))
    for clinic, name in ((later, "Waits Later"), (sooner, "Waits Sooner"), (over, "Waits Over")):
        a_place(session, clinic, a_person(session, name))
    assert names(coordinator) == ["Waits Sooner", "Waits Later"]
    assert names(coordinator, f"{PATH}?series={later.series.slug}") == ["Waits Later"]
    assert names(coordinator, f"{PATH}?on=2023-12-04") == ["Waits Sooner"]
    assert "Nobody is waiting there." in coordinator.get(f"{PATH}?on=2023-12-09").text


def test_a_long_list_goes_on(session: Session, coordinator: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waitlist_list, "PAGE", 2)
    clinic = a_clinic(session)
    for n in "ABCDE":
        a_place(session, clinic, a_person(session, f"Waits {n}"))
    seen, path = [], PATH
    for _ in range(4):
        seen.append(names(coordinator, path))
        more = re.search(r'href="([^"]+)">Later dates', coordinator.get(path).text)
        if more is None:
            break
        path = more[1].replace("&amp;", "&")
    assert seen == [["Waits A", "Waits B"], ["Waits C", "Waits D"], ["Waits E"]]


@pytest.mark.parametrize("query", ["series=nonsense", "on=nonsense", "on=0001-01-01", "on=9999-12-31"])
def test_a_filter_that_means_nothing_is_refused_beside_its_field(coordinator: FlaskClient, query: str) -> None:
    answer = coordinator.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert f'id="{query.partition("=")[0]}-error"' in answer.text


def test_somebody_is_taken_off_and_the_list_follows(session: Session, coordinator: FlaskClient) -> None:
    clinic = a_clinic(session)
    place = a_place(session, clinic, a_person(session, "Waits A"))
    remove = f"/coordinator/occurrences/{clinic.public_id}/waiting/{place.public_id}/remove"
    answer = post(coordinator, remove, PATH, back="waitlists", reason="They called.")
    assert answer.location.endswith(PATH)
    assert names(coordinator) == []


def test_a_viewer_reads_and_changes_nothing(database: Database, session: Session) -> None:
    a_place(session, a_clinic(session), a_person(session, "Waits A"))
    page = client_of(make_app(database), a_person(session, roles=["viewer"])).get(PATH).text
    assert "Waits A" in page
    assert "Remove" not in page
