"""Look one occurrence up for services and pages."""

from __future__ import annotations

import uuid

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.store.programme.programme import Occurrence

_ID = select(Occurrence.id).where(Occurrence.public_id == bindparam("public_id"))
_OCCURRENCE = select(Occurrence).where(Occurrence.public_id == bindparam("public_id"))


def occurrence_id(session: Session, public_id: uuid.UUID) -> int:
    """The internal id; raises NotFound."""
    found = session.execute(_ID, {"public_id": public_id}).scalar_one_or_none()
    if found is None:
        raise errors.NotFound()
    return found


def with_public_id(session: Session, public_id: uuid.UUID) -> Occurrence | None:
    """The occurrence of that id, or None."""
    return session.scalars(_OCCURRENCE, {"public_id": public_id}).one_or_none()
