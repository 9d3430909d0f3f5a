"""The coordinator: the next 14 days, the programme, a change of one date, its plan, publishing and taking back."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from booking.domain import attention, errors, wording, zones
from booking.domain.bookings import join_links, slots
from booking.domain.planning import in_words, publish_words
from booking.domain.planning.plan import Plan
from booking.services.publishing import meeting_links, planning, undo
from booking.services.publishing.planning import Asking
from booking.services.publishing.publish import PlanChanged, PlanHurts, publish
from booking.store.outbox import emails
from booking.store.programme import plan_inputs
from booking.store.programme.changes import Change
from booking.store.programme.programme import Occurrence, Series
from booking.store.queries.bookings import agenda_rows, timetables
from booking.store.queries.feeds import calendar_fetches
from booking.store.queries.programme import coordinator_overview
from booking.web.coordinator import edit_forms, group_post
from booking.web.frame import access, context, template_globals
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("coordinator", __name__, url_prefix="/coordinator")
DAYS = timedelta(days=14)
EMAILS_FOR = timedelta(days=3)
LATE_AFTER = timedelta(minutes=10)


@blueprint.get("/")
@access.coordinator
def next_days() -> ResponseReturnValue:
    """What needs a hand in the next 14 days, and all of their dates."""
    now, organisation = context.now(), context.organisation()
    found = coordinator_overview.between(context.db(), now, now + DAYS)
    going_on = [one for one in found if not one.is_cancelled]
    off = planning.days_off(organisation, now)
    full = _full(now)
    seen = [
        attention.OccurrenceStatus(
            str(one.public_id),
            f"{one.title}, {wording.clock(one.starts_at, one.zone)} {zones.abbreviation(one.starts_at, one.zone)}",
            template_globals.kind(one.kind).title,
            zones.today(one.starts_at, one.zone),
            one.starts_at,
            _is_bookable(one.kind),
            len(one.analysts),
            len(one.away),
            one.has_meeting_link,
            one.bookings,
            one.public_id in full,
            one.enrolled,
            one.waiting,
            one.uncovered,
            one.sharing,
        )
        for one in going_on
    ]
    holidays = {one.on: str(off.by_date[one.on]) for one in seen if one.on in off.by_date}
    overlaps = [
        (zones.today(one.starts_at, one.zone), f"{one.title} and {other.title} have {name} at the same time.")
        for n, one in enumerate(going_on)
        for other in going_on[n + 1 :]
        if other.starts_at < one.ends_at
        for name in one.analysts
        if name in other.analysts
    ]
    stuck = coordinator_overview.stuck_emails(context.db(), now - EMAILS_FOR, now - LATE_AFTER)
    return render_template(
        "coordinator/next_days.html",
        dates=found,
        needed=attention.action_items(seen, holidays, overlaps, stuck.failed, stuck.waiting),
        last=now + DAYS,
        bookable=_is_bookable,
    )


def _full(now: datetime) -> set[uuid.UUID]:
    """The occurrences of those days in which not even the shortest slot is free, however near they are."""
    staff = context.organisation().for_staff()
    hours = timetables.coming(context.db(), staff, now, now + DAYS)
    rules = [(one, one.policy(staff)) for one in hours]
    return {one.public_id for one, policy in rules if not slots.free(one.hours, policy.shortest, policy, now)}


def _is_bookable(kind: str) -> bool:
    found = context.organisation().kinds.get(kind)
    return found is not None and found.bookable


@blueprint.get("/programme")
@access.coordinator
def series() -> ResponseReturnValue:
    """Every series, with its next dates."""
    found = plan_inputs.definitions(context.db())
    names = {analyst.id: analyst.name for analyst in agenda_rows.analysts(context.db())}
    return render_template(
        "coordinator/series.html", definitions=found.values(), hours=in_words.hours, names=names, rules=group_post.days
    )


@blueprint.get("/programme/<slug>")
@access.coordinator
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
    asked = edit_forms.read(
        request.values,
        chosen,
        occurrence.key,
        occurrence.rule_on,
        zones.today(occurrence.starts_at, zone),
        zones.today(context.now(), zone),
        occurrence.title or occurrence.series.title,
    )
    if occurrence.starts_at <= context.now():
        asked.mistakes["what"], asked.edit = "It has begun, and stays as it was.", None
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
    if not _is_bookable(found.series.kind):
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
    return plan_page(
        planning.page(found.series.slug, asked.edit),
        asked.said,
        action=url_for("coordinator.occurrence_publish", public_id=public_id),
        back=url_for("coordinator.occurrence", public_id=public_id),
        fields=[(name, value) for name, value in asked.values.items() if value]
        + [("analyst", value) for value in request.values.getlist("analyst")],
    )


@blueprint.post("/occurrences/<uuid:public_id>/publish")
@access.coordinator
def occurrence_publish(public_id: uuid.UUID) -> ResponseReturnValue:
    """Publish the change whose plan was shown."""
    found = occurrence_of(public_id)
    asked = _form(found)
    if asked.edit is None:
        return _occurrence_page(found, asked, {})
    return publish_page(
        planning.page(found.series.slug, asked.edit),
        asked.said,
        action=url_for("coordinator.occurrence_publish", public_id=public_id),
        back=url_for("coordinator.occurrence", public_id=public_id),
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
            context.db(),
            public_id,
            given,
            context.now(),
            actor_id=current_user.id,
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


# -- plans, publishing, taking back


def plan_page(
    asking: Asking,
    title: str,
    *,
    action: str,
    back: str,
    fields: list[tuple[str, str]],
    again: bool = False,
    answers_to: str = "",
) -> ResponseReturnValue:
    """The plan of what is asked for, with the button that does exactly that."""
    plan = planning.read_plan(context.db(), asking, context.organisation(), context.now())
    return _shown(plan, title, action, back, fields, again, answers_to)


def _shown(
    plan: Plan, title: str, action: str, back: str, fields: list[tuple[str, str]], again: bool, answers_to: str
) -> ResponseReturnValue:
    known = plan_inputs.definitions(context.db())
    names = {analyst.id: analyst.name for analyst in agenda_rows.analysts(context.db())}
    kinds = {slug: definition.kind for slug, definition in known.items()}
    kinds |= {change.after.slug: change.after.kind for change in plan.changes.series}
    counts = {what: 0 for what in ("appears", "moves", "goes")}
    for step in plan.changes.steps:
        counts[{"returns": "appears", "changes": "moves"}.get(step.what, step.what)] += 1
    page = render_template(
        "coordinator/plan.html",
        plan=plan,
        title=title,
        sections=in_words.sections(plan, names, known),
        kinds=kinds,
        emails=in_words.emails(plan.notices),
        leaving=in_words.leaving(plan, context.now(), context.organisation().zone),
        notes=[finding for finding in plan.changes.findings if not finding.is_question],
        kept=in_words.kept(plan.changes.kept),
        counts=counts,
        action=action,
        back=back,
        fields=fields,
        again=again,
        answers_to=answers_to,
    )
    return page, 409 if again else 200


def publish_page(
    asking: Asking, title: str, *, action: str, back: str, fields: list[tuple[str, str]], answers_to: str = ""
) -> ResponseReturnValue:
    """Publish if the plan is still the one that was shown; else show the one it is now."""
    try:
        done = publish(
            context.db(),
            asking,
            context.organisation(),
            context.now(),
            uid_domain=context.settings().host,
            fingerprint=request.form.get("fingerprint", ""),
            actor_id=current_user.id,
        )
    except (PlanChanged, PlanHurts) as refusal:
        return _shown(refusal.plan, title, action, back, fields, True, answers_to)
    except errors.CannotPublish:
        return plan_page(asking, title, action=action, back=back, fields=fields, again=True, answers_to=answers_to)
    if done.change is None:
        flash("Nothing would change: it is as you asked already.")
        return redirect(back, 303)
    return redirect(url_for("coordinator.change", public_id=done.change), 303)


def _change(public_id: uuid.UUID) -> Change:
    found = context.db().scalars(select(Change).where(Change.public_id == public_id)).one_or_none()
    return found if found is not None else abort(404)


@blueprint.get("/changes")
@access.coordinator
def changes() -> ResponseReturnValue:
    """The latest publishes."""
    found = context.db().scalars(select(Change).order_by(Change.published_at.desc(), Change.id.desc()).limit(50)).all()
    return render_template("coordinator/changes.html", changes=found, counted=group_post.counted)


@blueprint.get("/changes/<uuid:public_id>")
@access.coordinator
def change(public_id: uuid.UUID) -> ResponseReturnValue:
    """What was published; Undo until its emails leave; the text for the group."""
    found = _change(public_id)
    slugs = {line["series"] for line in found.plan.get("occurrences", [])}
    series_of = {row.slug: row for row in context.db().scalars(select(Series).where(Series.slug.in_(slugs)))}
    return render_template(
        "coordinator/change.html",
        change=found,
        counted=group_post.counted(found),
        said=publish_words.after(
            found.published_at,
            found.due_at,
            context.now(),
            context.organisation().zone,
            emails.emailed_about(context.db(), found.id),
        ),
        fetched=calendar_fetches.since(context.db(), found.published_at, context.now()),
        may_undo=found.undone_at is None and context.now() < found.due_at,
        text=group_post.text_of(found, series_of, context.settings().base_url),
    )


@blueprint.post("/changes/<uuid:public_id>/undo")
@access.coordinator
def undo_change(public_id: uuid.UUID) -> ResponseReturnValue:
    """Put everything back, while its emails have not left."""
    try:
        undo.undo(context.db(), public_id, context.organisation(), context.now(), actor_id=current_user.id)
    except undo.CannotUndo as refusal:
        flash(f"This can’t be undone: {refusal.why}. You can still preview taking it back.")
    else:
        flash(publish_words.UNDONE)
    return redirect(url_for("coordinator.change", public_id=public_id), 303)


@blueprint.get("/changes/<uuid:public_id>/plan")
@access.coordinator
def reverse_plan(public_id: uuid.UUID) -> ResponseReturnValue:
    """What taking a publish back would do now: a plan like any other."""
    return plan_page(**_reverse(public_id))


@blueprint.post("/changes/<uuid:public_id>/publish")
@access.coordinator
def reverse_publish(public_id: uuid.UUID) -> ResponseReturnValue:
    """Publish that plan."""
    return publish_page(**_reverse(public_id))


def _reverse(public_id: uuid.UUID) -> dict[str, Any]:
    found = _change(public_id)
    day: date = zones.today(found.published_at, context.organisation().zone)
    return {
        "asking": undo.reversed_asking(found),
        "title": f"Take back what was published on {wording.day(day)}",
        "action": url_for("coordinator.reverse_publish", public_id=public_id),
        "back": url_for("coordinator.change", public_id=public_id),
        "fields": [],
    }
