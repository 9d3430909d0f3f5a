"""A table of people: what it means, and every mistake with its line."""

from __future__ import annotations

from datetime import date

import pytest

from booking.domain.people import Listed, read

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


BAD: dict[str, tuple[bytes, list[tuple[int, str]]]] = {
    "an empty file": (b"", [(1, "the file is empty")]),
    "only a header": (HEADER.encode(), [(1, "the file lists nobody")]),
    "no e-mail column": (b"name\nAnn\n", [(1, "the column 'email' is missing")]),
    "an unknown column": (
        b"email,phone\na@x.org,1\n",
        [(1, "unknown column 'phone'; known are email, name, role, time_zone, member_until")],
    ),
    "a column twice": (b"email,email\na@x.org,b@x.org\n", [(1, "the column 'email' stands twice")]),
    "too few cells": (HEADER.encode() + b"a@x.org,Ann\n", [(2, "2 cells, but 5 columns")]),
    "every mistake at once": (
        HEADER.encode() + b"x,Ann,boss,Mars,31/12/2026\na@x.org,,,,\nA@X.org,,,,\n",
        [
            (2, "'x' is no e-mail address"),
            (2, "unknown role 'boss': member, analyst, coordinator"),
            (2, "unknown time zone 'Mars': write a city or a state, such as Perth or NSW"),
            (2, "'31/12/2026' is no date: write 2026-12-31"),
            (4, "a@x.org stands in line 3 already"),
        ],
    ),
    "not UTF-8": (HEADER.encode() + b"a@x.org,Andr\xe9,,,\n", [(2, "not UTF-8 text: save the table as CSV in UTF-8")]),
    "a quote left open": (
        HEADER.encode() + b'a@x.org,"Ann,,,\n',
        [(2, "not CSV from here on: unexpected end of data")],
    ),
    "50 MB and more": (b"x" * 50_000_001, [(1, "larger than 50 MB: import it in parts")]),
    "a name with an escape in it": (
        HEADER.encode() + "a@x.org,A\u202enn,,,\n".encode(),
        [(2, "a name has at most 100 characters, all of them visible")],
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_every_mistake_is_named_with_its_line(what: str) -> None:
    data, expected = BAD[what]
    assert [(mistake.line, mistake.message) for mistake in read(data)[1]] == expected
