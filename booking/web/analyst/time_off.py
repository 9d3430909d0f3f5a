"""Time away: what it would mean, shown before it happens; back again; and "I'll take it" for whoever steps in."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import bindparam, select

from booking.domain import wording, zones
from booking.domain.bookings import cover_rules
from booking.domain.people.actor import Actor
from booking.services import cover
from booking.store.people.people import Person
from booking.store.people.time_off import TimeOff
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import agenda_rows
from booking.web.analyst import day_rows
from booking.web.analyst.day_rows import Subject
from booking.web.frame import access, context, error_pages
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("time_off", __name__, url_prefix="/analyst")
AHEAD = timedelta(weeks=6)
NOTE = 500
NO_DATE = "Choose a date."
NO_TIME = "Enter times like 13:00, or leave both empty for whole days."


@blueprint.get("/time-off")
@access.staff
def ask() -> ResponseReturnValue:
    """Ask for a clinic or days; with either given, show the consequences."""
    return _page(*_span())


@blueprint.post("/time-off")
@access.staff
def report() -> ResponseReturnValue:
    """Store it and do what was shown; what has changed meanwhile is shown first."""
    span, mistake = _span()
    whose = _whose()
    if span is None or whose is None:
        return _page(span, mistake)
    try:
        cover.report(
            context.acting(Actor.staff(current_user.id)),
            whose.analyst.public_id,
            span,
            fingerprint=request.form.get("fingerprint", ""),
            note=" ".join(request.form.get("note", "").split())[:NOTE],
        )
    except cover.CoverChanged:
        return _page(span, "", is_again=True)
    except cover.SpanNotAccepted as refusal:
        return _page(None, f"{refusal!s}".capitalize() + ".")
    flash("Time off saved. We're emailing everyone affected.")
    return redirect(url_for("time_off.ask", **whose.args), 303)


_TIME_OFF = select(TimeOff).where(TimeOff.public_id == bindparam("public_id"))


@blueprint.post("/time-off/<uuid:public_id>/back")
@access.staff
def back(public_id: uuid.UUID) -> ResponseReturnValue:
    """They come after all: on the rosters again, from now on."""
    row = context.db().scalars(_TIME_OFF, {"public_id": public_id}).one_or_none()
    if row is None:
        abort(404)
    cover.back(context.acting(Actor.staff(current_user.id)), public_id)
    flash("Time off cancelled. Bookings that other analysts took over stay with them.")
    whose = context.db().get_one(Person, row.analyst_id).public_id
    return redirect(url_for("time_off.ask", analyst=whose), 303)


@blueprint.get("/cover")
@access.analyst
def wanted() -> ResponseReturnValue:
    """List what the reader could take over from analysts who are off, each with its button."""
    found = cover.wanted(context.db(), current_user.id, context.organisation(), context.now())
    return render_template("time_off/wanted.html", wanted=found)


@blueprint.get("/cover/<uuid:public_id>")
@access.analyst
def wanted_once(public_id: uuid.UUID) -> ResponseReturnValue:
    """The address in emails sent before there was one page for all of it."""
    return redirect(url_for("time_off.wanted"), 302)


_OCCURRENCE = select(Occurrence).where(Occurrence.public_id == bindparam("public_id"))


@blueprint.post("/cover/<uuid:public_id>/take")
@access.analyst
def take(public_id: uuid.UUID) -> ResponseReturnValue:
    """ "I'll take it": first come, first served."""
    try:
        taken = cover.take(context.acting(Actor.staff(current_user.id)), public_id)
    except (cover.AlreadyCovered, cover.NothingToTake) as refusal:
        flash(error_pages.sentence(refusal))
        return redirect(url_for("time_off.wanted"), 303)
    flash(_taken(taken))
    row = context.db().scalars(_OCCURRENCE, {"public_id": public_id}).one()
    zone = current_user.zone or context.organisation().zone
    return redirect(url_for("analyst.day", day=zones.today(row.starts_at, zone)), 303)


def _taken(count: int) -> str:
    if not count:
        return "It's yours. Thank you."
    if count == 1:
        return "1 booking is yours now. Thank you. We've emailed the member."
    return f"{count} bookings are yours now. Thank you. We've emailed the members."


def _whose() -> Subject | None:
    """The analyst that `?analyst=` names, else the reader; any staff may say it of anybody. None: nobody is named."""
    asked = request.args.get("analyst", "") or str(current_user.public_id)
    found = next((one for one in agenda_rows.analysts(context.db()) if str(one.public_id) == asked), None)
    if found is None:
        return abort(404) if request.args.get("analyst") else None
    return Subject(found, found.zone or context.organisation().zone, found.id == current_user.id)


_SOME_OCCURRENCE = select(Occurrence).where(Occurrence.public_id == bindparam("wanted_id"))


def _span() -> tuple[tuple[datetime, datetime] | None, str]:
    """The span asked for by clinic or by days, and what is wrong with it; (None, "") where nothing is asked yet."""
    clinic, first, last = (request.values.get(name, "") for name in ("clinic", "first", "last"))
    if clinic:
        try:
            wanted_id = uuid.UUID(clinic)
        except ValueError:
            abort(404)
        row = context.db().scalars(_SOME_OCCURRENCE, {"wanted_id": wanted_id}).one_or_none()
        return ((row.starts_at, row.ends_at), "") if row is not None else abort(404)
    if not first:
        return None, ""
    whose = _whose()
    zone = whose.zone if whose is not None else context.organisation().zone
    typed = cover.TypedSpan(first, last, request.values.get("start", ""), request.values.get("end", ""))
    try:
        date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        return None, NO_DATE
    try:
        return cover.span_of(typed, zone), ""
    except OverflowError:
        return None, NO_DATE
    except ValueError:
        return None, NO_TIME


def _day(text: str) -> str:
    """Returns what a date field can show again: a date, else nothing."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _clock(text: str) -> str:
    """Returns what a time field can show again."""
    try:
        return f"{time.fromisoformat(text):%H:%M}"
    except ValueError:
        return ""


