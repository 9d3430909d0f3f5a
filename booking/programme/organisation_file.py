"""kinds.yaml, policy.yaml and organisation.yaml: what this organisation runs, as values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path

from booking.domain import numbers, zones
from booking.domain.bookings import lengths
from booking.domain.organisation import MIN_AUDIT_DAYS, Kind, Organisation, Policy
from booking.domain.planning.words.statement import SourcePlace
from booking.programme import days_off, nodes, texts_file
from booking.programme.nodes import Fields, Items, Problem, Text, Unreadable, Value

SHAPES = ("circle", "diamond", "square")
OF_EVERYTHING = frozenset({"audit_days", "trial_days"})  # rules that no series has of its own
_TEXTS = ("title", "title_plural", "plural", "shape")
_FLAGS = ("bookable", "modular")
#: What stands below /feeds/ already.
RESERVED = frozenset({"programme", "series", "member", "analyst"})
_PLURAL = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def load(data: Path, name: str | None = None, join_page: str = "") -> Organisation:
    """The organisation of a data folder; `name` and `join_page` stand in for those that it states.

    Unreadable names file and line.
    """
    problems: list[Problem] = []
    described = nodes.parse(str(data / "organisation.yaml"), nodes.read_bytes(data / "organisation.yaml"))
    texts = {word: _text(described, word, problems) for word in ("name", "short_name", "zone")}
    own = texts_file.read(described, join_page, problems)
    zone = _zone(texts["zone"], described, problems)
    kinds = _kinds(nodes.parse(str(data / "kinds.yaml"), nodes.read_bytes(data / "kinds.yaml")), problems)
    file = nodes.parse(str(data / "policy.yaml"), nodes.read_bytes(data / "policy.yaml"))
    general = _policy(
        Fields({k: v for k, v in file.values.items() if k not in {"series", "observe"}}, file.places, file.place),
        Policy(),
        problems,
    )
    observe = _observe(file, problems)
    overrides = file.values.get("series")
    special: dict[str, Policy] = {}
    if isinstance(overrides, Fields):
        for slug, value in overrides.values.items():
            if isinstance(value, Fields):
                special[slug] = _policy(value, general, problems)
                problems += [
                    Problem(value.places[word], f"{word!r} holds for everything: it can't differ for one series")
                    for word in OF_EVERYTHING & value.values.keys()
                ]
            else:
                problems.append(Problem(overrides.places[slug], f"{slug!r} must have rules such as `upcoming: 3`"))
    if problems:
        raise Unreadable(problems)
    closed = days_off.closed_days(data / "closed-days.yaml")
    short = texts["short_name"] or name or ""
    return Organisation(name or texts["name"], short, zone, kinds, general, special, observe, closed, own)


def _observe(file: Fields, problems: list[Problem]) -> tuple[str, ...]:
    """The states whose public holidays count; [] for none."""
    value = file.values.get("observe")
    if value is None:
        return ("QLD", "NSW", "VIC")
    listed = [item.value.upper() for item in value.values if isinstance(item, Text)] if isinstance(value, Items) else []
    if not isinstance(value, Items) or len(listed) != len(value.values) or set(listed) - set(days_off.STATES):
        problems.append(
            Problem(file.places["observe"], f"observe must be a list of {', '.join(days_off.STATES)}, or []")
        )
    return tuple(dict.fromkeys(listed))


def _text(found: Fields, word: str, problems: list[Problem]) -> str:
    value = found.values.get(word)
    if isinstance(value, Text) and value.value:
        return value.value
    problems.append(Problem(found.places.get(word, found.place), f"{word!r} is missing"))
    return ""


def _zone(text: str, found: Fields, problems: list[Problem]) -> str:
    try:
        return zones.named(text)
    except zones.UnknownZone:
        problems.append(Problem(found.places.get("zone", found.place), f"unknown time zone {text!r}"))
        return "UTC"


def _kinds(file: Fields, problems: list[Problem]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for name, value in file.values.items():
        place = file.places[name]
        if not isinstance(value, Fields):
            problems.append(Problem(place, f"the kind {name!r} must have fields such as `plural:`"))
            continue
        for word in value.values.keys() - {*_TEXTS, *_FLAGS}:
            problems.append(
                Problem(value.places[word], f"unknown field {word!r}; the fields are {', '.join((*_TEXTS, *_FLAGS))}")
            )
        texts = {word: _text(value, word, problems) for word in _TEXTS}
        flags = {word: _flag(value, word, problems) for word in _FLAGS}
        if texts["shape"] and texts["shape"] not in SHAPES:
            problems.append(Problem(value.places["shape"], f"shape must be one of {', '.join(SHAPES)}"))
        if texts["plural"]:
            _check_plural(texts["plural"], kinds.values(), value.places["plural"], problems)
        kinds[name] = Kind(
            name,
            texts["plural"],
            texts["title"],
            texts["title_plural"],
            flags["bookable"],
            flags["modular"],
            texts["shape"],
        )
    return kinds


def _check_plural(plural: str, others: Iterable[Kind], place: SourcePlace, problems: list[Problem]) -> None:
    """A plural is the address of a calendar, /feeds/clinics.ics: each kind has its own, and none has another's."""
    if not _PLURAL.fullmatch(plural):
        problems.append(Problem(place, f"plural {plural!r}: use lower-case letters, digits and hyphens only"))
    elif plural in RESERVED:
        problems.append(Problem(place, f"plural {plural!r} is reserved: /feeds/{plural} is another address"))
    elif other := next((kind.name for kind in others if kind.plural == plural), None):
        problems.append(
            Problem(place, f"plural {plural!r} is already the plural of {other!r}: each kind needs its own")
        )


