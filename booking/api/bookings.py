"""Bookings as JSON: made, listed, shown, moved, given up."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import urlencode

from flask import Response
from flask.typing import ResponseReturnValue
from marshmallow import RAISE

from booking.api import problems, slots
from booking.api.blueprint import blueprint, may_answer
from booking.api.problems import utc
from booking.api.schemas import (
    FIRST,
    LAST,
    BookingChangeSchema,
    BookingSchema,
    BookingsQuery,
    BookingsSchema,
    KeySchema,
    NewBookingSchema,
)
from booking.domain import errors, zones
from booking.domain.bookings import day_agenda
from booking.domain.enums.bookings import BookingStatus
from booking.domain.enums.people import RoleName
from booking.domain.meetings import Appointment
from booking.domain.people.actor import Actor
from booking.services.bookings.book import Booked, BookingRequest, book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.edit_topic import edit_brief
from booking.services.bookings.move import move
from booking.store.bookings.bookings import Booking
from booking.store.queries.programme import meeting_rows
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user
from booking.web.member import booking_pages

MAX_BOOKINGS = 100  # bookings in one answer


@blueprint.post("/bookings")
@blueprint.arguments(KeySchema, location="headers")
@blueprint.arguments(NewBookingSchema)
@blueprint.response(201, BookingSchema)
@may_answer(401, 403, 404, 409, 422)
@access.member
def make(asked: dict[str, str], wanted: dict[str, Any]) -> ResponseReturnValue:
    """Book a slot. 409 `slot-taken` carries the nearest free ones."""
    request = BookingRequest(
        wanted["occurrence_id"],
        wanted["starts_at"],
        wanted["minutes"],
        wanted["analyst"],
        wanted["topic"],
        wanted["link"],
        f"api {asked['key']}" if asked["key"] else "",
    )
    try:
        made = book(context.acting(Actor.member(current_user.id)), request)
    except errors.SlotTaken as refusal:
        return _taken(refusal, request)
    answer = _answer(_just_made(made, request), 201)
    answer.headers["Location"] = f"/api/v1/bookings/{made.booking.public_id}"
    return answer


@blueprint.get("/bookings")
@blueprint.arguments(BookingsQuery, location="query", unknown=RAISE)
@blueprint.response(200, BookingsSchema)
@may_answer(401, 403, 422)
@access.signed_in
def listed(asked: dict[str, Any]) -> ResponseReturnValue:
    """The reader's own bookings by start; for an analyst those of a day, today unless `on` names another."""
    roles = current_user.roles
    if "on" in asked or (RoleName.ANALYST in roles and RoleName.MEMBER not in roles):
        if RoleName.ANALYST not in roles:
            raise errors.NotAllowed()
        zone = current_user.zone or context.organisation().zone
        day = min(max(asked.get("on") or zones.today(context.now(), zone), FIRST.date()), LAST.date())
        start, end = day_agenda.bounds(day, day, zone)
        found = meeting_rows.appointments(context.db(), analyst_id=current_user.id, start=start, end=end)
        return slots.answered([as_json(one) for one in found], None)
    since = asked.get("start")
    found = meeting_rows.appointments(context.db(), member_id=current_user.id, start=since, first=MAX_BOOKINGS + 1)
    following = None
    if len(found) > MAX_BOOKINGS:
        following = f"/api/v1/bookings?{urlencode({'from': utc(found[MAX_BOOKINGS].starts_at)})}"
    return slots.answered([as_json(one) for one in found[:MAX_BOOKINGS]], following)


@blueprint.get("/bookings/<uuid:public_id>")
@blueprint.response(200, BookingSchema)
@may_answer(401, 404)
@access.signed_in
def one(public_id: uuid.UUID) -> ResponseReturnValue:
    """One booking, for its member and its analyst."""
    found = meeting_rows.appointment(context.db(), public_id)
    own = {found.member_public_id, found.analyst_public_id} if found is not None else set()
    if found is None or current_user.public_id not in own:
        raise errors.NotFound()
    return _answered(found, 200)


