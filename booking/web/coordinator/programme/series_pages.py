"""The programme for a coordinator: every series, and one series with its dates."""

from __future__ import annotations

from datetime import timedelta

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from booking.domain.planning.words import in_words
from booking.store.programme import plan_inputs
from booking.store.queries.bookings import agenda_rows
from booking.store.queries.programme import coordinator_overview
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.programme import group_post
from booking.web.frame import access, context


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
