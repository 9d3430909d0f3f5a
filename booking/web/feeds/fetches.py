"""Record calendar fetches: gathered in this process, written together, once an hour at most for each address."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from booking import clock
from booking.services.records.note_fetch import record_fetches
from booking.web.frame import context

HOUR = 3600.0
WRITE_AFTER_SECONDS = 20.0
MAX_PENDING, MAX_KNOWN = 500, 100_000


@dataclass(slots=True)
class Fetches:
    """`known` says when an address was last noted here (a time of `clock.monotonic`); `pending` waits to be written."""

    known: dict[str, float] = field(default_factory=dict)
    pending: dict[str, tuple[int | None, datetime]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    timer: threading.Timer | None = None


def init_app(app: Flask) -> None:
    app.extensions["fetches"] = Fetches()


def note(address: str, person_id: int | None) -> None:
    """A calendar has fetched that address just now."""
    found: Fetches = current_app.extensions["fetches"]
    at = clock.monotonic()
    if at - found.known.get(address, -HOUR) < HOUR:
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with found.lock:
        if len(found.known) >= MAX_KNOWN:
            found.known.clear()
        found.known[address] = at
        found.pending[address] = (person_id, context.now())
        is_full = len(found.pending) >= MAX_PENDING
        if found.timer is None and not is_full and not app.testing:
            found.timer = threading.Timer(WRITE_AFTER_SECONDS, write, [app])
            found.timer.daemon = True
            found.timer.start()
    if is_full:
        write(app)


def write(app: Flask) -> int:
    """Write what is pending; how many addresses. What cannot be written is noted again when it is fetched again."""
    found: Fetches = app.extensions["fetches"]
    with found.lock:
        pending, found.pending, found.timer = found.pending, {}, None
    if not pending:
        return 0
    state: context.State = app.extensions["booking"]
    try:
        with state.sessions() as session:
            record_fetches(session, pending)
    except SQLAlchemyError as error:
        app.logger.warning("when calendars fetched could not be written: %s", type(error).__name__)
        with found.lock:
            for address in pending:
                found.known.pop(address, None)
        return 0
    return len(pending)
