"""Ask for what is asked for with answers about public holidays, and list what happens on those to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.domain.holidays import Holiday
from booking.domain.organisation import Organisation
from booking.domain.planning import holiday_answers
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.holiday_answers import HolidayAnswer
from booking.domain.planning.occurrences import Period
from booking.domain.planning.plan import StoredProgramme
from booking.domain.planning.resolve import ResolvedRequest
from booking.domain.planning.schedule import Surroundings
from booking.services.publishing import planning
from booking.services.publishing.planning import Asking
from booking.store.programme import plan_inputs


@dataclass(frozen=True, slots=True)
class SeriesOnHoliday:
    """What happens to a series on a public holiday, in words."""

    day: date
    holiday: Holiday
    series: Definition
    words: str


def answered(asking: Asking, answers: Sequence[HolidayAnswer], organisation: Organisation) -> Asking:
    """Ask for the same with these answers applied, in their order, to the series that they are about."""
    if not answers:
        return asking

    def with_answers(world: StoredProgramme, analysts: Mapping[str, int], now: datetime) -> ResolvedRequest:
        found = asking(world, analysts, now)
        around = Surroundings(planning.days_off(organisation, now), {}, world.away)
        for given in answers:
            asked = found.definitions.get(given.series) or world.definitions.get(given.series)
            if asked is not None:
                stored = world.series(found.came_from.get(given.series, given.series))
                found.definitions[given.series] = holiday_answers.apply(asked, given, stored, Period(now), around)
        return found

    return with_answers


def upcoming(session: Session, organisation: Organisation, now: datetime) -> list[SeriesOnHoliday]:
    """The public holidays of every observed state on which a series meets, or would meet, by date."""
    world = plan_inputs.world(session, organisation.kinds, now)
    found = []
    for day, holiday in sorted(planning.days_off(organisation, now).by_date.items()):
        for slug, definition in world.definitions.items() if holiday.is_everywhere and day >= now.date() else ():
            words = holiday_answers.in_words(world.series(slug), day)
            if words is not None:
                found.append(SeriesOnHoliday(day, holiday, definition, words))
    return found
