"""Emails: one row is one e-mail to one person; the outbox is those not yet sent."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.enums.emails import EmailName
from booking.store.db.base import Base, Id, new_public_id, table_of
from booking.store.programme.changes import Change

FIRST = EmailName.BOOKED  # the first email about a booking
FAILING = EmailName.EMAILS_FAILING  # what tells coordinators that emails are refused
WAITING = "sent_at IS NULL AND failed_at IS NULL"
SENT = "sent_at IS NOT NULL"
FAILED = "failed_at IS NOT NULL"
BOUNCED = "bounced_at IS NOT NULL"
DISMISSED = "dismissed_at IS NOT NULL"
WARNING = f"name = '{FAILING}'"


class OutgoingEmail(Base):
    """`name` is the folder of its templates; `facts` are the facts as of the commit that queued it.

    `change_id` is the publish that queued it: undone in time, the email goes with it.

    No link or code that opens anything is in a row: the worker derives them from ids when it renders.
    Ordered by id for one person and booking; `leased_until` is set while a worker has it. `failed_at`: refused for
    good, it never left. `bounced_at`: it left, and came back. `dismissed_at`: somebody has seen to that. What was sent
    and has a `last_error` is delayed on its way.
    """

    __tablename__ = "outgoing_email"
    __table_args__ = (
        Index("ix_outgoing_email_outbox", "due_at", "id", sqlite_where=text(WAITING), postgresql_where=text(WAITING)),
        Index(
            "ix_outgoing_email_waiting_for",
            "person_id",
            "booking_id",
            "id",
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index("ix_outgoing_email_sent", "sent_at", "id", sqlite_where=text(SENT), postgresql_where=text(SENT)),
        Index("ix_outgoing_email_failed", "failed_at", "id", sqlite_where=text(FAILED), postgresql_where=text(FAILED)),
        Index(
            "ix_outgoing_email_bounced", "bounced_at", "id", sqlite_where=text(BOUNCED), postgresql_where=text(BOUNCED)
        ),
        Index(
            "ix_outgoing_email_dismissed",
            "dismissed_at",
            "id",
            sqlite_where=text(DISMISSED),
            postgresql_where=text(DISMISSED),
        ),
        Index("ix_outgoing_email_failing", "created_at", sqlite_where=text(WARNING), postgresql_where=text(WARNING)),
        Index("ix_outgoing_email_person_id", "person_id", "id"),
        Index("ix_outgoing_email_booking_id", "booking_id"),
        Index("ix_outgoing_email_change_id", "change_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    name: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    to_email: Mapped[str]
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"))
    change_id: Mapped[int | None] = mapped_column(ForeignKey(Change.id))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    bounced_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]


_email = table_of(OutgoingEmail)
_INSERT = insert(_email)


class EmailContext(TypedDict, total=False):
    """Ids of the person it goes to, the booking it is about and the publish that queued it; `due_at` is `now` if left
    out."""

    person_id: int | None
    booking_id: int | None
    change_id: int | None
    due_at: datetime


_DUE_AT_ONCE = (
    update(_email)
    .where(
        or_(
            _email.c.booking_id == bindparam("about_id"),
            and_(_email.c.person_id == bindparam("reader_id"), _email.c.booking_id.is_(None)),
        ),
        _email.c.change_id.is_not(None),
        _email.c.due_at > bindparam("now"),
        _email.c.sent_at.is_(None),
    )
    .values(due_at=bindparam("now"))
)


def enqueue(
    session: Session,
    name: EmailName,
    to_email: str,
    facts: dict[str, Any],
    now: datetime,
    **about: Unpack[EmailContext],
) -> None:
    """Queue one email to one person; it leaves when the transaction has committed and `due_at` is past.

    What a publish still holds back about the same booking, or about several things of the same person, is due at once,
    so that emails keep their order: whoever changes the booking now has seen what was published, and it can no longer
    be put back.
    """
    booking_id = about.get("booking_id")
    if booking_id is not None and about.get("change_id") is None and name != FIRST:
        session.flush()
        session.connection().execute(
            _DUE_AT_ONCE, {"about_id": booking_id, "reader_id": about.get("person_id"), "now": now}
        )
    add(session, [row(name, to_email, facts, now, **about)])


def row(
    name: EmailName, to_email: str, facts: dict[str, Any], now: datetime, **about: Unpack[EmailContext]
) -> dict[str, Any]:
    """Returns one email as `add` takes it."""
    found = {"name": name, "to_email": to_email, "facts": facts, "created_at": now, "due_at": now}
    return {**found, "person_id": None, "booking_id": None, "change_id": None, **about}


def add(session: Session, rows: list[dict[str, Any]]) -> None:
    """Queue emails as they are, in one statement."""
    session.connection().execute(_INSERT, rows[0] if len(rows) == 1 else rows)


#: What a publish queues beside the one email that tells a person everything that it changes for them.
NOT_MERGED = (EmailName.COVER_WANTED, EmailName.HANDED_OVER, EmailName.OFFER_LAPSED)


_IS_HELD_BACK = (
    OutgoingEmail.sent_at.is_(None),
    OutgoingEmail.failed_at.is_(None),
    OutgoingEmail.attempts == 0,
    OutgoingEmail.due_at > bindparam("now"),
    OutgoingEmail.change_id.is_not(None),
    OutgoingEmail.name.not_in(NOT_MERGED),
)
_COUNT_HELD_BACK = select(func.count(func.distinct(OutgoingEmail.person_id))).where(*_IS_HELD_BACK)
_HELD_BACK = (
    select(OutgoingEmail)
    .where(*_IS_HELD_BACK)
    .order_by(OutgoingEmail.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def count_held_back(session: Session, now: datetime) -> int:
    """Returns how many people wait for the email of a publish that is not due yet."""
    return session.scalar(_COUNT_HELD_BACK, {"now": now}) or 0


def held_back(session: Session, now: datetime) -> list[OutgoingEmail]:
    """The emails of publishes to those they concern that are not due yet, locked."""
    return list(session.scalars(_HELD_BACK, {"now": now}))


_SET_ASIDE = ("name", "person_id", "to_email", "booking_id", "change_id", "facts")


_EMAILED_ABOUT = select(func.count(func.distinct(OutgoingEmail.person_id))).where(
    OutgoingEmail.change_id == bindparam("change_id")
)


def emailed_about(session: Session, change_id: int) -> int:
    """Returns how many people that publish emails, or has emailed."""
    return session.scalar(_EMAILED_ABOUT, {"change_id": change_id}) or 0


def set_aside(session: Session, emails: list[OutgoingEmail]) -> list[dict[str, Any]]:
    """Take these emails out of the outbox; as JSON values, for `put_back`."""
    if emails:
        session.execute(delete(OutgoingEmail).where(OutgoingEmail.id.in_([email.id for email in emails])))
    return [
        {name: getattr(email, name) for name in _SET_ASIDE}
        | {"public_id": str(email.public_id), "due_at": email.due_at.isoformat()}
        | {"created_at": email.created_at.isoformat()}
        for email in emails
    ]


def put_back(session: Session, rows: list[dict[str, Any]]) -> None:
    """Queue emails again that were set aside: each is due when it was."""
    if rows:
        found = [
            row
            | {"public_id": uuid.UUID(row["public_id"]), "due_at": datetime.fromisoformat(row["due_at"])}
            | {"created_at": datetime.fromisoformat(row["created_at"])}
            for row in rows
        ]
        session.execute(_INSERT, found)
