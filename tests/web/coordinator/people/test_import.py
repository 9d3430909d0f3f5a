"""Importing people on the page: nothing is saved before the preview is confirmed, and then exactly what it showed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from booking.domain.people.actor import Actor
from booking.programme.people_files import workbook
from booking.services.accounts import file_import
from booking.services.outbox import deliver
from booking.store.audit_log import AuditEntry
from booking.store.people.people import Person
from booking.store.people.people_imports import PeopleImport
from booking.web.coordinator.people import import_pages
from tests.builders import NOW, a_booking, a_clinic, a_person, acting
from tests.databases import Database
from tests.programme.people_files.workbooks import a_workbook, with_member
from tests.web.client import Clock, client_of, make_app, post, token_of

pytestmark = pytest.mark.both_databases

PATH = "/coordinator/people/import"
HEADER = "email,name,role,time_zone,member_until\n"


@pytest.fixture
def coordinator(database: Database, session: Session) -> FlaskClient:
    return client_of(make_app(database), a_person(session, "Caz Ito", roles=["coordinator"]))


def choose(client: FlaskClient, data: bytes | str, name: str = "members.csv") -> Any:
    """Send a file, as the page does."""
    content = (HEADER + data).encode() if isinstance(data, str) else data
    form = {"csrf_token": token_of(client.get(PATH).text), "file": FileStorage(io.BytesIO(content), name)}
    boundary, body = encode_multipart(form)  # in memory: the client leaves a large body that it keeps in a file open
    return client.post(PATH, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def preview_of(client: FlaskClient, data: bytes | str, name: str = "members.csv") -> tuple[str, str]:
    """The address of the preview that a good file leads to, and its page in one line."""
    answer = choose(client, data, name)
    assert answer.status_code == 303, answer.text
    return answer.location, words_of(client.get(answer.location).text)


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def fingerprint(page: str) -> str:
    found = re.search(r'name="fingerprint" value="([^"]+)"', page)
    assert found is not None, "the page has no button"
    return found[1]


def confirm(client: FlaskClient, path: str, **fields: str) -> Any:
    return post(client, path, path, fingerprint=fingerprint(client.get(path).text), **fields)


def emails(session: Session) -> set[str]:
    session.rollback()
    session.expire_all()
    return set(session.scalars(select(Person.email)))


def test_a_workbook_is_previewed_and_imported_once(coordinator: FlaskClient, session: Session) -> None:
    a_person(session, "Mia", email="mia@x.org", member_until=date(2023, 12, 31))
    a_person(session, "Max", email="max@x.org")
    session.commit()
    rows = [["mia@x.org", "Mia Moss", "", "Perth", date(2024, 6, 30)], ["max@x.org"], ["new@x.org", "Newt", "analyst"]]
    path, shown = preview_of(coordinator, a_workbook(*rows), "members.xlsx")
    assert "members.xlsx: 1 person new, 1 changed, 1 unchanged. Nothing is saved yet." in shown
    assert "Name: Mia → Mia Moss Time zone: none → Perth" in shown
    assert "Last day of membership: Sunday 31 December 2023 → Sunday 30 June 2024" in shown
    assert "Line 4 Newt new@x.org analyst" in shown
    assert "new@x.org" not in emails(session)
    token = fingerprint(coordinator.get(path).text)
    for _twice in range(2):
        assert post(coordinator, path, PATH, fingerprint=token).status_code == 303
    assert "new@x.org" in emails(session)
    assert "1 added, 1 changed, 1 unchanged." in words_of(coordinator.get(path).text)
    assert session.scalar(select(func.count()).where(AuditEntry.action == "imported")) == 1
    kept = session.scalars(select(PeopleImport)).one()
    assert (kept.rows, kept.result["added"] if kept.result else 0) == ([], 1)


def test_every_mistake_is_named_by_line_and_column_and_nothing_is_kept(
    coordinator: FlaskClient, session: Session
) -> None:
    answer = choose(coordinator, "ann@x.org,Ann,,,\nnobody,Bob,boss,,\nann@x.org,,,,soon\n")
    shown = words_of(answer.text)
    assert answer.status_code == 422
    assert "members.csv can’t be imported yet 2 lines are wrong. Nothing was saved." in shown
    assert "Line 3 Roles Unknown role 'boss': use member, analyst, coordinator, viewer." in shown
    assert "Line 4 Last day of membership 'soon' isn't a date" in shown
    assert "Line 4 Email address Ann@x.org is already in line 2." in shown
    assert "Of the other lines, 1 is new, 0 would change and 0 would stay as they are." in shown
    assert session.scalars(select(PeopleImport)).all() == []
    assert emails(session) == {"caz.ito@example.org"}


@pytest.mark.parametrize("name", ["", "members.csv"])
def test_no_file_and_an_empty_one_are_refused(coordinator: FlaskClient, name: str) -> None:
    answer = choose(coordinator, b"", name)
    assert answer.status_code == 422
    assert ("The file is empty." if name else "Choose a file.") in words_of(answer.text)


def test_a_file_that_is_too_large_is_refused(coordinator: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_pages, "MAX_PEOPLE", 2)
    answer = choose(coordinator, "".join(f"p{n}@x.org,,,,\n" for n in range(3)))
    assert (answer.status_code, "More than 20,000 lines" in answer.text) == (422, True)


def test_what_changed_meanwhile_is_shown_again_and_nothing_is_saved(coordinator: FlaskClient, session: Session) -> None:
    mia = a_person(session, "Mia", email="mia@x.org")
    session.commit()
    path, _ = preview_of(coordinator, "mia@x.org,Mia Moss,,,\n")
    seen = fingerprint(coordinator.get(path).text)
    mia.name = "Mia M."
    session.commit()
    answer = post(coordinator, path, path, fingerprint=seen)
    shown = words_of(answer.text)
    assert (answer.status_code, "Somebody has changed these people since you looked." in shown) == (409, True)
    assert "Name: Mia M. → Mia Moss" in shown
    session.refresh(mia)
    assert mia.name == "Mia M."
    assert confirm(coordinator, path).status_code == 303
    session.rollback()
    session.refresh(mia)
    assert mia.name == "Mia Moss"


def test_a_booking_that_would_lose_its_member_must_be_ticked(coordinator: FlaskClient, session: Session) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia", email="mia@x.org"))
    path, shown = preview_of(coordinator, "mia@x.org,,,,2023-12-01\n")
    assert "1 upcoming booking loses its member Mia has a booking on" in shown
    refused = confirm(coordinator, path)
    assert (refused.status_code, import_pages.ANYWAY in refused.text) == (422, True)
    assert confirm(coordinator, path, force="yes").status_code == 303
    session.rollback()
    session.refresh(booking)
    assert (booking.status, booking.member.member_until) == ("confirmed", date(2023, 12, 1))


def test_the_last_coordinator_cannot_be_imported_away(coordinator: FlaskClient, session: Session) -> None:
    path, shown = preview_of(coordinator, "caz.ito@example.org,,member,,\n")
    assert "Nobody would be a coordinator any more." in shown
    assert "Import 1 person" not in shown
    assert 'name="fingerprint"' not in coordinator.get(path).text
    kept = session.scalars(select(PeopleImport)).one()
    [chief] = file_import.people_of(kept)
    plan = file_import.preview(acting(session, Actor.system()), [chief])
    session.commit()
    assert post(coordinator, path, PATH, fingerprint=plan.fingerprint).status_code == 409
    session.rollback()
    assert "coordinator" in session.scalars(select(Person)).one().role_names


def test_an_analyst_who_leaves_and_closed_accounts_are_told_first(coordinator: FlaskClient, session: Session) -> None:
    booking = a_booking(session, a_clinic(session, analysts=2))
    ada = booking.analyst
    a_person(session, "Gone", email="gone@x.org", closed_at=NOW)
    a_person(session, "Own", email="own@x.org", name_is_own=True)
    session.commit()
    path, shown = preview_of(coordinator, f"{ada.email},,member,,\ngone@x.org,Other,,,\nown@x.org,Mine,,,\n")
    assert "1 person no longer an analyst" in shown
    assert f"{ada.name} 1 upcoming booking" in shown
    assert "has a closed account, and it stays closed: gone@x.org." in shown
    assert "1 cell differs from what people have set themselves." in shown
    assert confirm(coordinator, path).status_code == 303
    done = words_of(coordinator.get(path).text)
    assert f"{ada.name} is no longer an analyst. 1 upcoming booking goes to other analysts" in done


def test_a_file_that_says_what_is_stored_has_no_button(coordinator: FlaskClient, session: Session) -> None:
    _, shown = preview_of(coordinator, "caz.ito@example.org,,,,\n")
    assert "There is nothing to import: everybody is stored as the file says." in shown
    assert "Import 0" not in shown


def test_long_lists_are_read_page_by_page(coordinator: FlaskClient) -> None:
    path, shown = preview_of(coordinator, "".join(f"p{n:03}@x.org,,,,\n" for n in range(120)))
    assert "1 to 50 of 120 Next" in shown
    assert ("p049@x.org" in shown, "p050@x.org" in shown) == (True, False)
    second = words_of(coordinator.get(f"{path}?new=50").text)
    assert "51 to 100 of 120 Previous Next" in second
    assert ("p050@x.org" in second, "p049@x.org" in second) == (True, False)
    for odd in ("-1", "x", "9" * 50, "5000"):
        assert coordinator.get(f"{path}?new={odd}").status_code == 200


def test_a_preview_is_kept_for_three_days(database: Database, session: Session) -> None:
    clock = Clock()
    client = client_of(make_app(database, clock), a_person(session, "Caz Ito", roles=["coordinator"]))
    path, _ = preview_of(client, "ann@x.org,,,,\n")
    clock.now = NOW + timedelta(days=3, minutes=1)
    deliver.keep_house(session, "worker", clock.now)
    answer = client.get(path, follow_redirects=True)
    assert import_pages.NO_LONGER in answer.text
    assert post(client, path, PATH, fingerprint="x", follow_redirects=True).status_code == 303


@pytest.mark.parametrize("roles", [["member"], ["analyst"], ["viewer"]])
def test_it_is_for_coordinators_only(database: Database, session: Session, roles: list[str]) -> None:
    other = client_of(make_app(database), a_person(session, "Other", roles))
    assert other.get(PATH).status_code == 403


def test_two_thousand_people_are_imported_at_once(coordinator: FlaskClient, session: Session) -> None:
    rows = a_workbook(*([f"p{n}@x.org", f"Person {n}"] for n in range(2_000)))
    path, shown = preview_of(coordinator, rows, "a.xlsx")
    assert "a.xlsx: 2,000 people new, 0 changed, 0 unchanged." in shown
    assert confirm(coordinator, path).status_code == 303
    assert session.scalar(select(func.count()).select_from(Person)) == 2_001
    _, shown = preview_of(coordinator, rows, "a.xlsx")
    assert "0 people new, 0 changed, 2,000 unchanged." in shown


def a_formula() -> bytes:
    return a_workbook(["ann@x.org", "=A2"])


def merged_cells() -> bytes:
    return a_workbook(
        ["ann@x.org", "", "member"], ["max@x.org"], then=lambda made: made.worksheets[0].merge_cells("C2:C3")
    )


def a_bomb() -> bytes:
    return with_member(
        a_workbook(["ann@x.org"]), "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * (workbook.MAX_UNPACKED + 1)
    )


def very_many_lines() -> bytes:
    """200,000 lines, as a spreadsheet program would write them."""

    def more(xml: bytes) -> bytes:
        row = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>p{0}@x.org</t></is></c></row>'
        return xml.replace(
            b"</sheetData>", "".join(row.format(n) for n in range(3, 200_003)).encode() + b"</sheetData>"
        )

    return with_member(a_workbook(["ann@x.org"]), "xl/worksheets/sheet1.xml", more)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (a_formula, "This formula has no stored result: open the file in your spreadsheet program, save it"),
        (merged_cells, "The cells C2:C3 are merged: unmerge them, so that each line has its own cells"),
        (a_bomb, "This workbook is too large: import it in parts"),
        (very_many_lines, "More than 20,000 lines: import them in parts"),
    ],
)
def test_a_bad_workbook_is_refused_on_the_page_and_nothing_is_kept(
    coordinator: FlaskClient, session: Session, made: Callable[[], bytes], said: str
) -> None:
    before = emails(session)
    answer = choose(coordinator, made(), "members.xlsx")
    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert emails(session) == before
    assert session.scalar(select(func.count()).select_from(PeopleImport)) == 0
