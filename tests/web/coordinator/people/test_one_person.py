"""The page of one person: everything about them, and how they get in."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from booking.services.accounts import sign_in
from booking.store.audit_log import AuditEntry
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people import api_tokens
from booking.store.people.people import Person
from booking.store.people.time_off import TimeOff
from booking.store.programme.enrolments import Enrolment
from booking.store.queries.outbox import email_log
from booking.web.coordinator.people import one_page
from tests.builders import NOW, a_booking, a_clinic, a_person, a_place, a_series, an_occurrence, an_organisation
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, post

pytestmark = pytest.mark.both_databases


@pytest.fixture
def coordinator(database: Database, session: Session) -> FlaskClient:
    return client_of(make_app(database), a_person(session, "Caz Ito", roles=["coordinator"]))


def path_of(person: Person, after: str = "") -> str:
    return f"/coordinator/people/{person.public_id}{after}"


def words_of(client: FlaskClient, person: Person) -> str:
    page = client.get(path_of(person)).text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def test_everything_about_a_member(coordinator: FlaskClient, session: Session) -> None:
    clinic, other = a_clinic(session), a_clinic(session, starts_at=NOW + timedelta(days=9))
    booking = a_booking(session, clinic, a_person(session, "Mia Moss", time_zone="Australia/Perth"))
    mia = booking.member
    lab = an_occurrence(session, a_series(session, kind="lab", title="Lab one", slug="lab-one"))
    for occurrence_id in (None, lab.id):
        place = {"series_id": lab.series_id, "occurrence_id": occurrence_id, "revised_at": NOW, "created_at": NOW}
        session.add(Enrolment(member_id=mia.id, **place))
    a_place(session, other, mia, minutes=30)
    shown = words_of(coordinator, mia)
    assert "mia.moss@example.org · member" in shown
    assert "Last day of membership no last day Time zone Perth" in shown
    assert f"Mon 4 Dec, 1:00 pm Live Member Clinic 15 minutes with {booking.analyst.name} Confirmed" in shown.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "No missed visits in the last 90 days." in shown
    assert "Lab one , all dates" in shown
    assert "30 minutes, any analyst" in shown.replace("\N{NO-BREAK SPACE}", " ")
    assert "Booking confirmed To be sent" in shown
    assert "Booked a slot for Mia Moss" in shown
    page = coordinator.get(path_of(mia)).text
    for link in (f"/analyst/visits/{booking.public_id}", f"/coordinator/occurrences/{clinic.public_id}"):
        assert link in page
    assert "/coordinator/audit?about=mia.moss%40example.org" in page or "about=mia.moss@example.org" in page


def test_everything_about_an_analyst(coordinator: FlaskClient, session: Session) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia Moss"))
    ada = booking.analyst
    ada.meeting_url = "https://zoom.example.com/j/1"
    away = {"starts_at": NOW + timedelta(days=30), "ends_at": NOW + timedelta(days=33), "created_at": NOW}
    session.add(TimeOff(analyst_id=ada.id, note="Conference", **away))
    session.commit()
    shown = words_of(coordinator, ada)
    assert "Meeting link https://zoom.example.com/j/1" in shown
    assert "1 upcoming booking · 1 upcoming date" in shown
    assert "with Mia Moss Confirmed" in shown
    assert "Conference" in shown
    assert f"/analyst/time-off?analyst={ada.public_id}" in coordinator.get(path_of(ada)).text


@pytest.mark.parametrize(("no_shows", "is_limited"), [(0, False), (1, True), (2, False)])
def test_missed_visits_are_counted_with_what_follows(
    database: Database, session: Session, no_shows: int, is_limited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = a_person(session, "Mia Moss")
    for days in (30, 100):
        missed = a_booking(
            session, a_clinic(session, starts_at=NOW - timedelta(days=days)), mia, NOW - timedelta(days=days, hours=1)
        )
        missed.outcome = "no-show"
    session.commit()
    app = make_app(database)
    monkeypatch.setattr(one_page.context, "organisation", lambda: an_organisation(no_shows=no_shows))
    shown = words_of(client_of(app, a_person(session, "Caz Ito", roles=["coordinator"])), mia)
    assert "Missed 1 visit in the last 90 days" in shown
    assert ("By the rules Mia Moss can only book in the last hour now." in shown) is is_limited
    assert ("you can only book in the last hour" in shown) is bool(no_shows)


def test_long_lists_are_cut_and_the_number_of_statements_stays(
    database: Database, coordinator: FlaskClient, session: Session
) -> None:
    mia = a_person(session, "Mia Moss")
    session.commit()
    seen: list[int] = []
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    for _round in range(2):
        for _ in range(8):
            row = {"name": "reminder", "to_email": mia.email, "facts": {}, "created_at": NOW, "due_at": NOW}
            session.add(OutgoingEmail(person_id=mia.id, **row))
            session.add(AuditEntry(at=NOW, action="changed", subject="person", subject_id=mia.public_id, details={}))
        session.commit()
        event.listen(database.engine, "before_cursor_execute", note)
        statements.clear()
        shown = words_of(coordinator, mia)
        event.remove(database.engine, "before_cursor_execute", note)
        seen.append(len(statements))
    assert seen[0] == seen[1]
    assert shown.count("To be sent") == 10
    assert "The latest 10." in shown


def test_a_sign_in_email_is_sent_and_works(database: Database, coordinator: FlaskClient, session: Session) -> None:
    mia = a_person(session, "Mia Moss")
    session.commit()
    answer = post(coordinator, path_of(mia, "/sign-in-email"), path_of(mia))
    assert "We're emailing mia.moss@example.org a sign-in link." in unescape(coordinator.get(answer.location).text)
    email = session.scalars(select(OutgoingEmail).where(OutgoingEmail.person_id == mia.id)).one()
    assert (email.name, email.to_email, email.facts["is_sent_by_us"]) == ("sign-in", mia.email, True)
    asked = sign_in.asked(session, uuid.UUID(email.facts["sign_in"]), NOW)
    assert asked is not None
    assert (asked.person_id, asked.is_open) == (mia.id, True)
    line = session.scalars(select(AuditEntry).where(AuditEntry.action == "sign-in-sent")).one()
    assert line.subject_id == mia.public_id


def test_sign_in_emails_are_limited_and_the_page_says_until_when(database: Database, session: Session) -> None:
    clock = Clock()
    client = client_of(make_app(database, clock), a_person(session, "Caz Ito", roles=["coordinator"]))
    mia = a_person(session, "Mia Moss")
    session.commit()
    for _ in range(5):
        post(client, path_of(mia, "/sign-in-email"), path_of(mia))
    answer = post(client, path_of(mia, "/sign-in-email"), path_of(mia))
    assert (
        "as many sign-in emails as we send in an hour. You can send the next from" in client.get(answer.location).text
    )
    assert len(session.scalars(select(OutgoingEmail).where(OutgoingEmail.person_id == mia.id)).all()) == 5
    clock.now = NOW + timedelta(hours=1, minutes=1)
    post(client, path_of(mia, "/sign-in-email"), path_of(mia))
    session.rollback()
    assert len(session.scalars(select(OutgoingEmail).where(OutgoingEmail.person_id == mia.id)).all()) == 6


def test_one_session_and_all_tokens_are_ended_with_a_line_in_the_log(
    database: Database, coordinator: FlaskClient, session: Session
) -> None:
    mia, max_ = a_person(session, "Mia Moss"), a_person(session, "Max")
    token = api_tokens.make(session, mia.id, NOW)
    session.commit()
    app = make_app(database)
    theirs, others = client_of(app, mia), client_of(app, max_)
    assert theirs.get("/api/v1/bookings", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    page = coordinator.get(path_of(mia)).text
    found = re.search(r'action="([^"]+/sessions/[^"]+/end)"', page)
    assert found is not None
    for said in ("Signed out on that device.", "That device was already signed out."):
        assert said in coordinator.get(post(coordinator, found[1], path_of(mia)).location).text
    assert (theirs.get("/me").status_code, others.get("/me").status_code) == (303, 200)
    elsewhere = found[1].replace(str(mia.public_id), str(max_.public_id))
    assert post(coordinator, elsewhere, path_of(mia)).status_code == 303
    one = re.search(r'action="([^"]+/tokens/[^"]+/end)"', page)
    assert one is not None
    foreign = one[1].replace(str(mia.public_id), str(max_.public_id))
    for address, said in (
        (foreign, "That API token was already ended."),
        (one[1], "API token ended."),
        (one[1], "That API token was already ended."),
        (path_of(mia, "/tokens/end"), "0 API tokens ended."),
    ):
        assert said in coordinator.get(post(coordinator, address, path_of(mia)).location).text
    fresh = client_of(app)
    assert fresh.get("/api/v1/bookings", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    session.rollback()
    lines = select(AuditEntry).where(AuditEntry.subject_id == mia.public_id).order_by(AuditEntry.id)
    by_others = [one.action for one in session.scalars(lines) if one.actor_id not in {None, mia.id}]
    assert by_others == ["signed-out-elsewhere", "tokens-revoked", "tokens-revoked"]


def test_a_closed_account_offers_to_reopen_it_alone(coordinator: FlaskClient, session: Session) -> None:
    mia = a_person(session, "Mia Moss", closed_at=NOW)
    session.commit()
    page = coordinator.get(path_of(mia)).text
    assert "Reopen account" in page
    for words in ("Edit details", "Send sign-in email", "Sign out everywhere", "Close account"):
        assert words not in page
    answer = post(coordinator, path_of(mia, "/sign-in-email"), path_of(mia))
    assert "The account is closed." in coordinator.get(answer.location).text


def test_all_emails_to_one_person_are_listed_page_by_page_and_nobody_elses(
    coordinator: FlaskClient, session: Session
) -> None:
    mia, max_ = a_person(session, "Mia Moss"), a_person(session, "Max")
    for number in range(email_log.PAGE + 2):
        at = NOW + timedelta(minutes=number)
        values = {"name": "test-email", "to_email": mia.email, "facts": {}, "created_at": at, "due_at": at}
        session.add(OutgoingEmail(person_id=mia.id, sent_at=at if number % 2 else None, **values))
    session.add(OutgoingEmail(person_id=max_.id, **{**values, "name": "booked", "to_email": max_.email}))
    session.commit()
    path = path_of(mia, "/emails")
    assert f'href="{path}"' in coordinator.get(path_of(mia)).text
    first = coordinator.get(path).text
    more = re.search(r'href="([^"]+before=\d+)"', first)
    assert more is not None
    second = coordinator.get(more[1]).text
    assert [page.count("Test email") for page in (first, second)] == [email_log.PAGE, 2]
    assert "Booking confirmed" not in first + second
    assert coordinator.get(f"{path}?before=nothing").status_code == 404
