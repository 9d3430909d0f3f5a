"""/healthz, for the operator."""

from __future__ import annotations

import json

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from booking import version
from booking.store import migrate
from booking.web import access, context

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@access.public
def healthz() -> Response:
    """200 while the database answers and its tables are up to date; else 503."""
    try:
        with context.state().engine.connect() as connection:
            words = "ok" if migrate.current(connection) == migrate.head() else "the database is not migrated"
    except SQLAlchemyError:
        words = "the database does not answer"
    answer = Response(json.dumps({"status": words, "version": version.current()}), mimetype="application/json")
    answer.status_code = 200 if words == "ok" else 503
    answer.headers["Cache-Control"] = "no-store"
    return answer
