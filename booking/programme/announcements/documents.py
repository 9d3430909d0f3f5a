"""Documents that somebody uploads, read in a process of their own, whose time and memory are limited.

Hostile bytes may do anything to a parser: where the child takes too long or too much memory, or ends in any other way,
the document cannot be read, and nothing else happens.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys

from booking.programme.announcements import lines
from booking.programme.announcements.budget import PASTE, SHORTEN, CannotRead, SourceLine
from booking.resources import PACKAGE

COMMAND = ["-m", __name__]
CPU_SECONDS = 5
MEMORY_BYTES = 512 * 1024 * 1024
#: On the clock: for a machine so busy that the child comes to nothing. It is ended then.
PATIENCE_SECONDS = 60


def lines_of(source: bytes | str) -> list[SourceLine]:
    """As `lines.of`, of a document or a page in a child process; plain text needs none. Raises CannotRead."""
    if isinstance(source, str) and not lines.is_html(source):
        return lines.of(source)
    kind, data = ("text", source.encode(errors="replace")) if isinstance(source, str) else ("file", source)
    if len(data) > 4 * lines.MAX_BYTES:  # as lines.of would, without a copy
        raise CannotRead(f"this is larger than {lines.MAX_BYTES // 1_000_000} MB: {SHORTEN}")
    try:
        done = subprocess.run(
            [sys.executable, *COMMAND, kind],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(PACKAGE.parent), "PYTHONSAFEPATH": "1"},  # no key of ours
            timeout=PATIENCE_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise CannotRead(f"this document can't be read: {PASTE}") from error
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise CannotRead(answer["refused"])
    return [SourceLine(number, text, is_item) for number, text, is_item in answer["lines"]]


def main(kind: str) -> None:
    """The child: lines of standard input as JSON, or why they are refused."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(nothing, (0, 0))
    data = sys.stdin.buffer.read()
    try:
        found = lines.of(data.decode() if kind == "text" else data)
        answer: dict[str, object] = {"lines": [(line.number, line.text, line.is_item) for line in found]}
    except CannotRead as refusal:
        answer = {"refused": str(refusal)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
