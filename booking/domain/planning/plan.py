"""A plan as values: what publishing would change in the programme, for people, and in which emails.

`planner.py` works it out. Its fingerprint stands for all of it, whatever the order in which a database returned rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from booking.domain.bookings.slots import Slot
from booking.domain.enums.planning import StepKind
from booking.domain.organisation import Kind
from booking.domain.planning import notices
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.closures import NO_CHANGES, Closure, ClosureChanges
from booking.domain.planning.consequences import AffectedPerson, Offered, Outcome, Step
from booking.domain.planning.notices import Definitions, Notice, SeriesEnrolment
from booking.domain.planning.occurrences import Setting, Span, StoredOccurrence, StoredSeries
from booking.domain.planning.schedule import PlanFinding

#: Fields of a series' own row.
OWN_FIELDS = ("slug", "kind", "title", "summary", "slot_minutes", "analysts", "meeting_url")


@dataclass(frozen=True, slots=True)
class StoredProgramme:
    """The stored programme: definitions, and upcoming or anchoring occurrences, by slug.

    `away` is when analysts cannot come, `names` their names; both by id. `closures` are those in force.
    """

    definitions: Mapping[str, Definition]
    rows: Mapping[str, Sequence[StoredOccurrence]]
    kinds: Mapping[str, Kind]
    away: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    closures: Sequence[Closure] = ()

    def series(self, slug: str) -> StoredSeries:
        """The series of that slug as it is stored."""
        return StoredSeries(self.definitions.get(slug), self.rows.get(slug, ()))


NOTHING_STORED = StoredProgramme({}, {}, {})


class SeriesChange(NamedTuple):
    """A series that is new (`before` is None) or whose own row changes; `fields` names what differs."""

    before: Definition | None
    after: Definition
    fields: tuple[str, ...]


@dataclass(slots=True)
class Changes:
    """The first half of a plan: the changes of the programme itself, before anybody's bookings are looked at.

    `far` are occurrences beyond the far end of a series without an end, stored and not announced; `begun` and `kept`
    list (slug, wall time) of what was left alone; `definitions` holds each series as it was and as it will be, by slug.
    """

    series: list[SeriesChange] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    far: list[Step] = field(default_factory=list)
    findings: list[PlanFinding] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    begun: list[tuple[str, datetime]] = field(default_factory=list)
    kept: list[tuple[str, datetime]] = field(default_factory=list)
    definitions: dict[str, Definitions] = field(default_factory=dict)
    closures: ClosureChanges = NO_CHANGES

    @property
    def touched_ids(self) -> list[int]:
        """The stored occurrences that change, by internal id, ascending."""
        return sorted(step.occurrence_id for step in self.steps if step.occurrence_id is not None)

    @property
    def appearing(self) -> dict[int, str]:
        """The stored series that get new dates: short names by internal id."""
        slugs = sorted({step.series for step in self.steps if step.what == StepKind.APPEARS})
        stored = {slug: self.definitions[slug][0] for slug in slugs}
        return {one.id: slug for slug, one in stored.items() if one is not None and one.id is not None}


@dataclass(slots=True)
class Plan:
    """Everything that publishing would do: shown before it happens, then applied exactly.

    `ended_offers` are open offers whose slot goes, or whose booking needs none any more; `enrolled` are in all dates of
    a series that gets new ones; `held_back` counts the people not yet emailed about an earlier publish.
    """

    changes: Changes
    outcomes: list[Outcome] = field(default_factory=list)
    ended_offers: list[Offered] = field(default_factory=list)
    places: list[AffectedPerson] = field(default_factory=list)
    enrolled: list[SeriesEnrolment] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    held_back: int = 0
    _facts: dict[str, Any] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def questions(self) -> list[PlanFinding]:
        return [finding for finding in self.changes.findings if finding.is_question]

    @property
    def is_empty(self) -> bool:
        """Whether publishing it would change nothing that anybody sees."""
        return not self.changes.steps and not self.changes.series and not self.changes.closures

    @property
    def taker_ids(self) -> set[int]:
        """The analysts who take bookings over, and are emailed them."""
        return {outcome.taker_id for outcome in self.outcomes if outcome.taker_id is not None}

    @property
    def emailed(self) -> int:
        """How many people get an email, analysts who take bookings over among them.

        An analyst may also be a member whom it concerns: two emails, one person.
        """
        return len({notice.member_id for notice in self.notices} | self.taker_ids)

    def due_at(self, now: datetime) -> datetime:
        """The instant at which its emails are sent, published at `now`; until then it can be undone."""
        return notices.due_at(notices.first_start(self.changes.steps, self.notices), now)

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that stand for the changes and all of their consequences."""
        return hashlib.sha256(json.dumps(facts(self)).encode()).hexdigest()[:16]


