"""Remove somebody from a lab or a masterclass; they are emailed."""

from __future__ import annotations

import uuid

from sqlalchemy import bindparam, select

from booking.domain.bookings import topics
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.services.steps import leave_place
from booking.services.steps.permission import check_coordinator
from booking.services.transaction import transactional
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import SCHEDULED, Occurrence

REASON = 500


@transactional
def remove(context: ActionContext, enrolment_id: uuid.UUID, reason: str) -> Enrolment:
    """End a member's place, in all dates if it is one in all; they get the reason if a date is still ahead.

    Twice is once. Raises NotAllowed, NotFound, TextNotAccepted.
    """
    by_id = check_coordinator(context)
    why = topics.clean_line("reason", reason, REASON)
    place = leave_place.locked(context, enrolment_id, lambda _: True)
    if place.left_at is None:
        leave_place.end(context, place)
        context.record(AuditAction.UNENROLLED, AuditSubject.ENROLMENT, place.public_id, by=by_id, reason=why)
        _tell(context, place, why)
    return place


_AHEAD = (
    select(Occurrence)
    .where(
        Occurrence.series_id == bindparam("series_id"),
        Occurrence.ends_at > bindparam("now"),
        Occurrence.status == SCHEDULED,
    )
    .order_by(Occurrence.starts_at)
)


def _tell(context: ActionContext, place: Enrolment, reason: str) -> None:
    """Email the member what they are no longer enrolled in; nothing where every date of it is over."""
    session, now = context.session, context.now
    ahead = session.scalars(_AHEAD, {"series_id": place.series_id, "now": now}).all()
    lost = [one for one in ahead if place.occurrence_id in {None, one.id}]
    if not lost:
        return
    first = lost[0]
    member = session.get_one(Person, place.member_id)
    told = {**email_facts.date_facts(first), "count": len(lost), "reason": reason}
    if place.occurrence_id is None:
        told["title"] = first.series.title  # of all dates, not of the first
    emails.enqueue(session, EmailName.UNENROLLED, member.email, told, now, person_id=member.id)
