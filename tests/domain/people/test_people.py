"""A table of people: what it means, and every mistake with its line."""

from __future__ import annotations

from datetime import date

import pytest

from booking.domain import spreadsheet
from booking.domain.people import person_names
from booking.domain.people.people_table import COLUMNS, NEVER, Listed, cells, read, read_one

HEADER = "email,name,role,time_zone,member_until\n"


def test_a_table_as_a_spreadsheet_saves_it() -> None:
    lines = ["email;name;role;time_zone;member_until", "A@x.org;Ann  Lee;analyst|coordinator;Perth;", ""]
    data = "\ufeff" + "\r\n".join([*lines, "b@x.org;;member;NSW;2026-12-31", ""])
    people, mistakes = read(data.encode())
    assert mistakes == []
    assert people == [
        Listed(2, "a@x.org", "Ann Lee", frozenset({"analyst", "coordinator"}), "Australia/Perth", None),
        Listed(4, "b@x.org", "", frozenset({"member"}), "Australia/Sydney", date(2026, 12, 31)),
    ]


@pytest.mark.parametrize(
    "person",
    [
        Listed(2, "a@x.org", "Ann Lee", frozenset({"analyst", "coordinator"}), "Australia/Perth", date(2026, 12, 31)),
        Listed(2, "+a@x.org", "", frozenset(), None, None),
        Listed(2, "a@x.org", "O'Brien, Zoë", frozenset({"member"}), None, NEVER, "https://zoom.example.com/j/1"),
        Listed(2, "a@x.org", "Ann", frozenset({"member"}), None, NEVER, ""),
    ],
)
def test_a_person_who_is_written_is_read_again_as_they_were(person: Listed) -> None:
    assert read(spreadsheet.lines([COLUMNS, cells(person)]).encode()) == ([person], [])


BAD: dict[str, tuple[bytes, list[tuple[int, str]]]] = {
    "an empty file": (b"", [(1, "the file is empty")]),
    "only a header": (HEADER.encode(), [(1, "there is nobody in the file")]),
    "no e-mail column": (b"name\nAnn\n", [(1, "the column 'email' is missing")]),
    "an unknown column": (
        b"email,phone\na@x.org,1\n",
        [(1, "unknown column 'phone'; the columns are email, name, role, time_zone, member_until, meeting_url")],
    ),
    "a column twice": (b"email,email\na@x.org,b@x.org\n", [(1, "the column 'email' is there twice")]),
    "more cells than columns": (
        HEADER.encode() + b"a@x.org,Ann,,,,boss,\n",
        [(2, "'boss' is in column F, which has no name in the first line")],
    ),
    "a cell under a column without a name": (
        b"email,,name\na@x.org,boss,Ann\n",
        [(2, "'boss' is in column B, which has no name in the first line")],
    ),
    "every mistake at once": (
        HEADER.encode() + b"x,Ann,boss,Mars,31/12/2026\na@x.org,,,,\nA@X.org,,,,\n",
        [
            (2, "email: 'x' isn't an email address: enter an email address such as name@example.org"),
            (2, "role: unknown role 'boss': use member, analyst, coordinator, viewer"),
            (2, "time_zone: unknown time zone 'Mars': write a city or a state, such as Perth or NSW"),
            (2, "member_until: '31/12/2026' isn't a date: write it as 2026-12-31, or never for no last day"),
            (4, "email: a@x.org is already in line 3"),
        ],
    ),
    "not UTF-8": (
        HEADER.encode() + b"a@x.org,Andr\xe9,,,\n",
        [(2, "this isn't UTF-8 text: save the table as CSV in UTF-8")],
    ),
    "a quote left open": (
        HEADER.encode() + b'a@x.org,"Ann,,,\n',
        [(2, "this isn't CSV from here on: unexpected end of data")],
    ),
    "50 MB and more": (b"x" * 50_000_001, [(1, "larger than 50 MB: import it in parts")]),
    "a name with an escape in it": (
        HEADER.encode() + "a@x.org,A\u202enn,,,\n".encode(),
        [(2, "name: 'A\\u202enn' can't be a name: " + person_names.HIDDEN)],
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_every_mistake_is_named_with_its_line(what: str) -> None:
    data, expected = BAD[what]
    assert [(mistake.line, str(mistake)) for mistake in read(data)[1]] == expected


@pytest.mark.parametrize(
    "data",
    [
        b"email,name,role,,\na@x.org,Ann,member,,\n,,,,\n",
        b"email,name,role\na@x.org,Ann,member,,\n",
        b"email,name,role,time_zone,meeting_url\na@x.org,Ann,member\n",
        b"sep=;\r\nemail;name;role\r\na@x.org;Ann;member\r\n",
        b"\xef\xbb\xbfsep=,\nemail,name,role\na@x.org,Ann,member\n",
        b'"sep=\t"\nemail\tname\trole\na@x.org\tAnn\tmember\n',
        b"sep=;;;\nemail;name;role\na@x.org;Ann;member\n",
        b"email\tname\trole\na@x.org\tAnn\tmember\n",
        b"Email\tName\tRole\t\ra@x.org\tAnn\tmember\t\r",
    ],
    ids=[
        "empty columns at the end",
        "empty cells at the end",
        "cells left out at the end",
        "sep= with semicolons",
        "sep= with commas after a byte order mark",
        "sep= with tabs, quoted",
        "sep= with the empty cells of its line",
        "tabs",
        "tabs with the line ends of a Mac",
    ],
)
def test_a_table_as_excel_leaves_it(data: bytes) -> None:
    people, mistakes = read(data)
    assert mistakes == []
    assert [(one.email, one.name, one.roles) for one in people] == [("a@x.org", "Ann", {"member"})]


def test_a_mistake_below_sep_is_named_with_the_line_of_the_file() -> None:
    _, mistakes = read(b"sep=;\nemail;role\na@x.org;boss\n")
    assert [(one.line, one.column) for one in mistakes] == [(3, "role")]


def test_never_and_none_take_a_last_day_and_a_meeting_link_away() -> None:
    person, mistakes = read_one("a@x.org", "", "", "", "Never", "none")
    assert (person.member_until, person.meeting_url, mistakes) == (NEVER, "", [])
    person, _ = read_one("a@x.org", "", "", "", "", "")
    assert (person.member_until, person.meeting_url) == (None, None)


@pytest.mark.parametrize("url", ["http://zoom.us/j/1", "zoom.us/j/1", "https://", "https://[::1", "https://a b.org/"])
def test_a_meeting_link_is_an_https_address(url: str) -> None:
    _, mistakes = read_one("a@x.org", "", "", "", "", url)
    assert [mistake.column for mistake in mistakes] == ["meeting_url"]


def test_two_spellings_of_one_address_are_one_person() -> None:
    _, mistakes = read("email\nmax@müller.example\nMax@XN--MLLER-KVA.example\n".encode())
    assert [(one.line, one.message) for one in mistakes] == [(3, "max@xn--mller-kva.example is already in line 2")]
