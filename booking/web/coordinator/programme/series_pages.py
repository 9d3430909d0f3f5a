"""The programme for a coordinator: every series, one series, one date and what can be changed of it."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from booking.domain import errors, wording, zones
from booking.domain.bookings import join_links
from booking.domain.people.actor import Actor
from booking.domain.planning.words import in_words
from booking.services.publishing import meeting_links, planning
from booking.store.programme import plan_inputs
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import agenda_rows
from booking.store.queries.programme import coordinator_overview
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.programme import edit_forms, group_post, plans
from booking.web.coordinator.programme.edit_forms import Edit
from booking.web.coordinator.programme.plans import PlanRequest
from booking.web.frame import access, context, template_globals
from booking.web.frame.current_reader import current_user


@blueprint.get("/programme")
@access.viewer
def series() -> ResponseReturnValue:
    """Every series, with its next dates."""
    found = plan_inputs.definitions(context.db())
    names = {analyst.id: analyst.name for analyst in agenda_rows.analysts(context.db())}
    return render_template(
        "coordinator/series.html", definitions=found.values(), hours=in_words.hours, names=names, rules=group_post.days
    )


@blueprint.get("/programme/<slug>")
@access.viewer
def one_series(slug: str) -> ResponseReturnValue:
    """One series: its dates to come, and those just past for their recordings."""
    found = plan_inputs.definitions(context.db()).get(slug)
    if found is None:
        abort(404)
    start = context.now() - timedelta(days=28)
    dates = coordinator_overview.between(context.db(), start, start + timedelta(days=450), slug, 120)
    return render_template(
        "coordinator/one_series.html",
        definition=found,
        dates=dates,
        hours=in_words.hours(found.rule),
        rule=group_post.days(found.rule.rrule),
        kept=group_post.exceptions(found),
    )


def occurrence_of(public_id: uuid.UUID) -> Occurrence:
    found = context.db().scalars(select(Occurrence).where(Occurrence.public_id == public_id)).one_or_none()
    return found if found is not None else abort(404)


def _form(occurrence: Occurrence) -> edit_forms.EditForm:
    zone = occurrence.series.zone
    known = {str(analyst.public_id): analyst.id for analyst in agenda_rows.analysts(context.db())}
    chosen = [known[value] for value in request.values.getlist("analyst") if value in known]
    title = occurrence.title or occurrence.series.title
    about = edit_forms.EditedDate(occurrence.key, occurrence.rule_on, zones.today(occurrence.starts_at, zone), title)
    asked = edit_forms.read(request.values, chosen, about, zones.today(context.now(), zone))
    if occurrence.starts_at <= context.now():
        asked.mistakes["what"], asked.edit = "This date has started, so it can't be changed.", None
    return asked


@blueprint.get("/occurrences/<uuid:public_id>")
@access.coordinator
def occurrence(public_id: uuid.UUID) -> ResponseReturnValue:
    """One date, and what can be changed of it."""
    found = occurrence_of(public_id)
    return _occurrence_page(found, edit_forms.EditForm({name: "" for name in edit_forms.FIELDS}), {})


def _occurrence_page(found: Occurrence, asked: edit_forms.EditForm, mistakes: dict[str, str]) -> ResponseReturnValue:
    zone = found.series.zone
    staff = {place.analyst_id for place in found.roster if not place.is_away}
    page = render_template(
        "coordinator/occurrence.html",
        occurrence=found,
        series=found.series,
        asked=asked,
        errors={**asked.mistakes, **mistakes},
        has_begun=found.starts_at <= context.now(),
        day=zones.today(found.starts_at, zone),
        hours=f"{wording.clock(found.starts_at, zone)} – {wording.clock(found.ends_at, zone)}".replace(
            wording.NBSP, " "
        ),
        staff=staff,
        sharing=_sharing(found),
        listed=wording.listed,
        analysts=agenda_rows.analysts(context.db()),
        whats=edit_forms.WHATS,
        scopes=edit_forms.SCOPES,
    )
    return page, 422 if mistakes or asked.mistakes else 200


def _sharing(found: Occurrence) -> tuple[str, ...]:
    """Analysts of a bookable date who have one meeting link with somebody else there."""
    if not template_globals.is_bookable(found.series.kind):
        return ()
    rest = (found.meeting_url, found.series.meeting_url)
    return join_links.sharing(
        (place.analyst.name, join_links.meeting_url(place.meeting_url, place.analyst.meeting_url, *rest))
        for place in found.roster
        if not place.is_away
    )


@blueprint.get("/occurrences/<uuid:public_id>/plan")
@access.coordinator
def occurrence_plan(public_id: uuid.UUID) -> ResponseReturnValue:
    """The plan of a change, before it happens."""
    found = occurrence_of(public_id)
    asked = _form(found)
    if asked.edit is None:
        return _occurrence_page(found, asked, {})
    return plans.show(_plan_request(found, asked, asked.edit))


@blueprint.post("/occurrences/<uuid:public_id>/publish")
@access.coordinator
def occurrence_publish(public_id: uuid.UUID) -> ResponseReturnValue:
    """Publish the change whose plan was shown."""
    found = occurrence_of(public_id)
    asked = _form(found)
    if asked.edit is None:
        return _occurrence_page(found, asked, {})
    return plans.publish_as_shown(_plan_request(found, asked, asked.edit))


def _plan_request(found: Occurrence, asked: edit_forms.EditForm, edit: Edit) -> PlanRequest:
    return PlanRequest(
        planning.page(found.series.slug, edit),
        asked.said,
        action=url_for("coordinator.occurrence_publish", public_id=found.public_id),
        back=url_for("coordinator.occurrence", public_id=found.public_id),
        fields=[(name, value) for name, value in asked.values.items() if value]
        + [("analyst", value) for value in request.values.getlist("analyst")],
    )


@blueprint.post("/occurrences/<uuid:public_id>/links")
@access.coordinator
def links(public_id: uuid.UUID) -> ResponseReturnValue:
    """Set the meeting link, the recording and the slides at once: nobody's booking changes by them."""
    given = {
        name: request.form[name].strip() for name in ("meeting_url", "recording", "slides") if name in request.form
    }
    try:
        meeting_links.set_links(
            context.acting(Actor.staff(current_user.id)),
            public_id,
            given,
            whole_series=request.form.get("scope") == "series",
        )
    except errors.TextNotAccepted as refusal:
        return links_page(public_id, refusal)
    flash("Kept.")
    return redirect(url_for("coordinator.occurrence", public_id=public_id), 303)


def links_page(public_id: uuid.UUID, refusal: errors.TextNotAccepted) -> ResponseReturnValue:
    """The date's page, with what was wrong beside the field of its link."""
    blank = edit_forms.EditForm({name: "" for name in edit_forms.FIELDS})
    return _occurrence_page(
        occurrence_of(public_id), blank, {refusal.field: f"{refusal.reason[0].upper()}{refusal.reason[1:]}."}
    )
