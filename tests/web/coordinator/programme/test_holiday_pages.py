"""Public holidays are answered one by one or for the whole series, and answered otherwise later."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.programme.programme import CANCELLED, Occurrence, Series
from tests.builders import a_person
from tests.databases import Database
from tests.web.client import client_of, make_app, post, token_of

TEXT = "Monday Lab on Mondays, 1 pm to 2 pm AEST\nStarts 18 December 2023\nEnds 8 January 2024"
HOLIDAYS = "/coordinator/holidays/"


@pytest.fixture
def client(database: Database, session: Session) -> FlaskClient:
    cora = a_person(session, "Cora", ["coordinator"])
    session.commit()
    return client_of(make_app(database), cora)


@pytest.fixture
def draft(client: FlaskClient) -> str:
    """A lab that meets on Christmas Day and on New Year's Day."""
    return str(post(client, "/coordinator/drafts/", source=TEXT, month="2023-12").location)


def plan(client: FlaskClient, draft: str, *answers: str) -> str:
    for answer in answers:
        assert post(client, draft, draft, answer=f"holiday:{answer}", back="plan").status_code == 303
    return client.get(f"{draft}/plan").text


def publish(client: FlaskClient, page: str, address: str, **fields: str) -> None:
    fingerprint = re.findall(r'name="fingerprint" value="(\w+)"', page)[0]
    values = {**fields, "csrf_token": token_of(page), "fingerprint": fingerprint}
    found = client.post(address, data=values)
    assert found.status_code == 303, found.text


def dates(session: Session) -> list[str]:
    session.rollback()
    rows = session.scalars(select(Occurrence).where(Occurrence.status != CANCELLED).order_by(Occurrence.starts_at))
    return [f"{row.starts_at:%d %b}" for row in rows]


def test_each_holiday_is_answered_by_itself(client: FlaskClient, session: Session, draft: str) -> None:
    page = plan(client, draft)
    assert page.count(">Hold it<") == 2
    assert "Every public holiday of Monday Lab" in page
    page = plan(client, draft, "monday-lab/2023-12-25=skip")
    assert page.count(">Hold it<") == 1
    publish(client, plan(client, draft, "monday-lab/2024-01-01=keep"), f"{draft}/publish")
    assert dates(session) == ["18 Dec", "01 Jan", "08 Jan"]


def test_one_answer_holds_for_the_whole_series(client: FlaskClient, session: Session, draft: str) -> None:
    publish(client, plan(client, draft, "monday-lab=skip"), f"{draft}/publish")
    assert dates(session) == ["18 Dec", "08 Jan"]
    assert session.scalars(select(Series)).one().terms["on_holiday"] == "skip"


def test_an_answer_is_changed_on_the_page_of_public_holidays(client: FlaskClient, session: Session, draft: str) -> None:
    publish(client, plan(client, draft, "monday-lab=skip"), f"{draft}/publish")
    listed = client.get(HOLIDAYS).text
    assert listed.count("Skipped") == 2
    answer = "monday-lab/2023-12-25=keep"
    page = client.get(f"{HOLIDAYS}plan", query_string={"holiday": answer}).text
    assert "Monday Lab, Mon\xa025\xa0Dec: hold it" in page
    publish(client, page, f"{HOLIDAYS}publish", holiday=answer)
    assert dates(session) == ["18 Dec", "25 Dec", "08 Jan"]
    assert client.get(HOLIDAYS).text.count("Held") == 1


def test_an_answer_that_is_none_leads_back_to_the_list(client: FlaskClient) -> None:
    for text in ("", "no-such-series/2023-12-25=keep", "x=perhaps"):
        found = client.get(f"{HOLIDAYS}plan", query_string={"holiday": text})
        assert (found.status_code, found.location) == (303, HOLIDAYS)
