"""The plan of a change, shown before it happens, and its publishing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, wording
from booking.domain.enums.planning import StepKind
from booking.domain.people.actor import Actor
from booking.domain.planning import holiday_answers
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.closures import Closure
from booking.domain.planning.plan import Plan
from booking.domain.planning.words import in_words
from booking.services.publishing import holidays, planning
from booking.services.publishing.planning import Asking
from booking.services.publishing.publish import PlanChanged, PlanHurts, publish
from booking.store.programme import plan_inputs
from booking.store.queries.bookings import agenda_rows
from booking.web.frame import context
from booking.web.frame.current_reader import current_user

#: A form carries no more answers.
MOST_ANSWERS = 200
ANSWER_FIELD = "holiday"  # of a form: the answer about one holiday, or about all of a series


@dataclass(frozen=True)
class PlanRequest:
    """A request, in words (`title`), and the addresses of its page: `action` publishes it, `back` leaves it.

    `fields` are sent with the form again; `answers_to` is where questions are answered, empty for the plan itself.
    Where the form `is_posted`, it, its plan and the publish have one address: `do` says which of them is wanted, and
    `is_of_several` whether a holiday is answered for each series by itself.
    """

    asking: Asking
    title: str
    action: str
    back: str
    fields: list[tuple[str, str]]
    answers_to: str = ""
    is_posted: bool = False


def show(asked: PlanRequest, *, again: bool = False) -> ResponseReturnValue:
    """The plan of what is asked for, with the button that publishes exactly that."""
    return _planned(_with_answers(asked), again)


def _planned(asked: PlanRequest, again: bool) -> ResponseReturnValue:
    return _page(asked, planning.read_plan(context.db(), asked.asking, context.organisation(), context.now()), again)


def _with_answers(asked: PlanRequest) -> PlanRequest:
    """The request with the answers about single holidays that its form carries."""
    given = [text for text in request.values.getlist(ANSWER_FIELD)[:MOST_ANSWERS] if holiday_answers.read([text])]
    if not given:
        return asked
    asking = holidays.answered(asked.asking, holiday_answers.read(given), context.organisation())
    answers = [(ANSWER_FIELD, text) for text in given]
    return replace(asked, asking=asking, fields=[*asked.fields, *(one for one in answers if one not in asked.fields)])


def _page(asked: PlanRequest, plan: Plan, again: bool) -> ResponseReturnValue:
    known = plan_inputs.definitions(context.db())
    names = {analyst.id: analyst.name for analyst in agenda_rows.analysts(context.db())}
    kinds = {slug: definition.kind for slug, definition in known.items()}
    kinds |= {change.after.slug: change.after.kind for change in plan.changes.series}
    titles = {slug: found.title for slug, found in known.items()}
    titles |= {change.after.slug: change.after.title for change in plan.changes.series}
    counts = {what: 0 for what in (StepKind.APPEARS, StepKind.MOVES, StepKind.GOES)}
    for step in plan.changes.steps:
        counts[{StepKind.RETURNS: StepKind.APPEARS, StepKind.CHANGES: StepKind.MOVES}.get(step.what, step.what)] += 1
    page = render_template(
        "coordinator/plan.html",
        plan=plan,
        title=asked.title,
        sections=in_words.sections(plan, names, known),
        kinds=kinds,
        titles=titles,
        emails=in_words.emails(plan),
        leaving=in_words.leaving(plan, context.now(), context.organisation().zone),
        notes=[finding for finding in plan.changes.findings if not finding.is_question],
        kept=in_words.kept(plan.changes.kept, titles),
        counts=counts,
        action=asked.action,
        back=asked.back,
        fields=asked.fields,
        again=again,
        period=wording.period,
        closed_series=lambda closure: _closed_series(closure, known),
        answers_to=asked.answers_to,
        is_posted=asked.is_posted,
    )
    return page, 409 if again else 200


def _closed_series(closure: Closure, known: Mapping[str, Definition]) -> str:
    """Which series a closure closes, as a sentence names them."""
    if closure.series_ids is None:
        return "every series"
    return wording.listed([one.title for one in known.values() if one.id in closure.series_ids])


def publish_as_shown(asked: PlanRequest) -> ResponseReturnValue:
    """Publish if the plan is still the one that was shown; else show the one it is now."""
    asked = _with_answers(asked)
    try:
        done = publish(
            context.acting(Actor.staff(current_user.id)),
            asked.asking,
            uid_domain=context.settings().host,
            fingerprint=request.form.get("fingerprint", ""),
        )
    except (PlanChanged, PlanHurts) as refusal:
        return _page(asked, refusal.plan, True)
    except errors.CannotPublish:
        return _planned(asked, True)
    if done.change is None:
        flash("Nothing to publish: it's already like that.")
        return redirect(asked.back, 303)
    return redirect(url_for("coordinator.change", public_id=done.change), 303)