def facts(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, which the fingerprint covers and programs read. Made once, when it is complete."""
    if plan._facts is None:
        plan._facts = _facts_of(plan)
    return plan._facts


def _facts_of(plan: Plan) -> dict[str, Any]:
    return {
        "series": [
            {"series": change.after.slug, "is_new": change.before is None, "fields": list(change.fields)}
            | {"definition": _plain(change.after)}
            for change in plan.changes.series
        ],
        "occurrences": [
            {
                "what": step.what,
                "series": step.series,
                "key": step.key,
                "fields": list(step.fields),
                "before": _setting(step.before),
                "after": _setting(step.after),
            }
            for step in plan.changes.steps
        ],
        "bookings": [
            {
                "booking": outcome.booking.public_id,
                "member": outcome.booking.member,
                "what": outcome.what,
                "from": _slot(outcome.booking.slot),
                "to": _slot(outcome.slot),
                "offered": _slot(outcome.offered),
            }
            for outcome in plan.outcomes
        ],
        "closures": {
            "added": [_closure(closure) for closure in plan.changes.closures.added],
            "lifted": [_closure(closure) for closure in plan.changes.closures.lifted],
        },
        "ended_offers": [one.id for one in plan.ended_offers],
        "places": [place._asdict() for place in plan.places],
        "emails": [
            {"email": notice.email, "member_id": notice.member_id, "member": notice.member}
            | {"booking_id": notice.booking_id, "added": notice.added, "renamed": notice.renamed}
            for notice in plan.notices
        ],
        "findings": [
            {name: _json(value) for name, value in finding._asdict().items()} for finding in plan.changes.findings
        ],
        "problems": list(plan.changes.problems),
    }


def _closure(closure: Closure) -> dict[str, Any]:
    return {
        "first_on": closure.first_on.isoformat(),
        "last_on": closure.last_on.isoformat(),
        "reason": closure.reason,
        "series_ids": None if closure.series_ids is None else sorted(closure.series_ids),
    }


def _setting(setting: Setting | None) -> dict[str, Any] | None:
    if setting is None:
        return None
    return {
        "on": setting.on.isoformat() if setting.on else None,
        "starts_at": setting.starts_at.isoformat(),
        "ends_at": setting.ends_at.isoformat(),
        "module": setting.module,
        "title": setting.title,
        "meeting_url": setting.meeting_url,
        "analysts": setting.analysts,
        "reason": setting.reason,
        "recording_url": setting.recording_url,
        "slides_url": setting.slides_url,
    }


def _slot(slot: Slot | None) -> dict[str, Any] | None:
    if slot is None:
        return None
    return {"analyst_id": slot.analyst_id, "starts_at": slot.starts_at.isoformat(), "minutes": slot.minutes}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _plain(asked: Definition) -> str:
    """A text that is equal for equal definitions."""
    terms = asked.terms
    return repr(
        (
            *(getattr(asked, name) for name in OWN_FIELDS),
            replace(asked.rule, skips=frozenset()),
            sorted(terms.skips.items()),
            sorted(terms.keeps),
            sorted(terms.postponements),
            sorted(terms.exceptions.items()),
            terms.extras,
            terms.guests,
            (terms.on_holiday, terms.ends_on, terms.was),
        )
    )
