"""Emails about offers that wait to be sent when a service is upgraded still say what is true."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import column, insert, select, table

from booking.mail.render import Recipient, render
from booking.store.db import engines, migrate
from booking.store.db.base import table_of
from booking.store.outbox.emails import OutgoingEmail
from tests import databases
from tests.builders import NOW, ORGANISATION
from tests.mail.test_golden import FACTS, FREE, LINKS

BEFORE = "0014"
#: The columns that the table had then.
COLUMNS = ("public_id", "name", "facts", "to_email", "due_at", "created_at", "attempts", "last_error")
TABLE = table("letter", *(column(name, table_of(OutgoingEmail).c[name].type) for name in COLUMNS))
UNSENT = {
    "held": ("offer", {**FACTS, "place": "ID", "lapses_at": "2023-12-02T22:15:00+00:00"}),
    "called": ("offer", {**FACTS, "place": "ID", "lines": FREE}),
    "lapsed": ("offer-lapsed", {**FACTS, "place": "ID"}),
    "other": ("booked", FACTS),
}


@pytest.mark.parametrize("name", databases.NAMES)
def test_unsent_offers_are_named_and_filled_for_the_templates_of_now(name: str) -> None:
    url = databases.new_url(name, "unsent-offers")
    migrate.upgrade(url, BEFORE)
    engine = engines.make(url)
    ids = {which: uuid.uuid4() for which in UNSENT}
    with engine.begin() as connection:
        for which, (email, facts) in UNSENT.items():
            values = {"public_id": ids[which], "name": email, "facts": facts, "to_email": "mia@example.org"}
            connection.execute(insert(TABLE).values(**values, due_at=NOW, created_at=NOW, attempts=0, last_error=""))
    migrate.upgrade(url)
    with engine.connect() as connection:
        rows = {row.public_id: row for row in connection.execute(select(TABLE))}
    engine.dispose()
    now = {which: rows[public_id] for which, public_id in ids.items()}
    assert {which: row.name for which, row in now.items()} == {
        "held": "offer",
        "called": "last-hour-call",
        "lapsed": "offer-lapsed",
        "other": "booked",
    }
    assert now["other"].facts == FACTS
    for row in now.values():
        assert render(row.name, row.facts, Recipient("mia@example.org"), LINKS, ORGANISATION).text
