"""A search of people reads one index, however many there are, and no more of them than a page shows."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from booking.store.db.folding import folded
from booking.store.queries.people import people_list
from booking.store.queries.people.people_list import PeopleFilter
from tests.databases import Database


@pytest.mark.parametrize("typed", ["mia", "moss", "mia.moss@ex", "o'br"])
def test_a_search_reads_the_index_on_names_and_not_the_table(database: Database, session: Session, typed: str) -> None:
    statements: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    people_list.page(session, PeopleFilter(typed))
    event.remove(database.engine, "before_cursor_execute", note)
    wanted = next(one for one in statements if "person.name" in one[0])
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))  # an empty table costs nothing to read whole
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    plan = str(connection.exec_driver_sql(f"{explain} {wanted[0]}", wanted[1]).all())  # type: ignore[arg-type]
    assert "COVERING INDEX ix_person_name" in plan or "Index Only Scan using ix_person_name" in plan, plan
    assert "LIMIT" in wanted[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [("Zoë O'Brien", "zoe o'brien"), ("ÅSA", "asa"), ("Żółć", "zołc"), ("Nguyễn", "nguyen"), ("陳", "陳")],
)
def test_text_is_folded(name: str, said: str) -> None:
    assert folded(name) == said
