"""The grid of times: as many cells as there are, and a button that has words whatever is chosen."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.resources import PACKAGE
from booking.web.member import slot_grid
from tests.builders import a_clinic, a_person
from tests.databases import Database
from tests.web.client import client_of, make_app


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("analysts", "button"), [(2, "Choose a time above"), (10, "Book this time")])
def test_the_button_names_the_choice_while_the_style_sheet_can_tell_the_cells_apart(
    database: Database, session: Session, analysts: int, button: str
) -> None:
    clinic, member = a_clinic(session, analysts), a_person(session)
    page = client_of(make_app(database), member).get(f"/occurrences/{clinic.public_id}").text
    assert button in page.partition('<button class="btn solid big"')[2].partition("</button>")[0]


def test_the_style_sheet_tells_as_many_cells_apart_as_the_picker_counts_on() -> None:
    style = (PACKAGE / "static" / "site.css").read_text(encoding="utf-8")
    assert f"#s{slot_grid.SAID}:checked" in style
    assert f"#s{slot_grid.SAID + 1}:checked" not in style
