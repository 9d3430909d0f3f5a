"""One date: who is booked, enrolled and waiting, who is off, what is uncovered, and what can be done about each."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import errors, wording, zones
from booking.domain.bookings import agenda_words, join_links, slots, waitlist_rules
from booking.domain.bookings.timetable import Timetable
from booking.domain.bookings.waitlist_rules import WaitlistPlace
from booking.domain.enums.bookings import VisitOutcome
from booking.domain.enums.people import RoleName
from booking.domain.meetings import Appointment
from booking.store.people.people import Person
from booking.store.programme.programme import CANCELLED, Occurrence, Roster
from booking.store.queries.bookings import timetables, waitlist_queue
from booking.store.queries.people import account_holdings, people_list
from booking.store.queries.people.people_list import PeopleFilter
from booking.store.queries.programme import date_people, meeting_rows
from booking.store.queries.programme.date_people import EnrolledPerson, PlaceWaiting, WaitingPerson
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.dates import change_choices, lookup
from booking.web.frame import access, context, template_globals

FOUND = 8  # people that the search on this page names
MOST_BOOKINGS = 300
MOST_WAITING = 50


@dataclass(frozen=True, slots=True)
class BookedLine:
    """One booking of the date. `is_uncovered`: its analyst is off, and nobody has taken over yet."""

    booking: Appointment
    is_uncovered: bool
    may_change: bool
    state: str


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One place on the waitlist. `may_offer`: a slot that suits is free and could be held for them now."""

    waits: WaitingPerson
    may_offer: bool
    is_booked_for: bool


@dataclass(frozen=True, slots=True)
class AnalystLine:
    """One analyst of the roster: how many bookings they have here, and whether they have a meeting link."""

    place: Roster
    bookings: int
    has_link: bool


@dataclass(slots=True)
class DateView:
    """What the page shows beside the date itself. `free` counts what can still be booked, in the shortest length."""

    booked: list[BookedLine] = field(default_factory=list)
    free: int = 0
    waiting: list[WaitingLine] = field(default_factory=list)
    waiting_count: int = 0
    enrolled: list[EnrolledPerson] = field(default_factory=list)
    enrolled_count: int = 0
    more: uuid.UUID | None = None
    places: list[PlaceWaiting] = field(default_factory=list)
    analysts: list[AnalystLine] = field(default_factory=list)

    @property
    def uncovered(self) -> int:
        """Returns how many bookings nobody covers."""
        return sum(line.is_uncovered for line in self.booked)


@blueprint.get("/occurrences/<uuid:public_id>")
@access.coordinator
def occurrence(public_id: uuid.UUID) -> ResponseReturnValue:
    """One date, its people first."""
    return page(lookup.occurrence_of(public_id))


