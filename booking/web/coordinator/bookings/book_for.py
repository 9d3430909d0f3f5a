"""Book for a member: find them, then choose one of the next clinics with a free time, whose page has their address."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from booking.domain.bookings import slots
from booking.domain.bookings.timetable import Timetable
from booking.domain.enums.people import RoleName
from booking.store.people.people import Person
from booking.store.queries.bookings import timetables
from booking.store.queries.people import account_holdings, people_list
from booking.store.queries.people.people_list import PeopleFilter
from booking.web.coordinator.blueprint import blueprint
from booking.web.frame import access, context

AHEAD = timedelta(days=28)
MOST_CLINICS = 20
MOST_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class OpenClinic:
    """A clinic that can be booked: its timetable, the first free start (UTC), how many starts are free in all."""

    timetable: Timetable
    first_at: datetime
    starts: int


@blueprint.get("/bookings/new")
@access.coordinator
def book_for() -> ResponseReturnValue:
    """Whom to book for; once they are chosen, the clinics of the next four weeks."""
    typed = request.args.get("q", "").strip()[:254]
    member = _chosen(request.args.get("member", ""))
    found = (
        people_list.page(context.db(), PeopleFilter(typed), None, MOST_PEOPLE + 1) if typed and member is None else []
    )
    open_to = [one for one in found if _may_book(one)]
    if len(found) == 1 and open_to:
        member = open_to[0]
    return render_template(
        "coordinator/book_for.html",
        q=typed,
        member=member,
        people=open_to[:MOST_PEOPLE],
        is_cut=len(found) > MOST_PEOPLE,
        others=len(found) - len(open_to),
        clinics=_open_clinics() if member is not None else [],
        days=AHEAD.days,
    )


def _chosen(text: str) -> Person | None:
    """The member of the address; None where it names nobody who can book."""
    try:
        found = account_holdings.with_public_id(context.db(), uuid.UUID(text))
    except ValueError:
        return None
    return found if found is not None and _may_book(found) else None


def _may_book(person: Person) -> bool:
    return person.closed_at is None and RoleName.MEMBER in person.role_names


def _open_clinics() -> list[OpenClinic]:
    now, staff = context.now(), context.organisation().for_staff()
    made = []
    for one in timetables.coming(context.db(), staff, now, now + AHEAD):
        policy = one.policy(staff)
        free = slots.free(one.hours, policy.shortest, policy, now)
        if free:
            made.append(OpenClinic(one, free[0].starts_at, len({slot.starts_at for slot in free})))
        if len(made) == MOST_CLINICS:
            break
    return made
