"""Booking by programs: the deeds of the pages, in JSON, by a personal token."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.services.accounts import tokens
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.api_tokens import ApiToken
from booking.store.people.people import Person
from booking.store.programme.programme import CANCELLED, Occurrence
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app

AT = "2023-12-04T03:00:00Z"


@dataclass
class Program:
    """Somebody's program: what it sends carries their token."""

    app: Flask
    person: Person
    token: str

    def send(self, method: str, path: str, key: str = "", **json: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        if key:
            headers["Idempotency-Key"] = key
        more = {"json": json} if method in {"POST", "PATCH"} else {}
        return client_of(self.app).open(f"/api/v1{path}", method=method, headers=headers, **more)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def app(database: Database, clock: Clock) -> Flask:
    return make_app(database, clock)


def program(app: Flask, session: Session, *roles: str, **fields: object) -> Program:
    person = a_person(session, roles=roles or ("member",), **fields)
    session.commit()
    return Program(app, person, tokens.make(session, person.email, NOW))


def counts(session: Session) -> list[int | None]:
    session.rollback()
    told = select(func.count()).select_from(OutgoingEmail).where(OutgoingEmail.name != "reminder")
    return [*(session.scalar(select(func.count()).select_from(row)) for row in (Booking, Claim)), session.scalar(told)]


def wanted(clinic: Occurrence, **more: object) -> dict[str, Any]:
    values = {"occurrence_id": str(clinic.public_id), "analyst": None, "starts_at": AT, "minutes": 15}
    return {**values, "topic": "GA4", **more}


def test_a_slot_is_found_booked_shown_moved_and_given_up(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    one = program(app, session)
    free = one.send("GET", "/slots?minutes=30").json
    assert [item["starts_at"] for item in free["items"]] == [AT, "2023-12-04T03:30:00Z", "2023-12-04T03:15:00Z"]
    assert free["next"] is None
    made = one.send("POST", "/bookings", **wanted(clinic))
    assert made.status_code == 201
    analyst = str(clinic.roster[0].analyst.public_id)
    found = made.json
    assert made.location.endswith(f"/api/v1/bookings/{found['id']}")
    assert (found["occurrence_id"], found["analyst"]) == (str(clinic.public_id), analyst)
    assert (found["starts_at"], found["ends_at"], found["minutes"]) == (AT, "2023-12-04T03:15:00Z", 15)
    assert (found["status"], found["topic"], found["sequence"]) == ("confirmed", "GA4", 0)
    path = f"/bookings/{found['id']}"
    assert one.send("GET", path).json == found
    assert one.send("GET", "/bookings").json == {"items": [found], "next": None}
    moved = one.send("PATCH", path, starts_at="2023-12-04T13:30:00+10:00", minutes=30, topic="Tags")
    assert moved.status_code == 200
    assert (moved.json["starts_at"], moved.json["minutes"], moved.json["topic"]) == ("2023-12-04T03:30:00Z", 30, "Tags")
    assert (one.send("DELETE", path).status_code, one.send("DELETE", path).status_code) == (204, 204)
    assert one.send("GET", path).json["status"] == "cancelled"
    session.rollback()
    assert [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))][1:] == [
        "booked",
        "moved",
        "brief-edited",
        "cancelled",
    ]


def test_a_lost_race_is_409_with_the_nearest_free_slots(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    a_booking(session, clinic, after_minutes=15)
    lost = program(app, session).send("POST", "/bookings", **wanted(clinic, starts_at="2023-12-04T03:15:00Z"))
    assert (lost.status_code, lost.mimetype) == (409, "application/problem+json")
    assert (lost.json["code"], lost.json["status"]) == ("slot-taken", 409)
    assert [item["starts_at"] for item in lost.json["nearest"]] == [
        "2023-12-04T03:00:00Z",
        "2023-12-04T03:30:00Z",
        "2023-12-04T03:45:00Z",
    ]


def test_the_same_key_does_it_once_and_with_another_body_is_refused(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    one = program(app, session)
    first, second = (one.send("POST", "/bookings", "k1", **wanted(clinic)) for _ in range(2))
    assert (first.status_code, second.status_code, first.json == second.json) == (201, 201, True)
    other = one.send("POST", "/bookings", "k1", **wanted(clinic, minutes=30))
    assert (other.status_code, other.json["code"]) == (409, "key-reused")
    assert counts(session) == [1, 2, 1]
    somebody = program(app, session).send("POST", "/bookings", "k1", **wanted(clinic, starts_at="2023-12-04T03:30:00Z"))
    assert somebody.status_code == 201


def test_a_refusal_is_not_kept_under_its_key(app: Flask, session: Session, clock: Clock) -> None:
    clinic = a_clinic(session)
    one = program(app, session)
    clock.now = CLINIC_AT - timedelta(days=29)
    assert one.send("POST", "/bookings", "k", **wanted(clinic)).json["code"] == "too-early"
    clock.now = NOW
    assert one.send("POST", "/bookings", "k", **wanted(clinic)).status_code == 201


def test_twins_at_the_same_moment_wait_for_each_other(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    one = program(app, session)
    start = threading.Barrier(6)
    answers: list[tuple[int, str]] = []

    def send() -> None:
        start.wait()
        answer = one.send("POST", "/bookings", "twin", **wanted(clinic))
        answers.append((answer.status_code, answer.json.get("id", answer.json)))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {201}
    assert len({made for _, made in answers}) == 1
    assert counts(session) == [1, 2, 1]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"occurrence_id": str(uuid.uuid4())}, 404, "not-found"),
        ({"occurrence_id": "x"}, 422, "not-accepted"),
        ({"analyst": str(uuid.uuid4())}, 422, "not-on-roster"),
        ({"starts_at": "2023-12-04T03:07:00Z"}, 422, "outside-hours"),
        ({"starts_at": "2023-12-04T05:00:00Z"}, 422, "outside-hours"),
        ({"starts_at": "2023-12-04T03:00:00"}, 422, "not-accepted"),
        ({"starts_at": "0001-01-01T00:00:00+23:59"}, 422, "outside-hours"),
        ({"minutes": 45}, 422, "length-not-offered"),
        ({"minutes": "15"}, 422, "not-accepted"),
        ({"minutes": 10**30}, 422, "not-accepted"),
        ({"topic": "x" * 100_000}, 422, "text-not-accepted"),
        ({"topic": None}, 422, "not-accepted"),
        ({"link": "javascript:alert(1)"}, 422, "text-not-accepted"),
        ({"more": 1}, 422, "not-accepted"),
    ],
)
def test_what_cannot_be_booked_is_a_problem_and_nothing_is_written(
    app: Flask, session: Session, change: dict[str, object], status: int, code: str
) -> None:
    clinic = a_clinic(session)
    answer = program(app, session).send("POST", "/bookings", **wanted(clinic, **change))
    assert (answer.status_code, answer.json["code"], answer.mimetype) == (status, code, "application/problem+json")
    assert counts(session) == [0, 0, 0]


