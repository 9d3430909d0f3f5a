"""Free trials as a coordinator looks at them: how many became members, and each of them, latest last day first."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, case, func, select, tuple_
from sqlalchemy.orm import Session

from booking.domain.enums.people import TrialState
from booking.domain.people import free_trials
from booking.store.db.base import Id, table_of
from booking.store.people.people import Person

PAGE = 50  # trials on one page
Place = tuple[date, int]  # of a trial in the list: its last day, and its person's internal id


@dataclass(frozen=True, slots=True)
class ListedTrial:
    """One trial; `id` is internal."""

    id: int
    public_id: uuid.UUID
    name: str
    email: str
    trial_until: date
    member_until: date | None

    @property
    def place(self) -> Place:
        """Returns its place in the list."""
        return self.trial_until, self.id

    def state(self, today: date) -> TrialState:
        """What has become of it."""
        return free_trials.state(self.member_until, self.trial_until, today)


_person = table_of(Person)
_STATE = case(
    (_person.c.member_until.is_(None) | (_person.c.member_until != _person.c.trial_until), TrialState.JOINED.value),
    (_person.c.trial_until >= bindparam("today"), TrialState.UNDER_WAY.value),
    else_=TrialState.ENDED.value,
)
_COUNTS = (
    select(_STATE.label("state"), func.count().label("many"))
    .where(_person.c.trial_until.is_not(None), _person.c.trial_until >= bindparam("since"))
    .group_by(_STATE)
)
_PAGE = (
    select(
        _person.c.id,
        _person.c.public_id,
        _person.c.name,
        _person.c.email,
        _person.c.trial_until,
        _person.c.member_until,
    )
    .where(
        _person.c.trial_until.is_not(None),
        tuple_(_person.c.trial_until, _person.c.id)
        < tuple_(bindparam("after_day", type_=_person.c.trial_until.type), bindparam("after_id", type_=Id)),
    )
    .order_by(_person.c.trial_until.desc(), _person.c.id.desc())
    .limit(bindparam("most"))
)


def counts(session: Session, since: date, today: date) -> dict[TrialState, int]:
    """How many trials whose last day is `since` or later stand how; one statement."""
    found = {row.state: row.many for row in session.connection().execute(_COUNTS, {"since": since, "today": today})}
    return {state: found.get(state.value, 0) for state in TrialState}


def page(session: Session, after: Place | None, most: int = PAGE + 1) -> list[ListedTrial]:
    """Up to `most` trials beyond that place; one statement."""
    day, person_id = after or (date.max, 0)
    values = {"after_day": day, "after_id": person_id, "most": most}
    return [ListedTrial(*row) for row in session.connection().execute(_PAGE, values)]
