"""Set meeting links, recordings and slides at once, without a plan: no booking and no calendar changes by them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from booking.domain import errors, links
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.programme.programme import Occurrence


@transactional
def set_links(
    context: ActionContext, occurrence_id: uuid.UUID, given: Mapping[str, str], *, whole_series: bool = False
) -> Occurrence:
    """Set what `given` holds of `meeting_url`, `recording` or `slides` of one occurrence.

    With `whole_series` the meeting link is set for the whole series. An empty text removes it. Join links stay.
    Raises NotFound and TextNotAccepted, naming the field.
    """
    session = context.session
    for field, value in given.items():
        check(field, value)
    occurrence = locks.occurrence(session, occurrence_id)
    if "meeting_url" in given:
        if whole_series:
            occurrence.series.meeting_url = given["meeting_url"] or None
            occurrence.meeting_url = None
        else:
            occurrence.meeting_url = given["meeting_url"] or None
    if "recording" in given:
        occurrence.recording_url = given["recording"]
    if "slides" in given:
        occurrence.slides_url = given["slides"]
    context.record(
        AuditAction.LINKS_SET,
        AuditSubject.OCCURRENCE,
        occurrence.public_id,
        by=context.actor.staff_or_system_id,
        fields=sorted(given),
    )
    session.flush()
    return occurrence


@transactional
def set_analyst_links(context: ActionContext, occurrence_id: uuid.UUID, given: Mapping[int, str]) -> Occurrence:
    """Set analysts' own meeting links for one occurrence, by internal id; an empty text takes one away.

    Raises NotFound; TextNotAccepted whose field is `link-` and the analyst's public id.
    """
    session = context.session
    occurrence = locks.occurrence(session, occurrence_id)
    for place in occurrence.roster:
        if place.analyst_id in given:
            check(f"link-{place.analyst.public_id}", given[place.analyst_id])
            place.meeting_url = given[place.analyst_id] or None
    context.record(
        AuditAction.LINKS_SET,
        AuditSubject.OCCURRENCE,
        occurrence.public_id,
        by=context.actor.staff_or_system_id,
        fields=["analysts"],
    )
    session.flush()
    return occurrence


def check(field: str, value: str) -> None:
    """Raise TextNotAccepted for what is no address of a page; an empty one is none."""
    if value and not links.is_https(value):
        raise errors.TextNotAccepted(field, links.HTTPS)
