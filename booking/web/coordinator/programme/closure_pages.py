"""Closures: periods in which all or some series do not take place, each added and lifted by a plan."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import wording, zones
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.closures import MAX_DAYS, Closure
from booking.services.publishing import closing
from booking.store.programme import plan_inputs
from booking.store.queries.programme import closure_list
from booking.store.queries.programme.closure_list import ListedClosure
from booking.web.coordinator import filter_fields
from booking.web.coordinator.filter_fields import FieldMistake
from booking.web.coordinator.programme import day_fields, plans
from booking.web.coordinator.programme.plans import PlanRequest
from booking.web.frame import access, context, list_places

blueprint = Blueprint("closures", __name__, url_prefix="/coordinator/closures")
MAX_REASON = 200
#: Days further ahead are typed by mistake.
YEARS_AHEAD = 5


@dataclass(slots=True)
class ClosureForm:
    """A period as it was typed, with the mistakes by field; `closure` is None where there are any."""

    values: dict[str, str] = field(default_factory=dict)
    slugs: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    closure: Closure | None = None

    @property
    def closes_all(self) -> bool:
        return self.values.get("scope", "all") != "some"

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What the form sends again, by name."""
        return [*self.values.items(), *(("series", slug) for slug in self.slugs)]


def _read_form(known: dict[str, Definition]) -> ClosureForm:
    """The form that the request carries."""
    found = ClosureForm({name: request.values.get(name, "").strip() for name in ("first", "last", "reason", "scope")})
    found.slugs = [] if found.closes_all else [slug for slug in request.values.getlist("series") if slug in known]
    today = zones.today(context.now(), context.organisation().zone)
    first = _day(found, "first", today)
    last = _day(found, "last", today) if found.values["last"] else first
    reason = " ".join(found.values["reason"].split())
    if not reason or len(reason) > MAX_REASON or not reason.isprintable():
        found.errors["reason"] = f"Enter a reason of at most {MAX_REASON} characters. Members see it."
    if not found.closes_all and not found.slugs:
        found.errors["series"] = "Choose at least one series."
    if first is None or last is None:
        return found
    if last < first:
        found.errors["last"] = "Choose a last day that isn’t before the first."
    elif last < today:
        found.errors["last" if found.values["last"] else "first"] = "Choose days that aren’t all in the past."
    elif (last - first).days >= MAX_DAYS:
        found.errors["last"] = "A closure lasts at most a year. To stop for good, end the series."
    if not found.errors:
        found.closure = Closure(first, last, reason)
    return found


def _day(found: ClosureForm, name: str, today: date) -> date | None:
    try:
        return day_fields.read(found.values[name], today, YEARS_AHEAD)
    except FieldMistake as mistake:
        found.errors[name] = str(mistake)
        found.values[name] = filter_fields.shown_day(found.values[name])
    return None


@blueprint.get("/")
@access.viewer
def listed() -> ResponseReturnValue:
    """The closures, and the form for a new one."""
    return _page(ClosureForm(), plan_inputs.definitions(context.db()))


def _page(form: ClosureForm, known: dict[str, Definition]) -> ResponseReturnValue:
    organisation, session = context.organisation(), context.db()
    today = zones.today(context.now(), organisation.zone)
    read = list_places.read(request.args.get("after", ""))
    earlier = closure_list.earlier(session, today, None if read is None else (read[0].date(), read[1]))
    shown = earlier[: closure_list.MOST_EARLIER]
    page = render_template(
        "closures/listed.html",
        in_force=closure_list.in_force(session, today),
        earlier=shown,
        more=_place(shown[-1]) if len(earlier) > len(shown) else None,
        closed_days=[(day, name) for day, name in sorted(organisation.closed.items()) if day >= today],
        form=form,
        errors=form.errors,
        series=[one for one in known.values() if not _is_over(one, today)],
        first_day=today,
        last_day=today + day_fields.ahead(YEARS_AHEAD),
        max_reason=MAX_REASON,
        period=wording.period,
        listed=wording.listed,
    )
    return page, 422 if form.errors else 200


def _place(last: ListedClosure) -> str:
    return list_places.written((datetime.combine(last.last_on, time(), UTC), last.id))


def _is_over(series: Definition, today: date) -> bool:
    last = series.terms.ends_on or series.rule.ends_on
    return last is not None and last < today


@blueprint.get("/plan")
@access.coordinator
def plan() -> ResponseReturnValue:
    """What a closure would do, before it happens."""
    known = plan_inputs.definitions(context.db())
    form = _read_form(known)
    return _page(form, known) if form.closure is None else plans.show(_closing(form, form.closure))


@blueprint.post("/publish")
@access.coordinator
def publish() -> ResponseReturnValue:
    """Close the period as it was shown."""
    known = plan_inputs.definitions(context.db())
    form = _read_form(known)
    return _page(form, known) if form.closure is None else plans.publish_as_shown(_closing(form, form.closure))


def _closing(form: ClosureForm, closure: Closure) -> PlanRequest:
    return PlanRequest(
        closing.close(closure, None if form.closes_all else form.slugs),
        f"Close {wording.period(closure.first_on, closure.last_on)}: {closure.reason}",
        action=url_for("closures.publish"),
        back=url_for("closures.listed"),
        fields=form.fields,
    )


@blueprint.get("/<uuid:public_id>/lift/plan")
@access.coordinator
def lift_plan(public_id: uuid.UUID) -> ResponseReturnValue:
    """What comes back once a closure is lifted."""
    return plans.show(_lifting(public_id))


@blueprint.post("/<uuid:public_id>/lift/publish")
@access.coordinator
def lift_publish(public_id: uuid.UUID) -> ResponseReturnValue:
    """Lift it as it was shown."""
    return plans.publish_as_shown(_lifting(public_id))


def _lifting(public_id: uuid.UUID) -> PlanRequest:
    found = closure_list.one(context.db(), public_id)
    if found is None:
        abort(404)
    return PlanRequest(
        closing.lift(found.id),
        f"Lift the closure {wording.period(found.first_on, found.last_on)}: {found.reason}",
        action=url_for("closures.lift_publish", public_id=public_id),
        back=url_for("closures.listed"),
        fields=[],
    )
