"""A budget: how much work an announcement may cost to read, whatever its size."""

from __future__ import annotations

from dataclasses import dataclass

from booking.domain import errors
from booking.domain.enums.refusals import RefusalCode

MAX_LINES = 5_000
MAX_PIECES = 100_000  # tags and runs of text
MAX_DEPTH = 256  # elements within elements
PASTE = "copy all of it and paste it here as text"
SHORTEN = "paste only the part that announces the programme"


class CannotRead(errors.Refusal):
    """The source is no text that can be read; the message says what to do."""

    code = RefusalCode.CANNOT_READ


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line: its number in the source (of a .docx the paragraph's), its text, whether a list sign stood there."""

    number: int
    text: str
    is_item: bool = False


@dataclass(slots=True)
class Budget:
    """Counts the pieces that a document is made of while it is parsed."""

    pieces: int = 0

    def spend(self, depth: int = 0) -> None:
        """One more piece, so deep. Raises CannotRead where that is too many, or too deep."""
        self.pieces += 1
        if self.pieces > MAX_PIECES or depth > MAX_DEPTH:
            raise CannotRead(f"this document is too complex to read: {PASTE}")
