"""The shipped systemd units: their commands exist, and systemd understands every line."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from booking.cli.main import booking

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))


def settings_of(unit: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read(unit, "utf-8")
    return read


def test_there_is_a_unit_for_the_web_the_worker_and_the_backup() -> None:
    assert [unit.name for unit in SERVICES] == [
        "booking-backup.service",
        "booking-web.service",
        "booking-worker.service",
    ]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_its_command_is_one_of_ours(unit: Path) -> None:
    program, name, *arguments = shlex.split(settings_of(unit)["Service"]["ExecStart"])
    assert program == "/opt/booking/bin/booking"
    command = booking.get_command(click.Context(booking), name)
    assert command is not None
    command.make_context(name, arguments)  # fails for an option that there is not


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_it_runs_as_a_user_of_its_own_on_a_system_that_it_cannot_write(unit: Path) -> None:
    said = settings_of(unit)["Service"]
    assert (said["User"], said["ProtectSystem"], said["NoNewPrivileges"]) == ("booking", "strict", "yes")
    assert said["CapabilityBoundingSet"] == ""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here to ask")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for unit in UNITS.iterdir():
        text = unit.read_text("utf-8").replace("/opt/booking/bin/booking", "/bin/true")
        (tmp_path / unit.name).write_text(text.replace("WorkingDirectory=/var/lib/booking", "WorkingDirectory=/"))
    units = sorted(str(one) for one in tmp_path.iterdir())
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "booking" in line]
    assert (done.returncode, ours) == (0, []), done.stderr
