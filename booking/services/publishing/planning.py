"""Plan what is asked for: read from the store without a lock for showing, under the locks for publishing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.domain import zones
from booking.domain.holidays import DaysOff
from booking.domain.organisation import Organisation
from booking.domain.planning import conflicts
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.consequences import leaving, touched
from booking.domain.planning.notices import TouchedPeople
from booking.domain.planning.occurrences import Period
from booking.domain.planning.plan import Changes, Plan, StoredProgramme
from booking.domain.planning.planner import changes, complete
from booking.domain.planning.resolve import ResolvedRequest, resolve
from booking.domain.planning.words.statement import Statement
from booking.domain.recurrence import stored_until
from booking.programme import days_off as days_off_file
from booking.store.outbox import emails
from booking.store.programme import plan_inputs, plan_people

#: Turns the stored programme into the definitions asked for; analysts' ids by address are at hand.
Asking = Callable[[StoredProgramme, Mapping[str, int], datetime], ResolvedRequest]


def files(statements: Sequence[Statement], same: Mapping[str, str] | None = None) -> Asking:
    """Ask for what programme files state; `same` answers which stored series a stated one is."""

    def asking(world: StoredProgramme, analysts: Mapping[str, int], now: datetime) -> ResolvedRequest:
        zone = statements[0].rule.zone if statements else "UTC"
        return resolve(statements, world, analysts, zones.today(now, zone), same)

    return asking


def page(slug: str, edit: Callable[[Definition], Definition]) -> Asking:
    """Ask for one edit of one series on a page; a series that does not exist is a problem."""

    def asking(world: StoredProgramme, _analysts: Mapping[str, int], _now: datetime) -> ResolvedRequest:
        found = ResolvedRequest()
        if slug in world.definitions:
            found.definitions[slug] = edit(world.definitions[slug])
        else:
            found.problems.append(f"there is no series {slug!r}")
        return found

    return asking


def nothing(_world: StoredProgramme, _analysts: Mapping[str, int], _now: datetime) -> ResolvedRequest:
    """Ask for nothing: only clock times whose zone changed its rules are mended."""
    return ResolvedRequest()


def days_off(organisation: Organisation, now: datetime) -> DaysOff:
    """The holidays and closed days from a month ago to the far end of what is stored."""
    today = zones.today(now, organisation.zone)
    return days_off_file.between(
        today - timedelta(days=31), stored_until(today) + timedelta(days=7), organisation.observe, organisation.closed
    )


def read_changes(
    session: Session, asking: Asking, organisation: Organisation, period: Period, *, extends: bool = False
) -> Changes:
    """The first half of a plan, from the store as it is; with `extends` the far end of every series too."""
    now = period.now
    world = plan_inputs.world(session, organisation.kinds, now, with_past=period.with_past)
    asked = asking(world, plan_inputs.analyst_ids(session), now)
    found = changes(world, asked, period, days_off(organisation, now), extends=extends)
    found.findings += conflicts.shared_links(found, world, plan_inputs.meeting_links(session))
    return found


def finish(session: Session, found: Changes, organisation: Organisation, now: datetime) -> Plan:
    """The plan: with what becomes of the bookings and places that the changes touch."""
    held = plan_people.held(session, found.touched_ids, now)
    places = plan_people.places(session, found)
    offers = plan_people.offers(session, found.touched_ids)
    lost = leaving(found.steps, offers)
    hurt = touched(found.steps, held, {one.booking_id for one in lost if one.booking_id is not None})
    claimed = plan_people.claimed(session, found, hurt, places, lost)
    enrolled = plan_people.enrolled(session, found.appearing)
    plan = complete(found, TouchedPeople(held, places, offers, enrolled), claimed, organisation, now)
    plan.held_back = emails.count_held_back(session, now)
    return plan


def read_plan(
    session: Session, asking: Asking, organisation: Organisation, now: datetime, *, with_past: bool = False
) -> Plan:
    """The plan for showing; nothing is locked and nothing written."""
    found = read_changes(session, asking, organisation, Period(now, with_past))
    return finish(session, found, organisation, now)
