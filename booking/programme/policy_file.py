"""Rules to a policy.yaml that means the same: what a new installation, or another one, can begin with."""

from __future__ import annotations

from booking.domain.rules.rule_fields import FIELDS, Value
from booking.domain.rules.rule_set import RuleSet


def text(rules: RuleSet) -> str:
    """The file's text; `organisation_file.load` reads the same rules from it."""
    lines = ["# The rules of booking. What is written under `series:` holds for that series only.", ""]
    lines += [f"{name}: {_scalar(getattr(rules.general, name))}  # {rule.label}" for name, rule in FIELDS.items()]
    lines.append(f"observe: [{', '.join(rules.observe)}]  # the states whose public holidays count")
    if rules.series:
        lines += ["", "series:"]
    for slug, own in rules.series.items():
        lines += [f"  {slug}:", *(f"    {name}: {_scalar(value)}" for name, value in own.items())]
    return "\n".join(lines) + "\n"


def _scalar(value: Value) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
