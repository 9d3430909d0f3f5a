"""The analyst's day: the day's bookings and free slots, the week, the file for spreadsheets, who came."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter, ValidationError

from booking.domain import errors, spreadsheet, zones
from booking.domain.bookings import agenda_words, day_agenda
from booking.domain.enums.people import RoleName
from booking.domain.people.actor import Actor
from booking.services.bookings import block_quarter
from booking.services.bookings.block_quarter import AnalystQuarter
from booking.services.bookings.mark_attendance import mark
from booking.services.bookings.start_visit import begin
from booking.store.bookings.bookings import CAME, NO_SHOW, Booking
from booking.store.queries.bookings import agenda_rows
from booking.web.account import sign_in
from booking.web.analyst import day_rows
from booking.web.analyst.day_rows import Subject
from booking.web.frame import access, context, error_pages
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("analyst", __name__, url_prefix="/analyst")

OUTCOMES = {CAME: CAME, NO_SHOW: NO_SHOW, "": None}
YEARS = range(2000, 2101)  # what an address may ask for


class DayConverter(BaseConverter):
    """A date in an address, as 2026-11-30."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        try:
            found = date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError() from error
        if found.year not in YEARS:
            raise ValidationError()
        return found

    def to_url(self, value: date | str) -> str:
        return str(value)


@blueprint.record_once
def _days_in_addresses(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["day"] = DayConverter


@blueprint.get("/")
@access.staff
def today() -> ResponseReturnValue:
    """Today in the analyst's zone; for a coordinator who names nobody, whose days there are."""
    whose = day_rows.subject()
    return _people(None) if whose is None else _page(whose, zones.today(context.now(), whose.zone))


@blueprint.get("/<day:day>")
@access.staff
def day(day: date) -> ResponseReturnValue:
    """That day; `?days=7` its week, `?print=1` the sheet without buttons."""
    whose = day_rows.subject()
    return _people(day) if whose is None else _page(whose, day)


def _people(day: date | None) -> str:
    return render_template("analyst/people.html", analysts=agenda_rows.analysts(context.db()), day=day)


def _page(whose: Subject, day: date) -> str:
    week = day_agenda.week_of(day)
    staffed = day_rows.staffed(whose, week[0], week[-1])
    unlinked = day_rows.unlinked(whose, staffed)
    common = {
        "whose": whose,
        "day": day,
        "week": week,
        "is_today": day == zones.today(context.now(), whose.zone),
        "booked": sum(len(found.visits) for found in staffed),
        "free": sum(found.free_slots(context.now()) for found in staffed),
    }
    if request.args.get("days") == "7":
        blocks = [
            (one, [day_rows.block(whose, found, unlinked) for found in day_agenda.on(one, staffed, whose.zone)])
            for one in week
        ]
        return render_template(
            "analyst/week.html",
            days=blocks,
            outcomes=agenda_words.OUTCOMES,
            before=week[0] - timedelta(days=7),
            after=week[0] + day_agenda.WEEK,
            **common,
        )
    others = agenda_rows.analysts(context.db()) if RoleName.COORDINATOR in current_user.roles else []
    return render_template(
        "analyst/day.html",
        blocks=[day_rows.block(whose, found, unlinked) for found in day_agenda.on(day, staffed, whose.zone)],
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        next_day=day_rows.next_day(whose, day),
        printed=day_rows.printed(whose, context.now()),
        is_print="print" in request.args,
        others=[other for other in others if other.public_id != whose.analyst.public_id],
        outcomes=agenda_words.OUTCOMES,
        **common,
    )


@blueprint.get("/<day:day>.csv")
@access.staff
def sheet(day: date) -> ResponseReturnValue:
    """The day's rows for a spreadsheet, UTF-8 with a byte-order mark; `?days=7` those of its week."""
    whose = day_rows.subject()
    if whose is None:
        abort(404)
    span = day_agenda.week_of(day) if request.args.get("days") == "7" else [day]
    staffed = day_rows.staffed(whose, span[0], span[-1])
    text = spreadsheet.BOM + spreadsheet.lines(agenda_words.cells(staffed, whose.zone))
    answer = Response(text, content_type="text/csv; charset=utf-8; header=present")
    answer.headers["Content-Disposition"] = f'attachment; filename="analyst-{span[0]}.csv"'
    return answer


@blueprint.post("/quarters")
@access.staff
def block() -> ResponseReturnValue:
    """Block one quarter of an analyst's hours, or open it again; back to the page that asked."""
    act = {"block": block_quarter.block, "open": block_quarter.unblock}.get(request.form.get("do", ""))
    try:
        occurrence, analyst = (uuid.UUID(request.form.get(name, "")) for name in ("occurrence", "analyst"))
        starts_at = datetime.fromisoformat(request.form.get("starts_at", ""))
        quarter = AnalystQuarter(occurrence, analyst, starts_at.astimezone(UTC))
    except (ValueError, OverflowError):
        abort(400)
    if act is None or starts_at.tzinfo is None:
        abort(400)
    try:
        act(context.acting(Actor.staff(current_user.id)), quarter)
    except (block_quarter.NotBlockable, errors.AlreadyOver, errors.OccurrenceCancelled) as refusal:
        flash(error_pages.sentence(refusal))
    return redirect(sign_in.safe_path(request.form.get("back")), 303)


@blueprint.post("/bookings/<uuid:public_id>/outcome")
@access.staff
def outcome(public_id: uuid.UUID) -> ResponseReturnValue:
    """Came, no show, or neither; back to the row."""
    said = request.form.get("outcome")
    if said not in OUTCOMES:
        abort(400)
    marked = mark(context.acting(Actor.staff(current_user.id)), public_id, OUTCOMES[said])
    return _back_to(marked)


@blueprint.post("/bookings/<uuid:public_id>/start")
@access.staff
def start(public_id: uuid.UUID) -> ResponseReturnValue:
    """Turn to this member: their join link opens, the one before closes; back to the row."""
    return _back_to(begin(context.acting(Actor.staff(current_user.id)), public_id))


def _back_to(booking: Booking) -> ResponseReturnValue:
    owner = booking.analyst
    found = agenda_rows.AgendaOwner(owner.id, owner.public_id, owner.name, owner.email, owner.time_zone)
    whose = Subject(found, owner.time_zone or context.organisation().zone, owner.id == current_user.id)
    day = zones.today(booking.starts_at, whose.zone)
    return redirect(whose.day(day, _anchor=f"b-{booking.public_id}"), 303)
