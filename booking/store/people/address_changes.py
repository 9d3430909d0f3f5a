"""Requests of people to change their email address. The link is derived from `public_id` and stored nowhere."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from booking.store.db.base import Base, Id, new_public_id


class AddressChange(Base):
    """One request, to `email`. It counts until `expires_at`, and once: `confirmed_at` is when its link was used."""

    __tablename__ = "address_change"
    __table_args__ = (Index("ix_address_change_person_id", "person_id", "requested_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    email: Mapped[str]
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
