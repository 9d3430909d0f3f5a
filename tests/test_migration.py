"""`make migration` drafts the next migration; while models and migrations agree, nothing is in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from booking.resources import PACKAGE
from booking.store.db import migrate
from tests import migration


def test_a_draft_has_the_next_number_and_holds_only_what_the_models_add(tmp_path: Path) -> None:
    copy = tmp_path / "migrations"
    shutil.copytree(PACKAGE / "migrations", copy, ignore=shutil.ignore_patterns("__pycache__"))
    made = migration.draft("add nothing yet", copy)
    assert made.name == f"{int(migrate.head() or '0') + 1:04}_add_nothing_yet.py"
    body = made.read_text().partition("def upgrade() -> None:")[2].splitlines()
    assert [line.strip() for line in body if line.strip() and "###" not in line] == ["pass"]
