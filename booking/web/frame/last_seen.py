"""Remember when sessions were last used: in this process, written together, so that no page waits for a write."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from booking.domain.people.sessions import SEEN_EVERY
from booking.services.accounts import sessions
from booking.web.frame import context

WRITE_AFTER_SECONDS = 10.0


@dataclass(slots=True)
class LastSeen:
    """`pending` waits to be written: internal ids of sessions, and when each was used."""

    pending: dict[int, datetime] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    timer: threading.Timer | None = None


def init_app(app: Flask) -> None:
    app.extensions["last_seen"] = LastSeen()


def note(session_id: int, stored_at: datetime) -> None:
    """A session is used now; `stored_at` is what its row says."""
    if context.now() - stored_at < SEEN_EVERY:
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    found: LastSeen = app.extensions["last_seen"]
    with found.lock:
        found.pending[session_id] = context.now()
        if found.timer is None and not app.testing:
            found.timer = threading.Timer(WRITE_AFTER_SECONDS, write, [app])
            found.timer.daemon = True
            found.timer.start()


def write(app: Flask) -> None:
    """Write what is pending. What cannot be written is noted again when the session is used again."""
    found: LastSeen = app.extensions["last_seen"]
    with found.lock:
        pending, found.pending, found.timer = found.pending, {}, None
    if not pending:
        return
    state: context.State = app.extensions["booking"]
    try:
        with state.sessions() as session:
            sessions.note_seen(session, pending)
    except SQLAlchemyError as error:
        app.logger.warning("when sessions were last used could not be written: %s", type(error).__name__)
