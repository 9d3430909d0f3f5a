"""Refusals as people read them: one sentence in the reader's time, and what they can do instead; and error pages."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import InternalError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from booking import clock
from booking.domain import errors
from booking.domain.bookings import lengths
from booking.domain.errors import Refusal
from booking.domain.people import sign_in
from booking.mail.masked import masked
from booking.store.db import condition
from booking.web.frame import calendar_responses, context, current_reader, template_globals
from booking.web.member import membership

SENTENCES = {
    "not-found": "There is nothing here, or it is not yours.",
    "not-allowed": "That is for others to do.",
    "not-bookable": "Nothing is booked in this one: come at the time it says.",
    "occurrence-cancelled": "This one does not take place. The programme shows the next.",
    "outside-hours": "That time is outside its hours. Choose one of the times shown.",
    "not-on-roster": "That analyst isn’t on the roster here. Choose somebody else, or any analyst.",
    "not-a-member": "Booking is for members. If you are one under another address, sign in with that.",
    "not-confirmed": "This booking was cancelled before.",
    "key-reused": "This form was sent before with something else in it. Load the page again, then book.",
    "not-begun": "That can be marked once the slot has started.",
    "mark-stands": "A mark can be changed on its own day only. A coordinator can still change it.",
    "not-enrollable": "Here one books a slot: choose a time.",
    "still-free": "What you’d wait for is free, so you can book it now.",
    "offer-lapsed": "That offer is over. The programme shows what is free now.",
    "plan-changed": "Something has changed since you saw the plan. Look at it again.",
    "plan-hurts": "Something has changed since you saw the plan. Look at it again.",
    "cover-changed": "Bookings have changed since you saw this. Look at it again.",
    "cannot-undo": "That can no longer be put back; a plan can still take it back.",
    "already-covered": "Somebody else has already taken that. Thank you.",
    "nothing-to-take": "You have no free time then, so nothing was moved.",
    "span-not-accepted": "Time away ends after it begins, is not over yet, and lasts a year at the most.",
    "last-coordinator": "This is the only coordinator. Give somebody else that role first.",
    "sign-in-expired": (
        f"That link or code has been used, or is older than {sign_in.VALID_MINUTES} minutes. Ask for a new one."
    ),
}
UNWRITABLE = "booking_unwritable"  # in the application's extensions: when, and what the database said
TOLD_SECONDS = 60.0  # that /healthz repeats it
RETRY_SECONDS = 5  # after which it is worth trying again where the database does not answer
STATUSES = {"not-found": 404, "not-allowed": 403, "not-a-member": 403, "too-many-requests": 429}
UNPROCESSABLE = {
    "length-not-offered",
    "outside-hours",
    "text-not-accepted",
    "not-on-roster",
    "no-slot-chosen",
    "span-not-accepted",
}


def status(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return STATUSES.get(refusal.code, 422 if refusal.code in UNPROCESSABLE else 409)


def sentence(refusal: Refusal) -> str:
    """The refusal in one or two sentences."""
    zone = context.organisation().zone
    match refusal:
        case errors.SlotTaken(own=True):
            return "You are booked somewhere else at that time. Choose another time, or move the other booking."
        case errors.SlotTaken():
            return "Someone was a moment quicker."
        case errors.TooLate(closed_at=closed):
            return f"It is too late for that time: it could be booked until {template_globals.mine(closed, zone)}."
        case errors.TooEarly(opens_at=opens):
            return f"That time cannot be booked yet: it can from {template_globals.mine(opens, zone)}."
        case errors.AlreadyStarted(started_at=started):
            return f"It began at {template_globals.mine(started, zone)}, and can no longer be moved or cancelled."
        case errors.LimitReached(scope=scope, limit=limit, last_hour_at=last_hour_at):
            return f"{_limit(scope, limit)} {_last_hour(last_hour_at)}".strip()
        case errors.AlreadyOver(ended_at=ended):
            return f"It ended at {template_globals.mine(ended, zone)}."
        case errors.AlreadyMarked(outcome=outcome):
            marked = "as came" if outcome == "came" else "as no-show"
            return f"It’s marked {marked}, so it can’t be changed or cancelled. Take the mark back first."
        case errors.Full(limit=limit):
            return f"All {limit} places are taken. Look again: somebody may leave."
        case errors.MembershipEnded(member_until=last):
            return f"{membership.sentence(last)} Renew it to book."
        case errors.LengthNotOffered(offered=offered):
            return f"A slot is {lengths.in_words(offered)} long."
        case errors.TextNotAccepted(field=field, reason=reason):
            return f"{'The topic' if field == 'topic' else 'The link' if field == 'link' else field}: {reason}."
        case errors.TooManyRequests(retry_at=retry):
            return _too_often(refusal.limit_name, template_globals.mine(_next_minute(retry), zone))
        case errors.WrongCode(tries_left=left):
            return f"That code isn’t right. You have {left} {'try' if left == 1 else 'tries'} left."
    return SENTENCES.get(refusal.code, "That cannot be done.")


def _too_often(limit_name: str, again_at: str) -> str:
    """Which limit was reached, and from when on the next try is free."""
    reached = {
        "sign-in-address": "That’s the most sign-in emails for one address within an hour. Use the latest one, or ask",
        "sign-in-network": "Too many people have asked to sign in from your network. Ask",
        "wrong-code-address": "Too many wrong codes for this address. Use the link in the email, or try",
        "wrong-code-network": "Too many wrong codes from your network. Use the link in the email, or try",
    }
    return f"{reached.get(limit_name, 'That was asked too often. Try')} again from {again_at}."


def seconds_until(refusal: errors.TooManyRequests) -> str:
    """The value of Retry-After."""
    return str(math.ceil((refusal.retry_at - context.now()).total_seconds()))


def _next_minute(instant: datetime) -> datetime:
    """The first whole minute that is not before `instant`: what a clock without seconds can say truly."""
    return instant + timedelta(seconds=(60 - instant.second) % 60)


def _limit(scope: str, limit: int) -> str:
    many = f"{limit} bookings" if limit > 1 else "1 booking"
    return {
        "occurrence": "You already have a booking here. Move or cancel it to book another time."
        if limit == 1
        else f"You already have {many} here, the most allowed. Move or cancel one to book another time.",
        "week": f"You already have {many} that week, the most allowed. Move or cancel one to book here.",
        "upcoming": f"You already have {limit} upcoming booking{'' if limit == 1 else 's'}, the most allowed. "
        "Move or cancel one to book here.",
        "no-shows": f"You missed {many} recently, so you can only book in the last hour.",
    }[scope]


def _last_hour(last_hour_at: datetime | None) -> str:
    """What one can do instead: wait until limits no longer count."""
    if last_hour_at is None:
        return ""
    return f"From {template_globals.mine(last_hour_at, context.organisation().zone)} you can book anything still free."


PAGES = {
    400: ("We couldn’t read that", "Go back, load the page again, and try once more."),
    403: ("This is for others", "Your account does not cover this page."),
    404: ("There is nothing here", "The address may be mistyped, or what it showed is gone or not yours."),
    405: ("That does not work here", "Go back and use the page's own buttons."),
    413: ("That is too long", "Send less text."),
    429: ("Too often", "Wait a little and try again."),
    503: (
        "Try again in a moment",
        "We can’t reach our records just now. Nothing was changed. Try again in a few seconds.",
    ),
    500: ("Something broke on our side", "Nothing was half done. Try again; if it stays, tell us."),
}


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
        return calendar_responses.refused(code, "Calendars are read here, and nothing else.", *headers)
    _heading, words = PAGES.get(code, PAGES[400] if code < 500 else PAGES[500])
    return calendar_responses.refused(code, words, *headers)


def too_many(seconds: int) -> Response:
    """429: to come back after so many seconds."""
    wait = ("Retry-After", str(seconds))
    if calendar_responses.is_asked():
        return for_calendars(429, wait)
    return Response(*page(429), headers=[wait, ("Cache-Control", "no-store")], mimetype="text/html")


def for_programs(error: HTTPException) -> ResponseReturnValue:
    """The same for an address under /api: a problem document (RFC 9457)."""
    code = error.code or 500
    body = {"type": "about:blank", "status": code, "code": error.name.lower().replace(" ", "-"), "title": error.name}
    answer = Response(json.dumps(body), code, mimetype="application/problem+json")
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            answer.headers[name] = value
    return answer


def write_trouble(now: float) -> str:
    """What the database said when it last refused to be written, within the last minute; empty if it did not.

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
