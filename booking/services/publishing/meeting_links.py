"""Rooms, recordings and slides: set at once, with no plan, because no booking and no calendar changes by them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors, links
from booking.services.transaction import deed
from booking.store import audit_log
from booking.store.db import locks
from booking.store.programme.programme import Occurrence


@deed
def set_links(
    session: Session,
    occurrence_id: uuid.UUID,
    given: Mapping[str, str],
    now: datetime,
    *,
    actor_id: int | None = None,
    whole_series: bool = False,
) -> Occurrence:
    """Set what `given` holds of `room`, `recording` or `slides` of one occurrence.

    With `whole_series` the room is that of all of its series. An empty text takes one away. Doors stay the same.
    Raises NotFound and TextNotAccepted, naming the field.
    """
    for field, value in given.items():
        check(field, value)
    occurrence = locks.occurrence(session, occurrence_id)
    if "room" in given:
        if whole_series:
            occurrence.series.room_url = given["room"] or None
            occurrence.room_url = None
        else:
            occurrence.room_url = given["room"] or None
    if "recording" in given:
        occurrence.recording_url = given["recording"]
    if "slides" in given:
        occurrence.slides_url = given["slides"]
    audit_log.write(
        session, "set-links", "occurrence", occurrence.public_id, now, actor_id=actor_id, fields=sorted(given)
    )
    session.flush()
    return occurrence


@deed
def set_analyst_links(
    session: Session,
    occurrence_id: uuid.UUID,
    given: Mapping[int, str],
    now: datetime,
    *,
    actor_id: int | None = None,
) -> Occurrence:
    """Set analysts' own meeting links for one occurrence, by internal id; an empty text takes one away.

    Raises NotFound; TextNotAccepted whose field is `link-` and the analyst's public id.
    """
    occurrence = locks.occurrence(session, occurrence_id)
    for place in occurrence.roster:
        if place.analyst_id in given:
            check(f"link-{place.analyst.public_id}", given[place.analyst_id])
            place.room_url = given[place.analyst_id] or None
    audit_log.write(
        session, "set-links", "occurrence", occurrence.public_id, now, actor_id=actor_id, fields=["analysts"]
    )
    session.flush()
    return occurrence


def check(field: str, value: str) -> None:
    """Raise TextNotAccepted for what is no address of a page; an empty one is none."""
    if value and not links.is_https(value):
        raise errors.TextNotAccepted(field, links.HTTPS)
