"""Whom a plan makes us write to, about what, and when those letters leave: decided on values alone.

Who is booked, enrolled or waiting hears of what moves, goes or returns. Any other change that calendars show reaches
them in time by calendar, unless the start is near: then those booked or enrolled get a letter too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from booking.domain.consequences import CANCELLED, UNCOVERED, Held, Outcome, Place, Step
from booking.domain.organisation import Kind, Organisation
from booking.domain.schedule import Setting
from booking.domain.terms import Definition

#: So long a publish can be undone unheard, and its letters are held back.
UNDO_FOR = timedelta(minutes=10)
#: Letters leave at the latest so long before the first start that they are about.
AHEAD = timedelta(hours=1)

#: The definition of a series as it was and as it is to be; None where it is new.
Definitions = tuple[Definition | None, Definition]


class Difference(NamedTuple):
    """What calendars show of an occurrence otherwise than before, its time apart.

    `what` is title, module (its title), modules (how many), kind, summary, or the reason why it does not take place.
    """

    what: str
    was: str
    now: str


class Notice(NamedTuple):
    """One letter that a publish sends: its name, to whom, and what it is about (internal ids).

    `booking_id` is the one booking that it is about, None where it is about several or none; `bookings` are those
    that stay where they are while what calendars show of their occurrence changes.
    """

    letter: str
    member_id: int
    member: str
    booking_id: int | None = None
    occurrence_ids: tuple[int, ...] = ()
    bookings: tuple[Held, ...] = ()


def differences(step: Step, definitions: Definitions, kinds: Mapping[str, Kind]) -> list[Difference]:
    """What people can read on a stored occurrence otherwise than before, its time apart; nothing on one that goes."""
    before, after = definitions
    if before is None or step.before is None:
        return []
    if step.after.reason is not None:
        was = step.before.reason
        return [] if was is None or was == step.after.reason else [Difference("reason", was, step.after.reason)]
    shown = zip(_shown(step.before, before, kinds), _shown(step.after, after, kinds), strict=True)
    return [Difference(what, was, now) for (what, was), (_, now) in shown if was != now]


def _shown(setting: Setting, definition: Definition, kinds: Mapping[str, Kind]) -> list[tuple[str, str]]:
    modules, number = definition.rule.modules, setting.module
    kind = kinds.get(definition.kind)
    return [
        ("title", setting.title or definition.title),
        ("module", modules[number - 1] if number is not None and number <= len(modules) else ""),
        ("modules", "" if number is None else str(len(modules))),
        ("kind", definition.kind if kind is None else kind.title),
        ("summary", definition.summary),
    ]


def decide(
    steps: Iterable[Step],
    outcomes: Sequence[Outcome],
    held: Sequence[Held],
    places: Sequence[Place],
    definitions: Mapping[str, Definitions],
    organisation: Organisation,
    now: datetime,
) -> tuple[list[Notice], list[Place]]:
    """The letters, and the places that they are about: those booked where they stay among them.

    A booking that moves or goes has a letter of its own, for its calendar entry; whatever else of a member's is
    touched is told in one.
    """
    by_id = {step.occurrence_id: step for step in steps if step.occurrence_id is not None}
    near = {
        occurrence_id
        for occurrence_id, step in by_id.items()
        if _is_near(step, timedelta(hours=organisation.policy_for(step.series).near_hours), now)
        and differences(step, definitions[step.series], organisation.kinds)
    }
    told = [place for place in places if _is_told(place, by_id[place.occurrence_id], near)]
    leaving = {outcome.booking.id for outcome in outcomes}
    staying = [one for one in held if one.occurrence_id in near and one.id not in leaving]
    found = [
        Notice(
            email_of(outcome),
            outcome.booking.member_id,
            outcome.booking.member,
            outcome.booking.id,
            (outcome.booking.occurrence_id,),
        )
        for outcome in outcomes
    ]
    found += _one_each(told, sorted(staying, key=lambda one: (one.starts_at, one.id)))
    shown = [place for place in places if by_id[place.occurrence_id].what != "changes"]
    shown += [place for place in told if by_id[place.occurrence_id].what == "changes"]
    return found, shown + [Place("booked", one.id, one.occurrence_id, one.member_id, one.member) for one in staying]


def email_of(outcome: Outcome) -> str:
    """The name of the email that tells what becomes of a booking."""
    if outcome.what == CANCELLED:
        return "cancelled-by-us"
    if outcome.what == UNCOVERED:
        return "cover-offer" if outcome.offered else "cover-sought"
    return "moved-by-us"


def _is_near(step: Step, near: timedelta, now: datetime) -> bool:
    return min(_starts(step)) - now <= near


def _is_told(place: Place, step: Step, near: set[int]) -> bool:
    if step.what == "changes":
        return place.what == "enrolled" and place.occurrence_id in near
    return step.what != "moves" or "when" in step.fields


def _one_each(places: Sequence[Place], bookings: Sequence[Held]) -> list[Notice]:
    ids: dict[tuple[int, str], set[int]] = {}
    own: dict[int, list[Held]] = {}
    for place in places:
        ids.setdefault((place.member_id, place.member), set()).add(place.occurrence_id)
    for booking in bookings:
        ids.setdefault((booking.member_id, booking.member), set()).add(booking.occurrence_id)
        own.setdefault(booking.member_id, []).append(booking)
    found = []
    for (member_id, member), occurrence_ids in sorted(ids.items()):
        mine = tuple(own.get(member_id, ()))
        booking_id = mine[0].id if len(mine) == 1 else None
        found.append(Notice("programme-changed", member_id, member, booking_id, tuple(sorted(occurrence_ids)), mine))
    return found


def _starts(step: Step) -> tuple[datetime, datetime]:
    return (step.before or step.after).starts_at, step.after.starts_at


def first_start(steps: Iterable[Step], notices: Iterable[Notice]) -> datetime | None:
    """The earliest start, old or new, of what the letters are about; None where there are none."""
    ids = {occurrence_id for notice in notices for occurrence_id in notice.occurrence_ids}
    return min((at for step in steps if step.occurrence_id in ids for at in _starts(step)), default=None)


def due_at(first: datetime | None, now: datetime) -> datetime:
    """When letters leave, and undo ends: ten minutes after `now`, but an hour before the first start they are about.

    Never before `now`: then they leave at once, and nothing can be undone.
    """
    latest = now + UNDO_FOR
    return latest if first is None else max(now, min(latest, first - AHEAD))
