"""The migrations lead to exactly the tables that the models describe, on both databases."""

from __future__ import annotations

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, PrimaryKeyConstraint, UniqueConstraint, inspect, text

from booking.store.db import engines, migrate
from booking.store.db.tables import Base
from tests import databases
from tests.databases import Database


def test_alembic_finds_no_difference_between_models_and_migrations(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("name", databases.NAMES)
def test_checks_and_partial_indexes_are_those_of_the_models(name: str) -> None:
    by_models = engines.make(databases.new_url(name, "by_models"))
    Base.metadata.create_all(by_models)
    by_migrations = databases.migrated(name).engine
    expected = described(by_models)
    assert described(by_migrations) == expected
    assert any("quarter_at" in line for line in expected)
    assert any("ck_booking_minutes" in line for line in expected)
    assert any("WHERE" in line.upper() and "ix_outgoing_email_outbox" in line for line in expected)
    by_models.dispose()


def described(engine: Engine) -> set[str]:
    """Every table, index and check as the database itself words it, white space apart."""
    lines: set[str] = set()
    inspector = inspect(engine)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.execute(
                text(
                    "SELECT sql FROM sqlite_master"
                    " WHERE sql IS NOT NULL AND type <> 'trigger' AND name <> 'alembic_version'"
                )
            )
            for (sql,) in rows:
                # neither the order inside a table nor quotes around a name are of consequence
                head, _, body = re.sub(r"\s+", " ", sql.replace('"', "")).partition(" (")
                lines |= {f"{head}: {part}" for part in parts(body.rstrip().removesuffix(")"))}
            return lines
        checks = text("SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint")
        lines.update(
            " ".join(map(str, row)) for row in connection.execute(checks) if row[0] in inspector.get_table_names()
        )
        indexes = connection.execute(text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"))
        lines.update(line for (line,) in indexes)
    return {line for line in lines if "alembic_version" not in line}


def parts(body: str) -> list[str]:
    """What stands between the commas that no bracket encloses."""
    found, depth = [""], 0
    for sign in body:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            found.append("")
        else:
            found[-1] += sign
    return [part.strip() for part in found]


@pytest.mark.parametrize("name", databases.NAMES)
def test_upgrading_twice_changes_nothing_and_reaches_the_newest_revision(name: str) -> None:
    url = databases.new_url(name, "twice")
    migrate.upgrade(url)
    migrate.upgrade(url)
    engine = engines.make(url)
    with engine.connect() as connection:
        assert migrate.current(connection) == migrate.head() is not None
        assert connection.execute(text("SELECT count(*) FROM programme")).scalar_one() == 1
    engine.dispose()


@pytest.mark.parametrize("name", databases.NAMES)
def test_a_database_of_another_version_is_refused_and_left_as_it_was(name: str) -> None:
    url = databases.new_url(name, "foreign")
    migrate.upgrade(url)
    engine = engines.make(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrate.UnknownRevision, match="the database is at 9999, which this version does not know"):
        migrate.upgrade(url)
    with engine.connect() as connection:
        assert migrate.current(connection) == "9999"
    engine.dispose()


def test_every_foreign_key_has_an_index_that_begins_with_it() -> None:
    """Deleting or locking a parent must not scan its children; keys that nothing looks up by are named here."""
    unindexed = set()
    for table in Base.metadata.sorted_tables:
        keyed = [
            *table.indexes,
            *(c for c in table.constraints if isinstance(c, PrimaryKeyConstraint | UniqueConstraint)),
        ]
        leading = {next(iter(key.columns)).name for key in keyed}
        unindexed |= {f"{table.name}.{fk.parent.name}" for fk in table.foreign_keys if fk.parent.name not in leading}
    assert unindexed == set()
