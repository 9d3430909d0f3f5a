"""Drafts: uploaded documents that cannot be read say so beside the field, and what was read is not read again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.programme.announcements import reading
from booking.web.coordinator.drafts import draft_reading
from tests.builders import a_person
from tests.databases import Database
from tests.programme.announcements.test_documents import GOOD, HOSTILE
from tests.web.client import BASE_URL, client_of, make_app, post, token_of

TEXT = "Tag Lab on Wednesdays, 1 pm to 2 pm AEST\nStarts 6 December 2023"


@pytest.fixture
def client(database: Database, session: Session) -> FlaskClient:
    cora = a_person(session, "Cora", ["coordinator"])
    session.commit()
    return client_of(make_app(database), cora)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that are read from now on."""
    found: list[str] = []
    read = reading.read

    def noted(source: str, *arguments: Any) -> reading.AnnouncementDraft:
        found.append(source)
        return read(source, *arguments)

    draft_reading._understood.cache_clear()
    monkeypatch.setattr(reading, "read", noted)
    return found


def upload(client: FlaskClient, data: bytes) -> Any:
    fields = {"csrf_token": token_of(client.get("/coordinator/drafts/").text), "file": (io.BytesIO(data), "a.docx")}
    return client.post("/coordinator/drafts/", data=fields, headers={"Origin": BASE_URL})


def test_a_word_document_becomes_a_draft(client: FlaskClient) -> None:
    answer = upload(client, GOOD)
    assert answer.status_code == 303
    assert "Lab on Wednesdays, 1 pm to 2 pm AEST" in client.get(answer.location).text


@pytest.mark.parametrize("what", ["a DTD", "half a file", "elements in elements"])
def test_a_document_that_cannot_be_read_says_so_and_keeps_nothing(client: FlaskClient, what: str) -> None:
    answer = upload(client, HOSTILE[what])
    assert answer.status_code == 422
    assert "copy all of it and paste it here as text" in answer.text


def test_a_draft_is_read_once_for_each_text_and_its_answers(client: FlaskClient, reads: list[str]) -> None:
    page = post(client, "/coordinator/drafts/", source=TEXT, month="2023-12").location
    for path in (page, page, f"{page}/preview", f"{page}/plan", page):
        assert client.get(path).status_code == 200
    assert reads == [TEXT]
    post(client, page, answer="aest:1=Australia/Sydney")
    client.get(page)
    client.get(page)
    assert len(reads) == 2


def test_a_corrected_card_changes_what_is_shown_and_not_what_was_read(client: FlaskClient, reads: list[str]) -> None:
    page = post(client, "/coordinator/drafts/", source=TEXT, month="2023-12").location
    fields = {
        "kind": "lab",
        "every": "Thursday",
        "time": "1 pm – 2 pm",
        "from": "2023-12-07",
        "until": "",
        "modules": "",
    }
    assert post(client, page, card="card:1", title="Renamed", **fields).status_code == 303
    for _ in range(2):
        assert 'value="Renamed"' in client.get(page).text
        assert client.get(f"{page}/preview").status_code == 200
    assert reads == [TEXT]


def test_a_text_that_cannot_be_read_is_not_kept_in_place_of_one_that_can(client: FlaskClient) -> None:
    page = post(client, "/coordinator/drafts/", source=TEXT, month="2023-12").location
    answer = post(client, page, source="line\n" * 6_000)
    assert answer.status_code == 422
    assert "Tag Lab on Wednesdays" in client.get(page).text


def cell(words: str, day: int) -> str:
    tag = {"meets": "b", "skipped": "s"}[words]
    return f'<{tag}>{day}</{tag}><span class="sr"> {words}</span>'


def test_a_card_says_and_shows_on_which_dates_its_series_meets(client: FlaskClient) -> None:
    text = "Knitting workshop, Tuesdays 6pm-7pm AEST, 2 to 30 June 2026, except 16 June"
    page = client.get(post(client, "/coordinator/drafts/", source=text).location).text
    assert "4 dates: Tue\u00a02\u00a0Jun to Tue\u00a030\u00a0Jun 2026" in page
    assert "Skips Tue\u00a016\u00a0Jun" in page
    assert [day for day in range(1, 31) if cell("meets", day) in page] == [2, 9, 23, 30]
    assert [day for day in range(1, 31) if cell("skipped", day) in page] == [16]


def test_a_corrected_card_shows_the_dates_of_its_correction_and_none_while_it_is_wrong(client: FlaskClient) -> None:
    page = post(client, "/coordinator/drafts/", source=TEXT, month="2023-12").location
    fields = {"title": "Tag Lab", "kind": "lab", "time": "1 pm – 2 pm", "from": "2023-12-07", "until": "2023-12-21"}
    post(client, page, card="card:1", every="Thursday", modules="", **fields)
    assert "3 dates: Thu\u00a07\u00a0Dec to Thu\u00a021\u00a0Dec 2023" in client.get(page).text
    wrong = post(client, page, card="card:1", every="Someday", modules="", **fields)
    assert (wrong.status_code, "dates: Thu" in wrong.text) == (422, False)
    post(client, page, card="card:1", every="Thursday", modules="", out="1", **fields)
    assert "This series is left out." in client.get(page).text


def test_a_draft_of_very_many_series_shows_the_first_of_them_and_says_so(client: FlaskClient) -> None:
    text = "June 2027\n" + "".join(f"Lab {n}, Mondays 1pm-2pm Perth time\n" for n in range(130))
    page = client.get(post(client, "/coordinator/drafts/", source=text).location).text
    assert page.count('<form class="form card"') == 100
    assert "30 more series aren’t shown here." in page
