"""Book for a member: found by name or address, then a clinic with free starts, whose form has their address."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.bookings.bookings import Booking
from booking.web.coordinator.bookings import book_for
from tests.builders import a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import client_of, make_app, token_of

PATH = "/coordinator/bookings/new"


@pytest.fixture
def coordinator(database: Database, session: Session) -> FlaskClient:
    return client_of(make_app(database), a_person(session, "Cora", roles=["coordinator"]))


def test_a_member_is_found_and_booked_for(coordinator: FlaskClient, session: Session) -> None:
    clinic = a_clinic(session)
    mia = a_person(session, "Mia Chen")
    a_person(session, "Mia Plus")
    session.commit()
    page = coordinator.get(f"{PATH}?q=mia").text
    assert [name in page for name in ("Mia Chen", "Mia Plus")] == [True, True]
    page = coordinator.get(f"{PATH}?q=chen").text  # the only one: their clinics at once
    link = re.search(rf'href="(/occurrences/{clinic.public_id}[^"]*)"', page)
    assert link is not None
    form = coordinator.get(html.unescape(link[1])).text
    assert f'name="member" value="{mia.email}"' in form
    slot = re.search(r'value="(15/[^"]+)"', form)
    assert slot is not None
    sent = {"csrf_token": token_of(form), "slot": slot[1], "minutes": "15", "member": mia.email, "topic": "GA4"}
    assert coordinator.post(f"/occurrences/{clinic.public_id}", data=sent).status_code == 303
    assert session.scalars(select(Booking.member_id)).all() == [mia.id]


def test_who_cannot_book_is_not_offered(coordinator: FlaskClient, session: Session) -> None:
    a_clinic(session)
    ana = a_person(session, "Zoe Only", roles=["analyst"])
    session.commit()
    assert "Only people who aren’t members" in coordinator.get(f"{PATH}?q=zoe").text
    assert "No name or email address contains “nobody”" in coordinator.get(f"{PATH}?q=nobody").text
    for member in (str(ana.public_id), "x", ""):
        assert "Find member" in coordinator.get(PATH, query_string={"member": member}).text, member


def test_what_is_full_is_not_offered(coordinator: FlaskClient, session: Session) -> None:
    clinic, member = a_clinic(session), a_person(session, "Mia Chen")
    for quarter in range(4):
        for _ in clinic.roster:
            a_booking(session, clinic, None, after_minutes=15 * quarter)
    session.commit()
    page = coordinator.get(PATH, query_string={"member": str(member.public_id)}).text
    assert f"/occurrences/{clinic.public_id}" not in page
    assert "Nothing is free in the next 28 days" in page


def test_a_long_list_of_people_says_that_it_is_cut(coordinator: FlaskClient, session: Session) -> None:
    for number in range(book_for.MOST_PEOPLE + 1):
        a_person(session, f"Mia {number:02}")
    session.commit()
    page = coordinator.get(f"{PATH}?q=mia").text
    assert page.count('class="soft wrap-any"') == book_for.MOST_PEOPLE
    assert "More people match" in page


def test_a_members_address_of_a_page_fills_nobodys_form(database: Database, session: Session) -> None:
    clinic, mia = a_clinic(session), a_person(session, "Mia Chen")
    session.commit()
    other = client_of(make_app(database), a_person(session, "Noah"))
    assert mia.email not in other.get(f"/occurrences/{clinic.public_id}?for={mia.public_id}").text
