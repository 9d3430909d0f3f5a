"""The rules of booking, set on a page: in words, with their history, and as the file that a new installation reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, numbers
from booking.domain.enums.organisation import OrganisationPart
from booking.domain.people.actor import Actor
from booking.domain.rules import effects, rule_set
from booking.domain.rules.effects import CountedEffect
from booking.domain.rules.rule_fields import FIELDS, GROUPS
from booking.domain.rules.rule_set import RuleSet
from booking.programme import days_off, policy_file
from booking.services.organisation.save_rules import save_rules
from booking.store import organisation_versions
from booking.store.queries.bookings import booking_list
from booking.store.queries.records import rule_effects
from booking.web.coordinator.administration import rules_form
from booking.web.coordinator.administration.rules_form import RulesForm
from booking.web.coordinator.blueprint import blueprint
from booking.web.frame import access, context, error_pages
from booking.web.frame.current_reader import current_user

SHOWN_VERSIONS = 20


@dataclass(frozen=True, slots=True)
class SavedVersion:
    """One line of the history: what was changed, by whom, when; `number` brings its rules back into the form."""

    number: int
    saved_at: datetime
    who: str
    changed: list[str]


@dataclass(frozen=True, slots=True)
class RulesPreview:
    """What would change, a line each, and whom it affects."""

    changed: list[str]
    effects: list[CountedEffect]


@blueprint.get("/rules")
@access.coordinator
def rules() -> ResponseReturnValue:
    """The rules in effect; with `version`, an earlier version's in the form, to be saved again."""
    number, now = _in_effect()
    version = numbers.whole(request.args.get("version", ""))
    shown = _earlier(version) if version is not None else None
    asked = request.args.get("series", "")
    form = rules_form.filled(shown or now, asked if asked in _titles() else "")
    return _page(form, number, now, again=version if shown is not None else None)


@blueprint.post("/rules")
@access.coordinator
def save_the_rules() -> ResponseReturnValue:
    """Save them, unless something cannot be read or somebody else has saved meanwhile; or show whom they affect."""
    number, now = _in_effect()
    known = _titles().keys() | now.series.keys()
    sections = [slug for slug in dict.fromkeys(request.form.getlist("of_series")) if slug in known]
    form = rules_form.read(request.form, request.form.getlist("observe"), sections, now)
    if form.errors:
        return _page(form, _seen(), now), 422
    if request.form.get("do") == "preview":
        return _page(form, _seen(), now, preview=_preview(form.rules, now))
    try:
        saved = save_rules(
            context.acting(Actor.staff(current_user.id)), form.rules, _seen(), context.default_organisation()
        )
    except errors.ChangedMeanwhile as refusal:
        return _page(form, number, now, refusal=refusal), 409
    context.organisation_changed()
    flash("Saved. The new rules hold from the next booking on." if saved else "Nothing has changed.")
    return redirect(url_for("coordinator.rules"), 303)


@blueprint.get("/rules.yaml")
@access.coordinator
def rules_file() -> ResponseReturnValue:
    """The rules in effect as a policy.yaml."""
    answer = Response(policy_file.text(_in_effect()[1]), content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="policy.yaml"'
    return answer


def _in_effect() -> tuple[int, RuleSet]:
    """The newest version's number and rules; 0 and the data folder's rules where nothing was saved yet."""
    number, stored = organisation_versions.newest(context.db(), OrganisationPart.RULES)
    default = context.default_organisation()
    return number, rule_set.from_json(stored, default) if stored else rule_set.of(default)


def _preview(asked: RuleSet, now: RuleSet) -> RulesPreview:
    """What saving these rules would change, and whom that affects."""
    after = asked.without_what_is_general()
    effects_of = effects.affected(now.general, after.general)
    counts = rule_effects.counts(context.db(), effects_of, after.general, context.organisation().zone, context.now())
    return RulesPreview(rule_set.differences(now, after, _titles()), effects.in_words(after.general, counts))


def _seen() -> int:
    """The number of the version that the sent form was filled with."""
    return numbers.whole(request.form.get("seen", "")) or 0


def _titles() -> dict[str, str]:
    return {one.slug: one.title for one in booking_list.series(context.db(), context.organisation().kinds)}


def _earlier(number: int) -> RuleSet | None:
    default = context.default_organisation()
    if number == 0:
        return rule_set.of(default)
    stored = organisation_versions.numbered(context.db(), OrganisationPart.RULES, number)
    return rule_set.from_json(stored, default) if stored is not None else None


def _history(titles: Mapping[str, str], before_number: int | None) -> tuple[list[SavedVersion], int | None]:
    """The newest versions, or those before that number, each beside the one before it; the last one's number if there
    are more."""
    default = context.default_organisation()
    rows = organisation_versions.history(context.db(), OrganisationPart.RULES, SHOWN_VERSIONS + 1, before_number)
    read = [rule_set.from_json(row.content, default) for row in rows]
    before = [*read, rule_set.of(default)][1:]
    lines = [
        SavedVersion(row.number, row.created_at, row.person.name, rule_set.differences(was, now, titles))
        for row, now, was in zip(rows, read, before, strict=True)
    ]
    return lines[:SHOWN_VERSIONS], lines[SHOWN_VERSIONS - 1].number if len(lines) > SHOWN_VERSIONS else None


def _page(
    form: RulesForm,
    seen: int,
    now: RuleSet,
    *,
    refusal: errors.Refusal | None = None,
    again: int | None = None,
    preview: RulesPreview | None = None,
) -> str:
    titles = _titles()
    before = numbers.whole(request.args.get("before", ""))
    history, earlier = _history(titles, before)
    return render_template(
        "coordinator/rules.html",
        form=form,
        seen=seen,
        groups=GROUPS,
        titles=titles,
        others=[(slug, title) for slug, title in titles.items() if slug not in form.series],
        states=days_off.STATES,
        name_of=rules_form.name_of,
        general={name: rule.shown(getattr(now.general, name)) for name, rule in FIELDS.items()},
        theirs=rules_form.filled(now).typed if refusal is not None else {},
        refused=error_pages.sentence(refusal) if refusal is not None else "",
        observed=now.observe,
        again=again,
        preview=preview,
        history=history,
        before=before,
        earlier=earlier,
    )
