"""Free slots as JSON."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from booking.api import problems
from booking.domain import errors, slots
from booking.domain.slots import Slot
from booking.store.queries import timetables
from booking.store.queries.timetables import Timetable
from booking.web import access, context

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.errorhandler(errors.Refusal)
def refused(refusal: errors.Refusal) -> Response:
    return problems.of(refusal)


@blueprint.errorhandler(HTTPStatus.UNAUTHORIZED)
def signed_out(_error: HTTPException) -> Response:
    return problems.problem(HTTPStatus.UNAUTHORIZED, "not-signed-in", "sign in first")


@blueprint.get("/occurrences/<uuid:public_id>/slots")
@access.signed_in
def of_occurrence(public_id: uuid.UUID) -> ResponseReturnValue:
    """The free slots of one occurrence for the reader: `minutes` is the length (default: the shortest offered).

    `{"items": [{"occurrence_id", "analyst", "analyst_name", "starts_at", "ends_at", "minutes"}], "next": null}`,
    by start, then in the roster's order; `analyst` in the query leaves only hers.
    """
    found = timetables.timetable(context.db(), public_id, current_user.id)
    if found is None or not context.organisation().kinds[found.kind].bookable:
        raise errors.NotFound()
    policy = found.policy(context.organisation())
    asked = request.args.get("minutes", str(policy.slot_minutes[0]))
    if asked not in {str(length) for length in policy.slot_minutes}:
        raise errors.LengthNotOffered(policy.slot_minutes)
    wanted = request.args.get("analyst")
    if wanted is not None and wanted not in {str(analyst.public_id) for analyst in found.analysts}:
        return problems.problem(HTTPStatus.UNPROCESSABLE_ENTITY, "not-on-roster", "the analyst does not staff this")
    free = slots.free(found.hours, int(asked), policy, context.now())
    items = [item for item in as_items(found, free) if wanted is None or item["analyst"] == wanted]
    answer = Response(json.dumps({"items": items, "next": None}), mimetype="application/json")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def as_items(found: Timetable, free: list[Slot]) -> list[dict[str, object]]:
    """The slots as JSON objects, instants in UTC with a Z."""
    names = {analyst.id: (str(analyst.public_id), analyst.name) for analyst in found.analysts}
    occurrence_id = str(found.public_id)
    return [
        {
            "occurrence_id": occurrence_id,
            "analyst": names[slot.analyst_id][0],
            "analyst_name": names[slot.analyst_id][1],
            "starts_at": utc(slot.starts_at),
            "ends_at": utc(slot.ends_at),
            "minutes": slot.minutes,
        }
        for slot in free
    ]


def utc(instant: datetime) -> str:
    """An instant of the store (UTC, whole seconds) as RFC 3339 with a Z."""
    return instant.isoformat().replace("+00:00", "Z")
