"""Signed-in visits without a browser: the cookie and the CSRF token that the service itself would give."""

from __future__ import annotations

from flask import Flask, session

from booking import clock
from booking.app import create_app
from booking.services.accounts import sessions
from booking.settings import load
from booking.web.frame import context, csrf


def application(environment: dict[str, str]) -> Flask:
    """An application with the same keys as the served one."""
    return create_app(load(environment))


def visit(app: Flask, person_id: object) -> tuple[str, str]:
    """The Cookie header of a visit by that person, and a CSRF token that belongs to it."""
    with app.test_request_context():
        session.permanent = True
        session["session"] = sessions.begin(context.db(), int(str(person_id)), "Bench", clock.now())
        token = csrf.token()
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        cookie = serializer.dumps(dict(session))
    return f"Cookie: {app.config['SESSION_COOKIE_NAME']}={cookie}", token
