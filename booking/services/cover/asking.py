"""The emails of cover: one to each analyst who could take something over, and one to each member."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain.bookings.cover_rules import Candidate, UncoveredWork
from booking.domain.enums.emails import EmailName
from booking.domain.planning import updates
from booking.domain.planning.updates import Line
from booking.services.action_context import ActionContext
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts, emails
from booking.store.outbox.emails import EmailContext
from booking.store.people.people import Person
from booking.store.programme.changes import Change
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import slot_search


@dataclass(frozen=True, slots=True)
class WantedCover:
    """What needs somebody: who left it (a name), what it is, and the analysts who may be able to take it over."""

    who: str
    left: Sequence[UncoveredWork]
    analysts: Sequence[Candidate]


_OCCURRENCES = select(Occurrence).where(Occurrence.id.in_(bindparam("ids", expanding=True)))


def ask(
    session: Session, wanted: WantedCover, now: datetime, *, but: Collection[int] = (), change: Change | None = None
) -> set[int]:
    """Email each analyst about what they could take over; returns the ids of those who could take something.

    Those in `but` are told in another email. The emails of a publish, `change`, wait as its others do.
    """
    due_at, change_id = (now, None) if change is None else (change.due_at, change.id)
    ids = {one.occurrence_id for one in wanted.left}
    rows = {row.id: row for row in session.scalars(_OCCURRENCES, {"ids": list(ids)})}
    asked = set()
    for analyst in wanted.analysts:
        lines = _lines([one for one in wanted.left if analyst.can_take(one)], rows)
        if not lines:
            continue
        asked.add(analyst.id)
        if analyst.id not in but:
            told = {"cover": "", "analyst": wanted.who, "lines": lines}
            told |= {"zone": lines[0]["zone"], "starts_at": lines[0]["starts_at"]}
            about: EmailContext = {"person_id": analyst.id, "due_at": due_at, "change_id": change_id}
            emails.enqueue(session, EmailName.COVER_WANTED, analyst.email, told, now, **about)
    return asked


def _lines(left: Sequence[UncoveredWork], rows: Mapping[int, Occurrence]) -> list[dict[str, Any]]:
    """Returns what could be taken over, one line an occurrence; `count` is of bookings, 0 where it is the whole of
    it.
    """
    counts: dict[int, int] = {}
    for one in left:
        counts[one.occurrence_id] = counts.get(one.occurrence_id, 0) + (one.booking_id is not None)
    ordered = sorted(counts, key=lambda i: (rows[i].starts_at, i))
    return [
        {
            "occurrence": str(rows[i].public_id),
            "title": rows[i].title or rows[i].series.title,
            "kind": rows[i].series.kind,
            "zone": rows[i].series.zone,
            "starts_at": email_facts.stamp(rows[i].starts_at),
            "count": counts[i],
        }
        for i in ordered
    ]


def other_times(context: ActionContext, booking: Booking) -> list[dict[str, Any]]:
    """The next times that the member could move this booking to, as facts."""
    search = slot_search.for_member(context.session, booking.member_id, context.organisation, context.now, booking.id)
    found = search.elsewhere(booking.occurrence.public_id, booking.minutes)
    return [{"starts_at": email_facts.stamp(slot.starts_at)} for _, slot in found]


_BOOKINGS = select(Booking).where(Booking.id.in_(bindparam("told", expanding=True)))
_PEOPLE = select(Person).where(Person.id.in_(bindparam("mine", expanding=True)))


def tell_members(session: Session, told: Mapping[int, Sequence[Line]], now: datetime) -> None:
    """One email to each member, whatever the number of their bookings; `told` holds the lines by booking id."""
    bookings = {row.id: row for row in session.scalars(_BOOKINGS, {"told": list(told)})}
    mine: dict[int, list[int]] = {}
    for booking_id in told:
        mine.setdefault(bookings[booking_id].member_id, []).append(booking_id)
    people = {person.id: person for person in session.scalars(_PEOPLE, {"mine": list(mine)})}
    for member_id, ids in mine.items():
        name, said = updates.email_of([line for booking_id in ids for line in told[booking_id]])
        about = ids[0] if len(ids) == 1 else None
        emails.enqueue(session, name, people[member_id].email, said, now, person_id=member_id, booking_id=about)
