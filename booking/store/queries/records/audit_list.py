"""The audit log as a coordinator looks through it: filtered, latest first, one page after another."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, Table, bindparam, select, tuple_, union_all
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import CTE

from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.db.base import Id, UTCDateTime, table_of
from booking.store.db.field_columns import in_field_order
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment

PAGE = 50  # lines on one page
Place = tuple[datetime, int]  # of a line in the log: when it was written, and its internal id


@dataclass(frozen=True, slots=True)
class LoggedAction:
    """One line. `actor` is a name, None where the service itself did it."""

    id: int
    at: datetime
    actor: str | None
    actor_public_id: uuid.UUID | None
    is_by_link: bool
    action: str
    subject: str
    subject_id: uuid.UUID | None
    details: dict[str, Any]

    @property
    def place(self) -> Place:
        """Returns its place in the log."""
        return self.at, self.id


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to list; None does not narrow it. Times lie in [`since`, `until`).

    `actor_ids`: what they did. `about_ids`: what was done to them, their bookings, enrolments, waitlist places and
    emails. `subject_id` is the public id of one thing.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor_ids: tuple[int, ...] | None = None
    about_ids: tuple[int, ...] | None = None
    action: AuditAction | None = None
    subject: AuditSubject | None = None
    subject_id: uuid.UUID | None = None

    def values(self) -> dict[str, Any]:
        """Returns what narrows the list, by field."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if value is not None}


_log, _actor = table_of(AuditEntry), table_of(Person)
_ABOUT_IDS: BindParameter[Any] = bindparam("about_ids", expanding=True)


def _things_of_people() -> CTE:
    """The lines about some people, by the index of what a line is about.

    Written down first: read by time, a million lines would be passed over until enough of theirs are found.
    """
    booking, waiting, enrolment, email = (table_of(one) for one in (Booking, WaitlistEntry, Enrolment, OutgoingEmail))
    things = union_all(
        select(_actor.c.public_id).where(_actor.c.id.in_(_ABOUT_IDS)),
        select(booking.c.public_id).where(booking.c.member_id.in_(_ABOUT_IDS)),
        select(waiting.c.public_id).where(waiting.c.member_id.in_(_ABOUT_IDS)),
        select(enrolment.c.public_id).where(enrolment.c.member_id.in_(_ABOUT_IDS)),
        select(email.c.public_id).where(email.c.person_id.in_(_ABOUT_IDS)),
    ).subquery("thing")
    columns = (_log.c.id, _log.c.at, _log.c.actor_id, _log.c.action, _log.c.subject, _log.c.subject_id)
    lines = select(*columns).join(things, things.c.public_id == _log.c.subject_id)
    return lines.cte("line").prefix_with("MATERIALIZED")


_ABOUT = _things_of_people()


def _condition(name: str, lines: Table | CTE) -> Any:
    """What one field of an AuditFilter asks of a line; "after" is what comes beyond a place."""
    here = tuple_(lines.c.at, lines.c.id)
    conditions = {
        "since": lines.c.at >= bindparam("since", type_=UTCDateTime()),
        "until": lines.c.at < bindparam("until", type_=UTCDateTime()),
        "actor_ids": lines.c.actor_id.in_(bindparam("actor_ids", expanding=True)),
        "action": lines.c.action == bindparam("action"),
        "subject": lines.c.subject == bindparam("subject"),
        "subject_id": lines.c.subject_id == bindparam("subject_id"),
        "after": here < tuple_(bindparam("after_at", type_=UTCDateTime()), bindparam("after_id", type_=Id)),
    }
    return conditions[name]


_ROWS = select(
    *in_field_order(
        LoggedAction,
        {
            "id": _log.c.id,
            "at": _log.c.at,
            "actor": _actor.c.name.label("actor"),
            "actor_public_id": _actor.c.public_id.label("actor_public_id"),
            "is_by_link": _log.c.is_by_link,
            "action": _log.c.action,
            "subject": _log.c.subject,
            "subject_id": _log.c.subject_id,
            "details": _log.c.details,
        },
    )
).outerjoin(_actor, _actor.c.id == _log.c.actor_id)


@cache
def _statement(names: frozenset[str]) -> Select[Any]:
    """The statement with these conditions: one of a few dozen, each put together once."""
    lines: Table | CTE = _ABOUT if "about_ids" in names else _log
    ids = select(lines.c.id).limit(bindparam("most")).order_by(lines.c.at.desc(), lines.c.id.desc())
    for name in sorted(names - {"about_ids"}):
        ids = ids.where(_condition(name, lines))
    found = ids.subquery("found")
    return _ROWS.join(found, found.c.id == _log.c.id).order_by(_log.c.at.desc(), _log.c.id.desc())


def page(session: Session, narrowed: AuditFilter, after: Place | None, most: int) -> list[LoggedAction]:
    """Up to `most` lines before that place, latest first; one statement."""
    values = narrowed.values()
    names = set(values)
    if after is not None:
        values["after_at"], values["after_id"] = after
        names.add("after")
    rows = session.connection().execute(_statement(frozenset(names)), {**values, "most": most})
    return [LoggedAction(*row) for row in rows]
