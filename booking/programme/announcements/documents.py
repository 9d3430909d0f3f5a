"""Documents that somebody uploads, read in a process of their own, whose time and memory are limited."""

from __future__ import annotations

import sys

from booking.programme import child_process
from booking.programme.announcements import lines
from booking.programme.announcements.budget import PASTE, SHORTEN, CannotRead, SourceLine

COMMAND = ["-m", __name__]


def lines_of(source: bytes | str) -> list[SourceLine]:
    """As `lines.of`, of a document or a page in a child process; plain text needs none. Raises CannotRead."""
    if isinstance(source, str) and not lines.is_html(source):
        return lines.of(source)
    kind, data = ("text", source.encode(errors="replace")) if isinstance(source, str) else ("file", source)
    if len(data) > 4 * lines.MAX_BYTES:  # as lines.of would, without a copy
        raise CannotRead(f"this is larger than {lines.MAX_BYTES // 1_000_000} MB: {SHORTEN}")
    try:
        answer = child_process.ask([*COMMAND, kind], data)
    except child_process.ChildFailed as error:
        raise CannotRead(f"this document can't be read: {PASTE}") from error
    if "refused" in answer:
        raise CannotRead(answer["refused"])
    return [SourceLine(number, text, is_item) for number, text, is_item in answer["lines"]]


def main(kind: str) -> None:
    """The child: lines of standard input as JSON, or why they are refused."""
    data = child_process.begin()
    try:
        found = lines.of(data.decode() if kind == "text" else data)
        answer: dict[str, object] = {"lines": [(line.number, line.text, line.is_item) for line in found]}
    except CannotRead as refusal:
        answer = {"refused": str(refusal)}
    child_process.answer(answer)


if __name__ == "__main__":
    main(sys.argv[1])
