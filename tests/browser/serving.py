"""The application on a port of its own, in a thread, with a clock that the test sets and people signed in by cookie."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

from flask import Flask
from playwright.sync_api import BrowserContext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from booking.mail.render import Rendered
from booking.services.outbox import render_email
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from tests.databases import Database
from tests.web.client import Clock, make_app, token_for


class Quiet(WSGIRequestHandler):
    """Says nothing about the requests it answers."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


@dataclass
class Site:
    """A running service: `base_url` without a trailing slash, its database, its clock."""

    app: Flask
    base_url: str
    database: Database
    clock: Clock

    def session(self) -> Session:
        return self.database.sessions()

    def sign_in(self, context: BrowserContext, person: Person) -> None:
        """Let everything that this browser context opens be this person's."""
        values = {"_permanent": True, "session": token_for(self.app, person.id)}
        serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        name = self.app.config["SESSION_COOKIE_NAME"]
        context.add_cookies([{"name": name, "value": serializer.dumps(values), "url": self.base_url}])

    def emails(self, email: str) -> list[Rendered]:
        """Every email to that address as its reader sees it, oldest first; reminders apart."""
        state = self.app.extensions["booking"]
        with self.session() as session:
            mine = select(OutgoingEmail).where(
                OutgoingEmail.to_email == email, OutgoingEmail.name.not_like("reminder%")
            )
            rows = session.scalars(mine.order_by(OutgoingEmail.id)).all()
            return [
                render_email.render_email(
                    message, session.get(Person, message.person_id), state.settings, state.organisation
                )
                for message in rows
            ]

    def last_email(self, email: str) -> str:
        return self.emails(email)[-1].text

    def code(self, email: str) -> str:
        """The six digits of the last email to that address."""
        found = re.search(r"\b(\d{3}) ?(\d{3})\b", self.last_email(email))
        assert found is not None, "the email has no code"
        return found[1] + found[2]

    def link(self, email: str, path: str) -> str:
        """The address in the last email that begins with that path."""
        found = re.search(re.escape(f"{self.base_url}{path}") + r"\S+", self.last_email(email))
        assert found is not None, f"the email has no address under {path}"
        return found[0]


@contextmanager
def serving(database: Database, clock: Clock, **values: str) -> Iterator[Site]:
    """Serve that database until the end of the block; `values` are settings."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        base_url = f"http://127.0.0.1:{port}"
        app = make_app(database, clock, BOOKING_BASE_URL=base_url, **values)
        app.testing = False
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet, fd=listener.fileno())
        server.daemon_threads = True  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield Site(app, base_url, database, clock)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
