"""Sign-ups for a free trial. The link that confirms one is derived from `public_id` and stored nowhere."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, delete, exists, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.enums.people import TrialAnswer
from booking.store.db.base import Base, Id, new_public_id, one_of, table_of

CONFIRMED = "confirmed_at IS NOT NULL"


class TrialSignUp(Base):
    """One sign-up. `key` is what tells people apart who sign up (free_trials.key), `answer` what its email said.

    `confirmed_at` is when its link was used, once, and `person_id` the account that began with it. A confirmed one is
    kept, so that nobody has two trials; the others are forgotten soon after `expires_at`.
    """

    __tablename__ = "trial_sign_up"
    __table_args__ = (
        CheckConstraint(one_of("answer", TrialAnswer), name="answer"),
        Index(
            "uq_trial_sign_up_key",
            "key",
            unique=True,
            sqlite_where=text(CONFIRMED),
            postgresql_where=text(CONFIRMED),
        ),
        Index("ix_trial_sign_up_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    email: Mapped[str]
    key: Mapped[str]
    name: Mapped[str]
    time_zone: Mapped[str | None]
    answer: Mapped[str]
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)


_ONE = (
    select(TrialSignUp).where(TrialSignUp.public_id == bindparam("public_id")).execution_options(populate_existing=True)
)
_HAD = select(exists().where(TrialSignUp.key == bindparam("key"), TrialSignUp.confirmed_at.is_not(None)))
_FORGET = delete(table_of(TrialSignUp)).where(
    TrialSignUp.expires_at < bindparam("now"), TrialSignUp.confirmed_at.is_(None)
)


def with_public_id(session: Session, public_id: uuid.UUID) -> TrialSignUp | None:
    """One sign-up, as it is stored now."""
    return session.scalars(_ONE, {"public_id": public_id}).one_or_none()


def has_had_one(session: Session, key: str) -> bool:
    """Whether a trial was ever begun with such an address (free_trials.key)."""
    return bool(session.scalar(_HAD, {"key": key}))


def forget(session: Session, now: datetime) -> None:
    """Delete sign-ups whose link was never used and no longer works."""
    session.connection().execute(_FORGET, {"now": now})
