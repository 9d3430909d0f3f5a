"""The form of the rules: what was typed, each mistake beside its field, and the rules that it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from booking.domain.rules.rule_fields import FIELDS, RuleNotRead, Value
from booking.domain.rules.rule_set import RuleSet
from booking.programme import days_off

MAX_CHARACTERS = 60
SEPARATOR = "."


@dataclass(slots=True)
class RulesForm:
    """`typed` and `errors` by the field's name in the form: the rule's own for a general one, `slug.rule` for one of a
    series, where an empty text follows the general rule. `series` lists the slugs that have a section."""

    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    observe: tuple[str, ...] = ()
    series: list[str] = field(default_factory=list)
    rules: RuleSet = field(default_factory=RuleSet)


def name_of(rule: str, slug: str = "") -> str:
    """The name of a field."""
    return f"{slug}{SEPARATOR}{rule}" if slug else rule


def filled(rules: RuleSet, and_series: str = "") -> RulesForm:
    """The form as it stands with these rules, with a section for each series that has its own and for one more."""
    slugs = list(dict.fromkeys([*rules.series, *([and_series] if and_series else [])]))
    typed = {name: rule.shown(getattr(rules.general, name)) for name, rule in FIELDS.items()}
    for slug in slugs:
        own = rules.series.get(slug, {})
        for name, rule in FIELDS.items():
            if rule.of_series:
                typed[name_of(name, slug)] = rule.shown(own[name]) if name in own else ""
    return RulesForm(typed, {}, rules.observe, slugs, rules)


def read(form: Mapping[str, str], observe: Sequence[str], series: Sequence[str], before: RuleSet) -> RulesForm:
    """What was sent. `before` are the rules in effect: a rule that was not sent stays as it is there."""
    states = dict.fromkeys([*before.observe, *days_off.STATES])  # in the order that they have: none is no change
    made = RulesForm(observe=tuple(state for state in states if state in observe), series=list(series))
    general: dict[str, Value] = {}
    for name in FIELDS:
        value = _read(form, name, "", made)
        if value is not None:
            general[name] = value
    own = {slug: _own(form, slug, made) for slug in series}
    others = {slug: values for slug, values in before.series.items() if slug not in own}
    made.rules = RuleSet(
        replace(before.general, **general),  # type: ignore[arg-type]
        {**others, **{slug: values for slug, values in own.items() if values}},
        made.observe,
    )
    return made


def _own(form: Mapping[str, str], slug: str, made: RulesForm) -> dict[str, Value]:
    found = {}
    for name, rule in FIELDS.items():
        if rule.of_series and (value := _read(form, name, slug, made)) is not None:
            found[name] = value
    return found


def _read(form: Mapping[str, str], name: str, slug: str, made: RulesForm) -> Value | None:
    """One field's value; None where it was not sent, could not be read, or is empty and follows the general rule."""
    key = name_of(name, slug)
    if key not in form:
        return None
    text = made.typed[key] = form[key].strip()[:MAX_CHARACTERS]
    if slug and not text:
        return None
    try:
        return FIELDS[name].read(text)
    except RuleNotRead as error:
        made.errors[key] = str(error)
        return None
