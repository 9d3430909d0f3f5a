"""Change one date: first which change, then only its fields; the plan is shown before anything happens."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import wording, zones
from booking.services.publishing import planning
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import agenda_rows
from booking.web.coordinator import filter_fields
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.dates import change_choices, lookup
from booking.web.coordinator.dates.change_choices import Choice
from booking.web.coordinator.programme import edit_forms, plans
from booking.web.coordinator.programme.edit_forms import Edit, EditForm
from booking.web.coordinator.programme.plans import PlanRequest
from booking.web.frame import access, context

STARTED = "This date has started, so it can’t be changed."


@blueprint.get("/occurrences/<uuid:public_id>/change")
@access.coordinator
def change_date(public_id: uuid.UUID) -> ResponseReturnValue:
    """Choose a change; with `?change=` its fields, or its plan at once where it has none."""
    found = lookup.occurrence_of(public_id)
    choice = change_choices.CHOICES.get(request.args.get("change", ""))
    if found.starts_at <= context.now():
        return _page(found, None, EditForm(_blank(), mistakes={"what": STARTED}))
    if choice is not None and not choice.fields and not choice.scopes:
        return redirect(
            url_for("coordinator.occurrence_plan", public_id=public_id, what=choice.what, scope=choice.scope), 303
        )
    return _page(found, choice, EditForm(_blank()))


def _blank() -> dict[str, str]:
    return {name: "" for name in edit_forms.FIELDS}


def _page(found: Occurrence, choice: Choice | None, asked: EditForm) -> ResponseReturnValue:
    zone = found.series.zone
    hours = f"{wording.clock(found.starts_at, zone)} – {wording.clock(found.ends_at, zone)}"
    page = render_template(
        "dates/change.html",
        occurrence=found,
        series=found.series,
        title=found.title or found.series.title,
        choice=choice,
        choices=change_choices.of(found, context.now()) if found.starts_at > context.now() else [],
        asked=asked,
        errors=asked.mistakes,
        day=zones.today(found.starts_at, zone),
        to=filter_fields.shown_day(asked.values["to"]),
        hours=hours.replace(wording.NBSP, " "),
        staff={place.analyst_id for place in found.roster if not place.is_away},
        analysts=agenda_rows.analysts(context.db()) if choice is not None and "analysts" in choice.fields else [],
        scopes=edit_forms.SCOPES,
    )
    return page, 422 if asked.mistakes else 200


def _form(occurrence: Occurrence) -> EditForm:
    """What was asked for, with its mistakes."""
    zone = occurrence.series.zone
    known = {str(analyst.public_id): analyst.id for analyst in agenda_rows.analysts(context.db())}
    chosen = [known[value] for value in request.values.getlist("analyst") if value in known]
    title = occurrence.title or occurrence.series.title
    about = edit_forms.EditedDate(occurrence.key, occurrence.rule_on, zones.today(occurrence.starts_at, zone), title)
    asked = edit_forms.read(request.values, chosen, about, zones.today(context.now(), zone))
    if occurrence.starts_at <= context.now():
        asked.mistakes["what"], asked.edit = STARTED, None
    return asked


def _refused(found: Occurrence, asked: EditForm) -> ResponseReturnValue:
    """The fields of that change again, each mistake beside its own."""
    return _page(found, change_choices.named(asked.values["what"], asked.values["scope"]), asked)


@blueprint.get("/occurrences/<uuid:public_id>/plan")
@access.coordinator
def occurrence_plan(public_id: uuid.UUID) -> ResponseReturnValue:
    """The plan of a change, before it happens."""
    found = lookup.occurrence_of(public_id)
    asked = _form(found)
    if asked.edit is None:
        return _refused(found, asked)
    return plans.show(_plan_request(found, asked, asked.edit))


@blueprint.post("/occurrences/<uuid:public_id>/publish")
@access.coordinator
def occurrence_publish(public_id: uuid.UUID) -> ResponseReturnValue:
    """Publish the change whose plan was shown."""
    found = lookup.occurrence_of(public_id)
    asked = _form(found)
    if asked.edit is None:
        return _refused(found, asked)
    return plans.publish_as_shown(_plan_request(found, asked, asked.edit))


def _plan_request(found: Occurrence, asked: EditForm, edit: Edit) -> PlanRequest:
    """The change with the addresses of its plan; back leads to the date, for nothing was changed."""
    return PlanRequest(
        planning.page(found.series.slug, edit),
        asked.said,
        action=url_for("coordinator.occurrence_publish", public_id=found.public_id),
        back=url_for("coordinator.occurrence", public_id=found.public_id),
        fields=[(name, value) for name, value in asked.values.items() if value]
        + [("analyst", value) for value in request.values.getlist("analyst")],
    )
