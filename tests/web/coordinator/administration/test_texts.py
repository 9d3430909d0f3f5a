"""The organisation's texts on their page: previewed, saved, shown everywhere, compared, brought back, exported."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from booking import clock
from booking.programme import logo_image
from booking.store import organisation_versions
from booking.store.audit_log import AuditEntry
from booking.store.logos import StoredLogo
from booking.store.people.people import Person
from booking.web.frame.current_organisation import KnownOrganisation
from tests.builders import a_booking, a_clinic, a_person
from tests.cli.command import booking
from tests.databases import Database
from tests.logos import a_picture
from tests.mail.server import serving
from tests.web.client import BASE_URL, FEED_KEY, SECRET_KEY, client_of, make_app

PATH = "/coordinator/texts"


@pytest.fixture
def app(database: Database) -> Flask:
    return make_app(database)


@pytest.fixture
def cora(session: Session) -> Person:
    return a_person(session, "Cora Ord", roles=["coordinator"])


@pytest.fixture
def coordinator(app: Flask, cora: Person) -> FlaskClient:
    return client_of(app, cora)


def form_of(page: str) -> dict[str, str]:
    """The fields of the texts' form as a browser would send them."""
    form = page[page.index('<form class="rules"') : page.index("Save texts")]
    found = dict(re.findall(r'<input(?: type="hidden")? name="([^"]+)" value="([^"]*)"', form))
    found |= re.findall(r'<textarea name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL)
    return {name: unescape(value) for name, value in found.items()}


def send(client: FlaskClient, path: str = PATH, file: bytes | None = None, **changed: str) -> TestResponse:
    """Change these fields of the form on that page, and send it."""
    sent: dict[str, object] = {**form_of(client.get(path).text), "do": "save", **changed}
    if file is not None:
        sent["logo"] = FileStorage(BytesIO(file), "logo.png")
    boundary, body = encode_multipart(sent)  # in memory: the client leaves a body that it keeps in a file open
    return client.post(PATH, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def error_of(page: str, field: str) -> str:
    found = re.search(rf'id="{field}-error">([^<]+)<', page)
    return unescape(found[1]) if found else ""


def versions(session: Session) -> dict[str, int]:
    session.rollback()
    return organisation_versions.numbers(session)


def test_saved_texts_are_on_every_page_in_calendars_and_in_the_api_document(
    app: Flask, coordinator: FlaskClient, session: Session
) -> None:
    a_clinic(session)
    session.commit()
    visitor = client_of(app)
    before = visitor.get("/feeds/programme.ics")
    assert "X-WR-CALNAME:SMK programme" in before.text
    saved = send(
        coordinator,
        name="Acme & Sons",
        short_name="ACME",
        contact_email="help@acme.example",
        contact_phone="+61 7 3000 0000",
        contact_page="https://acme.example/contact",
        join_page="https://acme.example/join",
    )
    assert saved.status_code == 303
    for held in app.extensions["feeds"].held.values():
        object.__setattr__(held, "until", 0.0)  # as a second later
    page = visitor.get("/").text
    assert re.search(r"<title>[^<]+ · ACME</title>", page)
    assert "<span>Acme &amp; Sons</span>" in page
    assert '<a href="mailto:help@acme.example">help@acme.example</a>' in page
    assert '<a href="tel:+61730000000">+61 7 3000 0000</a>' in page
    assert '<a href="https://acme.example/contact">Contact</a>' in page
    assert 'href="https://acme.example/join"' in page
    after = visitor.get("/feeds/programme.ics", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "X-WR-CALNAME:ACME programme" in after.text
    assert visitor.get("/api/v1/openapi.json").json["info"]["title"] == "Acme & Sons: booking"  # type: ignore[index]
    assert "Acme &amp; Sons" in visitor.get("/api/docs").text


def test_an_email_that_the_worker_sends_after_a_change_has_the_new_words(
    database: Database, coordinator: FlaskClient, session: Session, tmp_path: Path
) -> None:
    """A real worker and a real mail server; the email was queued before the change."""
    a_booking(session, a_clinic(session), a_person(session, "Mia Moss"))
    session.commit()
    texts = {"greeting": "Hello {name}", "footer": "Call us.", "paragraph.booked": "Bring <b>{short_name}</b> numbers."}
    assert send(coordinator, name="Acme, “A” & Sons", short_name="ACME", **texts).status_code == 303
    with serving() as mailbox:
        done = booking(
            tmp_path,
            "worker",
            "--once",
            BOOKING_DATABASE_URL=database.url,
            BOOKING_SMTP_URL=mailbox.url,
            BOOKING_MAIL_FROM="clinics@example.org",
            BOOKING_BASE_URL=BASE_URL,
            BOOKING_SECRET_KEY=SECRET_KEY,
            BOOKING_FEED_KEY=FEED_KEY,
        )
    assert done.returncode == 0, done.stderr
    (message,) = mailbox.messages
    plain, html = (
        part.get_content().replace("\r\n", "\n")
        for part in message.walk()
        if part.get_content_type() in {"text/plain", "text/html"}
    )
    assert str(message["From"].addresses[0].display_name) == "Acme, “A” & Sons"
    assert plain.startswith("Hello Mia Moss\n\nBooked: ")
    assert "\nBring <b>ACME</b> numbers.\n\n--\nAcme, “A” & Sons · " in plain
    assert plain.endswith("Call us.\n")
    assert "Bring &lt;b&gt;ACME&lt;/b&gt; numbers.</p>" in html


def test_a_preview_shows_the_email_in_both_parts_and_saves_nothing(coordinator: FlaskClient, session: Session) -> None:
    texts = {"greeting": "Hello {name}", "footer": "<script>alert(1)</script>", "paragraph.reminder": "Bring it."}
    answer = send(coordinator, do="preview", email="reminder", accent_light="#0b5394", **texts)
    assert answer.status_code == 200
    page = answer.text
    assert "Not saved yet." in page
    plain = re.search(r'<p class="plain-text">(.*?)</p>', page, re.DOTALL)
    assert plain is not None
    assert plain[1].startswith("Hello Mia Moss\n\nReminder: ")
    assert "Bring it.\n\n--" in plain[1]
    assert "&lt;script&gt;" in plain[1]
    shown = re.search(r'<iframe class="email-frame" sandbox srcdoc="([^"]+)"', page)
    assert shown is not None
    html = unescape(shown[1])
    assert "background: #0b5394" in html
    assert "<script" not in html
    assert "href=" not in html
    assert (form_of(page)["greeting"], form_of(page)["accent_light"]) == ("Hello {name}", "#0b5394")
    sheet = html[html.index("<style>") + 7 : html.index("</style>")]
    allowed = f"style-src 'self' 'sha256-{b64encode(sha256(sheet.encode()).digest()).decode()}'"
    assert allowed in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert versions(session) == {}
    assert send(coordinator, do="preview", email="no such email").status_code == 200


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("short_name", "", "Enter the short name."),
        ("name", "x" * 100_000, "Use at most 80 characters; these are 100,000."),
        ("greeting", "{name.__class__}", "“{name.__class__}” isn’t a placeholder. The placeholders here are {name}"),
        ("footer", "{{ 7*7 }}", "“{{ 7*7 }}” isn’t a placeholder. The placeholders here are {organisation}"),
        ("footer", "Call {contact_phone}", "There is no telephone yet"),
        ("paragraph.booked", "{name}", "“{name}” isn’t a placeholder"),
        ("paragraph.booked", "a\u202eb", "Remove the characters that can't be seen"),
        ("contact_page", "javascript:alert(1)", "Enter an address that begins with https://"),
        ("accent_dark", "#222222", "This colour is too dark to read"),
    ],
)
@pytest.mark.parametrize("do", ["save", "preview"])
def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(
    coordinator: FlaskClient, session: Session, do: str, field: str, typed: str, said: str
) -> None:
    sent = {"paragraph.moved": "Kept,\nas typed.", field: typed}
    answer = send(coordinator, do=do, **sent)
    assert answer.status_code == 422
    assert error_of(answer.text, field).startswith(said)
    found = form_of(answer.text)
    assert {name: found[name] for name in sent} == sent
    assert "iframe" not in answer.text
    assert versions(session) == {}


def test_two_coordinators_are_shown_side_by_side_and_nothing_is_overwritten(
    coordinator: FlaskClient, session: Session
) -> None:
    mine = form_of(coordinator.get(PATH).text)
    send(coordinator, short_name="ONE", **{"paragraph.booked": "Theirs."})
    sent = {**mine, "do": "save", "short_name": "TWO"}
    refused = coordinator.post(PATH, data=sent)
    assert refused.status_code == 409
    assert "Saved meanwhile: “ONE”. Yours: “TWO”." in refused.text
    assert "Saved meanwhile: “Theirs.” Yours: nothing." in refused.text
    assert versions(session) == {"texts": 1}
    again = coordinator.post(PATH, data={**form_of(refused.text), "do": "save"}, follow_redirects=True).text
    assert "Short name: “ONE”, now “TWO”" in unescape(again)


def test_a_form_sent_twice_is_saved_once(coordinator: FlaskClient, session: Session) -> None:
    sent = {**form_of(coordinator.get(PATH).text), "do": "save", "short_name": "ONE"}
    assert coordinator.post(PATH, data=sent).status_code == 303
    assert coordinator.post(PATH, data=sent).status_code == 409
    assert (
        "Nothing has changed."
        in coordinator.post(
            PATH, data={**form_of(coordinator.get(PATH).text), "do": "save"}, follow_redirects=True
        ).text
    )
    assert versions(session) == {"texts": 1}


def test_one_field_goes_back_to_its_default_and_the_others_stay_as_typed(
    coordinator: FlaskClient, session: Session
) -> None:
    send(coordinator, footer="Call us.", greeting="Hello")
    answer = send(coordinator, do="", default="footer", greeting="Dear {name}")
    found = form_of(answer.text)
    assert (answer.status_code, found["greeting"]) == (200, "Dear {name}")
    assert found["footer"] == "Questions? Reply to this email and a person will read it."
    assert 'name="default" value="greeting"' in answer.text
    assert 'name="default" value="footer"' not in answer.text
    assert versions(session) == {"texts": 1}


def test_earlier_texts_can_be_used_again_and_the_history_says_who(coordinator: FlaskClient, session: Session) -> None:
    send(coordinator, short_name="ONE")
    send(coordinator, short_name="TWO")
    assert "These are the texts of version 1" in coordinator.get(f"{PATH}?version=1").text
    send(coordinator, f"{PATH}?version=1")
    assert form_of(coordinator.get(PATH).text)["short_name"] == "ONE"
    page = unescape(coordinator.get(PATH).text)
    assert page.count("</strong> Cora Ord</p>") == 3
    assert "Short name: “TWO”, now “ONE”" in page
    send(coordinator, f"{PATH}?version=0")
    assert form_of(coordinator.get(PATH).text)["short_name"] == "SMK"
    assert coordinator.get(f"{PATH}?version=99").status_code == 200
    session.rollback()
    assert session.scalar(select(func.count()).where(AuditEntry.action == "saved-texts")) == 4
    assert "Changed the organisation’s texts" in unescape(coordinator.get("/coordinator/audit").text)


def test_a_logo_is_kept_from_preview_to_saving_and_stands_on_every_page(
    app: Flask, coordinator: FlaskClient, session: Session
) -> None:
    shown = send(coordinator, file=a_picture(), do="preview")
    assert shown.status_code == 200
    kept = form_of(shown.text)["kept_logo"]
    assert '<a class="word" href="/">SMK</a>' in shown.text
    assert coordinator.post(PATH, data={**form_of(shown.text), "do": "save"}).status_code == 303
    visitor = client_of(app)
    page = visitor.get("/").text
    found = re.search(
        r'<a class="word" href="/"><img class="logo" src="([^"]+)" width="384" height="96" alt="SMK"></a>', page
    )
    assert found is not None
    assert found[1].replace("-", "").endswith(f"{kept}.png")
    picture = visitor.get(found[1])
    assert picture.data == logo_image.read(a_picture()).content
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert picture.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in picture.headers["Cache-Control"]
    send(coordinator, no_logo="yes")
    assert '<a class="word" href="/">SMK</a>' in visitor.get("/").text
    assert "Logo removed" in coordinator.get(PATH).text
    send(coordinator, f"{PATH}?version=1")
    assert found[1] in visitor.get("/").text


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "Choose a PNG, JPEG or WebP file."),
        (b"\x89PNG\r\n\x1a\n" + bytes(2_000_000), "This file is larger than 2 MB."),
        (a_picture(20, 20), "This picture is 20 by 20 pixels."),
    ],
)
def test_a_file_that_is_no_logo_is_refused_beside_its_field(
    coordinator: FlaskClient, session: Session, file: bytes, said: str
) -> None:
    answer = send(coordinator, file=file, short_name="KEPT")
    assert answer.status_code == 422
    assert said in error_of(answer.text, "logo")
    assert form_of(answer.text)["short_name"] == "KEPT"
    assert versions(session) == {}
    assert session.scalar(select(func.count()).select_from(StoredLogo)) == 0


