"""The rows of an analyst's day, and the day's edges in the analyst's own zone."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.domain import spreadsheet
from booking.domain.bookings import agenda_words, day_agenda
from booking.domain.bookings.day_agenda import AgendaVisit, Colleague, Gap, LastTime, Staffed
from booking.domain.meetings import Meeting
from tests.builders import CLINIC_AT, NOW

SYDNEY = "Australia/Sydney"
AN_HOUR = (CLINIC_AT, CLINIC_AT + timedelta(hours=1))
QUARTER = timedelta(minutes=15)


def a_visit(after_minutes: int = 0, minutes: int = 15, **fields: object) -> AgendaVisit:
    starts_at = CLINIC_AT + timedelta(minutes=after_minutes)
    values: dict[str, object] = {"member": "Kim", "topic": "", "link": "", "outcome": None, "last": None, **fields}
    return AgendaVisit(uuid.uuid4(), starts_at, starts_at + timedelta(minutes=minutes), minutes, **values)  # type: ignore[arg-type]


def a_gap(after_minutes: int) -> Gap:
    starts_at = CLINIC_AT + timedelta(minutes=after_minutes)
    return Gap(starts_at, starts_at + QUARTER, starts_at)


def staffed(*rows: AgendaVisit | Gap, colleagues: tuple[Colleague, ...] = (), is_cancelled: bool = False) -> Staffed:
    meeting = Meeting(
        public_id=uuid.uuid4(),
        series_slug="clinic",
        series_title="Live Member Clinic",
        summary="",
        kind="clinic",
        title="Live Member Clinic",
        module=None,
        modules=0,
        module_title="",
        starts_at=CLINIC_AT,
        ends_at=CLINIC_AT + timedelta(hours=1),
        zone="Australia/Brisbane",
        is_cancelled=is_cancelled,
        reason="",
        moved_from_at=None,
        sequence=0,
        revised_at=NOW,
    )
    return Staffed(meeting, rows, colleagues)


def shape(rows: list[AgendaVisit | Gap]) -> list[tuple[int, str]]:
    return [
        ((row.starts_at - CLINIC_AT) // timedelta(minutes=1), row.member if isinstance(row, AgendaVisit) else "free")
        for row in rows
    ]


def test_the_slots_between_the_visits_are_free_and_what_is_taken_elsewhere_is_not() -> None:
    elsewhere = CLINIC_AT + timedelta(minutes=45)
    rows = day_agenda.rows(AN_HOUR, [a_visit(15, 30)], [elsewhere], [], QUARTER)
    assert shape(rows) == [(0, "free"), (15, "Kim")]


@pytest.mark.parametrize(
    ("shortest", "visit", "gaps", "slots"),
    [
        (15, (30, 15), [(0, 15, 0), (15, 30, 15), (45, 60, 45)], 3),
        (30, None, [(0, 30, 15), (30, 60, 30)], 2),
        (30, (15, 30), [(0, 15, None), (45, 60, None)], 0),  # a quarter that no slot fits into
        (30, (0, 15), [(15, 60, 30)], 1),  # of three quarters in a row the last goes with a slot from 1:30
        (60, None, [(0, 60, 0)], 1),
    ],
)
def test_free_time_is_shown_in_pieces_of_the_shortest_slot_with_the_last_start_that_takes_some_of_it(
    shortest: int, visit: tuple[int, int] | None, gaps: list[tuple[int, int, int | None]], slots: int
) -> None:
    visits = [a_visit(*visit)] if visit else []
    length = timedelta(minutes=shortest)
    found = staffed(*day_agenda.rows(AN_HOUR, visits, [], [], length))

    def after(at: datetime | None) -> int | None:
        return None if at is None else (at - CLINIC_AT) // timedelta(minutes=1)

    free = [row for row in found.rows if isinstance(row, Gap)]
    assert [(after(row.starts_at), after(row.ends_at), after(row.last_start_at)) for row in free] == gaps
    assert found.free_slots(CLINIC_AT) == slots
    assert found.free_slots(CLINIC_AT + timedelta(hours=1)) == 0  # what has passed is not free


def test_a_row_is_on_from_its_start_to_just_before_its_end() -> None:
    visit = a_visit(15, 30)
    at = [day_agenda.is_on(visit, CLINIC_AT + timedelta(minutes=m)) for m in (14, 15, 44, 45)]
    assert at == [False, True, True, False]


@pytest.mark.parametrize(("minutes", "words"), [(59, ""), (60, "Two bookings are not marked yet.")])
def test_only_when_it_is_over_it_says_what_nobody_has_marked(minutes: int, words: str) -> None:
    found = staffed(a_visit(0), a_visit(15), a_visit(30, outcome="came"), a_gap(45))
    left = day_agenda.unmarked(found, CLINIC_AT + timedelta(minutes=minutes))
    assert agenda_words.not_marked(left) == words


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 3), 24), (date(2026, 10, 4), 23), (date(2027, 4, 4), 25), (date(2027, 4, 5), 24)]
)
def test_a_day_is_as_long_as_the_analysts_clocks_make_it(day: date, hours: int) -> None:
    start, end = day_agenda.bounds(day, day, SYDNEY)
    assert end - start == timedelta(hours=hours)
    assert day_agenda.bounds(day + timedelta(days=1), day + timedelta(days=1), SYDNEY)[0] == end


def test_the_week_begins_on_monday() -> None:
    assert day_agenda.week_of(date(2023, 12, 10)) == [date(2023, 12, 4 + n) for n in range(7)]


def test_a_mark_can_be_changed_until_the_end_of_the_analysts_own_day() -> None:
    assert day_agenda.day_ends_at(CLINIC_AT, SYDNEY) == datetime(2023, 12, 4, 13, 0, tzinfo=UTC)
    assert day_agenda.day_ends_at(CLINIC_AT, "America/New_York") == datetime(2023, 12, 4, 5, 0, tzinfo=UTC)


def test_the_programmes_clock_stands_beside_only_where_it_differs_with_its_weekday() -> None:
    nbsp = "\N{NO-BREAK SPACE}"
    assert agenda_words.beside(CLINIC_AT, "Australia/Brisbane", "Australia/Brisbane") == ""
    assert agenda_words.beside(CLINIC_AT, SYDNEY, "Australia/Brisbane") == f"1:00{nbsp}pm AEST"
    assert agenda_words.beside(CLINIC_AT, "America/New_York", "Australia/Brisbane") == f"Mon 1:00{nbsp}pm AEST"


def test_a_colleague_is_free_or_taken_and_nothing_else_is_said() -> None:
    quarters = [CLINIC_AT + timedelta(minutes=15 * n) for n in range(2)]
    said = [
        agenda_words.free_at(Colleague("Ana", tuple(zip(quarters, taken, strict=True))), SYDNEY).replace("\xa0", " ")
        for taken in ((False, False), (True, False), (True, True))
    ]
    assert said == ["free all the time", "free 2:15–2:30 pm", "fully booked"]


def test_the_file_for_spreadsheets_holds_every_row_in_the_analysts_clock() -> None:
    seen = LastTime(CLINIC_AT - timedelta(days=7), "Ana")
    gap = a_gap(15)
    rows = list(agenda_words.cells([staffed(a_visit(topic="GA4", last=seen, outcome="came"), gap)], SYDNEY))
    assert all(len(row) == len(agenda_words.HEADER) for row in rows)
    assert rows[1][:7] == ("2023-12-04", "14:00", "14:15", "15", SYDNEY, "13:00", "Australia/Brisbane")
    assert rows[1][8:] == ("booked", "Kim", "GA4", "", "2023-11-27", "Ana", "came")
    assert rows[2][8:10] == ("free", "")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "  =1", "\n=1", "＝1", "＋1", "－1", "＠x"])
def test_no_cell_is_read_as_a_formula(cell: str) -> None:
    assert spreadsheet.guarded(cell) == f"'{cell}"
    assert spreadsheet.unguarded(f"'{cell}") == cell


@pytest.mark.parametrize("text", ["", "'", "'s Gravenhage", "o'=b", "=1", "x"])
def test_what_was_not_guarded_stays_as_it_is(text: str) -> None:
    assert spreadsheet.unguarded(text) == text


def test_lines_and_quotes_are_written_as_rfc_4180_says() -> None:
    assert spreadsheet.lines([["a", 'say "b"', "c\nd", "e,f", None, 5]]) == 'a,"say ""b""","c\nd","e,f",,5\r\n'


def test_in_a_terminal_long_words_of_a_member_are_wrapped_and_the_row_that_is_on_is_pointed_at() -> None:
    topic = "Tags fire twice on the thank-you page since the shop moved. " * 3
    at = CLINIC_AT + timedelta(minutes=20)
    lines = list(agenda_words.sheet([staffed(a_visit(topic=topic), a_visit(15))], SYDNEY, "Australia/Brisbane", at))
    assert max(map(len, lines)) <= 80
    assert [line[:2] for line in lines if "15 min" in line] == ["  ", "> "]
    assert " ".join(" ".join(lines).split()).count("since the shop moved.") == 3
