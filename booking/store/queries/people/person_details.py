"""What the page of one person lists beside their bookings: each the latest or next few, by an index of theirs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, literal, null, select
from sqlalchemy.orm import Session

from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.db.base import table_of
from booking.store.db.field_columns import in_field_order
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.api_tokens import HANDLE, ApiToken
from booking.store.people.people import Person
from booking.store.people.time_off import TimeOff
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Occurrence, Series

MOST = 10  # of each list


@dataclass(frozen=True, slots=True)
class PlaceInSeries:
    """An enrolment: in every date of a series, or in the one that `starts_at` says."""

    slug: str
    title: str
    zone: str
    starts_at: datetime | None
    occurrence_public_id: uuid.UUID | None
    enrolled_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """An open place on a waitlist; `analyst` is None for any, `minutes` 0 where one waits for a place, not a slot."""

    occurrence_public_id: uuid.UUID
    title: str
    zone: str
    starts_at: datetime
    minutes: int
    analyst: str | None
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class PersonalEmail:
    """One email to them, as it is on its way."""

    public_id: uuid.UUID
    name: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class PlannedTimeOff:
    """When an analyst is away, [starts_at, ends_at), from now on."""

    starts_at: datetime
    ends_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class OpenToken:
    """An API token that works: what tells it apart (api_tokens.HANDLE), and when it was made."""

    handle: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """Every list of one page; of each one more than MOST where there are more."""

    enrolments: list[PlaceInSeries]
    waiting: list[WaitingFor]
    emails: list[PersonalEmail]
    time_off: list[PlannedTimeOff]
    tokens: list[OpenToken]


_enrolment, _occurrence, _series = table_of(Enrolment), table_of(Occurrence), table_of(Series)
_waiting, _analyst, _email = table_of(WaitlistEntry), table_of(Person), table_of(OutgoingEmail)
_away, _token, _place = table_of(TimeOff), table_of(ApiToken), table_of(PlaceWait)
_PERSON: BindParameter[int] = bindparam("person_id")
_LIMIT: BindParameter[int] = bindparam("most")
_ENROLMENTS = (
    select(
        *in_field_order(
            PlaceInSeries,
            {
                "slug": _series.c.slug,
                "title": _series.c.title,
                "zone": _series.c.zone,
                "starts_at": _occurrence.c.starts_at,
                "occurrence_public_id": _occurrence.c.public_id,
                "enrolled_at": _enrolment.c.created_at,
            },
        )
    )
    .join(_series, _series.c.id == _enrolment.c.series_id)
    .outerjoin(_occurrence, _occurrence.c.id == _enrolment.c.occurrence_id)
    .where(_enrolment.c.member_id == _PERSON, _enrolment.c.left_at.is_(None))
    .order_by(_enrolment.c.id.desc())
    .limit(_LIMIT)
)
_WAITING = (
    select(
        *in_field_order(
            WaitingFor,
            {
                "occurrence_public_id": _occurrence.c.public_id,
                "title": func.coalesce(_occurrence.c.title, _series.c.title),
                "zone": _series.c.zone,
                "starts_at": _occurrence.c.starts_at,
                "minutes": _waiting.c.minutes,
                "analyst": _analyst.c.name,
                "joined_at": _waiting.c.joined_at,
            },
        )
    )
    .join(_occurrence, _occurrence.c.id == _waiting.c.occurrence_id)
    .join(_series, _series.c.id == _occurrence.c.series_id)
    .outerjoin(_analyst, _analyst.c.id == _waiting.c.analyst_id)
    .where(_waiting.c.member_id == _PERSON, _waiting.c.ended_at.is_(None))
    .order_by(_waiting.c.id.desc())
    .limit(_LIMIT)
)
_WAITING_FOR_A_PLACE = (
    select(
        *in_field_order(
            WaitingFor,
            {
                "occurrence_public_id": _occurrence.c.public_id,
                "title": func.coalesce(_occurrence.c.title, _series.c.title),
                "zone": _series.c.zone,
                "starts_at": _occurrence.c.starts_at,
                "minutes": literal(0),
                "analyst": null(),
                "joined_at": _place.c.joined_at,
            },
        )
    )
    .join(_occurrence, _occurrence.c.id == _place.c.occurrence_id)
    .join(_series, _series.c.id == _occurrence.c.series_id)
    .where(_place.c.member_id == _PERSON, _place.c.ended_at.is_(None))
    .order_by(_place.c.id.desc())
    .limit(_LIMIT)
)
_EMAILS = (
    select(
        *in_field_order(
            PersonalEmail,
            {
                "public_id": _email.c.public_id,
                "name": _email.c.name,
                "created_at": _email.c.created_at,
                "due_at": _email.c.due_at,
                "sent_at": _email.c.sent_at,
                "failed_at": _email.c.failed_at,
                "error": _email.c.last_error,
            },
        )
    )
    .where(_email.c.person_id == _PERSON)
    .order_by(_email.c.id.desc())
    .limit(_LIMIT)
)
_TIME_OFF = (
    select(_away.c.starts_at, _away.c.ends_at, _away.c.note)
    .where(_away.c.analyst_id == _PERSON, _away.c.ended_at.is_(None), _away.c.ends_at > bindparam("now"))
    .order_by(_away.c.ends_at, _away.c.id)
    .limit(_LIMIT)
)
_TOKENS = (
    select(_token.c.digest, _token.c.created_at)
    .where(_token.c.person_id == _PERSON, _token.c.revoked_at.is_(None))
    .order_by(_token.c.id.desc())
    .limit(_LIMIT)
)


def of(session: Session, person_id: int, now: datetime) -> PersonDetails:
    """All of it, in six statements."""
    values: dict[str, Any] = {"person_id": person_id, "most": MOST + 1}
    connection = session.connection()
    return PersonDetails(
        [PlaceInSeries(*row) for row in connection.execute(_ENROLMENTS, values)],
        _waiting_for(connection, values),
        [PersonalEmail(*row) for row in connection.execute(_EMAILS, values)],
        [PlannedTimeOff(*row) for row in connection.execute(_TIME_OFF, {**values, "now": now})],
        [OpenToken(row.digest[:HANDLE], row.created_at) for row in connection.execute(_TOKENS, values)],
    )


def _waiting_for(connection: Connection, values: dict[str, Any]) -> list[WaitingFor]:
    """The latest of both sorts, latest first."""
    found = [
        WaitingFor(*row) for wanted in (_WAITING, _WAITING_FOR_A_PLACE) for row in connection.execute(wanted, values)
    ]
    return sorted(found, key=lambda one: one.joined_at, reverse=True)[: MOST + 1]