def _flag(found: Fields, word: str, problems: list[Problem]) -> bool:
    value = found.values.get(word)
    if value is None:
        return False
    if isinstance(value, Text) and value.value in {"true", "false", "yes", "no"}:
        return value.value in {"true", "yes"}
    problems.append(Problem(found.places[word], f"{word!r} must be yes or no"))
    return False


def _policy(found: Fields, base: Policy, problems: list[Problem]) -> Policy:
    known = {f.name for f in fields(Policy)}
    values: dict[str, int | tuple[int, ...]] = {}
    for word, value in found.values.items():
        place = found.places[word]
        if word not in known:
            problems.append(Problem(place, f"unknown rule {word!r}; the rules are {', '.join(sorted(known))}"))
        elif word == "slot_minutes":
            values[word] = _lengths(value, place, problems)
        elif word == "reminder_hours":
            values[word] = _hours(value, place, problems)
        elif isinstance(value, Text) and (number := numbers.whole(value.value)) is not None:
            values[word] = number
            if word == "audit_days" and 0 < number < MIN_AUDIT_DAYS:
                problems.append(Problem(place, f"audit_days must be 0 or at least {MIN_AUDIT_DAYS}"))
        else:
            problems.append(Problem(place, f"{word!r} must be a whole number"))
    return replace(base, **values)  # type: ignore[arg-type]


def _hours(value: Value, place: SourcePlace, problems: list[Problem]) -> tuple[int, ...]:
    texts = [item.value for item in value.values if isinstance(item, Text)] if isinstance(value, Items) else []
    good = [number for text in texts if (number := numbers.whole(text))]
    if not isinstance(value, Items) or len(good) != len(value.values):
        problems.append(Problem(place, "reminder_hours must be a list such as [24, 1], or [] for none"))
    return tuple(sorted(set(good), reverse=True))


def _lengths(value: Value, place: SourcePlace, problems: list[Problem]) -> tuple[int, ...]:
    texts = [item.value for item in value.values if isinstance(item, Text)] if isinstance(value, Items) else []
    good = [number for text in texts if (number := numbers.whole(text)) and lengths.is_length(number)]
    found = tuple(sorted(set(good)))
    if not found or not isinstance(value, Items) or len(good) != len(value.values) or len(found) > lengths.MAX_LENGTHS:
        problems.append(Problem(place, f"slot_minutes must be a list such as [30, 60], {lengths.RULE}"))
    return found
