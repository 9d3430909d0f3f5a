"""The current reader: the signed-in person as pages need them, looked up once a request, or a visitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast
from urllib.parse import unquote

from flask import Flask, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.local import LocalProxy

from booking.domain import zones
from booking.domain.people import sessions
from booking.store.queries.people import current_readers
from booking.store.queries.people.current_readers import SignedInPerson
from booking.web.frame import context, last_seen

TOKEN = "session"  # under which the cookie holds the session's token
ZONE_COOKIE = "zone"  # a visitor's IANA zone: zone.js writes it until the browser closes, the page of zones for a year


@dataclass(frozen=True)
class Visitor:
    """Somebody who is not signed in; `zone` as for a Reader: what they chose, or their browser says."""

    zone: str | None
    roles: ClassVar[frozenset[str]] = frozenset()
    is_authenticated: ClassVar[bool] = False
    is_staff: ClassVar[bool] = False


def current() -> SignedInPerson | Visitor:
    """The request's reader."""
    if "reader" not in g:
        g.reader = _look_up()
    found: SignedInPerson | Visitor = g.reader
    return found


#: The request's reader. What only a signed-in person has must not be read before `is_authenticated` is True.
current_user = cast(SignedInPerson, LocalProxy(current))


def _look_up() -> SignedInPerson | Visitor:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if request.blueprint == "api" and scheme.lower() == "bearer":  # whom a program acts for
        program = current_readers.by_api_token(context.db(), bearer.strip())
        g.by_token = program is not None
        return program or Visitor(None)
    token = session.get(TOKEN)
    found = current_readers.by_session(context.db(), token, context.now()) if isinstance(token, str) else None
    if found is None:
        return Visitor(chosen_zone())
    if found.session_id is not None and found.last_seen_at is not None:
        last_seen.note(found.session_id, found.last_seen_at)
    return found


def chosen_zone() -> str | None:
    """The zone that this browser keeps in a cookie, for whoever has none in a profile; None where it names no place."""
    return zones.of_browser(unquote(request.cookies.get(ZONE_COOKIE, "")))


def session_id() -> int | None:
    """The internal id of the session in this browser; None for a visitor."""
    return current_user.session_id if current_user.is_authenticated else None


def device() -> str:
    """Returns this browser's name in a list of sessions."""
    return sessions.device(request.user_agent.string)


def sign_in(token: str) -> None:
    """Let this browser hold that session from now on."""
    session.clear()
    session.permanent = True
    session[TOKEN] = token
    g.pop("reader", None)


def sign_out() -> None:
    """Let this browser hold no session; the caller has ended it."""
    session.clear()
    as_visitor()


def as_visitor() -> None:
    """Treat the request as a visitor's from here on: where the reader cannot be looked up, or just signed out."""
    g.reader = Visitor(chosen_zone())


def ask_to_sign_in() -> ResponseReturnValue:
    """Send a visitor to the sign-in page, which brings them back to a GET's page, or to the page that a form is on."""
    if request.blueprint == "api":
        abort(401)  # programs fill in no form
    back_to = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else request.path
    return redirect(url_for("sign_in.ask", next=back_to), 303)


def init_app(app: Flask) -> None:
    """A cookie lasts as long as any session can; the stored session decides when it ends."""
    app.permanent_session_lifetime = sessions.MAX_AGE
    last_seen.init_app(app)
