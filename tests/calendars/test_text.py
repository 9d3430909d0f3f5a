"""Hostile text never breaks a calendar, and what can be kept of it is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.calendars import entries, feeds, text
from tests.calendars.reading import events, unfolded
from tests.calendars.values import PUBLISHER, a_meeting, an_appointment

HOSTILE = {
    "separators": "a,b;c:d\\e\\n \"f\" 'g' ^n ^^ ^'",
    "emoji": "🧑🏽‍🚀🇦🇺 " * 40,
    "right to left": "שלום עולם \u202eabc\u202c مرحبا",
    "like a property": "x\r\nEND:VEVENT\r\nBEGIN:VALARM\r\nSUMMARY:gotcha",
    "combining": "e\u0301\u0302\u0303" * 50,
    "long": "The quick brown fox, " * 240,
    "without a space": "界" * 5000,
    "as if escaped": "C:\\New\\new \\N \\n \\; \\, \\\\",
    "control": "a\x00b\x1b\x7f\x85\x9f\ufeffc",
    "half a character": "a\ud83db\udfffc",
    "percent": "%0D%0A %s {x} {{y}}",
}


def test_every_kind_of_line_end_becomes_one_kind():
    assert text.block("a\r\nb\rc\nd\u2028e\u2029f") == "a\nb\nc\nd\ne\nf"


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x0b", "\x1b", "\x7f", "\x85", "\x9f", "\ufeff", "\ud83d"])
def test_control_characters_are_left_out(character):
    assert text.block(f"a{character}b") == "ab"
    assert text.line(f"a{character}b") == "ab"


def test_a_line_has_no_line_end_and_no_run_of_spaces():
    assert text.line("  a\r\n\tb   c ") == "a b c"


def test_a_parameter_has_no_double_quote():
    assert text.parameter('Ada "the count" Reyes') == "Ada 'the count' Reyes"


def test_a_parameter_has_no_caret_that_some_readers_would_show_twice():
    assert text.parameter("a^n b^^") == "aˆn bˆˆ"


def test_a_parameter_has_no_backslash_that_some_readers_would_take_for_an_escape():
    assert text.parameter("C:\\new\\") == "C:/new/"


def test_a_parameter_has_no_semicolon_at_which_some_readers_would_end_it():
    assert text.parameter("Holt; Esq") == "Holt, Esq"


def test_a_name_needs_no_escape_and_has_no_run_of_spaces():
    assert text.name("Organic,  Paid;\tand \\more\\") == "Organic · Paid · and /more/"


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_comes_back_from_a_second_reader_as_it_went_in(hostile):
    appointment = an_appointment(topic=hostile, analyst=hostile, meeting=a_meeting(title=hostile))
    (event,) = events(feeds.single(entries.booked(PUBLISHER, appointment)))
    assert event.summary.value == f"{text.line(hostile)} with {text.line(hostile)}"
    assert f"About: {text.block(hostile)}\n" in event.description.value
    (meeting,) = events(feeds.single(entries.public(PUBLISHER, a_meeting(title=hostile, summary=hostile))))
    assert meeting.summary.value == text.line(hostile)
    assert text.block(hostile) in meeting.description.value


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_no_line_is_longer_than_75_octets_and_none_is_cut_inside_a_character(hostile):
    appointment = an_appointment(topic=hostile, meeting=a_meeting(title=hostile[:900]))
    content = feeds.single(entries.booked(PUBLISHER, appointment))
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


@given(hostile=st.text(max_size=300))
def test_whatever_is_typed_the_calendar_keeps_its_shape(hostile):
    appointment = an_appointment(
        topic=hostile, link=hostile, analyst=hostile, reason=hostile, meeting=a_meeting(title=hostile)
    )
    content = feeds.single(entries.booked(PUBLISHER, appointment))
    lines = unfolded(content)
    assert [line for line in lines if line.startswith(("BEGIN:", "END:"))] == [
        "BEGIN:VCALENDAR",
        "BEGIN:VTIMEZONE",
        "BEGIN:STANDARD",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029\ufeff" for line in lines for c in line)
    assert len(events(content)) == 1
