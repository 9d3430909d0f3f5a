"""Processes for races: forked from one that has imported the service, because importing it takes a second in each."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext


def context() -> ForkServerContext:
    """Like `multiprocessing`; the process that is forked has no thread, no engine and no connection."""
    multiprocessing.set_forkserver_preload(["tests.builders"])
    return multiprocessing.get_context("forkserver")
