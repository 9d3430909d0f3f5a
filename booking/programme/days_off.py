"""Public holidays of the observed states, by the holidays library, and the organisation's own closed days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import holidays

from booking.domain.holidays import DaysOff, Holiday
from booking.programme import nodes, words
from booking.programme.nodes import Fields, Items, Problem, Text, Unreadable

COUNTRY = "AU"
LANGUAGE = "en_AU"  # said, because the library would ask the machine's own locale for spellings
STATES = ("ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA")


@lru_cache(maxsize=64)
def _of_state(state: str, year: int) -> dict[date, str]:
    found = holidays.country_holidays(COUNTRY, subdiv=state, years=year, language=LANGUAGE)
    return dict(found)


def between(start: date, end: date, states: Sequence[str], closed: Mapping[date, str]) -> DaysOff:
    """The days off in [start, end]: holidays of the states, and closed days, which count for all of them."""
    found: dict[date, Holiday] = {}
    years = range(start.year, end.year + 1)
    by_state = {state: {day: n for year in years for day, n in _of_state(state, year).items()} for state in states}
    for day in sorted({day for names in by_state.values() for day in names}):
        having = tuple(state for state in states if day in by_state[state])
        lacking = tuple(state for state in states if day not in by_state[state])
        found[day] = Holiday(_name({state: by_state[state][day] for state in having}), having, lacking)
    for day, name in closed.items():
        found[day] = Holiday(name, tuple(states))
    return DaysOff({day: holiday for day, holiday in found.items() if start <= day <= end})


def _name(names: dict[str, str]) -> str:
    """One name where the states agree, else `King's Birthday in QLD and Labour Day in NSW`."""
    by_name: dict[str, list[str]] = {}
    for state, name in names.items():
        by_name.setdefault(name.replace("; ", " and "), []).append(state)
    if len(by_name) == 1:
        return next(iter(by_name))
    return " and ".join(f"{name} in {', '.join(states)}" for name, states in by_name.items())


def closed_days(path: Path) -> dict[date, str]:
    """The closed days of a file, by date; none if there is no such file. Raises Unreadable, naming file and line.

    Each entry has `on:` (one day, or a first and a last with "to" between) and `name:`.
    """
    if not path.exists():
        return {}
    root = nodes.parse(str(path), nodes.read_bytes(path))
    listed = root.values.get("closed")
    unknown = [word for word in root.values if word != "closed"]
    problems = [Problem(root.places[word], f"unknown field {word!r}: the only one is `closed`") for word in unknown]
    found: dict[date, str] = {}
    entries = listed.values if isinstance(listed, Items) else ()
    if not isinstance(listed, Items):
        problems.append(
            Problem(root.places.get("closed", root.place), "`closed:` must be a list of days ([] for none)")
        )
    for entry in entries:
        if not isinstance(entry, Fields) or set(entry.values) != {"on", "name"}:
            problems.append(Problem(entry.place, "a closed day needs `on:` and `name:`"))
            continue
        on, name = entry.values["on"], entry.values["name"]
        try:
            if not isinstance(on, Text) or not isinstance(name, Text) or not name.value:
                raise ValueError("`on:` must be a day such as 2026-12-24, or 2026-12-24 to 2026-12-31")
            first, _, last = on.value.partition(" to ")
            start = words.day(first.strip())
            end = words.day(last.strip()) if last else start
            if not start <= end <= start + timedelta(days=366):
                raise ValueError(f"{on.value!r} ends before it begins, or is longer than a year")
        except ValueError as error:
            problems.append(Problem(on.place, str(error)))
            continue
        found |= {start + timedelta(days=n): name.value for n in range((end - start).days + 1)}
    if problems:
        raise Unreadable(problems)
    return found
