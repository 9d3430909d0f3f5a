"""Whom a plan makes us write to, about what, and when those emails leave: decided on values alone.

Everybody gets one email, however many of their things a plan touches. Who is booked, enrolled or waiting hears of what
moves, goes or returns; who is enrolled in a series, of its new dates and of its new name. Any other change that
calendars show reaches them in time by calendar, unless the start is near: then those booked or enrolled get an email.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from booking.domain.organisation import Kind, Organisation
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.consequences import (
    CANCELLED,
    UNCOVERED,
    AffectedPerson,
    Offered,
    Outcome,
    Step,
    TouchedBooking,
)
from booking.domain.planning.schedule import Setting

#: So long a publish can be undone unheard, and its emails are held back.
UNDO_FOR = timedelta(minutes=10)
#: Emails leave at the latest so long before the first start that they are about.
AHEAD = timedelta(hours=1)

#: The email to somebody on a waitlist whose slot is no longer held.
WITHDRAWN = "offer-lapsed"

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
    """The one email that a publish sends to a person: its name, to whom, and what it is about (internal ids).

    `outcomes` are what becomes of their bookings; `bookings` those that stay where they are while what calendars show
    of their date changes; `occurrence_ids` the other dates; `added` the (series, key) of new ones; `renamed` series.
    """

    email: str
    member_id: int
    member: str
    outcomes: tuple[Outcome, ...] = ()
    bookings: tuple[TouchedBooking, ...] = ()
    occurrence_ids: tuple[int, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    renamed: tuple[str, ...] = ()

    @property
    def booking_id(self) -> int | None:
        """The one booking that it is about; None where it is about several or none."""
        ids = [outcome.booking.id for outcome in self.outcomes] + [booking.id for booking in self.bookings]
        return ids[0] if len(ids) == 1 else None

    @property
    def touched_ids(self) -> set[int]:
        """The stored occurrences that it is about."""
        ids = {outcome.booking.occurrence_id for outcome in self.outcomes}
        return ids | {booking.occurrence_id for booking in self.bookings} | set(self.occurrence_ids)


class SeriesEnrolment(NamedTuple):
    """Somebody who is enrolled in all dates of a series."""

    series: str
    member_id: int
    member: str


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
    steps: Sequence[Step],
    outcomes: Sequence[Outcome],
    held: Sequence[TouchedBooking],
    places: Sequence[AffectedPerson],
    enrolled: Sequence[SeriesEnrolment],
    definitions: Mapping[str, Definitions],
    organisation: Organisation,
    now: datetime,
) -> tuple[list[Notice], list[AffectedPerson]]:
    """The emails, one a person, and the places that they are about: those booked where they stay among them."""
    by_id = {step.occurrence_id: step for step in steps if step.occurrence_id is not None}
    near = {
        occurrence_id
        for occurrence_id, step in by_id.items()
        if _is_near(step, timedelta(hours=organisation.policy_for(step.series).near_hours), now)
        and differences(step, definitions[step.series], organisation.kinds)
    }
    renamed = {slug for slug, (before, after) in definitions.items() if before and before.title != after.title}
    told = [place for place in places if _is_told(place, by_id[place.occurrence_id], near, renamed)]
    leaving = {outcome.booking.id for outcome in outcomes}
    staying = [one for one in held if one.occurrence_id in near and one.id not in leaving]
    found = _Everybody()
    for outcome in outcomes:
        found.of(outcome.booking.member_id, outcome.booking.member).outcomes.append(outcome)
    for booking in sorted(staying, key=lambda one: (one.starts_at, one.id)):
        found.of(booking.member_id, booking.member).bookings.append(booking)
    for place in told:
        step, about = by_id[place.occurrence_id], found.of(place.member_id, place.member)
        if step.series in renamed and place.what == "enrolled" and step.what == "changes":
            about.renamed.add(step.series)
        else:
            about.occurrence_ids.add(place.occurrence_id)
    added = [(step.series, step.key) for step in steps if step.what == "appears" and step.after.starts_at > now]
    for person in enrolled:
        found.of(person.member_id, person.member).added.update(one for one in added if one[0] == person.series)
    shown = [place for place in places if by_id[place.occurrence_id].what != "changes"]
    shown += [place for place in told if by_id[place.occurrence_id].what == "changes"]
    shown += [AffectedPerson("booked", one.id, one.occurrence_id, one.member_id, one.member) for one in staying]
    return found.notices(), shown


def withdrawn(ended: Iterable[Offered], told: Iterable[Notice]) -> list[Notice]:
    """The emails to those for whom a slot is no longer held, and who get no other email of this publish."""
    known = {notice.member_id for notice in told}
    waiting = {one.member_id: one.member for one in ended if one.booking_id is None and one.member_id not in known}
    return [Notice(WITHDRAWN, member_id, member) for member_id, member in waiting.items()]


@dataclass(slots=True)
class _About:
    """What one person is told of."""

    member_id: int
    member: str
    outcomes: list[Outcome] = field(default_factory=list)
    bookings: list[TouchedBooking] = field(default_factory=list)
    occurrence_ids: set[int] = field(default_factory=set)
    added: set[tuple[str, str]] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)

    def notice(self) -> Notice | None:
        booked = {outcome.booking.occurrence_id for outcome in self.outcomes}
        booked |= {booking.occurrence_id for booking in self.bookings}
        others = tuple(sorted(self.occurrence_ids - booked))
        rest = (tuple(self.bookings), others, tuple(sorted(self.added)), tuple(sorted(self.renamed)))
        if not self.outcomes and not any(rest):
            return None
        is_alone = len(self.outcomes) == 1 and not any(rest)
        name = email_of(self.outcomes[0]) if is_alone else "programme-changed"
        return Notice(name, self.member_id, self.member, tuple(self.outcomes), *rest)


class _Everybody:
    """The people whom a plan touches, in the order in which they come up."""

    def __init__(self) -> None:
        self._known: dict[int, _About] = {}

    def of(self, member_id: int, member: str) -> _About:
        return self._known.setdefault(member_id, _About(member_id, member))

    def notices(self) -> list[Notice]:
        return [notice for about in self._known.values() if (notice := about.notice()) is not None]


def email_of(outcome: Outcome) -> str:
    """The name of the email that tells what becomes of a booking."""
    if outcome.what == CANCELLED:
        return "cancelled-by-us"
    if outcome.what == UNCOVERED:
        return "cover-offer" if outcome.offered else "cover-sought"
    return "moved-by-us"


def _is_near(step: Step, near: timedelta, now: datetime) -> bool:
    return min(_starts(step)) - now <= near


def _is_told(place: AffectedPerson, step: Step, near: set[int], renamed: set[str]) -> bool:
    if step.what == "changes":
        return place.what == "enrolled" and (place.occurrence_id in near or step.series in renamed)
    return step.what != "moves" or "when" in step.fields


def _starts(step: Step) -> tuple[datetime, datetime]:
    return (step.before or step.after).starts_at, step.after.starts_at


def first_start(steps: Iterable[Step], notices: Iterable[Notice]) -> datetime | None:
    """The earliest start, old or new, of what the emails are about; None where there are none."""
    listed = list(notices)
    ids = {occurrence_id for notice in listed for occurrence_id in notice.touched_ids}
    new = {one for notice in listed for one in notice.added}
    renamed = {slug for notice in listed for slug in notice.renamed}
    told = [
        step for step in steps if step.occurrence_id in ids or (step.series, step.key) in new or step.series in renamed
    ]
    return min((at for step in told for at in _starts(step)), default=None)


def due_at(first: datetime | None, now: datetime) -> datetime:
    """When emails leave, and undo ends: ten minutes after `now`, but an hour before the first start they are about.

    Never before `now`: then they leave at once, and nothing can be undone.
    """
    latest = now + UNDO_FOR
    return latest if first is None else max(now, min(latest, first - AHEAD))
