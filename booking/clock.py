"""The only reader of the clock; everything else is told what time it is."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds of a clock that never goes back, for holding a value a moment."""
    return time.monotonic()
