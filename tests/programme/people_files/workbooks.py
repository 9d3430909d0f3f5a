"""Workbooks as spreadsheet programs save them, and as nobody should."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook

HEADER = ("Email", "Name", "Role", "Time zone", "Member until")


def a_workbook(
    *rows: Sequence[Any], header: Sequence[Any] = HEADER, then: Callable[[Workbook], None] | None = None
) -> bytes:
    """A workbook with one sheet of these rows; `then` may do anything to it before it is saved."""
    made = Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Members"
    for row in (header, *rows):
        sheet.append(list(row))
    if then is not None:
        then(made)
    return saved(made)


def saved(made: Workbook) -> bytes:
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def with_member(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one member of its zip changed."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            content = old.read(member)
            new.writestr(member.filename, change(content) if member.filename == name else content)
    return written.getvalue()
