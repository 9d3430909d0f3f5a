"""Announcements as they are really written: found whatever their dashes, hours and bullets; every doubt by its line."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.programme import files
from booking.programme.announcements import lines, reading, writing
from booking.programme.announcements.budget import CannotRead
from booking.programme.announcements.draft import AnnouncementDraft
from tests.builders import ORGANISATION

TODAY = date(2026, 11, 23)
DECEMBER = """\
Hello everyone! What a year. Friday is cake day, and 9 out of 10 of you came in 2026.

DECEMBER 2026 PROGRAMME (all times AEST)

Live Clinics every Monday and Tuesday, 1 pm – 2 pm AEST
\u2022 Bring one question of your own.
\u2022 Book a 15 or 30 minute talk on Zoom.

Weekly Lab: Tag Manager on Wednesdays from 1 pm – 2 pm AEST

Search Masterclass on Fridays from 10 am – 12 pm AEST
  \u2022 Module 1: Accounts & structure
  \u2022 Module Two – Keywords
  \u2022 Module III. Bidding

Our office is open Monday to Friday, 9 am – 5 pm.
Unsubscribe | 12-14 Long Street | Call 07 3000 1234
"""


def read(text: str | bytes, month: date | None = date(2026, 12, 1), **options: object) -> AnnouncementDraft:
    return reading.read(text, ORGANISATION, TODAY, month, **options)  # type: ignore[arg-type]


def found(draft: AnnouncementDraft) -> list[tuple[str, str, str, str, str]]:
    return [
        (s.title, s.kind, s.rrule.partition("BYDAY=")[2], f"{s.start:%H:%M}", f"{s.end:%H:%M}") for s in draft.series
    ]


def doubts(draft: AnnouncementDraft) -> list[str]:
    return [f"{doubt.line}: {doubt.message}" for doubt in draft.doubts if doubt.code != "aest"]


def printed(draft: AnnouncementDraft) -> files.Reading:
    return files.read_all([("-", writing.file_of(draft).encode())], ORGANISATION, TODAY)


def test_a_whole_announcement_is_read_and_what_is_no_programme_is_left_out() -> None:
    draft = read(DECEMBER, None)
    assert found(draft) == [
        ("Live Clinics", "clinic", "MO,TU", "13:00", "14:00"),
        ("Weekly Lab: Tag Manager", "lab", "WE", "13:00", "14:00"),
        ("Search Masterclass", "masterclass", "FR", "10:00", "12:00"),
    ]
    assert [m.title for m in draft.series[2].modules] == ["Accounts & structure", "Keywords", "Bidding"]
    assert (draft.month, draft.series[0].slot_minutes) == (date(2026, 12, 1), (15, 30))
    assert {s.zone for s in draft.series} == {"Australia/Brisbane"}
    unclear = "the line doesn’t say clearly what meets then."
    assert doubts(draft) == [
        f"1: we didn’t use “Friday”: {unclear} Is it part of the programme?",
        f"16: we didn’t use “Monday”, “Friday” and “9 am – 5 pm”: {unclear} Are they part of the programme?",
    ]
    checked = printed(draft)
    assert checked.problems == []
    assert [s.slug for s in checked.statements] == ["live-clinics", "weekly-lab-tag-manager", "search-masterclass"]


CLINIC = [("Live Clinics", "clinic", "MO,TU", "13:00", "14:00")]
LAB = [("Tag Lab", "lab", "WE", "13:30", "14:30")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Live Clinics every Monday and Tuesday 1pm-2pm AEST", CLINIC),
        ("Live Clinics - Mon & Tues, 1 pm to 2 pm AEST", CLINIC),
        ("Live Clinics \u2013 Mon, Tue, 1\u20132pm AEST", CLINIC),
        ("Live Clinics: Mondays + Tuesdays | 13:00 \u2014 14:00 (Brisbane time)", CLINIC),
        ("Live\u00a0Clinics each Monday\u00a0&\u00a0Tuesday from 1\u00a0pm until 2\u00a0pm AEST", CLINIC),
        ("Live Clinics on Monday\u2019s and Tuesday\u2019s, 1.00pm \u2010 2.00pm AEST", CLINIC),
        ("LIVE CLINICS MONDAYS AND TUESDAYS 1PM - 2PM AEST", [("LIVE CLINICS", *CLINIC[0][1:])]),
        ("Mondays & Tuesdays 1\u20132 pm AEST: Live Clinics", CLINIC),
        ("Every Monday and Tuesday from 1 pm to 2 pm AEST - Live Clinics", CLINIC),
        ("Live Clinics\nWhen: Mondays and Tuesdays\nTime: 1pm to 2pm AEST", CLINIC),
        ("Live Clinics\nMonday and Tuesday, 1pm to 2pm AEST", CLINIC),
        ("Live Clinics\n\nMonday and Tuesday\n1 p.m. \u2013 2 p.m. AEST", CLINIC),
        ("\u25cf\tLive Clinics\tMon, Tue\t1pm-2pm AEST", CLINIC),
        ("Live Clinics\tMonday & Tuesday\t13:00\u201314:00\tAEST", CLINIC),
        ("* Live Clinics (Mon and Tue, 1pm-2pm AEST)", CLINIC),
        ("Live Clinics, every Monday & Tuesday between 1 pm and 2 pm AEST", CLINIC),
        ("Live Cli\u00adnics every Mon\u00adday and Tuesday 1pm-2pm AEST", CLINIC),
        ("Live Clinics every Monday and Tuesday\x0b1pm-2pm AEST", CLINIC),
        ("- Tag Lab: Wednesdays 1.30 pm - 2.30 pm AEST", LAB),
        ("Tag Lab, Weds, 13:30 to 14:30 AEST", LAB),
        ("Tag Lab (Wed) 1:30\u20132:30pm AEST", LAB),
        ("Tag Lab | Wed | 13.30\u201314.30 | AEST", LAB),
        ("o Tag Lab on Wednesday from 1:30pm till 2:30pm AEST", LAB),
        ("Tag Lab \u00b7 every Wednesday \u00b7 1:30 p.m.\u20132:30 p.m. AEST", LAB),
        ("Tag Lab\nEvery Wednesday, 1:30pm \u2013 2:30pm Brisbane time\n", LAB),
        ("Wed 1:30 - 2:30 pm AEST Tag Lab", LAB),
        ("<p><b>Tag Lab</b> on Wednesdays<br>1:30&nbsp;pm &ndash; 2:30&nbsp;pm AEST</p>", LAB),
        (
            "<table><tr><th>What</th><th>When</th></tr>"
            "<tr><td>Tag Lab</td><td>Wed</td><td>13:30-14:30 AEST</td></tr></table>",
            LAB,
        ),
        ("<ul><li>Tag Lab: Wednesdays, 1:30pm&#8211;2:30pm AEST</li></ul><script>Monday 1pm-2pm clinic</script>", LAB),
        ("Big Workshop Mon\u2013Thu 11\u20131pm AEST", [("Big Workshop", "lab", "MO,TU,WE,TH", "11:00", "13:00")]),
        ("Help Desk Sat 10am to noon AEST", [("Help Desk", "clinic", "SA", "10:00", "12:00")]),
        ("Q&A hour, Thursdays 11am - 12pm AEST", [("Q&A hour", "clinic", "TH", "11:00", "12:00")]),
        ("Ads Course, Thursdays 09:00\u201311:00 AEST", [("Ads Course", "masterclass", "TH", "09:00", "11:00")]),
        ("Ads Masterclass - Thu 10am\u201312 AEST", [("Ads Masterclass", "masterclass", "TH", "10:00", "12:00")]),
        ("Night Webinar: Tue 8pm-9.30pm AEST", [("Night Webinar", "lab", "TU", "20:00", "21:30")]),
        (
            "Monthly Clinic: first Monday of the month, 1pm-2pm AEST",
            [("Monthly Clinic", "clinic", "1MO", "13:00", "14:00")],
        ),
        ("Clinic every second Monday, 1pm-2pm AEST", [("Clinic", "clinic", "MO", "13:00", "14:00")]),
        ("Clinic fortnightly on Mondays, 1pm-2pm AEST", [("Clinic", "clinic", "MO", "13:00", "14:00")]),
        (
            "\U0001f389 Live Clinics \U0001f389 Mon & Tue, 1pm\u20132pm AEST",
            [("\U0001f389 Live Clinics \U0001f389", *CLINIC[0][1:])],
        ),
        ("Clinic: Fridays 1 - 2pm AEDT", [("Clinic", "clinic", "FR", "13:00", "14:00")]),
        ("Lunch Lab Fri 12pm\u20131pm AET", [("Lunch Lab", "lab", "FR", "12:00", "13:00")]),
        ("Tuesday Clinic on Tuesdays, 1pm - 2pm AEST", [("Tuesday Clinic", "clinic", "TU", "13:00", "14:00")]),
        ("Mondays: Clinic, 1pm - 2pm AEST", [("Clinic", "clinic", "MO", "13:00", "14:00")]),
        ("Friday Lab Wednesdays 1.30pm to 2.30pm AEST", [("Friday Lab", "lab", "WE", "13:30", "14:30")]),
        ("Thursday is the new Friday. Call 9-5.", []),
        ("Our office is open Monday to Friday, 9 am \u2013 5 pm.", []),
        ("We ran a masterclass on Thursdays once, from 10 until lunch.", []),
    ],
)
def test_a_line_is_understood_whatever_its_manner(text: str, expected: list[tuple[str, ...]]) -> None:
    draft = read(text)
    assert found(draft) == expected
    if expected:
        checked = printed(draft)
        assert [str(problem) for problem in checked.problems] == []
        assert [(s.title, s.kind) for s in checked.statements] == [(title, kind) for title, kind, *_ in expected]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Module 1: A\nModule 2: B", ["A", "B"]),
        ("Module One - A\nModule Two - B", ["A", "B"]),
        ("MODULE I. A\nMODULE II. B", ["A", "B"]),
        ("\u2022 Module 1 \u2013 A\n\u2022 Module 2 \u2013 B", ["A", "B"]),
        ("1. A\n2. B", ["A", "B"]),
        ("1) A\n2) B", ["A", "B"]),
        ("Module 1\tA\nModule 2\tB", ["A", "B"]),
        ("Week 1: A\n\nWeek 2: B", ["A", "B"]),
        ("Fri 4 Dec \u2013 Module 1: A\nFri 11 Dec \u2013 Module 2: B", ["A", "B"]),
        ("Module 1 (4 December): A\nModule 2 (11 December): B", ["A", "B"]),
        (
            "Part One: 2026 in numbers\nPart Two: \u201cWhat now?\u201d & more",
            ["2026 in numbers", "What now?\u201d & more"],
        ),
    ],
)
def test_modules_are_read_by_numeral_word_or_roman_number(text: str, titles: list[str]) -> None:
    draft = read(f"Ads Masterclass on Fridays, 10am \u2013 12pm AEST\n{text}")
    assert [module.title for module in draft.series[0].modules] == titles
    assert draft.series[0].kind == "masterclass"
    assert doubts(draft) == []
    assert printed(draft).problems == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Clinic Thu 10am to 12pm AEST, starting Thursday 11 December",
            ["1: 11 December 2026 is a Friday, not a Thursday"],
        ),
        (
            "Clinic Mondays 3pm \u2013 2pm AEST",
            ["1: 'Clinic': 15:00 to 14:00: the end isn’t after the start, so it was left out"],
        ),
        ("\nClinic Mondays 1 \u2013 2 AEST", ["2: am or pm isn’t given: we took 13:00\u201314:00"]),
        ("Clinic Mondays 1 am \u2013 2 am AEST", ["1: 01:00\u201302:00 is an unlikely hour"]),
        ("Clinic Mondays 1pm \u2013 2pm", ["1: no time zone is given: we took Brisbane\u2019s time"]),
        (
            "Ads Masterclass Fri 1pm-2pm AEST\nModule 1: A\nModule 1: B\nModule 4: C",
            [
                "3: module 1 is here twice; the first is in line 2",
                "4: module 2 of 'Ads Masterclass' is missing",
                "4: module 3 of 'Ads Masterclass' is missing",
            ],
        ),
        ("Ads Masterclass Fri 1pm-2pm AEST", ["1: 'Ads Masterclass' lists no modules, so it ends with the month"]),
        ("Clinic Mon 1pm-2pm AEST, starting 31 November", ["1: there is no 31 November"]),
        ("March 2027\nClinic Mon 1pm-2pm AEST", ["1: the text says March 2027, but you chose December 2026"]),
    ],
)
def test_every_doubt_is_named_with_its_line(text: str, expected: list[str]) -> None:
    assert doubts(read(text)) == expected


def test_the_month_is_what_the_text_says_and_a_guess_is_a_doubt() -> None:
    line = "Clinic Mon 1pm-2pm AEST"
    assert read(f"January 2027\n{line}", None).month == date(2027, 1, 1)
    guessed = read(f"February at the club\n{line}", None)
    assert (guessed.month, doubts(guessed)) == (
        date(2027, 2, 1),
        ["1: the year of February isn’t given: we took 2027"],
    )
    assert doubts(read(line, None)) == ["1: no month is given: we took December 2026"]
    assert doubts(read(f"May 2025\n{line}", None)) == ["1: May 2025 is past"]
    assert doubts(read(line, date(2026, 2, 1))) == ["1: February 2026 is past"]


def test_which_clock_aest_means_is_asked_where_sydney_s_clock_differs_on_any_of_the_dates() -> None:
    text = "Clinic Mon 1pm-2pm AEST"
    (doubt,) = read(text).doubts
    assert (doubt.code, doubt.answers) == ("aest", ("Australia/Brisbane", "Australia/Sydney"))
    (later,) = read(text, date(2027, 7, 1)).doubts  # a clinic has no end, and in October the clocks differ
    assert (later.code, "an hour ahead in October" in later.message) == ("aest", True)
    assert read("Lab Mon 1pm-2pm AEST", date(2027, 7, 1)).doubts == []
    answered = read(text, answers={"aest:1": "Australia/Sydney"})
    assert (answered.doubts, answered.series[0].zone) == ([], "Australia/Sydney")
    assert read("Clinic Mon 1pm-2pm AEDT").series[0].zone == "Australia/Sydney"


def test_an_answer_takes_the_place_of_its_doubt() -> None:
    draft = read("Clinic Mondays 8 \u2013 9 AEST", answers={"half-missing:1": "20:00\u201321:00"})
    assert found(draft) == [("Clinic", "clinic", "MO", "20:00", "21:00")]
    assert doubts(draft) == []
    assert doubts(read("Clinic Mondays 8 \u2013 9 AEST", answers={"half-missing:1": "nonsense"})) != []


def test_a_date_without_a_role_is_ignored_until_its_question_is_answered() -> None:
    text = "Tag Lab Wed 1pm-2pm AEST, 16 December"
    (question,) = [doubt for doubt in read(text).doubts if doubt.code != "aest"]
    assert (question.code, question.line, question.answers[0]) == ("date-1216", 1, "Ignore it")
    assert (read(text).series[0].starts_on, read(text).series[0].skips) == (None, [])
    skipping = read(text, answers={"date-1216:1": "A date to skip"})
    assert (skipping.series[0].skips, doubts(skipping)) == ([date(2026, 12, 16)], [])
    assert read(text, answers={"date-1216:1": "The first date"}).series[0].starts_on == date(2026, 12, 16)


def test_a_line_that_is_left_over_is_asked_about_until_somebody_says_that_it_is_right() -> None:
    text = "Tag Lab Wed 1pm-2pm AEST until 16 December\nOur office is open on Fridays."
    assert [doubt.code for doubt in read(text).doubts if doubt.code != "aest"] == ["left-over"]
    assert doubts(read(text, answers={"left-over:2": "seen"})) == []


def test_a_start_date_and_an_end_are_read() -> None:
    draft = read(
        "Search Masterclass - Thu 10am to 12pm AEST, starting 10 December\n - Module One - A\n - Module Two - B"
    )
    assert draft.series[0].starts_on == date(2026, 12, 10)
    lab = read("Tag Lab Wed 1pm-2pm AEST until 16 December").series[0]
    assert lab.ends_on == date(2026, 12, 16)
    assert read("Tag Lab Wed 1pm-2pm AEST").series[0].ends_on == date(2026, 12, 31)


def test_lines_that_came_close_are_kept_to_be_named() -> None:
    draft = read("We ran a masterclass on Thursdays once, from 10 until lunch.\n\nNo dates are set.")
    assert ([line.number for line in draft.near], draft.series) == ([1], [])


def docx(*paragraphs: str) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(
            "word/document.xml",
            f'<?xml version="1.0"?><w:document xmlns:w="{name}"><w:body>{body}</w:body></w:document>',
        )
    return packed.getvalue()


def test_a_word_document_is_read_by_paragraphs() -> None:
    draft = read(docx("Ads Masterclass on Fridays, 10am \u2013 12pm AEST", "Module 1: A &amp; B", "Module 2: C"))
    assert [(m.line, m.title) for m in draft.series[0].modules] == [(2, "A & B"), (3, "C")]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"PK\x03\x04 not a document", id="a broken document"),
        pytest.param(b"%PDF-1.7 ...", id="a PDF"),
        pytest.param(b"\xd0\xcf\x11\xe0 old Word", id="an old Word document"),
        pytest.param(b"a\x00b\x00", id="bytes"),
        pytest.param(b"x" * 3_000_000, id="too large"),
    ],
)
def test_what_is_no_text_says_what_to_do(data: bytes) -> None:
    with pytest.raises(CannotRead, match=r"copy all of it and paste it here|paste only the part"):
        read(data)


def test_a_document_that_unpacks_to_a_bomb_or_brings_entities_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b" " * 30_000_000)
    entities = io.BytesIO()
    with zipfile.ZipFile(entities, "w") as file:
        file.writestr("word/document.xml", b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>')
    for data in (packed.getvalue(), entities.getvalue()):
        with pytest.raises(CannotRead):
            read(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_bytes_are_read_in_the_usual_encodings(encoding: str) -> None:
    text = "Live Clinics \u2013 Mon & Tue, 1pm\u20132pm AEST"
    assert found(read(text.encode(encoding))) == CLINIC


PIECES = st.sampled_from(
    [
        *(
            "Clinic",
            "Masterclass",
            "Mon",
            "Tuesdays",
            "1pm",
            "2",
            "-",
            "\u2013",
            "to",
            "AEST",
            "Module 1",
            ":",
            "4 Dec",
        ),
        *("31/2", "\n", "\t", "\u2022", "<p>", "</td>", "first", "every", "15 minute", "noon", "25:99", "0am", "2027"),
        *("\x00", "\u202e", "'", '"', "#"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map(" ".join)))
def test_no_text_whatever_makes_it_stumble_and_what_it_prints_passes_check(text: str) -> None:
    draft = reading.read_lines(lines.of(text), ORGANISATION, TODAY, date(2026, 12, 1))
    if draft.series:
        assert [str(problem) for problem in printed(draft).problems] == []


@pytest.mark.parametrize(
    "junk",
    ["a" * 100_000, "Monday 1 " * 12_000, "1-" * 50_000, "\u2022 " * 50_000, "<" * 100_000, "from and the " * 8000],
)
def test_a_hundred_thousand_signs_of_junk_are_no_programme(junk: str) -> None:
    assert read(junk).series == []
