"""`booking …` as a shell runs it; in this process where that makes no difference: starting one takes a second."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from unittest.mock import patch

from click.testing import CliRunner

from booking.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


def booking(folder: Path, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command that comes back, in a folder, with no settings in its environment but those given.

    For `serve` and `worker`, which set up the process that they run in, there is `process`.
    """
    none = {name: None for name in os.environ if name.startswith("BOOKING_")}
    status = 0
    with (
        chdir(folder),
        patch.object(sys, "argv", ["booking", *arguments]),
        CliRunner().isolation(stdin, env={**none, **environment}) as (output, errors, _both),
    ):
        umask = os.umask(0o022)
        try:
            main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            if isinstance(ended.code, str):
                print(ended.code, file=sys.stderr)
        finally:
            os.umask(umask)
            sys.stdout.flush()
            sys.stderr.flush()
        texts = output.getvalue().decode(), errors.getvalue().decode()
    return subprocess.CompletedProcess(arguments, status, *texts)


def process(folder: Path, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BOOKING_")}
    return subprocess.run(
        [sys.executable, "-m", "booking", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        input=stdin,
        timeout=120,
    )
