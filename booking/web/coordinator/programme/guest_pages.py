"""Guests of a series: analysts for certain dates only, besides the regular ones."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import date

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import wording, zones
from booking.domain.planning import edits
from booking.domain.planning.adjustments import Definition, Guest
from booking.services.publishing import planning
from booking.store.programme import plan_inputs
from booking.store.queries.bookings import agenda_rows
from booking.web.coordinator import filter_fields
from booking.web.coordinator.filter_fields import FieldMistake
from booking.web.coordinator.programme import day_fields, plans
from booking.web.coordinator.programme.plans import PlanRequest
from booking.web.frame import access, context

blueprint = Blueprint("guests", __name__, url_prefix="/coordinator/programme/<slug>/guests")
NAMES = ("analyst", "first", "last", "remove")
YEARS_AHEAD = 2


@dataclass(slots=True)
class GuestForm:
    """A guest as it was typed, or one to remove; `guest` is None where there are mistakes."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    guest: Guest | None = None
    name: str = ""

    @property
    def removes(self) -> bool:
        return bool(self.values.get("remove"))


def _series(slug: str) -> Definition:
    found = plan_inputs.definitions(context.db()).get(slug)
    return found if found is not None else abort(404)


def _read_form(series: Definition) -> GuestForm:
    form = GuestForm({name: request.values.get(name, "").strip() for name in NAMES})
    today = zones.today(context.now(), series.rule.zone)
    days = [_day(form, name, today) for name in ("first", "last") if form.values[name] or name == "first"]
    try:
        wanted = uuid.UUID(form.values["analyst"])
        analyst = next(one for one in agenda_rows.analysts(context.db()) if one.public_id == wanted)
    except (ValueError, StopIteration):
        form.errors["analyst"] = "Choose an analyst."
        return form
    first, last = days[0], days[-1]
    if first is None or last is None:
        return form
    if last < first:
        form.errors["last"] = "Choose a last day that isn’t before the first."
    elif last < today and not form.removes:
        form.errors["first" if len(days) == 1 else "last"] = "Choose days that aren’t all in the past."
    if not form.errors:
        form.guest, form.name = Guest(analyst.id, first, last), analyst.name
    return form


def _day(form: GuestForm, name: str, today: date) -> date | None:
    try:
        return day_fields.read(form.values[name], today, YEARS_AHEAD)
    except FieldMistake as mistake:
        form.errors[name] = str(mistake)
        form.values[name] = filter_fields.shown_day(form.values[name])
    return None


@blueprint.get("/")
@access.coordinator
def listed(slug: str) -> ResponseReturnValue:
    """The guests of a series, and the form for another one."""
    return _page(_series(slug), GuestForm())


def _page(series: Definition, form: GuestForm) -> ResponseReturnValue:
    today = zones.today(context.now(), series.rule.zone)
    analysts = agenda_rows.analysts(context.db())
    by_id = {one.id: one for one in analysts}
    page = render_template(
        "coordinator/guests.html",
        series=series,
        guests=[(by_id[one.analyst_id], one) for one in series.terms.guests if one.analyst_id in by_id],
        analysts=[one for one in analysts if one.id not in series.analysts],
        form=form,
        errors=form.errors,
        first_day=today,
        last_day=today + day_fields.ahead(YEARS_AHEAD),
        period=wording.period,
    )
    return page, 422 if form.errors else 200


@blueprint.get("/plan")
@access.coordinator
def plan(slug: str) -> ResponseReturnValue:
    """What adding or removing a guest changes, before it happens."""
    series = _series(slug)
    form = _read_form(series)
    return _page(series, form) if form.guest is None else plans.show(_request(series, form, form.guest))


@blueprint.post("/publish")
@access.coordinator
def publish(slug: str) -> ResponseReturnValue:
    """Publish it as it was shown."""
    series = _series(slug)
    form = _read_form(series)
    return _page(series, form) if form.guest is None else plans.publish_as_shown(_request(series, form, form.guest))


def _request(series: Definition, form: GuestForm, guest: Guest) -> PlanRequest:
    def edit(asked: Definition) -> Definition:
        if not form.removes:
            return edits.guest(asked, [guest])
        rest = tuple(one for one in asked.terms.guests if one != guest)
        return replace(asked, terms=replace(asked.terms, guests=rest))

    what = (
        f"{form.name} {'is no guest' if form.removes else 'as a guest'} {wording.period(guest.from_on, guest.until_on)}"
    )
    return PlanRequest(
        planning.page(series.slug, edit),
        f"{series.title}: {what}",
        action=url_for("guests.publish", slug=series.slug),
        back=url_for("guests.listed", slug=series.slug),
        fields=[(name, value) for name, value in form.values.items() if value],
    )
