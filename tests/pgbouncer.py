"""PgBouncer as Debian installs it, in transaction mode, before the PostgreSQL of this test run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import databases

SECONDS = 30


def program() -> str | None:
    """Where it is: on the path, or where Debian puts it."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(servers: int) -> Iterator[str]:
    """PgBouncer with so many connections to the server; `{}` in its address is the name of a database."""
    binary = program()
    assert binary is not None, "PgBouncer is missing: run `sh tests/install.sh` as root"
    data = Path(databases.postgresql_server().pgdata)
    port = free_port()
    users = data / "pgbouncer-users.txt"
    users.write_text('"postgres" ""\n')
    settings = data / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host={data}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {users}\n"
        f"pool_mode = transaction\ndefault_pool_size = {servers}\n"
    )
    for file in (users, settings):
        file.chmod(0o644)
    # it refuses to run as root, and changes to the user that the server runs as
    as_user = ["-u", data.owner()] if os.geteuid() == 0 else []
    process = subprocess.Popen([binary, "-q", *as_user, str(settings)], stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield f"postgresql://postgres:@127.0.0.1:{port}/{{}}"
    finally:
        process.terminate()
        process.wait(SECONDS)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(SECONDS * 20):
        assert process.poll() is None, f"PgBouncer ended with status {process.returncode}"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("PgBouncer does not listen")
