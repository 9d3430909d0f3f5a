"""The publishes: undone while their emails wait, taken back by a plan of their own later, posted to a group."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import bindparam, select, tuple_

from booking.domain import wording, zones
from booking.domain.administration import audit_words
from booking.domain.people.actor import Actor
from booking.domain.planning.words import publish_words
from booking.services.publishing import undo
from booking.store.db.base import Id, UTCDateTime
from booking.store.outbox import emails
from booking.store.programme.changes import Change
from booking.store.programme.programme import Series
from booking.store.queries.feeds import calendar_fetches
from booking.store.queries.people import account_holdings
from booking.store.queries.records import audit_subjects
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.programme import group_post, plans
from booking.web.coordinator.programme.plans import PlanRequest
from booking.web.frame import access, context, list_places
from booking.web.frame.current_reader import current_user

BY_THE_SERVICE = audit_words.SERVICE[0].lower() + audit_words.SERVICE[1:]  # within a sentence

_CHANGE = select(Change).where(Change.public_id == bindparam("public_id"))


def _change(public_id: uuid.UUID) -> Change:
    found = context.db().scalars(_CHANGE, {"public_id": public_id}).one_or_none()
    return found if found is not None else abort(404)


PAGE = 50
_CHANGES = (
    select(Change)
    .where(
        tuple_(Change.published_at, Change.id)
        < tuple_(bindparam("after_at", type_=UTCDateTime()), bindparam("after_id", type_=Id))
    )
    .order_by(Change.published_at.desc(), Change.id.desc())
    .limit(PAGE + 1)
)
_AFTER_ALL = datetime.max.replace(tzinfo=UTC)


@blueprint.get("/changes")
@access.coordinator
def changes() -> ResponseReturnValue:
    """The latest publishes, fifty a page: when, by whom, what and of which series. `?after=` is the last one read."""
    at, number = list_places.read(request.args.get("after", "")) or (_AFTER_ALL, 0)
    rows = context.db().scalars(_CHANGES, {"after_at": at, "after_id": number}).all()
    found = rows[:PAGE]
    slugs = {one.id: _slugs(one) for one in found}
    titles = audit_subjects.titles(context.db(), set().union(*slugs.values()))
    return render_template(
        "coordinator/changes.html",
        changes=found,
        more=list_places.written((found[-1].published_at, found[-1].id)) if len(rows) > PAGE else None,
        counted=group_post.counted,
        who=_publishers(found),
        of={one.id: audit_words.of_series(sorted(slugs[one.id]), titles) for one in found},
    )


def _slugs(one: Change) -> set[str]:
    """The series that a publish is about, dates or the series themselves."""
    return {line["series"] for name in ("occurrences", "series") for line in one.plan.get(name, ())}


def _publishers(found: Iterable[Change]) -> dict[int, str]:
    """Who did each publish, by the publish's id; the service itself where nobody did."""
    ids = {one.actor_id for one in found if one.actor_id is not None}
    names = {person.id: person.name for person in account_holdings.with_ids(context.db(), ids)} if ids else {}
    return {one.id: names.get(one.actor_id or 0, BY_THE_SERVICE) for one in found}


_SERIES = select(Series).where(Series.slug.in_(bindparam("slugs", expanding=True)))


@blueprint.get("/changes/<uuid:public_id>")
@access.coordinator
def change(public_id: uuid.UUID) -> ResponseReturnValue:
    """Show a publish; Undo until its emails leave; the text for the group."""
    found = _change(public_id)
    slugs = _slugs(found)
    series_of = {row.slug: row for row in context.db().scalars(_SERIES, {"slugs": list(slugs)})}
    return render_template(
        "coordinator/change.html",
        change=found,
        counted=group_post.counted(found),
        who=_publishers([found])[found.id],
        of=audit_words.of_series(sorted(slugs), {slug: row.title for slug, row in series_of.items()}),
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
        undo.undo(context.acting(Actor.staff(current_user.id)), public_id)
    except undo.CannotUndo as refusal:
        flash(f"This can’t be undone: {refusal.why}. You can still preview taking it back.")
    else:
        flash(publish_words.UNDONE)
    return redirect(url_for("coordinator.change", public_id=public_id), 303)


@blueprint.get("/changes/<uuid:public_id>/plan")
@access.coordinator
def reverse_plan(public_id: uuid.UUID) -> ResponseReturnValue:
    """Show what taking a publish back would do now: a plan like any other."""
    return plans.show(_reverse(public_id))


@blueprint.post("/changes/<uuid:public_id>/publish")
@access.coordinator
def reverse_publish(public_id: uuid.UUID) -> ResponseReturnValue:
    """Publish that plan."""
    return plans.publish_as_shown(_reverse(public_id))


def _reverse(public_id: uuid.UUID) -> PlanRequest:
    found = _change(public_id)
    day: date = zones.today(found.published_at, context.organisation().zone)
    return PlanRequest(
        undo.reversed_asking(found),
        f"Take back what was published on {wording.day(day)}",
        action=url_for("coordinator.reverse_publish", public_id=public_id),
        back=url_for("coordinator.change", public_id=public_id),
        fields=[],
    )
