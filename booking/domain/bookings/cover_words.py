"""What becomes of a booking whose analyst can't make it, in sentences that pages and emails share."""

from __future__ import annotations

from booking.domain import wording
from booking.domain.planning.consequences import COVER_ENDS

#: How long before its start a booking that nobody can take is cancelled: "1 hour".
ENDS = wording.length_of_time(int(COVER_ENDS.total_seconds() // 60)).replace(wording.NBSP, " ")
EITHER_WAY = "We'll email you either way."


def wait_instead(subject: str = "This") -> str:
    """What it means to wait for the analyst who was chosen, rather than see whoever stands in."""
    return f"{subject} cancels your booking and never counts as late. You can book again when they're back."


def offered(until: str) -> str:
    """Another time is held for the member until then (`until` in the reader's words)."""
    return (
        f"Please answer by {until}. If you don't, and nobody else can take your booking by then, "
        f"we'll have to cancel it. {EITHER_WAY}"
    )


def sought(until: str) -> str:
    """The other analysts are asked, until then."""
    return f"If nobody can take your booking by {until}, we'll have to cancel it. {EITHER_WAY}"


def nobody(until: str) -> str:
    """No analyst is free: the member chooses another time by then."""
    return f"Please choose one by {until}. If you don't, we'll have to cancel your booking and email you."
