"""Refusals as people read them: one sentence in the reader's time, and what they can do instead; and error pages."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from flask import Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import InternalError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from booking import clock
from booking.domain import errors, refusal_words, zones
from booking.domain.enums.refusals import RefusalCode
from booking.domain.errors import Refusal
from booking.mail.masked import masked
from booking.store.db import condition
from booking.web.frame import calendar_responses, context, current_reader, template_globals

UNWRITABLE = "booking_unwritable"  # in the application's extensions: when, and what the database said
TOLD_SECONDS = 60.0  # that /healthz repeats it
RETRY_SECONDS = 5  # after which it is worth trying again where the database does not answer
#: Refusals that are no conflict; every other one is 409, in the API too.
STATUSES = {
    RefusalCode.NOT_FOUND: 404,
    RefusalCode.NOT_ALLOWED: 403,
    RefusalCode.NOT_A_MEMBER: 403,
    RefusalCode.TOO_MANY_REQUESTS: 429,
    RefusalCode.LENGTH_NOT_OFFERED: 422,
    RefusalCode.NO_SLOT_CHOSEN: 422,
    RefusalCode.NOT_BOOKABLE: 422,
    RefusalCode.NOT_ON_ROSTER: 422,
    RefusalCode.OUTSIDE_HOURS: 422,
    RefusalCode.SPAN_NOT_ACCEPTED: 422,
    RefusalCode.TEXT_NOT_ACCEPTED: 422,
}


def status(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return STATUSES.get(refusal.code, 409)


def sentence(refusal: Refusal) -> str:
    """The refusal in one or two sentences, in the reader's time."""
    zone = context.organisation().zone
    today = zones.today(context.now(), zone)
    return refusal_words.sentence(refusal, lambda instant: template_globals.mine(instant, zone), today)


def seconds_until(refusal: errors.TooManyRequests) -> str:
    """The value of Retry-After."""
    return str(math.ceil((refusal.retry_at - context.now()).total_seconds()))


PAGES = {
    400: ("We couldn’t read that", "Go back, reload the page and try again."),
    403: ("You don’t have access to this page", "Your account doesn’t cover it. If you need it, ask a coordinator."),
    404: ("Page not found", "Check the address. The page may be gone, or it isn’t yours."),
    405: ("That doesn’t work here", "Go back and use the buttons on the page."),
    413: ("That’s too long", "Shorten your text, then send it again."),
    429: ("Too many tries", "Wait a minute, then try again."),
    503: (
        "Try again in a moment",
        "We can’t reach our records just now. Nothing was changed. Try again in a few seconds.",
    ),
    500: ("Something went wrong", "It’s our mistake, and nothing was changed. If it happens again, tell us."),
}


def detail(code: int) -> str:
    """What the error page of that status says, without its heading."""
    return PAGES.get(code, PAGES[400] if code < 500 else PAGES[500])[1]


def page(
    code: int, words: str = "", machine_code: str = "", heading: str = "", typed: Sequence[str] = ()
) -> tuple[str, int]:
    """An error page with that status; what is not given is as usual for it. `typed` is shown to be copied."""
    usual_heading, usual = PAGES.get(code, PAGES[400] if code < 500 else PAGES[500])
    shown = {"heading": heading or usual_heading, "words": words or usual, "code": machine_code or code, "typed": typed}
    return render_template("errors/page.html", **shown), code


def for_calendars(code: int, *headers: tuple[str, str]) -> Response:
    """The same for what calendars fetch: a line of text."""
    if code == 404:
        return calendar_responses.absent()
    if code == 405:
        return calendar_responses.refused(code, "This address is for calendar apps to read.", *headers)
    return calendar_responses.refused(code, detail(code), *headers)


def too_many(seconds: int) -> Response:
    """429: to come back after so many seconds."""
    wait = ("Retry-After", str(seconds))
    if calendar_responses.is_asked():
        return for_calendars(429, wait)
    return Response(*page(429), headers=[wait, ("Cache-Control", "no-store")], mimetype="text/html")


def for_programs(error: HTTPException) -> ResponseReturnValue:
    """The same for an address under /api: a problem document (RFC 9457)."""
    code = error.code or 500
    name = error.name.lower().replace(" ", "-")
    body = {"type": "about:blank", "status": code, "code": name, "title": error.name, "detail": detail(code)}
    answer = Response(json.dumps(body), code, mimetype="application/problem+json")
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            answer.headers[name] = value
    return answer


def write_trouble(now: float) -> str:
    """Returns what the database said when it last refused to be written, within the last minute; empty if it did not.

    `now` is a time of `clock.monotonic`. A full PostgreSQL is known by nothing else.
    """
    failed_at, words = current_app.extensions.get(UNWRITABLE, (-math.inf, ""))
    return words if now - failed_at < TOLD_SECONDS else ""


def init_app(app: Flask) -> None:
    """A page for every error; never a traceback."""

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> ResponseReturnValue:
        answer = app.make_response(page(status(refusal), sentence(refusal), refusal.code))
        if isinstance(refusal, errors.TooManyRequests):
            answer.headers["Retry-After"] = seconds_until(refusal)
        return answer

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        kept = [(name, value) for name, value in error.get_headers() if name in {"Allow", "Retry-After"}]
        if calendar_responses.is_asked():
            return for_calendars(error.code, *kept)
        if request.path.startswith("/api/"):
            return for_programs(error)
        if error.code >= 500:
            current_reader.as_visitor()  # what failed may be the look-up of who is reading
        answer = app.make_response(page(error.code))
        answer.headers.extend(kept)
        return answer

    @app.errorhandler(InternalError)
    @app.errorhandler(OperationalError)
    def without_database(error: OperationalError | InternalError) -> ResponseReturnValue:
        """The database is away, too busy, read-only or full: nothing was done, and it is worth trying again."""
        if condition.is_unwritable(error):
            current_app.extensions[UNWRITABLE] = (
                clock.monotonic(),
                f"the database cannot be written: {masked(str(error.orig))}",
            )
        elif isinstance(error, InternalError):
            return broken(error)
        app.logger.error("the database does not answer: %s: %s", type(error.orig).__name__, masked(str(error.orig)))
        current_reader.as_visitor()
        if calendar_responses.is_asked():
            return for_calendars(503, ("Retry-After", str(RETRY_SECONDS)))
        if request.path.startswith("/api/"):
            return for_programs(ServiceUnavailable(retry_after=RETRY_SECONDS))
        answer = app.make_response(page(503))
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        app.logger.error("a request failed", exc_info=error)
        if calendar_responses.is_asked():
            return for_calendars(500)
        return for_programs(InternalServerError()) if request.path.startswith("/api/") else page(500)
