"""People and their roles."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, bindparam, exists, false, select, text, true
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from booking.domain.enums.people import InvitationPreference, RoleName
from booking.domain.people import email_addresses, free_trials
from booking.store.db.base import Base, Id, new_public_id, one_of

AGENDA_HOUR = 7
EMAIL_FAILING = "email_failing_at IS NOT NULL"
TRIAL = "trial_until IS NOT NULL"


def _key_of_email(context: Any) -> str:
    return email_addresses.key(context.get_current_parameters()["email"])


class Person(Base):
    """Somebody with an address. `email` is kept as typed, in lower case; `email_key` is what it is compared by.

    `name_is_own`, `time_zone_is_own` and `meeting_url_is_own`: set by the person, so an import leaves them.
    `meeting_url` is an analyst's own meeting link.
    `wants_reminders`, and `agenda_hour` (of the analyst's own clock, None for none) with `agenda_sent_on`, the day of
    the last one. `feed_kinds` are the kinds their calendar holds beside what is their own, None for all without slots.
    `browser_time_zone` is what a browser said at the first signed-in visit; `asked_time_zone` the last one
    that was offered to them, so that they are asked once. `trial_until` is the last day of the free trial that they
    signed up for, None for whoever never did; `trial_ending_told_at` is when an email told them that it ends soon.
    `email_failing_at`: since when their address is known not to
    work, and `email_failure` what the mail server said of it.
    """

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint(one_of("invitations", InvitationPreference), name="invitations"),
        Index("ix_person_name", "name", "id", "email_key", "member_until", "closed_at"),  # all that a search reads
        Index(
            "ix_person_trial_until",
            "trial_until",
            "id",
            "member_until",
            sqlite_where=text(TRIAL),
            postgresql_where=text(TRIAL),
        ),
        Index(
            "ix_person_email_failing_at",
            "email_failing_at",
            "id",
            sqlite_where=text(EMAIL_FAILING),
            postgresql_where=text(EMAIL_FAILING),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True, default=_key_of_email)
    name: Mapped[str]
    name_is_own: Mapped[bool] = mapped_column(default=False)
    time_zone: Mapped[str | None]
    time_zone_is_own: Mapped[bool] = mapped_column(default=False)
    asked_time_zone: Mapped[str | None]
    member_until: Mapped[date | None]
    trial_until: Mapped[date | None]
    trial_ending_told_at: Mapped[datetime | None]
    about: Mapped[str] = mapped_column(default="")
    meeting_url: Mapped[str | None]
    meeting_url_is_own: Mapped[bool] = mapped_column(default=False, server_default=false())
    invitations: Mapped[str] = mapped_column(default=InvitationPreference.UNTIL_SUBSCRIBED)
    member_feed_generation: Mapped[int] = mapped_column(default=0)
    member_feed_fetched_at: Mapped[datetime | None]
    analyst_feed_generation: Mapped[int] = mapped_column(default=0)
    analyst_feed_fetched_at: Mapped[datetime | None]
    wants_reminders: Mapped[bool] = mapped_column(default=True, server_default=true())
    agenda_hour: Mapped[int | None] = mapped_column(default=AGENDA_HOUR, server_default=str(AGENDA_HOUR))
    agenda_sent_on: Mapped[date | None]
    feed_kinds: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    is_demo: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    email_failing_at: Mapped[datetime | None]
    email_failure: Mapped[str] = mapped_column(default="", server_default=text("''"))

    roles: Mapped[list[Role]] = relationship(
        back_populates="person", cascade="all, delete-orphan", order_by="Role.role"
    )

    @property
    def role_names(self) -> frozenset[str]:
        return frozenset(role.role for role in self.roles)

    @property
    def is_trial(self) -> bool:
        """Whether the membership is a free trial, under way or over, that nothing has followed."""
        return free_trials.is_trial(self.member_until, self.trial_until)


class Role(Base):
    """One role of one person."""

    __tablename__ = "role"
    __table_args__ = (
        CheckConstraint(one_of("role", RoleName), name="role"),
        Index("ix_role_role", "role", "person_id"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)

    person: Mapped[Person] = relationship(back_populates="roles")


_WITH_EMAIL = select(Person).where(Person.email_key == bindparam("key"), Person.closed_at.is_(None))


def with_email(session: Session, email: str) -> Person | None:
    """Returns the person with that address, unless their account is closed; None if there is nobody."""
    return session.scalars(_WITH_EMAIL, {"key": email_addresses.key(email)}).one_or_none()


_ZONE_BY_PUBLIC_ID = select(Person.time_zone).where(Person.public_id == bindparam("person"))
_ZONE_BY_ID = select(Person.time_zone).where(Person.id == bindparam("person"))


def zone_of(session: Session, person: uuid.UUID | int) -> str | None:
    """The IANA zone of a person (public or internal id), None while unknown."""
    statement = _ZONE_BY_PUBLIC_ID if isinstance(person, uuid.UUID) else _ZONE_BY_ID
    return session.scalar(statement, {"person": person})


_COORDINATORS = (
    select(Person)
    .join(Role, Role.person_id == Person.id)
    .where(Role.role == RoleName.COORDINATOR)
    .where(Person.closed_at.is_(None))
    .order_by(Person.id)
)


def coordinators(session: Session) -> list[Person]:
    """Everybody who coordinates now, by id."""
    return list(session.scalars(_COORDINATORS))


_HOLDS_REAL_PEOPLE = select(exists().where(Person.is_demo.is_(False)))


def holds_real_people(session: Session) -> bool:
    """Whether anybody here is not one of the demo's made-up people."""
    return bool(session.scalar(_HOLDS_REAL_PEOPLE))