def test_a_past_and_a_cancelled_clinic_are_refused(app: Flask, session: Session, clock: Clock) -> None:
    clinic, off = a_clinic(session), a_clinic(session, starts_at=CLINIC_AT + timedelta(days=1), status=CANCELLED)
    one = program(app, session)
    gone = one.send("POST", "/bookings", **wanted(off, starts_at="2023-12-05T03:00:00Z"))
    assert gone.json["code"] == "occurrence-cancelled"
    clock.now = CLINIC_AT + timedelta(hours=2)
    late = one.send("POST", "/bookings", **wanted(clinic))
    assert (late.json["code"], late.json["closed_at"]) == ("too-late", "2023-12-04T02:50:00Z")
    assert counts(session) == [0, 0, 0]


def test_nobody_reaches_another_members_booking(app: Flask, session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    other = program(app, session)
    path = f"/bookings/{booking.public_id}"
    before = counts(session)
    for answer in (
        other.send("GET", path),
        other.send("PATCH", path, minutes=30),
        other.send("PATCH", path, topic="mine"),
        other.send("DELETE", path),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "not-found")
    assert counts(session) == before
    assert other.send("GET", "/bookings").json["items"] == []


def test_an_analyst_reads_the_day_and_books_nothing(app: Flask, session: Session) -> None:
    one = program(app, session, "analyst", time_zone="Australia/Brisbane")
    clinic = a_clinic(session)
    clinic.roster[0].analyst_id = one.person.id
    session.commit()
    booking = a_booking(session, clinic)
    assert one.send("GET", "/bookings").json["items"] == []
    found = one.send("GET", "/bookings?on=2023-12-04").json["items"]
    assert [(item["id"], item["member_name"]) for item in found] == [(str(booking.public_id), booking.member.name)]
    assert one.send("GET", f"/bookings/{booking.public_id}").status_code == 200
    assert one.send("POST", "/bookings", **wanted(clinic)).status_code == 403
    assert program(app, session).send("GET", "/bookings?on=2023-12-04").status_code == 403


def test_a_token_is_stored_as_a_digest_ends_at_once_and_dies_with_the_account(app: Flask, session: Session) -> None:
    one = program(app, session)
    assert one.token not in str([row.digest for row in session.scalars(select(ApiToken))])
    assert one.send("GET", "/bookings").status_code == 200
    for wrong in ("", "x", one.token[:-1], one.token + "x"):
        refused = Program(app, one.person, wrong).send("GET", "/bookings")
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert tokens.revoke_all(session, one.person.email, NOW) == 1
    assert one.send("GET", "/bookings").status_code == 401
    again = Program(app, one.person, tokens.make(session, one.person.email, NOW))
    assert again.send("GET", "/bookings").status_code == 200
    session.get_one(Person, one.person.id).closed_at = NOW
    session.commit()
    assert again.send("GET", "/bookings").status_code == 401


def test_a_cookie_books_nothing_and_a_token_opens_no_page(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    one = program(app, session)
    answer = client_of(app, one.person).post("/api/v1/bookings", json=wanted(clinic))
    assert answer.status_code == 401
    page = client_of(app).get("/bookings", headers={"Authorization": f"Bearer {one.token}"})
    assert page.status_code == 303


def test_slots_come_in_pages_that_leave_none_out(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("booking.api.slots.MAX_SLOTS", 5)
    for day in range(3):
        a_clinic(session, starts_at=CLINIC_AT + timedelta(days=day))
    one = program(app, session)
    seen, path = [], "/slots?minutes=15"
    while path:
        found = one.send("GET", path).json
        seen += [item["starts_at"] for item in found["items"]]
        path = (found["next"] or "").removeprefix("/api/v1")
    assert len(seen) == len(set(seen)) == 12
    some = one.send("GET", "/slots?from=2023-12-05T03:15:00Z&to=2023-12-05T03:45:00Z").json["items"]
    assert sorted(item["starts_at"] for item in some) == ["2023-12-05T03:15:00Z", "2023-12-05T03:30:00Z"]


@pytest.mark.parametrize("query", ["minutes=45", "minutes=x", "from=now", "analyst=x", "to=2023-12-04"])
def test_a_query_that_is_none_is_named(app: Flask, session: Session, query: str) -> None:
    a_clinic(session)
    answer = program(app, session).send("GET", f"/slots?{query}")
    said = answer.json["detail"]
    assert answer.status_code == 422
    assert query.partition("=")[0] in said or said == "Slots are 15 or 30 minutes long."