@pytest.mark.parametrize("kept", ["", "x", "0" * 32, "../../etc/passwd", "{" * 32])
def test_a_logo_that_is_not_there_is_none(coordinator: FlaskClient, session: Session, kept: str) -> None:
    assert send(coordinator, kept_logo=kept, short_name="ONE").status_code == 303
    assert coordinator.get(f"/look/logo/{'0' * 8}-0000-4000-8000-{'0' * 12}.png").status_code == 404


def test_colours_are_a_style_sheet_whose_address_changes_with_them(app: Flask, coordinator: FlaskClient) -> None:
    visitor = client_of(app)
    assert "/look/" not in visitor.get("/").text
    seen = []
    for texts in ({"accent_light": "#0b5394"}, {"accent_dark": "#8ab4f8"}, {"accent_light": ""}):
        send(coordinator, **texts)
        found = re.search(r'<link rel="stylesheet" href="(/look/\w+\.css)">', visitor.get("/").text)
        assert found is not None
        answer = visitor.get(found[1])
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert "immutable" in answer.headers["Cache-Control"]
        seen.append((found[1], answer.text))
    light = ":root{--accent:#0b5394}"
    dark = "@media screen and (prefers-color-scheme:dark){:root{--accent:#8ab4f8}}"
    only = f"@media print,(prefers-color-scheme:light){{{light}}}"
    assert [sheet for _, sheet in seen] == [only, f"{light}{dark}", dark]
    assert len({address for address, _ in seen}) == 3
    old = visitor.get(seen[0][0])
    assert (old.text, old.headers["Cache-Control"]) == (dark, "no-store")


def test_another_process_has_the_new_texts_within_a_second(
    database: Database, coordinator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_app(database)
    other.extensions["booking"] = replace(other.extensions["booking"], known=KnownOrganisation())
    there = client_of(other)
    assert "· SMK</title>" in there.get("/").text
    assert "CALNAME:SMK programme" in there.get("/feeds/programme.ics").text
    send(coordinator, short_name="ACME")
    at = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: at + 1.01)
    assert "· ACME</title>" in there.get("/").text
    assert "CALNAME:ACME programme" in there.get("/feeds/programme.ics").text


def test_the_texts_are_a_file_for_another_installation(coordinator: FlaskClient) -> None:
    send(coordinator, name='Acme: "A"', greeting="Hello {name}")
    answer = coordinator.get("/coordinator/texts.yaml")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="organisation.yaml"'
    assert 'name: "Acme: \\"A\\""\n' in answer.text
    assert '  greeting: "Hello {name}"\n' in answer.text


def test_a_whole_form_that_is_too_large_is_refused(coordinator: FlaskClient, session: Session) -> None:
    assert send(coordinator, footer="x" * 3_000_000).status_code == 413
    assert versions(session) == {}
