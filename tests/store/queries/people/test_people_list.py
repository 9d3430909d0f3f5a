"""The list of people: whom each filter finds, page by page, and by which index."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from booking.domain.enums.people import MembershipState, RoleName
from booking.store.db.base import new_public_id, table_of
from booking.store.people.people import Person, Role
from booking.store.queries.people import people_list
from booking.store.queries.people.people_list import PeopleFilter
from tests.builders import NOW, a_person
from tests.databases import Database
from tests.store.plans import plan, statements

TODAY = date(2023, 11, 27)
DAY = timedelta(days=1)
MANY = 3000


def names(session: Session, **narrowed: Any) -> list[str]:
    return [one.name for one in people_list.page(session, PeopleFilter(today=TODAY, **narrowed))]


def test_a_membership_is_current_ending_or_ended_by_its_last_day(session: Session) -> None:
    days = {
        "always": None,
        "yesterday": TODAY - DAY,
        "today": TODAY,
        "soon": TODAY + 30 * DAY,
        "later": TODAY + 31 * DAY,
    }
    for name, until in days.items():
        a_person(session, name, member_until=until)
    a_person(session, "closed", closed_at=NOW)
    a_person(session, "analyst", ["analyst"], member_until=TODAY - DAY)
    session.commit()
    assert names(session, membership=MembershipState.CURRENT) == ["always", "later", "soon", "today"]
    assert names(session, membership=MembershipState.ENDING) == ["soon", "today"]
    assert names(session, membership=MembershipState.ENDED) == ["yesterday"]
    assert names(session, membership=MembershipState.CLOSED) == ["closed"]
    assert len(names(session)) == 7


def test_words_role_and_membership_narrow_together(session: Session) -> None:
    a_person(session, "Mia Moss", ["member", "analyst"], member_until=TODAY - DAY)
    a_person(session, "Mia Zed", ["analyst"])
    a_person(session, "Max Moss", ["member"])
    session.commit()
    assert names(session, role=RoleName.ANALYST) == ["Mia Moss", "Mia Zed"]
    assert names(session, role=RoleName.MEMBER, text="moss") == ["Max Moss", "Mia Moss"]
    everything = {"role": RoleName.ANALYST, "text": "mia moss", "membership": MembershipState.ENDED}
    assert names(session, **everything) == ["Mia Moss"]


@pytest.mark.parametrize("typed", ["%", "_", "/", "%%", "a%b"])
def test_signs_of_patterns_are_ordinary(session: Session, typed: str) -> None:
    a_person(session, f"x{typed}x", email="one@example.org")
    a_person(session, "axxb", email="two@example.org")
    session.commit()
    assert names(session, text=typed) == [f"x{typed}x"]


def test_pages_follow_each_other_without_a_gap_where_many_have_one_name(session: Session) -> None:
    for number in range(7):
        a_person(session, "Mia", email=f"mia{number}@example.org")
    session.commit()
    found: list[Person] = []
    after = None
    while part := people_list.page(session, PeopleFilter("mia"), after, 3):
        found += part
        after = (part[-1].name, part[-1].id)
    assert len({one.id for one in found}) == len(found) == 7


FILTERS = {
    "everybody": PeopleFilter(),
    "words": PeopleFilter("first 77"),
    "a role that few have": PeopleFilter(role=RoleName.ANALYST),
    "a role and words": PeopleFilter("first", role=RoleName.MEMBER),
    **{one.value: PeopleFilter(membership=one, today=TODAY) for one in MembershipState},
    "all of it": PeopleFilter("first", RoleName.MEMBER, MembershipState.ENDED, TODAY),
}


def test_a_page_reads_indexes_only_and_never_a_whole_table(database: Database, session: Session) -> None:
    fill(session)
    with statements(database) as seen:
        for narrowed in FILTERS.values():
            people_list.ids(session, narrowed, None, 51)
            people_list.ids(session, narrowed, ("First 5", 1), 51)
    assert len(seen) == 2 * len(FILTERS)
    for statement, parameters in seen:
        found = plan(database, statement, parameters)
        if database.name == "sqlite":
            reads = [line for line in found.splitlines() if re.search("SCAN|SEARCH", line)]
            assert all(re.search("INDEX|PRIMARY KEY", line) for line in reads), found
        else:
            assert "Seq Scan" not in found, found
        assert "ix_person_name" in found or "ix_role_role" in found, found


def fill(session: Session) -> None:
    """Members, a few of them analysts; and what a planner wants to know of them."""
    defaults = {c.name: c.default.arg for c in table_of(Person).c if c.default is not None and c.default.is_scalar}
    people = [
        {
            **defaults,
            "id": n,
            "public_id": new_public_id(),
            "created_at": NOW,
            "email": f"p{n}@example.org",
            "email_key": f"p{n}@example.org",
            "name": f"First {n}",
            "member_until": TODAY + (n % 90 - 45) * DAY,
        }
        for n in range(1, MANY + 1)
    ]
    roles = [{"person_id": one["id"], "role": "member"} for one in people]
    roles += [{"person_id": one["id"], "role": "analyst"} for one in people[::500]]
    session.connection().execute(insert(table_of(Person)), people)
    session.connection().execute(insert(table_of(Role)), roles)
    if session.get_bind().dialect.name == "postgresql":
        for name in ("person", "role"):
            session.execute(text(f"ANALYZE {name}"))  # as it does by itself; nobody does on SQLite
    session.commit()
