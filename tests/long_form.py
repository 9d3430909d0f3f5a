"""Property tests have a quick form, which each run of the suite takes, and a long one for `make test-long`."""

from __future__ import annotations

import os

IS_LONG = os.environ.get("LONG_TESTS") == "1"


def count(quick: int, long: int) -> int:
    """How many examples to try: enough that a broken rule fails, or as many as there is time for."""
    return long if IS_LONG else quick
