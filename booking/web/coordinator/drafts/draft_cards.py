"""The cards of a draft: each series as fields that can be corrected, with its dates and a small calendar."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from booking.domain import zones
from booking.programme import words, writing
from booking.programme.announcements import series_dates
from booking.programme.announcements.draft import AnnouncementDraft, DraftModule, DraftSeries
from booking.programme.announcements.series_dates import CalendarMonth, SeriesDates
from booking.store.programme import changes
from booking.store.queries.bookings import agenda_rows
from booking.web.coordinator.drafts.draft_reading import understood
from booking.web.frame import context

FIELDS = ("title", "kind", "every", "time", "from", "until", "modules")
MOST_MONTHS = 6  # that a card shows


def cards(kept: changes.StoredDraft, draft: AnnouncementDraft) -> list[dict[str, Any]]:
    """Each series as a card: its fields as text, corrected ones first, and whether it is left out."""
    found: list[dict[str, Any]] = []
    lines_before: Counter[int] = Counter()
    names = {analyst.email: analyst.name for analyst in agenda_rows.analysts(context.db())}
    for series in draft.series:
        lines_before[series.line] += 1
        again = lines_before[series.line]
        name = f"card:{series.line}" if again == 1 else f"card:{series.line}-{again}"
        given = kept.answers.get(name, {})
        values = {**_fields(series), **{word: given[word] for word in FIELDS if word in given}}
        led_by = [names.get(email, email) for email in series.analysts]
        found.append(
            {"name": name, "line": series.line, "values": values, "is_out": bool(given.get("out")), "led_by": led_by}
        )
    return found


def _fields(series: DraftSeries) -> dict[str, str]:
    hours = writing.hours(series.start, series.end) if series.start and series.end else ""
    return {
        "title": series.title,
        "kind": series.kind,
        "every": writing.every(series.rrule) or series.rrule,
        "time": hours,
        "from": str(series.starts_on or ""),
        "until": str(series.ends_on or "") if not series.modules else "",
        "modules": "\n".join(module.title for module in series.modules),
    }


def corrected(draft: AnnouncementDraft, cards: list[dict[str, Any]]) -> tuple[AnnouncementDraft, dict[str, str]]:
    """The draft with the cards' own values in it; mistakes by card and field."""
    mistakes: dict[str, str] = {}
    kept = []
    for series, card in zip(draft.series, cards, strict=True):
        if card["is_out"]:
            continue
        values = card["values"]
        changed = {word: value for word, value in values.items() if value != _fields(series)[word]}
        for word, value in changed.items():
            try:
                _set(series, word, value)
            except ValueError as error:
                mistakes[f"{card['name']}:{word}"] = f"{str(error)[0].upper()}{str(error)[1:]}."
        kept.append(series)
    draft.series = kept
    return draft, mistakes


def _set(series: DraftSeries, word: str, value: str) -> None:
    if word == "title":
        if not value or len(value) > 200:
            raise ValueError("use 1 to 200 characters")
        series.title = value
    elif word == "kind":
        if value not in context.organisation().kinds:
            raise ValueError("choose a kind")
        series.kind = value
    elif word == "every":
        series.rrule = words.recurrence_rule(value) if value.upper().startswith("FREQ=") else words.rrule(value)
        series.skips = []  # dates of the days before
    elif word == "time":
        series.start, series.end = words.times(value)
    elif word == "from":
        series.starts_on = words.day(value) if value else None
    elif word == "until":
        series.ends_on = words.day(value) if value else None
        series.is_over_then = series.ends_on is not None
    else:
        titles = [line.strip() for line in value.splitlines() if line.strip()]
        series.modules = [DraftModule(n, title[:200], series.line) for n, title in enumerate(titles, 1)]


@dataclass(frozen=True, slots=True)
class CardDates:
    """What a card says of its dates, and its months; `more_months` is how many are not shown."""

    found: SeriesDates
    months: list[CalendarMonth]
    more_months: int


def dates(kept: changes.StoredDraft, shown: list[dict[str, Any]]) -> dict[str, CardDates]:
    """The dates by the names of cards, as corrected; those that are left out or hold a mistake have none."""
    draft = understood(kept)
    today = zones.today(context.now(), context.organisation().zone)
    found: dict[str, CardDates] = {}
    for series, card in zip(draft.series, shown, strict=False):
        alone, mistakes = corrected(AnnouncementDraft(draft.month, draft.zone, [series]), [card])
        if mistakes or not alone.series:
            continue
        of_card = series_dates.of_series(series, alone, context.organisation(), today)
        if of_card is not None:
            months = series_dates.calendar_of(of_card)
            found[card["name"]] = CardDates(of_card, list(months[:MOST_MONTHS]), len(months) - MOST_MONTHS)
    return found
