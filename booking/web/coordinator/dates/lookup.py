"""Look one date up for its pages."""

from __future__ import annotations

import uuid

from flask import abort

from booking.store.programme.programme import Occurrence
from booking.store.queries.programme import occurrence_lookup
from booking.web.frame import context


def occurrence_of(public_id: uuid.UUID) -> Occurrence:
    """The date of that public id; answers 404 where there is none."""
    found = occurrence_lookup.with_public_id(context.db(), public_id)
    return found if found is not None else abort(404)
