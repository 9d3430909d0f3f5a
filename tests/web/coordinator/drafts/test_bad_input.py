"""What is pasted or chosen and is no plain text of one month: read as people see it, or asked about."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.people.people import Person
from booking.store.programme.programme import SeriesAnalyst
from tests.builders import a_person
from tests.databases import Database
from tests.programme.announcements.test_documents import document, p, packed
from tests.web.client import BASE_URL, client_of, make_app, post, token_of

DRAFTS = "/coordinator/drafts/"
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def client(database: Database, session: Session) -> FlaskClient:
    cora = a_person(session, "Cora", ["coordinator"])
    for name in ("Ada Reyes", "Sam Hale", "Sam Wu"):
        a_person(session, name, ["analyst"])
    session.commit()
    return client_of(make_app(database), cora)


def pasted(client: FlaskClient, text: str) -> str:
    """The page of a draft of this text; spaces that don't break are plain ones."""
    return client.get(post(client, DRAFTS, source=text).location).text.replace(NBSP, " ")


def chosen(client: FlaskClient, data: bytes, name: str) -> str:
    """The same of a chosen file."""
    fields = {"csrf_token": token_of(client.get(DRAFTS).text), "file": (io.BytesIO(data), name)}
    answer: Any = client.post(DRAFTS, data=fields, headers={"Origin": BASE_URL})
    assert answer.status_code == 303, answer.text
    return client.get(answer.location).text.replace(NBSP, " ")


def test_a_page_with_stray_and_unclosed_tags_is_read_as_a_browser_shows_it(client: FlaskClient) -> None:
    page = pasted(
        client,
        "<html><head><title>Office hours daily 9am-5pm</title><body></span></td><h1>June 2026</h1>"
        "<table><tr><th>What<th>When<tr><td>Film <b>workshop</td><td>Fridays 7pm-9pm Perth time</table>"
        "<p>Book <i>workshop<p>Mondays 5pm-6pm Perth time</div><script>Clinic Tuesdays 1pm-2pm</script></p></body>",
    )
    assert 'value="Film workshop"' in page
    assert "4 dates: Fri 5 Jun to Fri 26 Jun 2026" in page
    assert 'value="Book workshop"' in page
    assert page.count('<form class="form card"') == 2
    assert "We understood everything." in page


def test_a_document_with_a_table_and_tracked_changes_is_read_as_it_stands_now(client: FlaskClient) -> None:
    def run(text: str, tag: str = "t") -> str:
        return f'<w:r><w:{tag} xml:space="preserve">{text}</w:{tag}></w:r>'

    cell = f"<w:del>{run('Mondays ', 'delText')}</w:del><w:ins>{run('Tuesdays ')}</w:ins>{run('7pm-9pm Perth time')}"
    moved = f"<w:moveFrom>{run('Clinic on Wednesdays 1pm-2pm')}</w:moveFrom>"
    gone = "<w:del><w:r><w:delText>Lab on Thursdays</w:delText><w:tab/><w:t>, 1pm-2pm</w:t></w:r></w:del>"
    box = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    copy = f'<mc:Fallback xmlns:mc="{box}">{run("Lab on Sundays, 1pm-2pm")}</mc:Fallback>'
    row = f"<w:tr><w:tc>{p('Film workshop')}</w:tc><w:tc><w:p>{cell}</w:p></w:tc></w:tr>"
    body = f"{p('June 2026')}<w:tbl>{row}</w:tbl>" + "".join(f"<w:p>{one}</w:p>" for one in (moved, gone, copy))
    page = chosen(client, packed(document(body)), "programme.docx")
    assert "5 dates: Tue 2 Jun to Tue 30 Jun 2026" in page
    assert "We understood everything." in page
    assert not any(word in page for word in ("Mondays", "Wednesdays", "Thursdays", "Sundays"))


