"""The emails of a publish: to which people, about what, and when they are sent. Decided on values alone.

Each person gets one email, however many of their things a plan changes. People who are booked, enrolled or waiting are
emailed about what moves, goes or returns; people enrolled in a series also about its new dates and its new name. Other
changes that calendars show reach people by their calendar, unless the start is near: then those booked or enrolled get
an email.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from booking.domain.enums.emails import EmailName
from booking.domain.enums.planning import BookingFate, DifferenceKind, PlaceKind, StepKind
from booking.domain.organisation import Kind, Organisation
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.consequences import (
    AffectedPerson,
    Offered,
    Outcome,
    Step,
    TouchedBooking,
)
from booking.domain.planning.occurrences import Setting

#: For so long a publish can be undone before anybody is emailed: its emails are held back.
UNDO_FOR = timedelta(minutes=10)
#: Emails are sent at the latest so long before the first start that they are about.
AHEAD = timedelta(hours=1)

#: The email to somebody on a waitlist whose slot is no longer held.
WITHDRAWN = EmailName.OFFER_LAPSED

#: The definition of a series as it was and as it is to be; None where it is new.
Definitions = tuple[Definition | None, Definition]


class Difference(NamedTuple):
    """A difference that calendars show of an occurrence, its time apart.

    `what` is title, module (its title), modules (how many), kind, summary, or the reason why it does not take place.
    """

    what: DifferenceKind
    was: str
    now: str


class Notice(NamedTuple):
    """The one email that a publish sends to a person: its name, to whom, and what it is about (internal ids).

    `outcomes` are what becomes of their bookings; `bookings` those that stay where they are while what calendars show
    of their date changes; `occurrence_ids` the other dates; `added` the (series, key) of new ones; `renamed` series.
    """

    email: EmailName
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
    """A person enrolled in all dates of a series."""

    series: str
    member_id: int
    member: str


def differences(step: Step, definitions: Definitions, kinds: Mapping[str, Kind]) -> list[Difference]:
    """List what people can read on a stored occurrence that differs from before, its time apart.

    Empty for an occurrence that goes; for one that stays cancelled, its reason.
    """
    before, after = definitions
    if before is None or step.before is None:
        return []
    if step.after.reason is not None:
        was = step.before.reason
        return (
            []
            if was is None or was == step.after.reason
            else [Difference(DifferenceKind.REASON, was, step.after.reason)]
        )
    shown = zip(_shown(step.before, before, kinds), _shown(step.after, after, kinds), strict=True)
    return [Difference(what, was, now) for (what, was), (_, now) in shown if was != now]


def _shown(setting: Setting, definition: Definition, kinds: Mapping[str, Kind]) -> list[tuple[DifferenceKind, str]]:
    modules, number = definition.rule.modules, setting.module
    kind = kinds.get(definition.kind)
    return [
        (DifferenceKind.TITLE, setting.title or definition.title),
        (DifferenceKind.MODULE, modules[number - 1] if number is not None and number <= len(modules) else ""),
        (DifferenceKind.MODULES, "" if number is None else str(len(modules))),
        (DifferenceKind.KIND, definition.kind if kind is None else kind.title),
        (DifferenceKind.SUMMARY, definition.summary),
    ]


class TouchedPeople(NamedTuple):
    """What people have in the occurrences that change: bookings, places, offers, and places in all of a series."""

    held: Sequence[TouchedBooking] = ()
    places: Sequence[AffectedPerson] = ()
    offers: Sequence[Offered] = ()
    enrolled: Sequence[SeriesEnrolment] = ()


class ProgrammeChange(NamedTuple):
    """What changes in the programme: its steps, and each series as it was and as it will be, by slug."""

    steps: Sequence[Step]
    definitions: Mapping[str, Definitions]


def decide(
    change: ProgrammeChange,
    outcomes: Sequence[Outcome],
    touched: TouchedPeople,
    organisation: Organisation,
    now: datetime,
) -> tuple[list[Notice], list[AffectedPerson]]:
    """Decide the emails, one a person, and the places that they are about, bookings that stay among them."""
    steps, definitions = change
    held, places = touched.held, touched.places
    by_id = {step.occurrence_id: step for step in steps if step.occurrence_id is not None}
    near = _near_and_different(by_id, definitions, organisation, now)
    renamed = {slug for slug, (before, after) in definitions.items() if before and before.title != after.title}
    told = [place for place in places if _is_told(place, by_id[place.occurrence_id], near, renamed)]
    settled = {outcome.booking.id for outcome in outcomes}
    staying = [one for one in held if one.occurrence_id in near and one.id not in settled]
    people = _Everybody()
    people.add_bookings(outcomes, staying)
    people.add_places(told, by_id, renamed)
    people.add_new_dates(steps, touched.enrolled, now)
    return people.notices(), _shown_places(places, told, staying, by_id)


def _near_and_different(
    by_id: Mapping[int, Step], definitions: Mapping[str, Definitions], organisation: Organisation, now: datetime
) -> set[int]:
    """The occurrences that start soon and on which people read something new: too late to leave it to calendars."""
    return {
        occurrence_id
        for occurrence_id, step in by_id.items()
        if _is_near(step, timedelta(hours=organisation.policy_for(step.series).near_hours), now)
        and differences(step, definitions[step.series], organisation.kinds)
    }


def _shown_places(
    places: Sequence[AffectedPerson],
    told: Sequence[AffectedPerson],
    staying: Sequence[TouchedBooking],
    by_id: Mapping[int, Step],
) -> list[AffectedPerson]:
    """The places that the plan is about: all where a date moves, goes or returns, else those who are emailed."""
    shown = [place for place in places if by_id[place.occurrence_id].what != StepKind.CHANGES]
    shown += [place for place in told if by_id[place.occurrence_id].what == StepKind.CHANGES]
    shown += [AffectedPerson(PlaceKind.BOOKED, one.id, one.occurrence_id, one.member_id, one.member) for one in staying]
    return shown


def withdrawn(ended: Iterable[Offered], told: Iterable[Notice]) -> list[Notice]:
    """The emails to people for whom a slot is no longer held and who get no other email of this publish."""
    known = {notice.member_id for notice in told}
    waiting = {one.member_id: one.member for one in ended if one.booking_id is None and one.member_id not in known}
    return [Notice(WITHDRAWN, member_id, member) for member_id, member in waiting.items()]


@dataclass(slots=True)
class _About:
    """Everything that one person is emailed about."""

    member_id: int
    member: str
    outcomes: list[Outcome] = field(default_factory=list)
    bookings: list[TouchedBooking] = field(default_factory=list)
    occurrence_ids: set[int] = field(default_factory=set)
    added: set[tuple[str, str]] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)

    def notice(self) -> Notice | None:
        """The email; None where there is nothing to say."""
        booked = {outcome.booking.occurrence_id for outcome in self.outcomes}
        booked |= {booking.occurrence_id for booking in self.bookings}
        others = tuple(sorted(self.occurrence_ids - booked))
        rest = (tuple(self.bookings), others, tuple(sorted(self.added)), tuple(sorted(self.renamed)))
        if not self.outcomes and not any(rest):
            return None
        is_alone = len(self.outcomes) == 1 and not any(rest)
        name = email_of(self.outcomes[0]) if is_alone else EmailName.PROGRAMME_CHANGED
        return Notice(name, self.member_id, self.member, tuple(self.outcomes), *rest)


class _Everybody:
    """The people whom a plan touches, in the order in which they are added."""

    def __init__(self) -> None:
        self._known: dict[int, _About] = {}

    def of(self, member_id: int, member: str) -> _About:
        return self._known.setdefault(member_id, _About(member_id, member))

    def add_bookings(self, outcomes: Iterable[Outcome], staying: Iterable[TouchedBooking]) -> None:
        """Add the bookings that change, and those that stay on a date that differs."""
        for outcome in outcomes:
            self.of(outcome.booking.member_id, outcome.booking.member).outcomes.append(outcome)
        for booking in sorted(staying, key=lambda one: (one.starts_at, one.id)):
            self.of(booking.member_id, booking.member).bookings.append(booking)

    def add_places(self, told: Iterable[AffectedPerson], by_id: Mapping[int, Step], renamed: Collection[str]) -> None:
        """Add enrolments and waitlist places; an enrolment in a renamed series is about the series, not each date."""
        for place in told:
            step, about = by_id[place.occurrence_id], self.of(place.member_id, place.member)
            if step.series in renamed and place.what == PlaceKind.ENROLLED and step.what == StepKind.CHANGES:
                about.renamed.add(step.series)
            else:
                about.occurrence_ids.add(place.occurrence_id)

    def add_new_dates(self, steps: Iterable[Step], enrolled: Iterable[SeriesEnrolment], now: datetime) -> None:
        """Add the upcoming new dates of a series to everybody who is enrolled in all of them."""
        new = [
            (step.series, step.key) for step in steps if step.what == StepKind.APPEARS and step.after.starts_at > now
        ]
        for person in enrolled:
            self.of(person.member_id, person.member).added.update(one for one in new if one[0] == person.series)

    def notices(self) -> list[Notice]:
        return [notice for about in self._known.values() if (notice := about.notice()) is not None]


def email_of(outcome: Outcome) -> EmailName:
    """The name of the email that tells what becomes of a booking."""
    if outcome.what == BookingFate.CANCELLED:
        return EmailName.CANCELLED_BY_US
    if outcome.what == BookingFate.UNCOVERED:
        return EmailName.COVER_OFFER if outcome.offered else EmailName.COVER_SOUGHT
    return EmailName.MOVED_BY_US


def _is_near(step: Step, near: timedelta, now: datetime) -> bool:
    return min(_starts(step)) - now <= near


def _is_told(place: AffectedPerson, step: Step, near: set[int], renamed: set[str]) -> bool:
    if step.what == StepKind.CHANGES:
        return place.what == PlaceKind.ENROLLED and (place.occurrence_id in near or step.series in renamed)
    return step.what != StepKind.MOVES or "when" in step.fields


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
    """Return the instant at which emails are sent and undo ends.

    That is ten minutes after `now`, or an hour before the first start that they are about if that is earlier; but
    never before `now`: then they are sent at once, and nothing can be undone.
    """
    latest = now + UNDO_FOR
    return latest if first is None else max(now, min(latest, first - AHEAD))
