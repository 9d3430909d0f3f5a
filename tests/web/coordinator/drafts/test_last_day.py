"""The last day on the card of an announcement ends the series: dates that are published after it go."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.programme.programme import CANCELLED, Occurrence, Series
from tests.builders import a_person
from tests.databases import Database
from tests.web.client import client_of, make_app, post

TEXT = "Monday Clinic on Mondays, 1 pm to 2 pm AEST\n\u2022 15 or 30 minutes of your own"


@pytest.fixture
def client(database: Database, session: Session) -> FlaskClient:
    cora = a_person(session, "Cora", ["coordinator"])
    session.commit()
    return client_of(make_app(database), cora)


def a_draft(client: FlaskClient, month: str) -> str:
    return str(post(client, "/coordinator/drafts/", source=TEXT, month=month).location)


def publish(client: FlaskClient, draft: str) -> str:
    """Publish the draft, its holidays held; the page of its plan."""
    page = client.get(f"{draft}/plan").text
    for slug in re.findall(r"holiday:([\w-]+)=keep", page)[:1]:
        post(client, draft, draft, answer=f"holiday:{slug}=keep", back="plan")
        page = client.get(f"{draft}/plan").text
    fingerprint = re.findall(r'name="fingerprint" value="(\w+)"', page)[0]
    assert post(client, f"{draft}/publish", f"{draft}/plan", fingerprint=fingerprint).status_code == 303
    return page


def going_on(session: Session, after: date) -> list[str]:
    rows = session.scalars(select(Occurrence).where(Occurrence.status != CANCELLED).order_by(Occurrence.key))
    return [row.key for row in rows if row.key > after.isoformat()]


@pytest.mark.parametrize("last", [date(2024, 1, 15), date(2024, 1, 29)])
def test_the_dates_after_the_last_day_on_a_card_are_part_of_the_plan(
    client: FlaskClient, session: Session, last: date
) -> None:
    publish(client, a_draft(client, "2023-12"))
    session.rollback()
    assert len(going_on(session, last)) > 40
    session.rollback()
    draft = a_draft(client, "2024-01")
    card = {"title": "Monday Clinic", "kind": "clinic", "every": "monday", "time": "1:00 pm - 2:00 pm"}
    answer = post(client, draft, draft, card="card:1", **{**card, "from": "", "until": last.isoformat(), "modules": ""})
    assert answer.status_code == 303
    page = publish(client, draft)
    assert re.search(r"\d+ dates, from Mon \d+ \w+ 2024", page)
    session.rollback()
    assert going_on(session, last) == []
    (series,) = session.scalars(select(Series))
    assert (series.terms.get("ends_on") or str(series.ends_on)) == last.isoformat()
