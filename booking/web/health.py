"""/healthz, for the operator."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from booking import clock, version
from booking.store import condition
from booking.web import access, context, refusals

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@access.public
def healthz() -> Response:
    """200 while the database answers, can be written and has this version’s tables; else 503, within seconds."""
    state = context.state()
    found = condition.look(state.engine, context.now())
    trouble = found.trouble or refusals.write_trouble(clock.monotonic())
    told = {"status": trouble or "ok", "version": version.current()}
    if found.warning:
        told["warning"] = found.warning
    answer = Response(json.dumps(told), 503 if trouble else 200, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer
