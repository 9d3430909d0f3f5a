"""The list of series, and one series with its dates by month, today in sight."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient as Client
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking.store.programme.programme import CANCELLED
from booking.web.coordinator.series import listed_series
from tests.builders import CLINIC_AT, NOW, a_booking, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app

pytestmark = pytest.mark.both_databases  # lists by time and place

PROGRAMME = "/coordinator/programme"


@pytest.fixture
def client(database: Database, session: Session) -> Client:
    cora = a_person(session, "Cora", roles=["coordinator"])
    session.commit()
    return client_of(make_app(database, Clock(NOW)), cora)


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)).replace("\N{NO-BREAK SPACE}", " "))


def weekly(session: Session, slug: str, first_week: int, weeks: int, **fields: object) -> None:
    """A series of Mondays, from so many weeks after the clinic's."""
    team = [a_person(session, roles=["analyst"])]
    series = a_series(session, team, slug=slug, **{"title": slug.title(), **fields})
    for week in range(first_week, first_week + weeks):
        an_occurrence(session, series, team, CLINIC_AT + timedelta(weeks=week))
    session.commit()


def titles(page: str) -> list[str]:
    return re.findall(r"<h2><a [^>]*>([^<]*)</a>", page)


def test_the_series_that_is_on_next_comes_first_and_finished_ones_are_folded(client: Client, session: Session) -> None:
    weekly(session, "later", 3, 2)
    weekly(session, "sooner", 0, 2)
    weekly(session, "long-over", -30, 3)
    weekly(session, "over", -8, 3)
    weekly(session, "all-off", 1, 0)
    page = client.get(PROGRAMME).text
    upcoming, _, finished = page.partition("<details><summary>Finished series (3)")
    assert titles(upcoming) == ["Sooner", "Later"]
    assert titles(finished) == ["All-Off", "Over", "Long-Over"]
    assert "Next: Mon 4 Dec 2023" in text_of(upcoming)
    assert "Last: Mon 23 Oct 2023" in text_of(finished)


def test_a_series_is_upcoming_until_its_last_date_is_over_and_not_for_a_cancelled_one(
    database: Database, session: Session
) -> None:
    weekly(session, "mondays", 0, 1)
    weekly(session, "cancelled", 0, 0)
    cora = a_person(session, "Cora", roles=["coordinator"])
    off = a_series(session, [], slug="off", title="Off")
    an_occurrence(session, off, starts_at=CLINIC_AT, status=CANCELLED)
    session.commit()
    for minutes, shown in ((59, ["Mondays"]), (60, [])):
        client = client_of(make_app(database, Clock(CLINIC_AT + timedelta(minutes=minutes))), cora)
        page = client.get(PROGRAMME).text
        assert titles(page.partition("<details")[0] if not shown else page.partition("<details><summary>F")[0]) == shown
        assert "Off" in page


def test_both_lists_are_paged(client: Client, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed_series.series_list, "PAGE", 2)
    for number in range(3):
        weekly(session, f"new-{number}", number, 1)
        weekly(session, f"old-{number}", -10 - number, 1)
    page = client.get(PROGRAMME).text
    assert titles(page) == ["New-0", "New-1", "Old-0", "Old-1"]
    more, earlier = (html.unescape(link) for link in re.findall(r'href="([^"]*after=[^"]*)"', page))
    assert titles(client.get(more).text) == ["New-2"]
    assert titles(client.get(earlier).text) == ["Old-2"]
    assert "Finished series" in client.get(earlier).text
    assert client.get(f"{PROGRAMME}?after=nonsense").status_code == 404


def days(page: str) -> list[str]:
    """The dates of the table, with a mark where it says today."""
    rows = re.findall(r'<tr( class="today" aria-current="date"(?: id="today")?)?>(.*?)</tr>', page, re.S)
    found = []
    for today, row in rows:
        day = re.search(r"[A-Z][a-z]{2} \d+ [A-Z][a-z]{2}", text_of(row))
        if day and "rowgroup" not in row:
            found.append(f"{'>' if today else ''}{day[0]}")
    return found


