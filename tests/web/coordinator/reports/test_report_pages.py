"""The reports: the page, its charts and tables, CSV, the period, and the same at the command line."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.domain import spreadsheet
from booking.domain.reports.report_tables import NAMES
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person
from tests.cli.command import booking
from tests.databases import Database
from tests.store.plans import statements
from tests.web.client import client_of, make_app

PATH = "/coordinator/reports"
PERIOD = {"from": "2023-12-04", "to": "2023-12-10"}


@pytest.fixture
def viewer(database: Database, session: Session) -> FlaskClient:
    person = a_person(session, "Vera", roles=["viewer"])
    session.commit()
    return client_of(make_app(database, CLINIC_AT), person)


@pytest.fixture
def clinic(session: Session) -> None:
    found = a_clinic(session)
    found.roster[0].analyst.name = "Ada Reyes"
    a_booking(session, found, minutes=30)


def table(client: FlaskClient, name: str, **fields: str) -> list[dict[str, str]]:
    answer = client.get(f"{PATH}/{name}.csv", query_string=fields)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix(spreadsheet.BOM))))


@pytest.mark.usefixtures("clinic")
def test_a_chart_says_in_words_what_it_shows_and_its_table_stands_beneath(viewer: FlaskClient) -> None:
    page = viewer.get(PATH, query_string=PERIOD).text
    section = page[page.index('id="use-by-analyst-title"') :]
    chart, grid = section.index("<svg"), section.index("<table")
    assert chart < grid < section.index("</section>")
    svg = section[chart : section.index("</svg>")]
    assert 'role="img"' in svg
    assert "<title" in svg
    assert "Ada Reyes: 2 of 4 booked, 50%" in svg
    assert 'class="part" d="M.5 20h159.5v13h-159.5z"' in svg
    assert "style=" not in page
    row = re.search(r'<tr><th scope="row">Ada Reyes</th>(.*?)</tr>', section, re.DOTALL)
    assert row is not None
    assert re.findall(r">([^<>]+)</td>", row[1]) == ["4", "2", "50%"]


@pytest.mark.usefixtures("clinic")
def test_each_table_is_a_csv_of_the_same_period(viewer: FlaskClient) -> None:
    page = viewer.get(PATH, query_string=PERIOD).text
    for name in NAMES:
        rows = table(viewer, name, **PERIOD)
        if rows:
            assert unescape(re.search(rf'href="([^"]*/{name}\.csv[^"]*)"', page)[1]).endswith(
                "from=2023-12-04&to=2023-12-10"
            )  # type: ignore[index]
    assert table(viewer, "use", **PERIOD) == [
        {
            "Week from": "Mon 4 Dec",
            "Analyst": "Ada Reyes",
            "Quarters offered": "4",
            "Quarters booked": "2",
            "Used": "50%",
        }
    ]
    assert table(viewer, "use", **{**PERIOD, "from": "2023-12-05"}) == []
    assert viewer.get(f"{PATH}/nonsense.csv").status_code == 404


def test_at_first_it_shows_the_last_four_weeks_and_this_one(viewer: FlaskClient) -> None:
    page = viewer.get(PATH).text
    assert 'name="from" value="2023-11-06"' in page
    assert 'name="to" value="2023-12-10"' in page
    assert "Nothing to report in this period." in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from": "x", "to": "2023-12-04"}, "“From” isn&#39;t a date."),
        ({"from": "2023-12-05", "to": "2023-12-04"}, "“To” is before “From”."),
        ({"from": "2020-12-05", "to": "2023-12-04"}, "Choose at most a year."),
        ({"from": "1023-12-05", "to": "2023-12-04"}, "must be between 2000 and 2100"),
    ],
)
def test_a_period_that_is_none_says_so_beside_its_field(
    viewer: FlaskClient, fields: dict[str, str], words: str
) -> None:
    for path in (PATH, f"{PATH}/use.csv"):
        answer = viewer.get(path, query_string=fields)
        assert answer.status_code == 422
        assert words in answer.text
        assert 'aria-invalid="true"' in answer.text


@pytest.mark.usefixtures("clinic")
def test_the_page_takes_a_fixed_number_of_statements(database: Database, viewer: FlaskClient, session: Session) -> None:
    counts = []
    for _ in range(2):
        viewer.get(PATH, query_string=PERIOD)
        with statements(database) as seen:
            viewer.get(PATH, query_string=PERIOD)
        counts.append(len(seen))
        for _ in range(3):
            a_booking(session, a_clinic(session))
    assert counts[0] == counts[1] <= 10


def test_members_and_analysts_see_no_reports(database: Database, session: Session) -> None:
    for role in ("member", "analyst"):
        client = client_of(make_app(database), a_person(session, f"A {role}", roles=[role]))
        assert client.get(PATH).status_code == client.get(f"{PATH}/use.csv").status_code == 403


@pytest.mark.usefixtures("clinic")
def test_the_command_line_prints_the_same_figures(
    database: Database, session: Session, viewer: FlaskClient, tmp_path: Path
) -> None:
    session.commit()
    environment = {
        "BOOKING_SECRET_KEY": "s" * 40,
        "BOOKING_FEED_KEY": "f" * 40,
        "BOOKING_DATABASE_URL": database.url,
    }
    days = ("--from", PERIOD["from"], "--to", PERIOD["to"])
    for name in NAMES:
        done = booking(tmp_path, "report", *days, "--csv", name, **environment)
        assert done.returncode == 0, done.stderr
        assert list(csv.DictReader(io.StringIO(done.stdout))) == table(viewer, name, **PERIOD)
    done = booking(tmp_path, "report", *days, **environment)
    assert "Monday 4 December 2023 to Sunday 10 December 2023, Brisbane" in done.stdout
    assert re.search(r"Ada Reyes +4 +2 +50%", done.stdout)
    done = booking(tmp_path, "report", "--from", PERIOD["to"], "--to", PERIOD["from"], **environment)
    assert (done.returncode, "--to is before --from" in done.stderr) == (2, True)
