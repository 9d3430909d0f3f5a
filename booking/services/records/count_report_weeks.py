"""Count the weeks of the reports that are over, one at a time, so that a page needn't."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import func, select

from booking.domain import zones
from booking.domain.people.actor import ActorKind
from booking.domain.reports.figures import ReportPeriod
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store import report_weeks
from booking.store.programme.programme import Occurrence
from booking.store.queries.reports import week_figures

MOST_WEEKS = 530  # ten years: what is older is counted whenever somebody asks for it
#: How long a week's row must have been there before it is counted: whatever began before it was there, and would not
#: have marked it as changed, has ended by then.
SETTLING = timedelta(minutes=10)
_FIRST = select(func.min(Occurrence.starts_at))


@transactional
def prepare_report_weeks(context: ActionContext) -> int:
    """Add a row for each week that is over and has none; how many. For the service itself, else PermissionError."""
    _check(context)
    first = context.session.scalar(_FIRST)
    weeks = [] if first is None else _finished(first, context.organisation.zone, context.now)
    return report_weeks.prepare(context.session, weeks, context.organisation.bookable, context.now)


@transactional
def count_report_week(context: ActionContext) -> bool:
    """Count the latest week that is not counted; False where none is left. For the service itself, likewise."""
    _check(context)
    bookable = context.organisation.bookable
    found = report_weeks.next_to_count(context.session, bookable, context.now - SETTLING)
    if found is None:
        return False
    week_id, version, bounds = found
    (count,) = week_figures.counted(context.session, [bounds], bookable, context.now)
    report_weeks.keep(context.session, week_id, version, asdict(count))
    return True


def _check(context: ActionContext) -> None:
    if context.actor.kind is not ActorKind.SYSTEM:
        raise PermissionError("the service itself counts the weeks of the reports")


def _finished(first: datetime, zone: str, now: datetime) -> list[report_weeks.Bounds]:
    """The weeks that are over in that zone, from the one with `first` on."""
    today = zones.today(now, zone)
    last_sunday = today - timedelta(days=today.weekday() + 1)
    begun = max(zones.today(first, zone), last_sunday - timedelta(weeks=MOST_WEEKS) + timedelta(days=1))
    monday = begun - timedelta(days=begun.weekday())
    return ReportPeriod(monday, last_sunday, zone).bounds if monday <= last_sunday else []
