"""The text for the group to copy: what is new, in the times of the cities where its people live."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from booking.domain import wording, zones

CITIES = (("Sydney", "Australia/Sydney"), ("Perth", "Australia/Perth"), ("London", "Europe/London"))
MAX_LINES = 16


@dataclass(frozen=True, slots=True)
class GroupPostLine:
    """One occurrence to tell of: `was_at` for one that moved, `is_gone` for one that does not take place."""

    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    module: str = ""
    was_at: datetime | None = None
    is_gone: bool = False


def text(told: Iterable[GroupPostLine], address: str) -> str:
    """Plain lines by title: dates, the programme's time, Sydney, Perth and London, and the address at the end."""
    by_title: dict[str, list[GroupPostLine]] = {}
    for one in sorted(told, key=lambda one: one.starts_at):
        by_title.setdefault(one.title, []).append(one)
    lines: list[str] = []
    for title, listed in by_title.items():
        lines.append(title)
        lines += [_line(one) for one in listed[:MAX_LINES]]
        if len(listed) > MAX_LINES:
            lines.append(f"… and {len(listed) - MAX_LINES} more dates, to {wording.day(_day(listed[-1]))}")
        lines.append("")
    return "\n".join([*lines, f"Everything, with your own times: {address}"]).replace(wording.NBSP, " ") + "\n"


def _day(one: GroupPostLine) -> date:
    return zones.today(one.starts_at, one.zone)


def _line(one: GroupPostLine) -> str:
    day = zones.today(one.starts_at, one.zone)
    hours = f"{wording.span(one.starts_at, one.ends_at, one.zone)} {zones.abbreviation(one.starts_at, one.zone)}"
    module = f" – {one.module}" if one.module else ""
    if one.is_gone:
        return f"{wording.day(day)}: cancelled{module}"
    was = f" (was {wording.day(zones.today(one.was_at, one.zone))})" if one.was_at is not None else ""
    return f"{wording.day(day)}{was}, {hours} ({elsewhere(one.starts_at, one.zone)}){module}"


def elsewhere(instant: datetime, zone: str) -> str:
    """`Sydney 2:00 pm · Perth 11:00 am · London 3:00 am`, the weekday where it is another day there."""
    home = zones.today(instant, zone)
    found = []
    for city, there in CITIES:
        day = zones.today(instant, there)
        found.append(f"{city} {f'{day:%a} ' if day != home else ''}{wording.clock(instant, there)}")
    return " · ".join(found)
