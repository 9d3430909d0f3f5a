"""Members' holdings as they count for limits: the one reading that decides bookings, suggestions and the waitlist."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings.policy import Counted, Holdings
from booking.domain.enums.people import RoleName
from booking.domain.organisation import Organisation
from booking.domain.people import free_trials
from booking.store.bookings.bookings import CONFIRMED, NO_SHOW, Booking
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.people.people import Person, Role

#: Bookings this far back can count for a week or an occurrence that is not over.
_RECENT = timedelta(days=14)
_HOLDINGS = (
    select(
        Person.id.label("person_id"),
        exists().where(Role.person_id == Person.id, Role.role == RoleName.MEMBER).label("is_member"),
        Person.closed_at,
        Person.member_until,
        Person.trial_until,
        exists()
        .where(
            WaitlistEntry.occurrence_id == bindparam("occurrence_id"),
            WaitlistEntry.member_id == Person.id,
            WaitlistEntry.ended_at.is_(None),
        )
        .label("is_waiting"),
        Booking.id,
        Booking.public_id,
        Booking.occurrence_id,
        Booking.starts_at,
        Booking.outcome,
    )
    .outerjoin(
        Booking,
        (Booking.member_id == Person.id) & (Booking.status == CONFIRMED) & (Booking.starts_at >= bindparam("since")),
    )
    .where(Person.id.in_(bindparam("member_ids", expanding=True)))
    .order_by(Person.id, Booking.starts_at, Booking.id)
)


def of_members(
    session: Session,
    member_ids: Collection[int],
    organisation: Organisation,
    now: datetime,
    occurrence_id: int = 0,
) -> dict[int, Holdings]:
    """Returns each person's holdings, by their id: one statement. `occurrence_id` is for `is_waiting`."""
    if not member_ids:
        return {}
    policies = (organisation.policy, *organisation.series_policies.values())
    counted = max(_RECENT, *(timedelta(days=policy.no_show_days) for policy in policies))
    values = {"member_ids": sorted(set(member_ids)), "since": now - counted, "occurrence_id": occurrence_id}
    heads: dict[int, Any] = {}
    bookings: dict[int, list[Counted]] = {}
    missed: dict[int, list[datetime]] = {}
    for row in session.connection().execute(_HOLDINGS, values):
        heads[row.person_id] = row
        if row.id is None:
            continue
        if row.starts_at >= now - _RECENT:
            bookings.setdefault(row.person_id, []).append(
                Counted(row.id, row.public_id, row.occurrence_id, row.starts_at)
            )
        if row.outcome == NO_SHOW:
            missed.setdefault(row.person_id, []).append(row.starts_at)
    return {
        person_id: Holdings(
            bool(head.is_member and head.closed_at is None),
            head.member_until,
            tuple(bookings.get(person_id, ())),
            tuple(missed.get(person_id, ())),
            bool(head.is_waiting),
            free_trials.is_trial(head.member_until, head.trial_until),
        )
        for person_id, head in heads.items()
    }


def of_member(
    session: Session, member_id: int, organisation: Organisation, now: datetime, occurrence_id: int = 0
) -> Holdings:
    """Returns one person's holdings. Raises NotFound."""
    found = of_members(session, [member_id], organisation, now, occurrence_id).get(member_id)
    if found is None:
        raise errors.NotFound()
    return found
