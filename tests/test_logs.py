"""Logs name nobody and open nothing: in what is said, in tracebacks, and in what nobody catches."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

from booking.domain import tokens
from booking.logs import MASKING

ROOT = Path(__file__).resolve().parents[1]
ID = "0b9f6b0e-3a57-4c7e-9d55-0a5d0c5a5e11"
TOKEN = tokens.sign("k" * 40, "join", ID)
MAC = TOKEN.partition(".")[2]


def test_a_record_is_masked_for_every_handler_with_its_traceback_and_its_causes() -> None:
    seen: list[logging.LogRecord] = []
    log = logging.Logger("a-test")
    log.addFilter(MASKING)
    handler = logging.Handler()
    handler.emit = seen.append  # type: ignore[method-assign]
    log.addHandler(handler)
    try:
        try:
            raise KeyError("mia.moss@example.org")
        except KeyError as error:
            raise ValueError(f"no door {TOKEN}") from error
    except ValueError:
        log.exception("to %s: %s", "mia.moss@example.org", TOKEN)
    log.warning("%d", "mia.moss@example.org")  # words that do not fit
    first, second = (logging.Formatter("%(message)s").format(record) for record in seen)
    assert first.startswith("to …@example.org: …\nTraceback (most recent call last):\n")
    assert "KeyError: '…@example.org'" in first
    assert first.endswith("ValueError: no door …")
    assert second == "%d"


SCRIPT = f"""
import logging, sys, threading
from booking import logs
logs.begin(logging.INFO)
logging.getLogger("anybody").info("to mia.moss@example.org")
def fail():
    raise ValueError("/join/{TOKEN}")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
raise RuntimeError("mia.moss@example.org and {TOKEN}")
"""


def test_a_process_writes_neither_what_it_logs_nor_what_nobody_catches_unmasked() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "anybody: to …@example.org\n" in ended.stderr
    assert "ValueError: /join/…\n" in ended.stderr
    assert "RuntimeError: …@example.org and …\n" in ended.stderr
    assert "mia.moss" not in ended.stderr
    assert MAC not in ended.stderr
