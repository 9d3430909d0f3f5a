"""A child process for documents of others: limited time and memory, no files, none of our keys.

Hostile bytes may do anything to a parser: where the child takes too long or too much memory, or ends in any other way,
the document cannot be read, and nothing else happens.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from booking.resources import PACKAGE

CPU_SECONDS = 5
MEMORY_BYTES = 512 * 1024 * 1024
#: On the clock: for a machine so busy that the child comes to nothing. It is ended then.
PATIENCE_SECONDS = 60


class ChildFailed(Exception):
    """The child took too long or too much, or could not make sense of the document."""


def ask(command: Sequence[str], data: bytes) -> Any:
    """The JSON that a child, Python with this `command`, writes about these bytes. Raises ChildFailed."""
    try:
        done = subprocess.run(
            [sys.executable, *command],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(PACKAGE.parent), "PYTHONSAFEPATH": "1"},  # no key of ours
            timeout=PATIENCE_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise ChildFailed from error
    return json.loads(done.stdout)


def begin(cpu_seconds: int = CPU_SECONDS, memory_bytes: int = MEMORY_BYTES) -> bytes:
    """In the child: take on the limits, and read what it is asked about."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(nothing, (0, 0))
    return sys.stdin.buffer.read()


def answer(found: object) -> None:
    """In the child: say what was found, as JSON."""
    sys.stdout.write(json.dumps(found))
