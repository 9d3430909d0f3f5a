"""`booking serve`: the web processes, and with --with-worker the worker beside them."""

from __future__ import annotations

import pkgutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import click
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LOGGING_CONFIG, LogLevels
from granian.server import Server

from booking import settings
from booking.cli import mail_settings, store_session
from booking.cli.server.rsgi import Buffered
from booking.logs import Masking
from booking.programme import organisation_file
from booking.settings import SettingsError

TARGET = "booking.app:from_environment"
GRACE_SECONDS = 10  # for the requests under way when a signal comes
_HANDLERS = cast(dict[str, dict[str, object]], LOGGING_CONFIG["handlers"])
LOGS = {  # the server's own, of which the last is an error that the application let through
    "filters": {"masking": {"()": Masking}},
    "handlers": {name: {**one, "filters": ["masking"]} for name, one in _HANDLERS.items()},
}
CONNECTIONS = 512  # that a process holds at once; the others wait in the backlog
MAX_BYTES = 64 * 1024 * 1024  # of all bodies a process is being sent; the application limits each


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="the address to listen on")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="web processes")
@click.option("--with-worker", is_flag=True, help="run a worker too, which sends emails")
def serve(host: str, port: int, workers: int, with_worker: bool) -> None:
    """Run the web server."""
    found = settings.load()
    settings.require_keys(found)
    if found.is_demo:
        raise SettingsError("BOOKING_IS_DEMO is set, so only `booking demo` may serve this database: unset it")
    mail_settings.check(found)
    # names what data/ has wrong, before a process starts
    organisation_file.load(found.data, found.organisation or None, found.join_url)
    with store_session.session(found):
        pass  # says what to do where the database is not migrated
    if with_worker and not found.smtp_url:
        click.echo(
            "booking: no mail server is set, so the worker wasn't started and emails wait: set BOOKING_SMTP_URL",
            err=True,
        )
        with_worker = False
    check_free(host, port)
    sys.exit(run(host, port, workers, with_worker=with_worker, seconds=found.request_seconds))


def run(host: str, port: int, workers: int, *, with_worker: bool, seconds: int = 20) -> int:
    """Serve until a signal; the exit status. If the worker ends by itself the web ends too, with status 1."""
    is_over = threading.Event()
    failed = threading.Event()
    worker: subprocess.Popen[bytes] | None = None

    def watch(process: subprocess.Popen[bytes]) -> None:
        process.wait()
        if not is_over.is_set():
            failed.set()
            click.echo(f"booking: the worker ended with status {process.returncode}; ending the web too", err=True)
            _end_main()

    # until the server takes signals itself, one must not leave the worker behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if with_worker:
            # in a session of its own: Ctrl-C reaches this process alone, which then ends the worker
            worker = subprocess.Popen([sys.executable, "-m", "booking", "worker"], start_new_session=True)
        # web processes inherit the mask: one that hears both Ctrl-C and its parent's signal may hang
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        threading.Thread(target=_pass_on_interrupt, daemon=True).start()
        if worker is not None:
            threading.Thread(target=watch, args=(worker,), daemon=True).start()
        click.echo(f"booking: http://{host}:{port}" + (", with a worker" if with_worker else ""))
        _serve(host, port, workers, seconds)
    except KeyboardInterrupt:
        pass  # Ctrl-C before the server took signals itself
    finally:
        is_over.set()
        if worker is not None:
            _end(worker)
    return 1 if failed.is_set() else 0


def _end_main() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _pass_on_interrupt() -> None:
    signal.sigwait({signal.SIGINT})
    _end_main()


def _serve(host: str, port: int, workers: int, seconds: int) -> None:
    Server(
        TARGET,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=workers,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=LOGS,
        log_access=False,  # paths open feeds, meetings and bookings
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=seconds * 1000),
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,  # a signal that meets a process before it listens for one is lost
    ).serve(target_loader=partial(load, TARGET, seconds), wrap_loader=False)


def load(target: str, seconds: int) -> Callable[..., Any]:
    """In a web process: the WSGI application that the factory `target` makes, given requests that have arrived."""
    return Buffered(pkgutil.resolve_name(target)(), seconds, MAX_BYTES).answer


def _end(worker: subprocess.Popen[bytes]) -> None:
    """Let it finish the email it has, for half a minute; its lease covers an email that is cut short."""
    worker.terminate()
    try:
        worker.wait(timeout=30)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def check_free(host: str, port: int) -> None:
    """Raise SettingsError where nothing can listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(f"cannot listen on {host}:{port}: {error.strerror}; choose another --port") from None
