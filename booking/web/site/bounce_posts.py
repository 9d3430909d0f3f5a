"""/mail/bounces: where the mail provider posts delivery reports, with the token of the settings."""

from __future__ import annotations

import hmac
from http import HTTPStatus

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from booking.domain.people.actor import Actor
from booking.mail import delivery_reports
from booking.services.outbox.note_bounce import note_bounce
from booking.web.frame import access, context, csrf

blueprint = Blueprint("bounces", __name__)


@blueprint.post("/mail/bounces")
@access.public
@csrf.exempt  # a program sends it, with a token of its own instead of a cookie
def take() -> ResponseReturnValue:
    """Take one report: the body is the raw message (RFC 3464), the token is a Bearer token.

    Without a token in the settings there is no such address. What isn't about an email of ours changes nothing, and is
    answered alike, so that the provider doesn't send it again.
    """
    token = context.settings().bounce_token
    if not token:
        abort(HTTPStatus.NOT_FOUND)
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        refused = Response("This token isn't the one in BOOKING_BOUNCE_TOKEN.\n", HTTPStatus.UNAUTHORIZED)
        refused.headers["WWW-Authenticate"] = "Bearer"
        refused.mimetype = "text/plain"
        return refused
    request.max_content_length = delivery_reports.MAX_BYTES
    for report in delivery_reports.read(request.get_data(cache=False)):
        note_bounce(context.acting(Actor.system()), report, is_trusted=True)
    return "", HTTPStatus.NO_CONTENT
