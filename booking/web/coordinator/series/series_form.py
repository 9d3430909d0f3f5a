"""The page of the form of a series, with two versions side by side where somebody else changed it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import render_template
from flask.typing import ResponseReturnValue

from booking.domain import wording, zones
from booking.domain.bookings import lengths
from booking.domain.enums.planning import Repeats
from booking.domain.planning import series_edits
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.words import rule_words
from booking.programme import words
from booking.store.queries.bookings import agenda_rows
from booking.store.queries.programme import series_list
from booking.web.coordinator.series import form_values
from booking.web.coordinator.series.form_reading import FormChoices
from booking.web.coordinator.series.form_values import AnalystOption, Merged, Values
from booking.web.frame import context

#: What a series does on public holidays, in the order of the form.
ON_HOLIDAY = {
    "": "Ask me in the preview",
    "keep": "Hold it",
    "skip": "Skip the date",
    "postpone": "Postpone the date and all later ones by a week",
    "move": "Move the date within its week",
}
REPEATS: dict[str, str] = {
    Repeats.WEEKLY: "Every week",
    Repeats.FORTNIGHTLY: "Every two weeks",
    Repeats.MONTHLY: "Every month, on a week of the month",
}
SPARE_ANALYSTS, LEAST_ANALYSTS = 2, 4  # empty places in the list of analysts


@dataclass(slots=True)
class SeriesForm:
    """One form as it is shown: `opened` is what it began with, written; `stored` the series that it edits, if any.

    `copied` is the short name of the series that a new one is like.
    """

    offered: FormChoices
    values: Values
    opened: str = ""
    stored: Definition | None = None
    mistakes: Mapping[str, str] = field(default_factory=dict)
    copied: str = ""


def analysts() -> list[AnalystOption]:
    """Everybody who can be chosen, by name."""
    found = agenda_rows.analysts(context.db())
    return [AnalystOption(one.id, str(one.public_id), one.name) for one in found]


def offered(kind: str, stored: Definition | None = None) -> FormChoices:
    """What the form offers for a kind; for a stored series in its own zone and with its own policy."""
    organisation = context.organisation()
    policy = organisation.policy_for(stored.slug) if stored is not None else organisation.policy
    choices = FormChoices(organisation.kinds[kind], analysts(), policy.slot_minutes, organisation.zone)
    if stored is None or stored.id is None:
        return choices
    begun = series_list.begun_modules(context.db(), stored.id, context.now()) if stored.rule.modules else 0
    rrule = series_edits.fields_of(stored, zones.today(context.now(), stored.rule.zone)).rrule
    return replace(choices, zone=stored.rule.zone, rrule=rrule, begun=stored.rule.modules[:begun])


def page(shown: SeriesForm, action: str, back: str, merged: Merged | None = None) -> ResponseReturnValue:
    """The form; 422 with mistakes, 409 where somebody else changed the same fields."""
    merged = merged or Merged(shown.values)
    chosen = len(shown.values["analyst"])
    places = max(LEAST_ANALYSTS, chosen + SPARE_ANALYSTS)
    now = form_values.opened(shown.opened, shown.values)
    html = render_template(
        "series/form.html",
        form=shown,
        kind=shown.offered.kind,
        values={name: found[0] for name, found in shown.values.items() if name in form_values.SINGLE},
        several=shown.values,
        errors=shown.mistakes,
        action=action,
        back=back,
        analyst_places=min(places, max(len(shown.offered.analysts), chosen)),
        conflicts={name: words_of(name, now, shown.offered) for name in merged.conflicts},
        theirs=[form_values.LABELS[name] for name in merged.theirs if name in form_values.LABELS],
        labels=form_values.LABELS,
        words_of=lambda name: words_of(name, shown.values, shown.offered),
        repeats=_repeats(shown.offered.rrule),
        weekdays=list(enumerate(rule_words.WEEKDAYS)),
        ordinals=list(rule_words.ORDINALS.items()),
        slots=[(minutes, lengths.in_words([minutes])) for minutes in _lengths(shown)],
        on_holiday=ON_HOLIDAY,
        today=zones.today(context.now(), shown.offered.zone),
        clock=zones.city(shown.offered.zone),
    )
    return html, 409 if merged.conflicts else 422 if shown.mistakes else 200


def _repeats(rrule: str) -> dict[str, str]:
    """How often a series can meet; a stored rule that the form cannot say comes first, in words."""
    if not rrule or rule_words.choice(rrule).repeats != Repeats.OTHER:
        return REPEATS
    return {Repeats.OTHER: f"As now: {rule_words.in_words(rrule)}", **REPEATS}


def _lengths(shown: SeriesForm) -> list[int]:
    own = shown.stored.slot_minutes if shown.stored is not None else ()
    return sorted({*shown.offered.lengths, *own})


def words_of(name: str, values: Values, about: FormChoices) -> str:
    """One field's value as people read it, for two versions side by side."""
    found = values[name]
    known: Mapping[str, str] = {
        "repeats": {**REPEATS, Repeats.OTHER: "Another rule"},
        "day": {str(number): day for number, day in enumerate(rule_words.WEEKDAYS)},
        "week": {str(number): word for number, word in rule_words.ORDINALS.items()},
        "analyst": {one.public_id: one.name for one in about.analysts},
        "on_holiday": ON_HOLIDAY,
    }.get(name, {})
    if name == "slot":
        return lengths.in_words([int(one) for one in found if one.isdecimal()]) if found else "none"
    texts: Sequence[str] = [known.get(one, one) for one in found]
    if name in ("starts", "ends"):
        texts = [_day(one) for one in found]
    if name in ("start", "end"):
        texts = [_clock(one) for one in found]
    return (wording.listed(list(texts)) if name in form_values.SEVERAL else texts[0]) or "nothing"


def _day(text: str) -> str:
    try:
        on = words.day(text)
    except ValueError:
        return text or "no end"
    return f"{wording.day(on)} {on.year}"


def _clock(text: str) -> str:
    found = form_values.clock_of(text)
    return wording.wall_clock(found) if found is not None else text
