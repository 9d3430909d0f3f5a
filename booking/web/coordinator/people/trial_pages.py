"""The coordinator's list of free trials: how many became members, and each of them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import zones
from booking.domain.enums.people import TrialState
from booking.store.queries.people import trial_list
from booking.store.queries.people.trial_list import Place
from booking.web.coordinator.people.blueprint import blueprint
from booking.web.frame import access, context, list_places

A_YEAR = timedelta(days=365)


@blueprint.get("/trials")
@access.viewer
def trials() -> ResponseReturnValue:
    """Trials, those that end last first, one page at a time."""
    today = zones.today(context.now(), context.organisation().zone)
    read = list_places.read(request.args.get("after", ""))
    found = trial_list.page(context.db(), None if read is None else (read[0].date(), read[1]))
    shown = found[: trial_list.PAGE]
    return render_template(
        "people/trials.html",
        trials=[(one, one.state(today)) for one in shown],
        TrialState=TrialState,
        counts=trial_list.counts(context.db(), today - A_YEAR, today),
        more=_written(shown[-1].place) if len(found) > len(shown) else None,
    )


def _written(place: Place) -> str:
    return list_places.written((datetime.combine(place[0], time(), UTC), place[1]))
