"""Free slots as JSON."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response
from flask.typing import ResponseReturnValue
from marshmallow import RAISE

from booking.api.blueprint import blueprint, may_answer
from booking.api.problems import utc
from booking.api.schemas import OccurrenceSlotQuery, SlotQuery, SlotsSchema
from booking.domain import errors
from booking.domain.bookings import slots
from booking.domain.bookings.slots import Slot
from booking.domain.bookings.timetable import Timetable
from booking.domain.organisation import Organisation
from booking.domain.recurrence import MAX_DURATION
from booking.store.bookings import bookings
from booking.store.queries.bookings import slot_search, timetables
from booking.store.queries.bookings.slot_search import Search
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user
from booking.web.member import membership

MAX_SLOTS = 200  # slots in one answer, a clinic being told whole


def answered(items: list[dict[str, object]], following: str | None) -> Response:
    """A list that only the reader may keep."""
    answer = Response(json.dumps({"items": items, "next": following}), mimetype="application/json")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.get("/slots")
@blueprint.arguments(SlotQuery, location="query", unknown=RAISE)
@blueprint.response(200, SlotsSchema)
@may_answer(401, 404, 409, 422)
@access.signed_in
def free(asked: dict[str, Any]) -> ResponseReturnValue:
    """The free slots of every clinic that the reader can book; with `moving` that this booking of theirs could move to.

    What a booking would be refused for is not among them: at a limit of theirs there is nothing until the last hour.
    """
    organisation, now = context.organisation(), context.now()
    _check_membership()
    start = max(asked.get("start", now), now)
    policies = (organisation.policy, *organisation.series_policies.values())
    furthest = now + timedelta(days=max(policy.horizon_days for policy in policies))
    end = min(asked.get("end", furthest), furthest + timedelta(minutes=1))
    search = _search(asked.get("moving"))
    coming = timetables.coming(
        context.db(), organisation, start - MAX_DURATION, end, current_user.id, search.asker.moving
    )
    minutes = asked.get("minutes")
    _check_offered(minutes, coming)
    items: list[dict[str, object]] = []
    for found in coming:
        if len(items) >= MAX_SLOTS and found.hours.starts_at >= start:
            query = {"from": utc(found.hours.starts_at), "to": utc(end)}
            query |= {name: str(asked[name]) for name in ("minutes", "analyst", "moving") if name in asked}
            return answered(items, f"/api/v1/slots?{urlencode(query)}")
        items += _of(found, search, minutes, asked.get("analyst"), start, end)
    return answered(items, None)


def _search(moving: uuid.UUID | None) -> Search:
    """Returns the search that decides what the reader can book: for members their limits; staff who are none book for
    others, past them.

    `moving` is the booking of theirs that would move, NotFound for anybody else's.
    """
    session, organisation, now = context.db(), context.organisation(), context.now()
    row = None if moving is None else bookings.with_public_id(session, moving)
    if moving is not None and (row is None or row.member_id != current_user.id):
        raise errors.NotFound()
    if current_user.is_staff and access.MEMBER not in current_user.roles:
        return slot_search.past_limits(session, current_user.id, organisation, now)
    return slot_search.for_member(session, current_user.id, organisation, now, None if row is None else row.id)


def _check_offered(minutes: int | None, coming: list[Timetable]) -> None:
    """LengthNotOffered for a length that neither these nor any other series offer."""
    organisation = context.organisation()
    if minutes is None or any(minutes in found.policy(organisation).slot_minutes for found in coming):
        return
    offered = lengths_offered(organisation, timetables.own_lengths(context.db()))
    if minutes not in offered:
        raise errors.LengthNotOffered(offered)


def lengths_offered(organisation: Organisation, own: set[int]) -> tuple[int, ...]:
    """Every length that can be asked for, ascending: the policies' and those that series state as their `own`."""
    policies = (organisation.policy, *organisation.series_policies.values())
    return tuple(sorted(own.union(*(policy.slot_minutes for policy in policies))))


def _check_membership() -> None:
    """Raises unless a member or staff: free slots and names are for them. MembershipEnded for a membership that has
    ended.
    """
    last = current_user.member_until
    if not current_user.is_staff and last is not None and membership.gap():
        raise errors.MembershipEnded(last, is_trial=current_user.is_trial)


def _of(
    found: Timetable, search: Search, minutes: int | None, analyst: uuid.UUID | None, start: datetime, end: datetime
) -> list[dict[str, object]]:
    policy = found.policy(context.organisation())
    length = policy.shortest if minutes is None else minutes
    here = [slot for slot in search.bookable(found, length) if start <= slot.starts_at < end]
    wanted = {one.id for one in found.analysts if analyst in {None, one.public_id}}
    return as_items(found, [slot for slot in slots.offered(found.hours, here, policy) if slot.analyst_id in wanted])


@blueprint.get("/occurrences/<uuid:public_id>/slots")
@blueprint.arguments(OccurrenceSlotQuery, location="query", unknown=RAISE)
@blueprint.response(200, SlotsSchema)
@may_answer(401, 404, 409, 422)
@access.signed_in
def of_occurrence(asked: dict[str, Any], public_id: uuid.UUID) -> ResponseReturnValue:
    """The free slots of one occurrence, for the reader: those that leave the least unbookable time first.

    As there, only what the reader can book, or with `moving` what this booking of theirs could move to.
    """
    _check_membership()
    search = _search(asked.get("moving"))
    found = timetables.timetable(context.db(), public_id, context.organisation(), current_user.id, search.asker.moving)
    if found is None or not context.organisation().kinds[found.kind].bookable:
        raise errors.NotFound()
    policy = found.policy(context.organisation())
    length = asked.get("minutes", str(policy.shortest))
    if length not in {str(offered) for offered in policy.slot_minutes}:
        raise errors.LengthNotOffered(policy.slot_minutes)
    wanted = asked.get("analyst")
    if wanted is not None and wanted not in {str(analyst.public_id) for analyst in found.analysts}:
        raise errors.NotOnRoster()
    here = slots.offered(found.hours, search.bookable(found, int(length)), policy)
    return answered([item for item in as_items(found, here) if wanted is None or item["analyst"] == wanted], None)


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


def nearest(
    occurrence: uuid.UUID, minutes: int, wanted_at: datetime, moving: uuid.UUID | None = None
) -> list[dict[str, object]]:
    """After a lost race: the slots of that occurrence nearest to what was wanted that the reader can book, read anew.

    `moving` is the booking of theirs that was to move there.
    """
    session = context.db()
    session.rollback()
    row = None if moving is None else bookings.with_public_id(session, moving)
    search = slot_search.for_member(
        session, current_user.id, context.organisation(), context.now(), None if row is None else row.id
    )
    near = search.nearest(occurrence, minutes, wanted_at)
    return [] if near is None else as_items(*near)
