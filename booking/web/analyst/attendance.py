"""Attendance: the list of those enrolled, as the staff of a lab or masterclass mark it."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors
from booking.domain.enums.people import RoleName
from booking.domain.errors import Refusal
from booking.domain.people.actor import Actor
from booking.services.bookings import attend
from booking.store.programme.programme import Occurrence
from booking.store.queries.programme import enrolled, meeting_rows, occurrence_lookup
from booking.web.frame import access, context, error_pages
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("attendance", __name__, url_prefix="/analyst/attendance")


def _row(public_id: uuid.UUID) -> Occurrence:
    """An occurrence of the reader's roster, or any for a coordinator; 404 for the rest, and where slots are booked."""
    row = occurrence_lookup.with_public_id(context.db(), public_id)
    if row is None or context.organisation().kinds[row.series.kind].bookable:
        abort(404)
    if RoleName.COORDINATOR not in current_user.roles and current_user.id not in {
        place.analyst_id for place in row.roster
    }:
        abort(404)
    return row


@blueprint.get("/<uuid:public_id>")
@access.staff
def show(public_id: uuid.UUID) -> ResponseReturnValue:
    """Everybody who has a place, ticked who came."""
    return _page(_row(public_id))


@blueprint.post("/<uuid:public_id>")
@access.staff
def keep(public_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the ticks."""
    row = _row(public_id)
    try:
        came = {uuid.UUID(value) for value in request.form.getlist("came")}
        count = attend.mark(context.acting(Actor.staff(current_user.id)), public_id, came)
    except ValueError:
        abort(404)
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        return _page(row, refusal)
    flash(f"Saved: {count} came.")
    return redirect(url_for("attendance.show", public_id=public_id), 303)


def _page(row: Occurrence, refusal: Refusal | None = None) -> ResponseReturnValue:
    page = render_template(
        "analyst/attendance.html",
        meeting=meeting_rows.meeting(context.db(), row.public_id),
        people=enrolled.enrolled(context.db(), row.series_id, row.id),
        has_begun=context.now() >= row.starts_at,
        words=error_pages.sentence(refusal) if refusal is not None else "",
    )
    return page, error_pages.status(refusal) if refusal is not None else 200