def _page(span: tuple[datetime, datetime] | None, mistake: str, *, is_again: bool = False) -> ResponseReturnValue:
    session, now = context.db(), context.now()
    whose = _whose()
    if whose is None:
        return render_template("time_off/whose.html", analysts=agenda_rows.analysts(session))
    shown = None
    if span is not None:
        try:
            shown = cover.show(session, whose.analyst.public_id, span, context.organisation(), now)
        except cover.SpanNotAccepted as refusal:
            mistake = f"{refusal!s}".capitalize() + "."
    today = zones.today(now, whose.zone)
    staffed = day_rows.staffed(whose, today, today + AHEAD)
    page = render_template(
        "time_off/ask.html",
        whose=whose,
        ahead=[one for one in staffed if not one.meeting.is_cancelled and one.meeting.ends_at > now],
        on_record=[one for one, person in cover.on_record(session, now) if person.id == whose.analyst.id],
        shown=shown,
        lines=list(zip(shown.cover.covered, cover_rules.lines(shown.cover, shown.names), strict=True)) if shown else [],
        values={
            "clinic": request.values.get("clinic", ""),
            "note": request.values.get("note", ""),
            **{name: _day(request.values.get(name, "")) for name in ("first", "last")},
            **{name: _clock(request.values.get(name, "")) for name in ("start", "end")},
        },
        mistake=mistake,
        is_again=is_again,
        first_day=today,
        last_day=today + timedelta(days=366),
        others=[one for one in agenda_rows.analysts(session) if one.id != whose.analyst.id],
        time_off=wording.time_off,
        label=wording.label,
        whole_days=wording.whole_days,
    )
    return page, 409 if is_again else 422 if mistake else 200
