"""The coordinator's list of bookings: what it shows, finds, refuses and sends as a table."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking.domain import spreadsheet
from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.services.bookings.mark_attendance import mark
from booking.store.bookings.bookings import Booking
from booking.store.queries.bookings import booking_list
from booking.web.coordinator import filter_fields, tables
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, acting
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app

PATH, TABLE = "/coordinator/bookings", "/coordinator/bookings.csv"
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def coordinator(database: Database, session: Session, clock: Clock) -> FlaskClient:
    chief = a_person(session, "Caz Ito", roles=["coordinator"])
    session.commit()
    return client_of(make_app(database, clock), chief)


def text_of(page: str) -> str:
    """What people read of a page, its select lists apart, with plain spaces."""
    shown = re.sub(r"<select.*?</select>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def booked(session: Session, name: str, days: int = 0, **request: object) -> Booking:
    """A booking of a member of that name in a clinic of its own, so many days after the usual one."""
    return a_booking(session, a_clinic(session, starts_at=CLINIC_AT + days * DAY), a_person(session, name), **request)


def listed(client: FlaskClient, **fields: str) -> list[str]:
    """The members whose bookings the page lists, in its order."""
    answer = client.get(PATH, query_string=fields)
    assert answer.status_code == 200
    return re.findall(r'href="/coordinator/people/[^"]+">([^<]+)</a>', answer.text)


def table(client: FlaskClient, **fields: str) -> list[dict[str, str]]:
    answer = client.get(TABLE, query_string=fields)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.text.startswith(spreadsheet.BOM)
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix(spreadsheet.BOM))))


def test_a_line_says_when_who_what_and_leads_to_each(coordinator: FlaskClient, session: Session) -> None:
    booking = booked(session, "Mia Moss", minutes=30)
    page = coordinator.get(PATH).text
    said = text_of(page)
    for words in ("Mon 4 Dec 1:00 pm AEST", "Mia Moss", f"30 minutes with {booking.analyst.name}", "Confirmed"):
        assert words in said
    for path in (
        f"/coordinator/people/{booking.member.public_id}",
        f"/coordinator/occurrences/{booking.occurrence.public_id}",
        f"/analyst/visits/{booking.public_id}",
    ):
        assert f'href="{path}"' in page
        assert coordinator.get(path).status_code == 200
    assert 'href="/coordinator/bookings/new">Book for a member' in page


def test_it_begins_today_and_says_a_year_that_is_not_this_one(
    coordinator: FlaskClient, session: Session, clock: Clock
) -> None:
    booked(session, "Before")
    booked(session, "After", 9)
    clock.now = CLINIC_AT + 8 * DAY
    assert listed(coordinator) == ["After"]
    assert listed(coordinator, **{"from": ""}) == ["After", "Before"]
    assert "Latest first" in coordinator.get(PATH, query_string={"from": ""}).text
    assert "Mon 4 Dec 1:00 pm" in text_of(coordinator.get(f"{PATH}?from=").text)
    clock.now = CLINIC_AT + 60 * DAY
    assert "Mon 4 Dec 2023 1:00 pm" in text_of(coordinator.get(f"{PATH}?from=").text)


def test_each_state_is_in_words_and_only_what_can_change_says_so(
    coordinator: FlaskClient, session: Session, clock: Clock
) -> None:
    came, missed, by_member, open_ = (booked(session, name) for name in ("Cam", "Nos", "Can", "Ope"))
    cancel(acting(session, Actor.member(by_member.member_id)), by_member.public_id)
    clock.now = CLINIC_AT + timedelta(minutes=5)
    for booking, outcome in ((came, "came"), (missed, "no-show")):
        mark(acting(session, Actor.staff(booking.analyst_id), clock.now), booking.public_id, outcome)
    lines = re.findall(r'<tr><td class="keep">.*?</tr>', coordinator.get(PATH).text, re.DOTALL)
    said = {name: text_of(next(one for one in lines if f">{name}<" in one)) for name in ("Cam", "Nos", "Can", "Ope")}
    for name, words in {"Cam": "Came", "Nos": "No show", "Can": "Cancelled by the member", "Ope": "Not marked"}.items():
        assert words in said[name]
    assert [name for name, one in said.items() if "Move or cancel" in one] == ["Ope"]
    clock.now = open_.ends_at
    assert "Move or cancel" not in coordinator.get(PATH).text


def test_each_filter_and_all_of_them_find_what_they_say(
    coordinator: FlaskClient, session: Session, clock: Clock
) -> None:
    mia, max_ = booked(session, "Mia Moss"), booked(session, "Max Zed", 1)
    cancel(acting(session, Actor.member(max_.member_id)), max_.public_id)
    everybody = ["Mia Moss", "Max Zed"]
    assert listed(coordinator) == everybody
    assert listed(coordinator, **{"from": "2023-12-05"}) == ["Max Zed"]
    assert listed(coordinator, to="2023-12-04") == ["Mia Moss"]
    assert listed(coordinator, **{"from": "2023-12-04", "to": "2023-12-04"}) == ["Mia Moss"]
    assert listed(coordinator, series=mia.occurrence.series.slug) == ["Mia Moss"]
    assert listed(coordinator, analyst=str(max_.analyst.public_id)) == ["Max Zed"]
    assert listed(coordinator, member="moss") == ["Mia Moss"]
    assert listed(coordinator, member="max.zed@example.org") == ["Max Zed"]
    assert listed(coordinator, status="cancelled") == ["Max Zed"]
    assert listed(coordinator, status="confirmed") == ["Mia Moss"]
    clock.now = CLINIC_AT + timedelta(minutes=1)
    assert listed(coordinator, outcome="not-marked") == ["Mia Moss"]
    mark(acting(session, Actor.staff(mia.analyst_id), clock.now), mia.public_id, "came")
    assert listed(coordinator, outcome="not-marked") == []
    assert listed(coordinator, outcome="came", status="confirmed", member="mia", to="2023-12-04") == ["Mia Moss"]
    assert listed(coordinator, outcome="no-show") == []


def test_a_whole_address_finds_its_owner_alone(coordinator: FlaskClient, session: Session) -> None:
    a_booking(session, a_clinic(session), a_person(session, "Al Oh", email="al@example.org"))
    a_booking(session, a_clinic(session), a_person(session, "Val Oh", email="val@example.org"))
    assert listed(coordinator, member="AL@example.org") == ["Al Oh"]
    assert sorted(listed(coordinator, member="l@example.org")) == ["Al Oh", "Val Oh"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from": "tomorrow"}, "“From” isn't a date."),
        ({"to": "2023-02-30"}, "“To” isn't a date."),
        ({"from": "0001-01-01"}, "“From” must be between 2000 and 2100."),
        ({"to": "9999-12-31"}, "“To” must be between 2000 and 2100."),
        ({"from": "2023-12-05", "to": "2023-12-04"}, "“To” is before “From”."),
        ({"series": "none"}, "There's no such series."),
        ({"analyst": "9" * 300}, "There's no such analyst."),
        ({"status": "lost"}, "There's no such status."),
        ({"outcome": "-1"}, "There's no such outcome."),
    ],
)
def test_a_filter_that_means_nothing_is_refused_beside_its_field(
    coordinator: FlaskClient, session: Session, fields: dict[str, str], words: str
) -> None:
    booked(session, "Mia Moss")
    for path in (PATH, TABLE):
        answer = coordinator.get(path, query_string=fields)
        assert (answer.status_code, answer.mimetype) == (422, "text/html")
        assert words in unescape(answer.text)
        assert answer.text.count('aria-invalid="true"') == 1
        assert "Mia Moss" not in answer.text


def test_what_else_was_typed_stays_where_one_field_is_wrong(coordinator: FlaskClient, session: Session) -> None:
    page = coordinator.get(
        PATH, query_string={"from": "x", "to": "20231205", "member": "Mia & <Co>", "status": "cancelled"}
    ).text
    assert 'value="Mia &amp; &lt;Co&gt;"' in page
    assert ('name="from" value=""' in page, 'name="to" value="2023-12-05"' in page) == (True, True)
    assert '<option value="cancelled" selected>' in page


def test_a_name_that_too_many_have_asks_for_more_of_it(
    coordinator: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_fields, "MOST_PEOPLE", 1)
    for name in ("Mia Moss", "Mia Zed"):
        booked(session, name)
    answer = coordinator.get(PATH, query_string={"member": "mia"})
    assert (answer.status_code, "More than 1 people match." in answer.text) == (422, True)
    assert listed(coordinator, member="mia zed") == ["Mia Zed"]


def test_nothing_found_says_what_to_try(coordinator: FlaskClient, session: Session) -> None:
    booked(session, "Mia Moss")
    assert "No name or email address contains “nobody”" in coordinator.get(f"{PATH}?member=nobody").text
    assert "choose an earlier “From”" in coordinator.get(f"{PATH}?from=2024-01-01").text


@pytest.mark.parametrize("first", ["2023-11-27", ""])
def test_one_page_leads_to_the_next_with_the_same_filter(
    coordinator: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setattr(booking_list, "PAGE", 2)
    clinic = a_clinic(session, analysts=4)
    names = [f"Mia {n}" for n in range(4)]
    for name in names:
        a_booking(session, clinic, a_person(session, name))
    booked(session, "Max")
    first_page = coordinator.get(PATH, query_string={"from": first, "member": "mia"}).text
    onwards = re.search(r'href="([^"]+)">\s(Later|Earlier) bookings', first_page)
    assert onwards is not None
    second = coordinator.get(unescape(onwards[1]))
    assert (second.status_code, f"{onwards[2]} bookings" in second.text) == (200, False)
    found = re.findall(r">(Mia \d|Max)</a>", first_page + second.text)
    assert found == (names if first else names[::-1])


@pytest.mark.parametrize(
    "after", ["x", "20231204T030000.000000-x", "99999999T999999.0-1", f"20231204T030000.0-{'9' * 19}"]
)
def test_a_place_that_no_page_named_is_not_there(coordinator: FlaskClient, after: str) -> None:
    assert coordinator.get(PATH, query_string={"after": after}).status_code == 404


def test_the_table_holds_all_that_is_filtered_and_nothing_that_runs(
    coordinator: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "CHUNK", 2)
    clinic = a_clinic(session, analysts=4)
    for n, name in enumerate(("=1+1", "Mia, “M” Moss", "@sum", "Zoë")):
        a_booking(session, clinic, a_person(session, name, email=f"+{n}@example.org"))
    booked(session, "Later", 14)
    found = table(coordinator, to="2023-12-10")
    assert [one["Member"] for one in found] == ["'=1+1", "Mia, “M” Moss", "'@sum", "Zoë"]
    first = found[0]
    assert first["Member's email address"] == "'+0@example.org"
    assert (first["Date"], first["Start"], first["End"], first["Time zone"]) == ("2023-12-04", "13:00", "13:15", "AEST")
    assert (first["Minutes"], first["Title"]) == ("15", "Live Member Clinic")
    assert (first["Status"], first["Outcome"]) == ("Confirmed", "")
    assert len(table(coordinator)) == 5
    assert table(coordinator, member="nobody") == []
    answer = coordinator.get(TABLE)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="bookings-2023-11-27.csv"'
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_table_is_of_the_filter_on_the_page(coordinator: FlaskClient, session: Session) -> None:
    booked(session, "Mia Moss")
    page = coordinator.get(PATH, query_string={"member": "Mia Moss", "to": "2023-12-04"}).text
    found = re.search(r'href="([^"]+)">Download CSV', page)
    assert found is not None
    address = unescape(found[1])
    assert address == f"{TABLE}?from=2023-11-27&to=2023-12-04&member=Mia+Moss"
    assert "Mia Moss" in coordinator.get(address).text


@pytest.mark.parametrize("roles", [["member"], ["analyst"], ["member", "analyst"], []])
def test_it_is_for_coordinators_only(database: Database, session: Session, roles: list[str]) -> None:
    other = client_of(make_app(database), a_person(session, "Other", roles))
    for path in (PATH, TABLE):
        assert other.get(path).status_code == 403


def test_the_number_of_statements_does_not_grow_with_the_list(
    database: Database, coordinator: FlaskClient, session: Session
) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement != "BEGIN":
            asked.append(statement)

    seen = []
    event.listen(database.engine, "before_cursor_execute", note)
    try:
        for number in range(2):
            for n in range(3):
                booked(session, f"Mia {number} {n}")
            asked.clear()
            assert len(listed(coordinator, member="mia@")) == 0
            assert len(listed(coordinator, member="mia")) == 3 * number + 3
            seen.append(len(asked))
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert seen[0] == seen[1] <= 11


def test_the_navigation_and_the_help_name_it(coordinator: FlaskClient) -> None:
    page = coordinator.get(PATH).text
    assert f'href="{PATH}" aria-current="page">Bookings' in page
    assert "/help/coordinators#find-a-booking" in page
    assert f'href="{PATH}">Bookings' in coordinator.get("/coordinator/").text
