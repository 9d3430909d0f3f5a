"""What the tests need beside Python is named in one line where it is missing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import drivers


def test_a_browser_that_does_not_start_is_two_lines_and_an_error_under_ci_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PLAYWRIGHT_CHROMIUM", str(broken))
    monkeypatch.setattr(drivers, "postgresql_problem", lambda: None)
    monkeypatch.setenv("CI", "")
    assert drivers.main() == 0
    lines = capsys.readouterr().err.splitlines()
    assert "does not start" in lines[0]
    assert lines[1:] == ["The tests in tests/browser are skipped."]
    monkeypatch.setenv("CI", "true")
    assert drivers.main() == 1


def test_without_postgresql_nothing_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(drivers, "postgresql_problem", lambda: "PostgreSQL does not start: no space left")
    assert drivers.main() == 1
    assert capsys.readouterr().err.splitlines() == [
        "PostgreSQL does not start: no space left",
        "No test was run: half of them need PostgreSQL.",
    ]


def test_a_library_that_the_driver_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file"
    monkeypatch.setattr(drivers, "chromium", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(
        subprocess, "run", lambda *_args, **_options: subprocess.CompletedProcess([], 127, "", f"\n{words}\n")
    )
    drivers.browser_missing.cache_clear()
    try:
        assert words in str(drivers.browser_missing())
        assert "sh tests/install.sh" in str(drivers.browser_missing())
    finally:
        drivers.browser_missing.cache_clear()