@blueprint.patch("/bookings/<uuid:public_id>")
@blueprint.arguments(BookingChangeSchema)
@blueprint.response(200, BookingSchema)
@may_answer(401, 403, 404, 409, 422)
@access.member
def change(wanted: dict[str, Any], public_id: uuid.UUID) -> ResponseReturnValue:
    """Move it to another start, length, analyst or clinic; or say anew what it is about."""
    acting = context.acting(Actor.member(current_user.id))
    found = _own(public_id)
    if wanted.keys() & {"occurrence_id", "analyst", "starts_at", "minutes"}:
        request = _target(found, wanted)
        try:
            move(acting, public_id, request)
        except errors.SlotTaken as refusal:
            return _taken(refusal, request, public_id)
    if wanted.keys() & {"topic", "link"}:
        texts = {name: wanted[name] for name in ("topic", "link") if name in wanted}
        edit_brief(acting, public_id, **texts)
    return _answered(_own(public_id), 200)


def _target(found: Appointment, wanted: dict[str, Any]) -> BookingRequest:
    """Returns where it is to be: what is left out stays as it is."""
    return BookingRequest(
        wanted.get("occurrence_id", found.meeting.public_id),
        wanted.get("starts_at", found.starts_at),
        wanted.get("minutes", found.minutes),
        wanted.get("analyst", found.analyst_public_id),
    )


@blueprint.delete("/bookings/<uuid:public_id>")
@blueprint.response(204)
@may_answer(401, 403, 404, 409)
@access.member
def give_up(public_id: uuid.UUID) -> ResponseReturnValue:
    """Cancel it, until it starts. Twice is once."""
    cancel(context.acting(Actor.member(current_user.id)), public_id)
    return Response(status=204)


def _own(public_id: uuid.UUID) -> Appointment:
    found = meeting_rows.appointment(context.db(), public_id)
    if found is None or found.member_public_id != current_user.public_id:
        raise errors.NotFound()
    return found


def _taken(refusal: errors.SlotTaken, request: BookingRequest, moving: uuid.UUID | None = None) -> Response:
    near = slots.nearest(request.occurrence, request.minutes, request.starts_at, moving)
    return problems.of(refusal, nearest=near)


def _just_made(made: Booked, request: BookingRequest) -> dict[str, object]:
    """A booking that this request made, as JSON; one that an earlier twin made is read whole, as it is now."""
    if made.analyst is None:
        return as_json(_own(made.booking.public_id))
    analyst = (made.analyst.public_id, made.analyst.name)
    return _json(made.booking, request.occurrence, analyst, current_user.name, status=BookingStatus.CONFIRMED)


def _answered(found: Appointment, status: int) -> Response:
    return _answer(as_json(found), status)


def _answer(body: dict[str, object], status: int) -> Response:
    answer = Response(json.dumps(body), status=status, mimetype="application/json")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def as_json(found: Appointment) -> dict[str, object]:
    """A booking as a JSON object."""
    analyst = (found.analyst_public_id, found.analyst)
    status = BookingStatus.CANCELLED if found.is_cancelled else BookingStatus.CONFIRMED
    return _json(found, found.meeting.public_id, analyst, found.member, status=status)


def _json(
    found: Appointment | Booking,
    occurrence: uuid.UUID,
    analyst: tuple[uuid.UUID, str],
    member: str,
    *,
    status: str,
) -> dict[str, object]:
    return {
        "id": str(found.public_id),
        "occurrence_id": str(occurrence),
        "analyst": str(analyst[0]),
        "analyst_name": analyst[1],
        "member_name": member,
        "starts_at": utc(found.starts_at),
        "ends_at": utc(found.ends_at),
        "minutes": found.minutes,
        "topic": found.topic,
        "link": found.link,
        "status": status,
        "outcome": found.outcome,
        "is_late": found.is_late,
        "sequence": found.sequence,
        "join_url": context.settings().base_url + booking_pages.join_path(found.public_id),
    }
