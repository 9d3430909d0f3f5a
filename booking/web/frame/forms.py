"""The fate of a form that is sent: it is accepted, refused, or shown again with what was typed and the reason.

Somebody who signs in or out in another tab, or leaves a page open for long, gets the page back as it is now, for who
they are now, with what they typed, and sends it once more. Where the page needs a signed-in reader they sign in first.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from flask import Flask, Response, current_app, flash, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from booking.web.account import sign_in
from booking.web.frame import access, csrf, error_pages
from booking.web.frame.csrf import Reason
from booking.web.frame.current_reader import current_user
from booking.web.frame.form_refill import refill

KEPT = "booking.kept_form"  # the key in the environment of the request that shows the page again
OURS = ("booking.", "flask.", "werkzeug.")  # what of an environment belongs to one request alone
RESTORED_TEXT = "We’ve kept what you typed. Check it, then send it."
RESTORED_CHOICE = "You’re signed in. Check the form, then send it."


@dataclass(frozen=True, slots=True)
class Kept:
    """Text typed into the form that sends to `action`, and the page's message about it."""

    action: str
    fields: list[tuple[str, str]]
    words: str
    code: str = ""


def kept() -> Kept | None:
    """The form that the page of this request is to show again; None for any other page."""
    found: Kept | None = request.environ.get(KEPT)
    return found


def refused(why: Reason) -> ResponseReturnValue:
    """The answer to a form that is refused: the page it stands on, where sending it once more will do; else why not."""
    sent = csrf.sent_token()
    if sent is None or why not in csrf.RECOVERABLE:
        return error_pages.page(csrf.status(why), csrf.sentence(why), why, csrf.NOT_SENT)
    typed = csrf.typed_fields()
    answer = _page(sent.page, Kept(request.path, typed, csrf.sentence(why), why))
    if answer.status_code in {301, 302, 303, 308}:  # the page leads elsewhere by now, and may have said why
        if "Set-Cookie" not in answer.headers:
            flash(csrf.sentence(why))
        return answer
    if answer.status_code != 200:
        answer.close()
        texts = [value for _, value in typed if " " in value.strip()]
        return error_pages.page(csrf.status(why), csrf.sentence(why), why, csrf.NOT_SENT, texts)
    answer.status_code = csrf.status(why)
    return answer


def _page(address: str, shown_again: Kept) -> Response:
    """That page of this site as its reader would get it now."""
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {name: value for name, value in request.environ.items() if not name.startswith(OURS)}
    environ |= {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "CONTENT_LENGTH": "0",
        "wsgi.input": io.BytesIO(),
        KEPT: shown_again,
    }
    environ.pop("CONTENT_TYPE", None)
    with current_app.request_context(environ):
        return current_app.full_dispatch_request()


def _is_for_visitors(endpoint: str) -> bool:
    level = access.level_of(current_app, endpoint)
    return level is None or access.allows(level, None)


def _signed_out_since() -> bool:
    """Whether a good form of a signed-in reader arrives from a visitor, where none but the signed-in may send it."""
    if request.method in csrf.SAFE_METHODS or request.endpoint is None or _is_for_visitors(request.endpoint):
        return False
    try:
        return not current_user.is_authenticated and csrf.reason() is Reason.SIGNED_OUT
    except RequestEntityTooLarge:
        return False  # too long to be kept; they are asked to sign in


def ask_visitors(app: Flask) -> None:
    """Before access is decided: let whoever was signed out sign in again, and keep what they typed meanwhile."""

    @app.before_request
    def ask() -> ResponseReturnValue | None:
        if not _signed_out_since():
            return None
        sent = csrf.sent_token()
        return sign_in.ask_first(sent.page if sent is not None else "/", csrf.SIGNED_OUT)


def init_app(app: Flask, exempt_blueprints: frozenset[str]) -> None:
    """Check every form before its view runs; of a blueprint that is exempt, none. Fill in what was kept."""
    app.jinja_env.globals["csrf_token"] = csrf.token
    app.jinja_env.globals["kept_form"] = kept

    @app.before_request
    def check() -> ResponseReturnValue | None:
        if request.method in csrf.SAFE_METHODS or request.endpoint is None or request.blueprint in exempt_blueprints:
            return None
        if csrf.is_exempt(current_app.view_functions[request.endpoint]):
            return None
        why = csrf.reason()
        if why is Reason.OTHER_ADDRESS:
            words = "a form was refused: BOOKING_BASE_URL is %s but the browser has %s and the proxy says %s"
            app.logger.warning(words, *csrf.origins())
        return refused(why) if why is not None else None

    @app.before_request
    def restore() -> None:
        """After signing in: the page that `?typed=` was added to shows what was typed before."""
        if request.method in csrf.SAFE_METHODS and "typed" in request.args and current_user.is_authenticated:
            typed = sign_in.typed_before()
            if typed is not None:
                request.environ[KEPT] = Kept(
                    typed.action, typed.fields, RESTORED_TEXT if typed.has_text else RESTORED_CHOICE
                )

    @app.after_request
    def fill_in(answer: Response) -> Response:
        found = kept()
        if found is not None and answer.status_code == 200 and answer.mimetype == "text/html":
            answer.set_data(refill(answer.get_data(as_text=True), request.full_path, found.action, found.fields))
        return answer
