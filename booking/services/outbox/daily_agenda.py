"""The analyst's morning email: what the day holds, at their hour on their clock, only if there is something."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from booking.domain import zones
from booking.domain.bookings import day_agenda
from booking.domain.enums.emails import EmailName
from booking.domain.enums.people import RoleName
from booking.domain.organisation import Organisation
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person, Role
from booking.store.queries.bookings import agenda_rows

EARLIEST = "Pacific/Kiritimati"  # where each day begins first
LATEST_HOURS = 6  # a worker that was down for longer sends no morning email any more


_DUE = (
    select(Person.id, Person.time_zone, Person.agenda_hour, Person.agenda_sent_on)
    .join(Role, Role.person_id == Person.id)
    .where(Role.role == RoleName.ANALYST, Person.closed_at.is_(None), Person.agenda_hour.is_not(None))
    .where(or_(Person.agenda_sent_on.is_(None), Person.agenda_sent_on < bindparam("today")))
    .order_by(Person.id)
)


def due(session: Session, organisation: Organisation, now: datetime) -> list[int]:
    """The analysts whose hour has come and who have had no email today; one read, for the worker."""
    rows = session.execute(_DUE, {"today": zones.today(now, EARLIEST)})
    return [row.id for row in rows if _is_due(row.time_zone, row.agenda_hour, row.agenda_sent_on, organisation, now)]


def _is_due(zone: str | None, hour: int | None, last_on: object, organisation: Organisation, now: datetime) -> bool:
    wall = zones.wall(now, zone or organisation.zone)
    return hour is not None and last_on != wall.date() and hour <= wall.hour < hour + LATEST_HOURS


@transactional
def write(context: ActionContext, person_id: int) -> bool:
    """Queue the email of the day, once; whether there was anything to tell."""
    session, organisation, now = context.session, context.organisation, context.now
    person = locks.person(session, person_id)
    zone = person.time_zone or organisation.zone
    if not _is_due(person.time_zone, person.agenda_hour, person.agenda_sent_on, organisation, now):
        return False
    today = zones.today(now, zone)
    person.agenda_sent_on = today
    visits = [
        (visit, found.meeting)
        for found in agenda_rows.staffed(session, person.id, day_agenda.bounds(today, today, zone), organisation, now)
        for visit in found.visits
        if visit.ends_at > now
    ]
    session.flush()
    if not visits:
        return False
    told = {
        "daily_agenda": f"{today}",
        "person": str(person.public_id),
        "zone": visits[0][1].zone,
        "starts_at": email_facts.stamp(visits[0][0].starts_at),
        "count": len(visits),
        "lines": [
            {
                "starts_at": email_facts.stamp(visit.starts_at),
                "minutes": visit.minutes,
                "member": visit.member,
                "topic": visit.topic,
                "is_new": visit.last is None,
                "agreed": visit.last.agreed if visit.last is not None else "",
            }
            for visit, _ in visits
        ],
    }
    emails.enqueue(session, EmailName.DAILY_AGENDA, person.email, told, now, person_id=person.id)
    return True
