"""Columns by the names of a value's fields: in their order, and none missing or too many."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from booking.store.db.field_columns import in_field_order


@dataclass
class Visit:
    member: str
    minutes: int
    notes: tuple[str, ...] = ()


def test_columns_stand_in_the_order_of_the_fields_however_they_are_given() -> None:
    assert in_field_order(Visit, {"minutes": "b", "notes": "c", "member": "a"}) == ("a", "b", "c")
    assert in_field_order(Visit, {"minutes": "b", "member": "a"}, without=["notes"]) == ("a", "b")


@pytest.mark.parametrize("columns", [{"member": "a"}, {"member": "a", "minutes": "b", "notes": "c", "topic": "d"}])
def test_a_field_without_a_column_and_a_column_without_a_field_are_named(columns: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"minutes|topic"):
        in_field_order(Visit, columns)
