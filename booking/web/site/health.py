"""/healthz, for the operator."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request

from booking import clock, version
from booking.domain import tokens
from booking.store.db import condition
from booking.web.frame import access, context, error_pages

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@access.public
def healthz() -> Response:
    """200 while the database answers, can be written and has this version’s tables; else 503, within seconds."""
    state = context.state()
    found = condition.look(state.engine, context.now())
    trouble = found.trouble or error_pages.write_trouble(clock.monotonic())
    told: dict[str, Any] = {"status": trouble or "ok", "version": version.current()}
    if _is_asked_by_doctor():
        told["seen"] = {
            "host": request.host,
            "scheme": request.scheme,
            "sender": request.remote_addr,
            "forwarded_for": request.headers.get("X-Forwarded-For", ""),
        }
    if found.warning:
        told["warning"] = found.warning
    answer = Response(json.dumps(told), 503 if trouble else 200, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_asked_by_doctor() -> bool:
    """Whether `booking doctor` of this installation asks: it is told how its request arrived."""
    token = request.headers.get("X-Booking-Doctor", "")
    return tokens.verify(context.settings().secret_key, "doctor", token)
