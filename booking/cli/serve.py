"""`booking serve`: the web processes, and with --with-worker the worker beside them."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading

import click
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from booking import settings
from booking.cli import stores
from booking.settings import SettingsError

TARGET = "booking.app:from_environment"
THREADS = 4  # a process; more of them only wait for the interpreter
BACKPRESSURE = 128  # requests a process takes up at once; the others wait in the backlog


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="the address to listen on")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="web processes")
@click.option("--with-worker", is_flag=True, help="run the letters' worker too")
def serve(host: str, port: int, workers: int, with_worker: bool) -> None:
    """Answer HTTP until told to stop."""
    found = settings.load()
    settings.require_keys(found)
    with stores.session(found):
        pass  # says what to do where the database is not migrated
    sys.exit(run(host, port, workers, with_worker=with_worker))


def run(host: str, port: int, workers: int, *, with_worker: bool) -> int:
    """Serve until a signal; the exit status. If the worker ends by itself the web ends too, with status 1."""
    _check_free(host, port)
    command = [sys.executable, "-m", "booking", "worker"]
    worker = subprocess.Popen(command) if with_worker else None
    is_over = threading.Event()
    failed = threading.Event()

    def watch(process: subprocess.Popen[bytes]) -> None:
        process.wait()
        if not is_over.is_set():
            failed.set()
            click.echo(f"booking: the worker ended with status {process.returncode}; ending the web too", err=True)
            signal.raise_signal(signal.SIGTERM)

    if worker is not None:
        threading.Thread(target=watch, args=(worker,), daemon=True).start()
    click.echo(f"booking: http://{host}:{port}" + (", with a worker" if with_worker else ""))
    try:
        Server(
            TARGET,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            http=HTTPModes.http1,
            websockets=False,
            factory=True,
            log_level=LogLevels.warning,
            blocking_threads=THREADS,
            backpressure=BACKPRESSURE,
            respawn_failed_workers=True,
        ).serve()
    finally:
        is_over.set()
        if worker is not None and worker.poll() is None:
            worker.terminate()
            worker.wait(timeout=30)
    return 1 if failed.is_set() else 0


def _check_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(f"cannot listen on {host}:{port}: {error.strerror}; choose another --port") from None
