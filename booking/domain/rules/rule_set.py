"""All rules of an organisation as one value: the general ones, what single series have of their own, whose holidays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from booking.domain.organisation import Organisation, Policy
from booking.domain.rules.rule_fields import FIELDS, Value

#: What a series has of its own, by the name of the rule.
Own = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """`series` holds, by slug, only the rules that differ from the general ones; `observe` states, such as "QLD"."""

    general: Policy = field(default_factory=Policy)
    series: Mapping[str, Own] = field(default_factory=dict)
    observe: tuple[str, ...] = ()

    def policies(self) -> dict[str, Policy]:
        """The policy of each series that has rules of its own, by slug."""
        return {slug: replace(self.general, **own) for slug, own in self.series.items()}  # type: ignore[arg-type]

    def without_what_is_general(self) -> RuleSet:
        """The same, where a series keeps nothing that says what the general rule says."""
        left = {
            slug: {name: value for name, value in own.items() if value != getattr(self.general, name)}
            for slug, own in self.series.items()
        }
        return replace(self, series={slug: own for slug, own in left.items() if own})


def of(organisation: Organisation) -> RuleSet:
    """The rules that hold in it."""
    general = organisation.policy
    series = {
        slug: {name: getattr(policy, name) for name, rule in FIELDS.items() if rule.of_series}
        for slug, policy in organisation.series_policies.items()
    }
    return RuleSet(general, series, organisation.observe).without_what_is_general()


def applied(rules: RuleSet, organisation: Organisation) -> Organisation:
    """The organisation with these rules."""
    return replace(organisation, policy=rules.general, series_policies=rules.policies(), observe=rules.observe)


def as_json(rules: RuleSet) -> dict[str, Any]:
    """The rules as JSON values; `from_json` reads them."""
    return {
        "general": {name: _plain(getattr(rules.general, name)) for name in FIELDS},
        "series": {slug: {name: _plain(value) for name, value in own.items()} for slug, own in rules.series.items()},
        "observe": list(rules.observe),
    }


def from_json(values: Mapping[str, Any], default: Organisation) -> RuleSet:
    """The rules that were stored; a rule that came later has the default's value, one that went is left out."""
    general = {name: _value(value) for name, value in values.get("general", {}).items() if name in FIELDS}
    series = {
        slug: {name: _value(value) for name, value in own.items() if name in FIELDS and FIELDS[name].of_series}
        for slug, own in values.get("series", {}).items()
    }
    return RuleSet(
        replace(default.policy, **general),  # type: ignore[arg-type]
        series,
        tuple(values.get("observe", default.observe)),
    )


def differences(before: RuleSet, after: RuleSet, titles: Mapping[str, str]) -> list[str]:
    """What was changed, a line each: "Upcoming bookings in total: 2 bookings, now 3 bookings"; `titles` by slug."""
    found = [
        f"{rule.label}: {rule.in_words(was)}, now {rule.in_words(now)}"
        for name, rule in FIELDS.items()
        if (was := getattr(before.general, name)) != (now := getattr(after.general, name))
    ]
    for slug in sorted(before.series.keys() | after.series.keys()):
        found += [
            f"{titles.get(slug, slug)}: {line}"
            for line in _own_differences(before.series.get(slug, {}), after.series.get(slug, {}))
        ]
    if before.observe != after.observe:
        found.append(f"Public holidays of: {_states(before)}, now {_states(after)}")
    return found


def _own_differences(before: Own, after: Own) -> list[str]:
    def said(own: Own, name: str) -> str:
        return FIELDS[name].in_words(own[name]) if name in own else "as in general"

    names = [name for name in FIELDS if before.get(name) != after.get(name)]
    return [f"{FIELDS[name].label}: {said(before, name)}, now {said(after, name)}" for name in names]


def _states(rules: RuleSet) -> str:
    return ", ".join(rules.observe) or "no state"


def _plain(value: Value) -> int | list[int]:
    return list(value) if isinstance(value, tuple) else value


def _value(stored: int | list[int]) -> Value:
    return tuple(stored) if isinstance(stored, list) else stored
