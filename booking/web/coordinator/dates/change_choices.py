"""The changes that a coordinator can make to one date: which there are for it, and the fields that each needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.services.publishing import planning
from booking.store.programme import adjustments_json
from booking.store.programme.programme import CANCELLED, Occurrence
from booking.web.frame import context


@dataclass(frozen=True, slots=True)
class Choice:
    """One change. `what` and `scope` are what the form sends; `fields` what it asks for, none where nothing is asked.

    `scopes` are those that can be chosen, none where the change says it itself.
    """

    name: str
    words: str
    what: str
    fields: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    scope: str = "one"


#: By the name that an address says (`?change=`), in the order of the page.
CHOICES = {
    one.name: one
    for one in (
        Choice("move", "Move this date", "move", ("to", "time")),
        Choice(
            "move-later", "Change the days or time of later dates", "move", ("every", "time"), ("later", "all"), "later"
        ),
        Choice("rename", "Rename it", "title", ("title",), ("one", "later", "all")),
        Choice("analysts", "Change analysts", "analysts", ("analysts",), ("one", "later", "all")),
        Choice("cancel", "Cancel it with a reason", "cancel", ("reason",)),
        Choice("skip", "Skip this date, without a reason", "skip"),
        Choice("postpone", "Postpone this and all later dates", "postpone", ("weeks",)),
        Choice("extra", "Add a date", "extra", ("to", "time", "title")),
        Choice("keep", "Hold it on the public holiday", "keep"),
        Choice("usual", "Undo the changes to this date", "usual"),
        Choice("end", "End the series after this date", "end"),
    )
}


def of(found: Occurrence, now: datetime) -> list[Choice]:
    """The changes that can succeed for this date."""
    terms, _ = adjustments_json.from_json(found.series.terms)
    left_out = set()
    if found.rule_on is None:
        left_out |= {"skip", "postpone", "keep"}
    if found.status == CANCELLED:
        left_out |= {"cancel", "skip", "analysts"}
    off = planning.days_off(context.organisation(), now)
    if found.rule_on not in off.by_date:
        left_out.add("keep")
    is_changed = found.key in terms.exceptions or found.rule_on in {*terms.skips, *terms.keeps}
    if not is_changed and found.rule_on not in {on for on, _ in terms.postponements}:
        left_out.add("usual")
    return [one for name, one in CHOICES.items() if name not in left_out]


def named(what: str, scope: str) -> Choice | None:
    """The choice that a sent form is about; None for none."""
    same = [one for one in CHOICES.values() if one.what == what]
    return next((one for one in same if scope in one.scopes or scope == one.scope), same[0] if same else None)
