"""The waitlist of a full lab, from its page and from the coordinator's."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.organisation import Policy
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Occurrence
from tests.builders import NOW, ORGANISATION, a_clinic, a_person, a_place, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, post

pytestmark = pytest.mark.both_databases


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def app(database: Database, clock: Clock) -> Flask:
    made = make_app(database, clock)
    state = made.extensions["booking"]
    organisation = replace(ORGANISATION, policy=Policy(capacity=1), series_policies={})
    made.extensions["booking"] = replace(state, organisation=organisation)
    return made


def a_lab(session: Session) -> Occurrence:
    lab = an_occurrence(session, a_series(session, kind="lab", slug="lab", title="Tech Lab"))
    session.commit()
    return lab


def text(client: FlaskClient, path: str) -> str:
    page = unescape(client.get(path).text).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_member_joins_has_a_place_held_and_accepts(app: Flask, session: Session) -> None:
    path = f"/occurrences/{a_lab(session).public_id}"
    ann, bea, cat = (client_of(app, a_person(session, name)) for name in ("Ann", "Bea", "Cat"))
    post(ann, f"{path}/enrol", path, whole="0")
    assert "Join the waitlist" in text(bea, path)
    for client in (bea, cat):
        assert post(client, f"{path}/wait-for-a-place", path).status_code == 303
    assert "You’re on the waitlist. You're next in line." in text(bea, path)
    assert "1 person is ahead of you" in text(cat, path)
    post(ann, f"{path}/leave", path)
    assert "A place is held for you." in text(bea, path)
    assert "Join the waitlist" in text(ann, path)  # what is held is not free
    accept = re.search(r'action="(/place-waits/[^"]+/accept)"', bea.get(path).text)
    assert accept is not None
    assert post(cat, accept[1], path).status_code == 404
    assert post(bea, accept[1], path).status_code == 303
    assert "You’re enrolled" in text(bea, path)


def test_a_place_that_is_held_no_longer_is_refused_in_words(app: Flask, clock: Clock, session: Session) -> None:
    lab = a_lab(session)
    path = f"/occurrences/{lab.public_id}"
    bea = a_person(session, "Bea")
    place = PlaceWait(occurrence_id=lab.id, member_id=bea.id, joined_at=NOW, lapses_at=NOW + timedelta(hours=1))
    session.add(place)
    client = client_of(app, bea)
    accept, leave = (f"/place-waits/{place.public_id}/{what}" for what in ("accept", "leave"))
    clock.now = NOW + timedelta(hours=2)
    refused = post(client, accept, path)
    assert (refused.status_code, "This offer is over" in refused.text) == (409, True)
    assert post(client, leave, path).status_code == 303
    assert "You’ve left the waitlist." in text(client, path)


def test_my_bookings_and_the_coordinators_lists_show_who_waits_for_a_place(
    app: Flask, clock: Clock, session: Session
) -> None:
    lab = a_lab(session)
    bea, cat, cora = (
        a_person(session, "Bea"),
        a_person(session, "Cat"),
        a_person(session, "Cora", roles=["coordinator"]),
    )
    held = PlaceWait(occurrence_id=lab.id, member_id=bea.id, joined_at=NOW, lapses_at=NOW + timedelta(hours=1))
    session.add_all([held, PlaceWait(occurrence_id=lab.id, member_id=cat.id, joined_at=NOW + timedelta(minutes=1))])
    session.commit()
    assert "A place is held for you until" in text(client_of(app, bea), "/bookings")
    assert "1 person is ahead of you" in text(client_of(app, cat), "/bookings")
    coordinator = client_of(app, cora)
    page = text(coordinator, "/coordinator/waitlists")
    assert page.index("Bea") < page.index("A place is held for them until") < page.index("Cat")
    assert "Bea" not in text(coordinator, "/coordinator/waitlists?on=2023-01-01")
    assert "Waitlist Tech Lab" in text(coordinator, f"/coordinator/people/{bea.public_id}")
    decline = f"/place-waits/{held.public_id}/decline"
    clock.now = NOW + timedelta(minutes=2)
    assert post(client_of(app, cat), decline, "/bookings").status_code == 404
    for _ in range(2):
        assert post(client_of(app, bea), decline, "/bookings").status_code == 303
    assert "1 person is ahead of you" in text(client_of(app, bea), "/bookings")


def test_the_list_of_all_waitlists_goes_on_page_by_page_over_both_sorts(app: Flask, session: Session) -> None:
    lab, clinic = a_lab(session), a_clinic(session)
    for number in range(30):
        a_place(session, clinic, a_person(session, f"Slot {number:02}"))
        who = a_person(session, f"Place {number:02}")
        session.add(PlaceWait(occurrence_id=lab.id, member_id=who.id, joined_at=NOW))
    session.commit()
    coordinator = client_of(app, a_person(session, "Cora", roles=["coordinator"]))
    names = {f"{sort} {number:02}" for sort in ("Slot", "Place") for number in range(30)}
    first = coordinator.get("/coordinator/waitlists").text
    after = re.search(r'after=([^"&]+)', first)
    assert after is not None
    second = coordinator.get(f"/coordinator/waitlists?after={after[1]}").text
    shown = [{name for name in names if name in page} for page in (first, second)]
    assert (len(shown[0]), shown[0] & shown[1], shown[0] | shown[1]) == (50, set(), names)


def test_what_is_free_is_not_waited_for(app: Flask, session: Session) -> None:
    path = f"/occurrences/{a_lab(session).public_id}"
    client = client_of(app, a_person(session, "Ann"))
    answer = post(client, f"{path}/wait-for-a-place", path)
    assert (answer.status_code, "so you can book it now" in answer.text) == (409, True)


def test_a_coordinator_sees_who_waits_and_takes_somebody_off(app: Flask, session: Session) -> None:
    lab = a_lab(session)
    values = {"series_id": lab.series_id, "occurrence_id": lab.id, "revised_at": NOW, "created_at": NOW}
    session.add(Enrolment(member_id=a_person(session, "Ann").id, **values))
    place = PlaceWait(occurrence_id=lab.id, member_id=a_person(session, "Bea").id, joined_at=NOW)
    session.add(place)
    session.commit()
    coordinator = client_of(app, a_person(session, "Cora", roles=["coordinator"]))
    path = f"/coordinator/occurrences/{lab.public_id}"
    assert "Waitlist 1 since Mon 27 Nov Bea" in text(coordinator, path)
    remove = f"{path}/place-waits/{place.public_id}/remove"
    assert post(coordinator, remove, path, reason="x" * 501).status_code == 422
    assert post(coordinator, remove, path, reason="They called.").status_code == 303
    assert "Bea" not in text(coordinator, path)
    session.rollback()
    session.expire_all()
    assert session.scalars(select(PlaceWait.outcome)).all() == ["removed"]


def test_who_was_taken_off_a_clinics_waitlist_is_not_told_that_they_left(app: Flask, session: Session) -> None:
    clinic, bea = a_clinic(session), a_person(session, "Bea")
    place = a_place(session, clinic, bea)
    coordinator = client_of(app, a_person(session, "Cora", roles=["coordinator"]))
    path = f"/coordinator/occurrences/{clinic.public_id}"
    post(coordinator, f"{path}/waiting/{place.public_id}/remove", path, reason="They called.")
    page = text(client_of(app, bea), f"/waitlist/{place.public_id}")
    assert "You’re no longer on the waitlist" in page
    assert "We’ve taken you off it, and emailed you." in page
    assert "You’ve left" not in page
