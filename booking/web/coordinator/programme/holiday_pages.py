"""Public holidays to come: what each series does on them, and another answer by a plan."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import wording
from booking.domain.planning import holiday_answers
from booking.services.publishing import holidays, planning
from booking.store.programme import plan_inputs
from booking.web.coordinator.programme import plans
from booking.web.coordinator.programme.plans import PlanRequest
from booking.web.frame import access, context

blueprint = Blueprint("holidays", __name__, url_prefix="/coordinator/holidays")
ANSWER_WORDS = {
    "keep": "Hold it",
    "skip": "Skip this date",
    "postpone": "Postpone this and all later dates",
    "move": "Move it within the week",
}


@blueprint.get("/")
@access.viewer
def listed() -> ResponseReturnValue:
    """Each public holiday of every observed state, with what the series that meet then do."""
    found = holidays.upcoming(context.db(), context.organisation(), context.now())
    days = [(day, list(those)) for day, those in groupby(found, key=lambda one: one.day)]
    return render_template("closures/holidays.html", days=days, answer_words=ANSWER_WORDS)


@blueprint.get("/plan")
@access.coordinator
def plan() -> ResponseReturnValue:
    """What another answer would change, before it happens."""
    asked = _request()
    return plans.show(asked) if asked is not None else redirect(url_for("holidays.listed"), 303)


@blueprint.post("/publish")
@access.coordinator
def publish() -> ResponseReturnValue:
    """Publish the answer as it was shown."""
    asked = _request()
    return plans.publish_as_shown(asked) if asked is not None else redirect(url_for("holidays.listed"), 303)


def _request() -> PlanRequest | None:
    """The first answer of the form; None where it carries none for a series that is there."""
    given = next(iter(holiday_answers.read(request.values.getlist("holiday"))), None)
    series = plan_inputs.definitions(context.db()).get(given.series) if given is not None else None
    if given is None or series is None:
        return None
    when = f", {wording.day(given.on)}" if given.on is not None else ", every public holiday"
    return PlanRequest(
        planning.nothing,
        f"{series.title}{when}: {ANSWER_WORDS[given.answer].lower()}",
        action=url_for("holidays.publish"),
        back=url_for("holidays.listed"),
        fields=[],
    )