def page(
    found: Occurrence, mistakes: dict[str, str] | None = None, typed: dict[str, str] | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page as it stands now; `mistakes` by field, `typed` what was typed into those of links."""
    zone, now = found.series.zone, context.now()
    view = _view(found)
    is_bookable = template_globals.is_bookable(found.series.kind)
    q = request.args.get("q", "").strip()[:254]
    shown = render_template(
        "dates/one.html",
        occurrence=found,
        series=found.series,
        title=found.title or found.series.title,
        view=view,
        is_bookable=is_bookable,
        has_begun=found.starts_at <= now,
        is_over=found.ends_at <= now,
        day=zones.today(found.starts_at, zone),
        sharing=_sharing(found),
        has_link=_has_link(found, view),
        listed=wording.listed,
        choices=change_choices.of(found, now) if found.starts_at > now else [],
        capacity=context.organisation().policy_for(found.series.slug).capacity if not is_bookable else 0,
        q=q,
        people=_found(q) if q else [],
        errors=mistakes or {},
        typed=typed or {},
    )
    return shown, 422 if mistakes and status == 200 else status


def _found(q: str) -> list[tuple[Person, bool]]:
    """The first people whom the search finds, each with whether they are a member."""
    people = people_list.page(context.db(), PeopleFilter(q), None, FOUND + 1)
    return [(one, RoleName.MEMBER in one.role_names and one.closed_at is None) for one in people]


def _view(found: Occurrence) -> DateView:
    view = DateView()
    session = context.db()
    if template_globals.is_bookable(found.series.kind):
        _fill_bookings(view, found)
    else:
        count = date_people.enrolled_count(session, found.series_id, found.id)
        view.places = date_people.places(session, found.id)
        people = date_people.enrolled(session, found.series_id, found.id, _after())
        view.enrolled, view.enrolled_count = people[: date_people.PAGE], count
        view.more = people[date_people.PAGE - 1].person if len(people) > date_people.PAGE else None
    booked = [line.booking.analyst_public_id for line in view.booked]
    rest = (found.meeting_url, found.series.meeting_url)
    view.analysts = [
        AnalystLine(
            place,
            booked.count(place.analyst.public_id),
            bool(join_links.meeting_url(place.meeting_url, place.analyst.meeting_url, *rest)),
        )
        for place in found.roster
    ]
    return view


def _after() -> tuple[str, int]:
    """The place in the list of those enrolled after which this page of it begins."""
    try:
        person = account_holdings.with_public_id(context.db(), uuid.UUID(request.args.get("after", "")))
    except ValueError:
        return "", 0
    return ("", 0) if person is None else (person.name, person.id)


def _fill_bookings(view: DateView, found: Occurrence) -> None:
    session, now = context.db(), context.now()
    away = {place.analyst.public_id for place in found.roster if place.is_away}
    bookings = meeting_rows.appointments(session, occurrence_id=found.id, first=MOST_BOOKINGS)
    view.booked = [
        BookedLine(
            one,
            one.analyst_public_id in away and one.outcome is None and now < one.ends_at,
            one.outcome is None and now < one.ends_at,
            _state(one),
        )
        for one in bookings
        if not one.is_cancelled
    ]
    staff = context.organisation().for_staff()
    timetable = timetables.timetable(session, found.public_id, context.organisation())
    if timetable is None:
        return
    rules = timetable.policy(staff)
    view.free = len(
        {(slot.analyst_id, slot.starts_at) for slot in slots.free(timetable.hours, rules.shortest, rules, now)}
    )
    queue = waitlist_queue.places(session, [found.id], context.organisation(), now).get(found.id, [])
    view.waiting_count = len(queue)
    view.waiting = _waiting(waitlist_rules.in_order(queue)[:MOST_WAITING], timetable, found)


def _waiting(queue: list[WaitlistPlace], timetable: Timetable, found: Occurrence) -> list[WaitingLine]:
    """The first of those who wait, in the order in which they are served."""
    people = date_people.waiting(context.db(), [place.id for place in queue])
    rules = timetable.rules(context.organisation(), context.now())
    return [
        WaitingLine(
            people[place.id],
            found.status != CANCELLED and waitlist_rules.offerable(place, timetable.hours, rules, None) is not None,
            bool(waitlist_rules.fitting(place, timetable.hours, rules)),
        )
        for place in queue
        if place.id in people
    ]


def _state(one: Appointment) -> str:
    """How the visit was marked, that it is under way or that nobody has marked it; empty before it begins."""
    now = context.now()
    if one.outcome is not None:
        return agenda_words.OUTCOMES[VisitOutcome(one.outcome)]
    if now >= one.ends_at:
        return "Not marked yet"
    return "Under way" if now >= one.starts_at else ""


def _sharing(found: Occurrence) -> tuple[str, ...]:
    """Analysts of a bookable date who have one meeting link with somebody else there."""
    if not template_globals.is_bookable(found.series.kind):
        return ()
    rest = (found.meeting_url, found.series.meeting_url)
    return join_links.sharing(
        (place.analyst.name, join_links.meeting_url(place.meeting_url, place.analyst.meeting_url, *rest))
        for place in found.roster
        if not place.is_away
    )


def _has_link(found: Occurrence, view: DateView) -> bool:
    """Whether whoever joins gets to a meeting; what one enrols in has one link for all, never its analysts' own."""
    present = [line for line in view.analysts if not line.place.is_away]
    if template_globals.is_bookable(found.series.kind) and present:
        return all(one.has_link for one in present)
    return bool(found.meeting_url or found.series.meeting_url)


def refused_link(public_id: uuid.UUID, refusal: errors.TextNotAccepted, given: dict[str, Any]) -> ResponseReturnValue:
    """The page with what is wrong beside the field of that link, and what was typed in it."""
    words = f"{refusal.reason[0].upper()}{refusal.reason[1:]}."
    return page(
        lookup.occurrence_of(public_id), {refusal.field: words}, {name: str(text) for name, text in given.items()}
    )
