"""Keep the far end filled: series without an end are stored to the end of the month 13 months ahead."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from booking.domain.enums.planning import StepKind
from booking.domain.planning.occurrences import Period
from booking.services.action_context import ActionContext
from booking.services.publishing import planning
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.programme import publishing
from booking.store.programme.programme import Series

_SERIES_IDS = select(Series.slug, Series.id).where(Series.slug.in_(bindparam("slugs", expanding=True)))


@transactional
def extend(context: ActionContext) -> int:
    """Add what is missing at the far end, with each series' roster and answer for holidays; how many were added.

    Announces nothing. Exceptions stay: only dates after the last one that is stored are added.
    """
    session, now = context.session, context.now
    programme = locks.programme(session)
    found = planning.read_changes(session, planning.nothing, context.organisation, Period(now), extends=True)
    new = [step for step in found.far if step.what == StepKind.APPEARS]
    if new:
        slugs = {step.series for step in new}
        ids = {slug: i for slug, i in session.execute(_SERIES_IDS, {"slugs": list(slugs)})}
        publishing.add_occurrences(session, new, ids, now, None)
        publishing.touch(programme, now)
    return len(new)
