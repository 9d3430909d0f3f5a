"""Wheels of two commits: the second really replaces the first in an empty environment, and serves pages."""

from __future__ import annotations

import json
import os
import shutil
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
from packaging.version import Version

from booking import version

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
        for _ in range(1200):  # a busy machine is slow, not wrong
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


def commit(checkout: Path) -> str:
    """Commit what is there; the version that the checkout then has."""
    who = {f"GIT_{role}_{what}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    run("git", "add", "--all", cwd=checkout)
    run("git", "commit", "--quiet", "--message", "Change something", cwd=checkout, **who)
    found = version.of_tree(checkout)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository of this package's files, nothing committed."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("booking", "templates", "data", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    run("git", "init", "--quiet", cwd=folder)
    return folder


def build(checkout: Path, folder: Path, *what: str) -> Path:
    run(sys.executable, "-m", "build", *what, "--no-isolation", "--outdir", folder, checkout)
    (wheel,) = folder.glob("booking-*.whl")
    return wheel


def test_a_version_rises_with_each_commit_change_and_release(checkout: Path) -> None:
    found = [commit(checkout)]
    clock = checkout / "booking" / "clock.py"
    for _ in range(2):
        clock.write_text(clock.read_text() + "# a change\n")
        found.append(version.of_tree(checkout) or "")
    found.append(commit(checkout))
    run("git", "tag", "v0.2", cwd=checkout)
    found.append(version.of_tree(checkout) or "")
    (checkout / "templates" / "new.html").touch()
    found.append(version.of_tree(checkout) or "")
    found.append(commit(checkout))
    assert [one.partition("+")[0] for one in found] == ["0.1.1", "0.1.1", "0.1.1", "0.1.2", "0.2.0", "0.2.0", "0.2.1"]
    assert sorted(set(found), key=Version) == found
    run("git", "clone", "--quiet", "--depth", "1", checkout.as_uri(), checkout / "dist" / "shallow", cwd=checkout)
    assert "+shallow." in (version.of_tree(checkout / "dist" / "shallow") or "")


@pytest.mark.timeout(400)
def test_the_next_wheel_replaces_the_one_installed_and_serves_pages(checkout: Path, tmp_path: Path) -> None:
    (checkout / "templates" / "first.html").touch()
    first = commit(checkout)
    old = build(checkout, tmp_path / "first")  # a wheel made of an sdist, where there is no git
    (checkout / "templates" / "second.html").touch()
    second = commit(checkout)
    new = build(checkout, tmp_path / "second", "--wheel")
    venv.create(tmp_path / "venv")
    pip = [sys.executable, "-m", "pip", "--python", tmp_path / "venv" / "bin" / "python"]
    pip += ["--disable-pip-version-check", "--quiet", "install", "--no-compile"]
    run(*pip, "--require-hashes", "--no-deps", "-r", ROOT / "requirements.txt")
    booking = tmp_path / "venv" / "bin" / "booking"
    for wheel, expected in ((old, first), (new, second)):
        run(*pip, "--no-deps", "--no-index", wheel)
        assert run(booking, "--version", cwd=tmp_path) == f"booking {expected}\n"
    folder = tmp_path / "empty"
    folder.mkdir()
    environment = {
        "BOOKING_DATABASE_URL": f"sqlite:///{folder / 'b.sqlite'}",
        "BOOKING_SECRET_KEY": "s" * 40,
        "BOOKING_FEED_KEY": "f" * 40,
    }
    assert "4 series, no mistakes" in run(booking, "programme", "check", cwd=folder, **environment)
    run(booking, "db", "upgrade", cwd=folder, **environment)
    assert "published" in run(booking, "programme", "publish", cwd=folder, **environment)
    with served(booking, folder, environment) as url:
        page = urllib.request.urlopen(url, timeout=20).read().decode()
        assert "Live Member Clinic" in page
        assert "Join the waitlist" in urllib.request.urlopen(url + "/help", timeout=20).read().decode()
        style = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
        assert b"--paper" in urllib.request.urlopen(url + style, timeout=20).read()
        assert b"BEGIN:VEVENT" in urllib.request.urlopen(url + "/feeds/clinics.ics", timeout=20).read()
        with urllib.request.urlopen(url + "/healthz", timeout=20) as health:
            assert json.load(health)["version"] == second
