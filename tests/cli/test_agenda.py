"""`booking agenda`: the day of an analyst in a terminal."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from booking import clock
from booking.cli.main import booking
from booking.store.programme.programme import Programme
from tests.builders import CLINIC_AT, a_booking, a_person, a_series, an_occurrence
from tests.databases import Database

DAY = "2023-12-04"


@pytest.fixture
def ask(database: Database, session: Session, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Run `booking agenda …` twelve minutes into a clinic of Ana's and Ben's, with Kim booked at its start."""
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    ana = a_person(session, "Ana Reyes", ["analyst"], time_zone="Australia/Perth")
    ben = a_person(session, "Ben Novak", ["analyst"])
    a_person(session, "Bea Nolan", ["analyst"])
    a_person(session, "Kurt Member")
    series = a_series(session, [ana, ben])
    clinic = an_occurrence(session, series, [ana, ben])
    an_occurrence(session, series, [ana], CLINIC_AT + timedelta(days=7))
    kim = a_person(session, "Kim Lee")
    a_booking(session, clinic, kim, analyst=ana.public_id, topic="GA4 events\nnot firing", link="https://example.com/x")

    def at() -> datetime:
        return CLINIC_AT + timedelta(minutes=12)

    monkeypatch.setattr(clock, "now", at)
    monkeypatch.setenv("BOOKING_DATABASE_URL", database.url)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(booking, ["agenda", *arguments])

    return run


def test_the_day_is_printed_in_the_analysts_clock_first(ask) -> None:
    answer = ask("ana.reyes@example.org")
    assert answer.exit_code == 0
    assert answer.output == (
        "Monday 4 December 2023, Ana Reyes, times for Perth\n"
        "\n"
        "Live Member Clinic, 11:00 am–12:00 pm Perth (1:00–2:00 pm AEST)\n"
        "> 11:00 am  15 min  Kim Lee\n"
        "            GA4 events\n"
        "            not firing\n"
        "            https://example.com/x\n"
        "            First time\n"
        "  11:15 am  free\n"
        "  11:30 am  free\n"
        "  11:45 am  free\n"
        "  Also there: Ben Novak, free all the time\n"
        "\n"
        "The next day with something on: Monday 11 December.\n"
        "This week: 1 booked, 3 slots free.\n"
    )


def test_another_day_and_the_beginning_of_a_name_will_do(ask) -> None:
    answer = ask("ben", "--on", "2023-12-05")
    assert answer.exit_code == 0
    assert "Tuesday 5 December 2023, Ben Novak, times for Brisbane\n\nNothing on this day.\n" in answer.output


def test_the_same_rows_come_as_csv(ask) -> None:
    lines = ask("Ana Reyes", "--on", DAY, "--csv").output.splitlines()
    assert lines[0].startswith("date,starts,ends,minutes,zone")
    assert lines[1].startswith("2023-12-04,11:00,11:15,15,Australia/Perth,13:00,Australia/Brisbane")
    assert lines[-1].startswith("2023-12-04,11:45,12:00,15")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", "no analyst has the address 'nobody' or a name that starts like that"),
        ("kurt.member@example.org", "no analyst has the address 'kurt.member@example.org'"),
        ("", "no analyst has the address ''"),
        ("be", "'be' could be any of Bea Nolan (bea.nolan@example.org), Ben Novak (ben.novak@example.org)"),
    ],
)
def test_who_is_no_analyst_or_several_is_one_clear_line(ask, name: str, said: str) -> None:
    answer = ask(name)
    assert answer.exit_code == 1
    assert said in str(answer.exception)
    assert "\n" not in str(answer.exception)


@pytest.mark.parametrize("day", ["4.12.2023", "2023-13-01", "9999-12-31"])
def test_what_is_no_day_is_refused(ask, day: str) -> None:
    answer = ask("ana", "--on", day)
    assert answer.exit_code == 2
    assert "Invalid value for '--on'" in answer.output
