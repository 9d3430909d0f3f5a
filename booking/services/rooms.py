"""Rooms, recordings and slides: set at once, with no plan, because no booking and no calendar changes by them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.services.deed import deed
from booking.store import locks, register
from booking.store.programme import Occurrence


@deed
def set_links(
    session: Session,
    occurrence_id: uuid.UUID,
    links: Mapping[str, str],
    now: datetime,
    *,
    actor_id: int | None = None,
    whole_series: bool = False,
) -> Occurrence:
    """Set what `links` holds of `room`, `recording` or `slides` of one occurrence.

    With `whole_series` the room is that of all of its series. An empty text takes one away. Doors stay the same.
    Raises NotFound and TextNotAccepted, naming the field.
    """
    for field, value in links.items():
        check(field, value)
    occurrence = locks.occurrence(session, occurrence_id)
    if "room" in links:
        if whole_series:
            occurrence.series.room_url = links["room"] or None
            occurrence.room_url = None
        else:
            occurrence.room_url = links["room"] or None
    if "recording" in links:
        occurrence.recording_url = links["recording"]
    if "slides" in links:
        occurrence.slides_url = links["slides"]
    register.write(
        session, "set-links", "occurrence", occurrence.public_id, now, actor_id=actor_id, fields=sorted(links)
    )
    session.flush()
    return occurrence


def check(field: str, value: str) -> None:
    """Raise TextNotAccepted for what is no address of a page; an empty one is none."""
    if not value:
        return
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.netloc or len(value) > 2000 or not value.isprintable() or " " in value:
        raise errors.TextNotAccepted(field, "this is no address of a page: it begins with https://")
