"""The audit log: what its page shows, finds, refuses and sends as a table."""

from __future__ import annotations

import csv
import io
import re
from datetime import time, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from booking.domain import spreadsheet
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.people.actor import Actor
from booking.services.bookings import on_behalf
from booking.services.bookings.cancel import cancel
from booking.store import audit_log
from booking.store.people.people import Person
from booking.store.programme.changes import Change
from booking.store.queries.records import audit_list
from tests.builders import NOW, a_booking, a_clinic, a_person, acting
from tests.databases import Database
from tests.services.publishing.test_publish import run as publish
from tests.services.publishing.test_publish import stated
from tests.store.plans import statements
from tests.web.client import client_of, make_app

PATH, TABLE = "/coordinator/audit", "/coordinator/audit.csv"


@pytest.fixture
def chief(session: Session) -> Person:
    return a_person(session, "Caz Ito", roles=["coordinator"])


@pytest.fixture
def coordinator(database: Database, session: Session, chief: Person) -> FlaskClient:
    session.commit()
    return client_of(make_app(database, NOW + timedelta(days=2)), chief)


def lines(client: FlaskClient, **fields: str) -> list[str]:
    """The lines of the page, as people read them."""
    answer = client.get(PATH, query_string=fields)
    assert answer.status_code == 200
    found = re.findall(r'<tr><td class="keep">.*?</tr>', answer.text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in found]


def table(client: FlaskClient, **fields: str) -> list[dict[str, str]]:
    answer = client.get(TABLE, query_string=fields)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix(spreadsheet.BOM))))


def test_a_line_says_who_did_what_to_whom_and_when(coordinator: FlaskClient, session: Session, chief: Person) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia Chen"))
    on_behalf.cancel_for(acting(session, Actor.staff(chief.id)), booking.public_id, "Power cut.")
    cancelled, booked = lines(coordinator)[:2]
    assert cancelled.startswith(
        "Mon 27 Nov, 9:00 am Caz Ito Cancelled the booking of Mia Chen, Mon 4 Dec, 1:00 pm AEST"
    )
    assert "Reason: Power cut." in cancelled
    assert booked.startswith("Mon 27 Nov, 9:00 am Mia Chen Booked a slot for Mia Chen, Mon 4 Dec, 1:00 pm AEST")
    page = coordinator.get(PATH).text
    for path in (f"/analyst/visits/{booking.public_id}", f"/coordinator/people/{booking.member.public_id}"):
        assert f'href="{path}"' in page
        assert coordinator.get(path).status_code == 200


def test_a_publish_says_who_and_for_which_series(coordinator: FlaskClient, session: Session) -> None:
    publish(session, stated(slug="a-lab", kind="lab", title="Search Lab", start_wall=time(15), end_wall=time(16)))
    (line,) = lines(coordinator, action="published")
    assert "The service Published Search Lab:" in line
    assert " new" in line


def test_published_says_who_and_for_which_series_too(
    coordinator: FlaskClient, database: Database, session: Session, chief: Person
) -> None:
    publish(session, stated(slug="a-lab", kind="lab", title="Search Lab", start_wall=time(15), end_wall=time(16)))
    publish(session, stated(slug="b-lab", kind="lab", title="Social Lab", start_wall=time(15), end_wall=time(16)))
    session.execute(
        update(Change).where(Change.id == select(func.max(Change.id)).scalar_subquery()).values(actor_id=chief.id)
    )
    session.commit()
    with statements(database) as seen:
        page = coordinator.get("/coordinator/changes").text
    assert len(seen) <= 6
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    assert re.search(r"Social Lab .{0,60} published by Caz Ito", said)
    assert re.search(r"Search Lab .{0,60} published by the service", said)
    path = re.search(r'href="(/coordinator/changes/[^"]+)"', page)
    assert path is not None
    assert "Social Lab. Published by Caz Ito." in coordinator.get(path[1]).text


def test_what_a_link_did_says_so(coordinator: FlaskClient, session: Session) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia Chen"))
    cancel(acting(session, Actor.link()), booking.public_id)
    cancelled, booked = lines(coordinator)[:2]
    assert "Mia Chen through the link in an email Cancelled" in cancelled
    assert "through the link" not in booked
    first, second = table(coordinator)[:2]
    assert (first["Action"], first["Through a link in an email"]) == ("Cancelled a booking", "yes")
    assert (second["Who"], second["Through a link in an email"]) == ("Mia Chen", "no")


def test_each_filter_narrows_the_page_and_the_table_alike(coordinator: FlaskClient, session: Session) -> None:
    mia = a_booking(session, a_clinic(session), a_person(session, "Mia Chen"))
    a_booking(session, a_clinic(session), a_person(session, "Max Zed"))
    audit_log.write(session, AuditAction.RESTORED, AuditSubject.DATABASE, None, NOW + timedelta(days=1))
    session.commit()
    for fields, count in (
        ({}, 3),
        ({"from": "2023-11-28"}, 1),
        ({"to": "2023-11-27"}, 2),
        ({"by": "mia"}, 1),
        ({"about": "max.zed@example.org"}, 1),
        ({"by": "mia", "about": "max"}, 0),
        ({"action": "restored"}, 1),
        ({"object": "booking"}, 2),
        ({"one": str(mia.public_id)}, 1),
    ):
        assert (len(lines(coordinator, **fields)), len(table(coordinator, **fields))) == (count, count), fields
    assert "No actions match." in coordinator.get(PATH, query_string={"by": "nobody"}).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from": "tomorrow"}, "“From” isn&#39;t a date."),
        ({"from": "2023-12-05", "to": "2023-12-04"}, "“To” is before “From”."),
        ({"action": "flown"}, "no such action"),
        ({"object": "moon"}, "no such choice"),
        ({"one": "x"}, "no such thing"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_nothing_is_listed(
    coordinator: FlaskClient, fields: dict[str, str], words: str
) -> None:
    for path in (PATH, TABLE):
        answer = coordinator.get(path, query_string=fields)
        assert answer.status_code == 422
        assert words in answer.text
        assert 'aria-invalid="true"' in answer.text or "one" in fields


def test_a_place_in_the_list_that_is_none_is_not_found(coordinator: FlaskClient) -> None:
    assert coordinator.get(PATH, query_string={"after": "x"}).status_code == 404


def test_a_long_log_is_paged_in_a_fixed_number_of_statements(
    coordinator: FlaskClient, database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic(session)
    for quarter in range(3):
        a_booking(session, clinic, after_minutes=15 * quarter)
    coordinator.get(PATH)
    with statements(database) as few:
        coordinator.get(PATH)
    other = a_clinic(session)
    for quarter in range(4):
        cancel(acting(session, Actor.link()), a_booking(session, other, after_minutes=15 * quarter).public_id)
    with statements(database) as many:
        coordinator.get(PATH)
    assert len(few) == len(many) <= 6
    monkeypatch.setattr(audit_list, "PAGE", 4)
    first = coordinator.get(PATH)
    assert len(re.findall('<tr><td class="keep">', first.text)) == 4
    more = re.search(r'href="([^"]+)">Earlier actions', first.text)
    assert more is not None
    assert len(re.findall('<tr><td class="keep">', coordinator.get(unescape(more[1])).text)) == 4


def test_nobody_else_reads_it(database: Database, session: Session) -> None:
    for role in ("member", "analyst"):
        client = client_of(make_app(database), a_person(session, f"A {role}", roles=[role]))
        assert client.get(PATH).status_code == client.get(TABLE).status_code == 403
