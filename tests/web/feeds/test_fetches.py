"""When calendars fetched: noted once an hour for each address, written together, told to whom it concerns."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from booking import clock
from booking.domain import tokens
from booking.services.accounts.profile import new_feed_address
from booking.services.records.note_fetch import note_fetch
from booking.store.feed_fetches import FeedFetch
from booking.store.people.people import Person
from booking.store.queries.feeds import calendar_fetches
from booking.web.feeds import fetches
from tests.builders import NOW, a_clinic, a_person
from tests.databases import Database
from tests.web.client import FEED_KEY, Clock, client_of, make_app

pytestmark = pytest.mark.both_databases  # upserts


def test_fetches_are_gathered_written_together_and_at_most_once_an_hour(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_clinic(session)
    member = a_person(session, "Mia Moss")
    session.commit()
    at = Clock(NOW)
    app = make_app(database, at)
    client = client_of(app)
    own = f"/feeds/member/{tokens.sign(FEED_KEY, 'member-feed', str(member.public_id))}.ics"
    seconds = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: seconds[0])
    assert "Not connected to a calendar yet" in client_of(app, member).get("/calendars").text
    for path in (own, own, "/feeds/clinics.ics", "/feeds/clinics.ics", "/feeds/nonsense.ics"):
        client.get(path)
    client.get("/feeds/labs.ics", headers={"Accept": "text/html"})  # somebody looks with a browser
    client.head("/feeds/programme.ics")
    session.rollback()
    assert session.scalars(select(FeedFetch)).all() == [], "nothing is written with a request"
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _k, sql, *_: statements.append(sql))
    assert fetches.write(app) == 2
    assert len([sql for sql in statements if "feed_fetch" in sql]) == 1
    session.rollback()
    rows = session.scalars(select(FeedFetch).order_by(FeedFetch.address)).all()
    assert [(row.address, row.person_id, row.fetched_at) for row in rows] == [
        ("clinics", None, NOW),
        (f"member/{member.id}/0", member.id, NOW),
    ]
    assert "A calendar app last checked for updates around Mon" in client_of(app, member).get("/calendars").text
    at.now, seconds[0] = NOW + timedelta(minutes=59), 1000.0 + 59 * 60
    client.get(own)
    assert fetches.write(app) == 0
    at.now, seconds[0] = NOW + timedelta(minutes=60), 1000.0 + 60 * 60
    client.get(own)
    assert fetches.write(app) == 1
    session.rollback()
    session.expire_all()
    assert session.get_one(FeedFetch, f"member/{member.id}/0").fetched_at == at.now
    assert calendar_fetches.since(session, NOW + timedelta(minutes=1), at.now) == calendar_fetches.Fetched(2, 1)
    assert calendar_fetches.since(session, NOW, NOW + timedelta(days=14, minutes=1)) == calendar_fetches.Fetched(1, 1)
    new_feed_address(session, member.id, "member-feed", at.now)
    assert "Not connected to a calendar yet" in client_of(app, member).get("/calendars").text


def test_what_cannot_be_written_is_noted_again(database: Database, session: Session) -> None:
    from dataclasses import replace

    from booking.store.db import engines

    a_clinic(session)
    app = make_app(database)
    client = client_of(app)
    client.get("/feeds/clinics.ics")
    state = app.extensions["booking"]
    away = engines.make("sqlite:////nowhere/at/all.sqlite")
    app.extensions["booking"] = replace(state, engine=away, sessions=engines.page_sessions(away))
    assert fetches.write(app) == 0
    app.extensions["booking"] = state
    client.get("/feeds/clinics.ics")
    assert fetches.write(app) == 1


def test_of_two_processes_one_keeps_a_fetch_within_the_hour_and_the_one_before_stays_known(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each application has its own memory of what it has noted, as two processes have."""
    a_clinic(session)
    at = Clock(NOW)
    apps = [make_app(database, at), make_app(database, at)]
    monkeypatch.setattr(clock, "monotonic", lambda: at.now.timestamp())

    def fetched(app: int, minutes: int) -> tuple[datetime, datetime | None]:
        at.now = NOW + timedelta(minutes=minutes)
        client_of(apps[app]).get("/feeds/clinics.ics")
        assert fetches.write(apps[app]) == 1
        session.rollback()
        row = session.get_one(FeedFetch, "clinics", populate_existing=True)
        return row.fetched_at, row.fetched_before_at

    assert fetched(0, 0) == (NOW, None)
    assert fetched(1, 59) == (NOW, None)
    assert fetched(0, 60) == (NOW + timedelta(minutes=60), NOW)
    assert fetched(1, 119) == (NOW + timedelta(minutes=60), NOW)
    assert fetched(0, 540) == (NOW + timedelta(minutes=540), NOW + timedelta(minutes=60))


def test_a_new_address_is_seen_to_be_fetched_at_once_and_what_fetched_the_old_one_late_says_nothing_of_it(
    database: Database, session: Session
) -> None:
    a_clinic(session)
    member = a_person(session, "Mia Moss")
    session.commit()
    app = make_app(database)
    client = client_of(app)
    old, new = (
        f"/feeds/member/{tokens.sign(FEED_KEY, 'member-feed', str(member.public_id), generation)}.ics"
        for generation in (0, 1)
    )
    client.get(old)
    new_feed_address(session, member.id, "member-feed", NOW)
    fetches.write(app)  # what was gathered before the old address ended
    note_fetch(session, member.id, "member", 0, NOW)  # a fetch that was under way meanwhile
    session.rollback()
    assert session.get_one(Person, member.id, populate_existing=True).member_feed_fetched_at is None
    assert calendar_fetches.of_member(session, member.public_id) is None
    assert "Not connected to a calendar yet" in client_of(app, member).get("/calendars").text
    client.get(new)
    fetches.write(app)
    assert "A calendar app last checked for updates around Mon" in client_of(app, member).get("/calendars").text
    session.rollback()
    found = calendar_fetches.of_member(session, member.public_id)
    assert found is not None
    assert found.last_at == NOW
