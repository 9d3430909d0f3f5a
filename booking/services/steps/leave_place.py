"""A place in a lab or a masterclass is given up: the one place in which that happens."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.services.action_context import ActionContext
from booking.services.steps import offer_places
from booking.store.db import locks
from booking.store.programme.enrolments import Enrolment
from booking.store.queries.programme import place_queue

_ENROLMENT = select(Enrolment).where(Enrolment.public_id == bindparam("enrolment_id"))


def locked(context: ActionContext, enrolment_id: uuid.UUID, may: Callable[[Enrolment], bool]) -> Enrolment:
    """The place, read afresh once its date and its member are locked. NotFound if there is none, or `may` says no."""
    session = context.session
    seen = session.scalars(_ENROLMENT, {"enrolment_id": enrolment_id}).one_or_none()
    if seen is None or not may(seen):
        raise errors.NotFound()
    locks.occurrences(session, _concerned(session, seen))
    locks.person(session, seen.member_id)
    return session.get_one(Enrolment, seen.id, populate_existing=True)


def end(context: ActionContext, place: Enrolment) -> None:
    """End the place, as calendars show it too."""
    place.left_at = context.now
    place.sequence += 1
    place.revised_at = context.now.replace(microsecond=0)
    context.session.flush()
    for occurrence_id in _concerned(context.session, place):
        offer_places.serve_places(context, occurrence_id)


def _concerned(session: Session, place: Enrolment) -> list[int]:
    """The dates in which the place counts, as far as somebody waits for one there; its own at least."""
    if place.occurrence_id is not None:
        return [place.occurrence_id]
    return place_queue.awaited_in_series(session, place.series_id)