def test_dates_stand_by_month_and_today_between_the_last_and_the_next(client: Client, session: Session) -> None:
    weekly(session, "mondays", -9, 14)
    page = client.get(f"{PROGRAMME}/mondays").text
    assert re.findall(r"<h3>([^<]*)</h3>", page) == ["October 2023", "November 2023", "December 2023", "January 2024"]
    assert days(page)[:8] == [
        *("Mon 16 Oct", "Mon 23 Oct", "Mon 30 Oct", "Mon 6 Nov", "Mon 13 Nov", "Mon 20 Nov"),
        *(">Mon 27 Nov", "Mon 4 Dec"),
    ]
    earlier = re.search(r'href="([^"]*before=[^"]*)"', page)
    assert earlier is not None
    before = client.get(html.unescape(earlier[1])).text
    assert days(before) == ["Mon 2 Oct", "Mon 9 Oct"]
    assert ">Today</a>" in before


def test_a_series_that_is_all_past_or_all_ahead_has_today_at_its_end_or_beginning(
    client: Client, session: Session
) -> None:
    weekly(session, "over", -3, 1)
    weekly(session, "ahead", 1, 1)
    assert days(client.get(f"{PROGRAMME}/over").text) == ["Mon 13 Nov", ">Mon 27 Nov"]
    assert days(client.get(f"{PROGRAMME}/ahead").text) == [">Mon 27 Nov", "Mon 11 Dec"]


def test_at_most_sixty_dates_are_on_a_page_and_none_is_left_out(client: Client, session: Session) -> None:
    weekly(session, "mondays", -70, 200)
    seen: list[str] = []
    address: str | None = f"{PROGRAMME}/mondays"
    pages = 0
    while address:
        page = client.get(html.unescape(address)).text
        assert len([day for day in days(page) if day[0] != ">"]) <= 60
        seen += [day.removeprefix(">") for day in re.findall(r"/coordinator/occurrences/([^\"]*)\"", page)]
        later = re.search(r'href="([^"]*after=[^"]*)"', page)
        address, pages = (later[1] if later else None), pages + 1
    assert (len(seen), len(set(seen)), pages) == (137, 137, 3)
    first = client.get(f"{PROGRAMME}/mondays").text
    address = next(iter(re.findall(r'href="([^"]*before=[^"]*)"', first)), None)
    while address:
        page = client.get(html.unescape(address)).text
        seen += re.findall(r"/coordinator/occurrences/([^\"]*)\"", page)
        address = next(iter(re.findall(r'href="([^"]*before=[^"]*)"', page)), None)
    assert (len(seen), len(set(seen))) == (200, 200)


def test_each_row_says_what_is_booked_and_what_is_missing(client: Client, session: Session) -> None:
    team = [a_person(session, "Ada", roles=["analyst"], meeting_url="https://meet.example.org/ada")]
    series = a_series(session, team, slug="mondays", title="Mondays")
    first = an_occurrence(session, series, team)
    an_occurrence(session, series, [], CLINIC_AT + timedelta(weeks=1), title="Open clinic")
    a_booking(session, first, minutes=30)
    page = text_of(client.get(f"{PROGRAMME}/mondays").text)
    row, _, rest = page.partition("Mon 11 Dec")
    assert "1 booked 30 minutes of 1 hour" in row
    assert "No analyst" not in row
    assert "No meeting link" not in row
    assert "Open clinic No analyst No meeting link nobody yet 0 booked" in rest.replace("  ", " ")


def test_a_viewer_reads_and_is_offered_no_change(database: Database, session: Session) -> None:
    weekly(session, "mondays", 0, 2)
    viewer = a_person(session, "Vi", roles=["viewer"])
    session.commit()
    client = client_of(make_app(database, Clock(NOW)), viewer)
    for path in (PROGRAMME, f"{PROGRAMME}/mondays"):
        page = client.get(path)
        assert page.status_code == 200
        assert not {"New series", "Edit series", "Copy series", "Copy a month"} & set(
            re.findall(r">([^<]+)</a>", page.text)
        )


def test_the_number_of_statements_does_not_grow_with_the_list(
    database: Database, client: Client, session: Session
) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    seen = []
    event.listen(database.engine, "before_cursor_execute", note)
    try:
        for number in range(2):
            weekly(session, f"mondays-{number}", 0, 3 + 10 * number)
            counts = []
            for path in (PROGRAMME, f"{PROGRAMME}/mondays-{number}"):
                client.get(path)
                asked.clear()
                client.get(path)
                counts.append(len(asked))
            seen.append(counts)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert seen[0] == seen[1]
