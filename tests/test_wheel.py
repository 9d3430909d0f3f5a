"""The wheel, installed into an empty environment, serves pages with its templates and data."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Run a command; its output, or a failure that shows it."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def served(booking: Path, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [str(booking), "serve", "--port", str(port), "--workers", "1"], cwd=folder, env={**os.environ, **environment}
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


@pytest.mark.timeout(400)
def test_the_wheel_installs_into_an_empty_environment_and_serves_pages(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path)
    (wheel,) = tmp_path.glob("booking-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    pip = [tmp_path / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    run(*pip, "--require-hashes", "--no-deps", "-r", ROOT / "requirements.txt")
    run(*pip, "--no-deps", wheel)
    booking = tmp_path / "venv" / "bin" / "booking"
    folder = tmp_path / "empty"
    folder.mkdir()
    environment = {
        "BOOKING_DATABASE_URL": f"sqlite:///{folder / 'b.sqlite'}",
        "BOOKING_SECRET_KEY": "s" * 40,
        "BOOKING_FEED_KEY": "f" * 40,
    }
    assert "4 series, nothing wrong" in run(booking, "programme", "check", cwd=folder, **environment)
    run(booking, "db", "upgrade", cwd=folder, **environment)
    assert "published" in run(booking, "programme", "publish", cwd=folder, **environment)
    with served(booking, folder, environment) as url:
        page = urllib.request.urlopen(url, timeout=20).read().decode()
        assert "Live Member Clinic" in page
        style = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
        assert b"--paper" in urllib.request.urlopen(url + style, timeout=20).read()
        assert b"BEGIN:VEVENT" in urllib.request.urlopen(url + "/feeds/clinics.ics", timeout=20).read()