def test_two_programmes_in_one_text_are_each_in_their_own_month(client: FlaskClient) -> None:
    page = pasted(
        client,
        "June 2026\nFilm workshop, Fridays 7pm-9pm Perth time\nTax Clinic, Mondays 1pm-2pm Perth time\n\n"
        "July 2026\nBook workshop, Mondays 7pm-9pm Perth time",
    )
    assert "4 dates: Fri 5 Jun to Fri 26 Jun 2026" in page
    assert "4 dates: Mon 6 Jul to Mon 27 Jul 2026" in page
    assert "Does &#39;Tax Clinic&#39; end with June?" in page


def test_a_text_of_last_year_says_that_it_is_past(client: FlaskClient) -> None:
    page = pasted(client, "March 2021\nFilm workshop, Fridays 7pm-9pm Perth time, 5 to 26 March 2021")
    assert "March 2021 is past" in page
    assert "Fri 26 March 2021 is past" in page
    assert "We understood everything." not in page


@pytest.mark.parametrize(
    "text", ["Dear all,\nthank you for the lovely picnic. See you soon!", "12345", "?", "<p></p><br>hello<br>"]
)
def test_a_text_without_a_schedule_says_so_and_offers_no_plan(client: FlaskClient, text: str) -> None:
    page = pasted(client, text)
    assert "We couldn’t find a series in this text." in page
    assert "No line says what is on, on which days and at what time." in page
    assert "Preview the plan" not in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Paste the announcement here."),
        (" \n\t ", "Paste the announcement here."),
        ("word " * 130_000, "Paste at most 600,000 characters"),
        ("Lab\n" * 5_100, "This has more than 5,000 lines: paste only the part that announces the programme."),
    ],
    ids=["empty", "blank", "too long", "too many lines"],
)
def test_a_text_that_cannot_be_kept_says_why_beside_the_field(client: FlaskClient, text: str, said: str) -> None:
    answer = post(client, DRAFTS, source=text)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Drafts</h2>" not in answer.text


def test_half_a_million_characters_are_read(client: FlaskClient) -> None:
    prose = (
        "So many of you came that we do it again, with cake, tea and a quiz, and everybody is welcome to stay. " * 12
    )
    text = "June 2026\nFilm workshop, Fridays 7pm-9pm Perth time\n\n" + f"{prose.strip()}\n" * 400
    assert 480_000 < len(text) < 600_000
    assert "4 dates: Fri 5 Jun to Fri 26 Jun 2026" in pasted(client, text)


def test_who_leads_a_series_is_shown_on_its_card_or_asked_about(client: FlaskClient) -> None:
    text = "June 2026\nFilm workshop with {}, Fridays 7pm-9pm Perth time"
    assert "<p>With Ada Reyes</p>" in pasted(client, text.format("Ada"))
    assert "who is “Zoltan”" in pasted(client, text.format("Zoltan")).replace("Who is", "who is")
    where = post(client, DRAFTS, source=text.format("Sam")).location
    assert "2 analysts are called “Sam”: which one is meant?" in client.get(where).text
    post(client, where, answer="who-sam:2=Sam Wu")
    page = client.get(where).text
    assert "<p>With Sam Wu</p>" in page
    assert "which one is meant" not in page


def test_who_leads_a_series_is_published_with_it(client: FlaskClient, session: Session) -> None:
    text = "July 2026\nTax Clinic with Ada, Mondays 1pm-2pm Perth time, 6 to 27 July"
    where = post(client, DRAFTS, source=text).location
    assert "Tax Clinic" in client.get(f"{where}/preview").text
    (fingerprint,) = set(re.findall(r'name="fingerprint" value="(\w+)"', client.get(f"{where}/plan").text))
    assert post(client, f"{where}/publish", f"{where}/plan", fingerprint=fingerprint).status_code == 303
    session.rollback()
    assert session.scalars(select(Person.name).join(SeriesAnalyst)).all() == ["Ada Reyes"]
