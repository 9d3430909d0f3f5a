"""What the bench names as a text is there: it is run too seldom to find that out by itself."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1] / "bench"


def test_every_server_that_the_bench_starts_is_there() -> None:
    named = {name for path in BENCH.glob("*.py") for name in re.findall(r'"(bench\.\w+:\w+)"', path.read_text("utf-8"))}
    assert "bench.baseline:make" in named
    for name in named:
        module, _, attribute = name.partition(":")
        assert callable(getattr(importlib.import_module(module), attribute)), name
