"""A search of people is answered by the indexes on name and address, however many there are."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from booking.store.queries import accounts
from tests.databases import Database


@pytest.mark.parametrize("typed", ["mia", "mia.moss@ex", "o'br"])
def test_a_search_reads_ranges_of_two_indexes_and_not_the_table(
    database: Database, session: Session, typed: str
) -> None:
    statements: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    accounts.search(session, typed)
    event.remove(database.engine, "before_cursor_execute", note)
    wanted = next(one for one in statements if "person.name" in one[0])
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))  # of an empty table it would read the whole
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    plan = str(connection.exec_driver_sql(f"{explain} {wanted[0]}", wanted[1]).all())  # type: ignore[arg-type]
    assert "uq_person_email_key" in plan or "ix_person_name" in plan, plan
    assert "SCAN person" not in plan, plan
    assert "Seq Scan" not in plan, plan
