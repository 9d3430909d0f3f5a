"""Requests to sign in. Link and code are derived from `public_id` with the secret key and stored nowhere."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from booking.store.db.base import Base, Id, new_public_id


class SignIn(Base):
    """One request. `return_to` and `typed` are where the person came from and what was typed there.

    `email` is the key of an address; `person_id` is None for one that nobody here has. `tries` counts the wrong codes
    that were typed on its page, five at the most; `used_at` is set by the one POST that consumed it.
    """

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("ix_sign_in_email", "email", "requested_at"),
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    email: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    requested_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    return_to: Mapped[str] = mapped_column(default="/")
    typed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
