"""The plan: what is stored against what is asked for, and everything that follows. A pure function over values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from booking.domain import wording, zones
from booking.domain.holidays import NO_DAYS_OFF, DaysOff
from booking.domain.organisation import Kind, Organisation
from booking.domain.planning import consequences, notices, schedule
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.consequences import AffectedPerson, Claimed, Offered, Outcome, Step, TouchedBooking
from booking.domain.planning.notices import Definitions, Notice, SeriesEnrolment
from booking.domain.planning.resolve import ResolvedRequest
from booking.domain.planning.schedule import PlanFinding, Schedule, Setting, Span, StoredOccurrence

#: A zone's new rules shift a wall time by less than this.
MAX_SHIFT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StoredProgramme:
    """What is stored of the programme: definitions and upcoming or anchoring occurrences by slug.

    `away` is when analysts cannot come, `names` what people call them.
    """

    definitions: Mapping[str, Definition]
    rows: Mapping[str, Sequence[StoredOccurrence]]
    kinds: Mapping[str, Kind]
    away: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)


class SeriesChange(NamedTuple):
    """A series that is new (`before` is None) or whose own row changes; `fields` names what differs."""

    before: Definition | None
    after: Definition
    fields: tuple[str, ...]


@dataclass(slots=True)
class Changes:
    """The first half of a plan: what the programme itself comes to, nobody's bookings looked at yet.

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

    @property
    def touched_ids(self) -> list[int]:
        """The stored occurrences that change, by internal id, ascending."""
        return sorted(step.occurrence_id for step in self.steps if step.occurrence_id is not None)

    @property
    def appearing(self) -> dict[int, str]:
        """The stored series that get new dates: short names by internal id."""
        slugs = sorted({step.series for step in self.steps if step.what == "appears"})
        stored = {slug: self.definitions[slug][0] for slug in slugs}
        return {one.id: slug for slug, one in stored.items() if one is not None and one.id is not None}


@dataclass(slots=True)
class Plan:
    """Everything that publishing would do, to be shown before it happens and then applied exactly.

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
        return not self.changes.steps and not self.changes.series

    def due_at(self, now: datetime) -> datetime:
        """When its emails go out, published at `now`; until then it can be undone."""
        return notices.due_at(notices.first_start(self.changes.steps, self.notices), now)

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that stand for the changes and all of their consequences."""
        return hashlib.sha256(json.dumps(facts(self)).encode()).hexdigest()[:16]


def changes(
    world: StoredProgramme,
    asked: ResolvedRequest,
    now: datetime,
    days_off: DaysOff = NO_DAYS_OFF,
    *,
    with_past: bool = False,
    extends: bool = False,
) -> Changes:
    """What storing `asked` would change in the programme.

    `with_past` stores what has begun as new; with `extends` the far end of the series that nobody asked about is
    filled too.
    """
    found = Changes(findings=list(asked.findings), problems=list(asked.problems))
    came_from = {slug: asked.came_from.get(slug, slug) for slug in asked.definitions}
    hidden = set(came_from.values())
    wanted = {**{slug: d for slug, d in world.definitions.items() if slug not in hidden}, **asked.definitions}
    busy = _busy(world) if any(d.terms.on_holiday == "move" for d in wanted.values()) else {}
    schedules: dict[str, Schedule] = {}
    for slug in wanted:
        is_asked = slug in asked.definitions
        before = world.definitions.get(came_from.get(slug, slug))
        rows = world.rows.get(came_from.get(slug, slug), ())
        wanted[slug] = _with_begun_modules(wanted[slug], before, rows, now, found)
        schedules[slug] = schedule.compute(
            wanted[slug],
            rows,
            now,
            before=before,
            days_off=days_off,
            busy=busy,
            away=world.away,
            with_past=with_past,
            asks=is_asked,
        )
        if not is_asked:
            _only_stored(schedules[slug], rows, extends)
    _one_roster_at_a_time(world, wanted, schedules, found)
    for slug, computed in schedules.items():
        before = world.definitions.get(came_from.get(slug, slug))
        found.definitions[slug] = (before, wanted[slug])
        place = asked.places.get(slug, "")
        if slug in asked.definitions:
            found.findings += [finding._replace(place=place) for finding in computed.findings]
            _series(found, before, wanted[slug])
        _steps(found, wanted[slug], before, world.rows.get(came_from.get(slug, slug), ()), computed, now, place)
    _overlaps(found, wanted, schedules)
    order = {"appears": 4, "goes": 0, "moves": 1, "returns": 2, "changes": 3}
    found.steps.sort(key=lambda step: (step.after.starts_at, step.series, order[step.what]))
    return found


def complete(
    found: Changes,
    held: Sequence[TouchedBooking],
    places: Sequence[AffectedPerson],
    offers: Sequence[Offered],
    enrolled: Sequence[SeriesEnrolment],
    claimed: Claimed,
    organisation: Organisation,
    now: datetime,
) -> Plan:
    """The plan: the changes with what becomes of the bookings, offers and places in the occurrences they touch.

    The order in which a database returns `held` is its own affair, and the fingerprint depends on the order here.
    """
    held = sorted(held, key=lambda booking: (booking.starts_at, booking.id))
    plan = Plan(found, consequences.outcomes(found.steps, held, claimed, now))
    plan.ended_offers = consequences.ended_offers(found.steps, offers, plan.outcomes, held)
    _members_in_both(found, places, claimed)
    plan.enrolled = list(enrolled)
    plan.notices, plan.places = notices.decide(
        found.steps, plan.outcomes, held, places, enrolled, found.definitions, organisation, now
    )
    plan.notices += notices.withdrawn(plan.ended_offers, plan.notices)
    return plan


def _members_in_both(found: Changes, places: Sequence[AffectedPerson], claimed: Claimed) -> None:
    """A moved occurrence whose enrolled members are booked or enrolled elsewhere at its new time."""
    for step in found.steps:
        if step.what != "moves" or "when" not in step.fields:
            continue
        quarters = {(member, at) for member, at in claimed.people | claimed.enrolled}
        both = {
            place.member_id
            for place in places
            if place.occurrence_id == step.occurrence_id
            and any(
                member == place.member_id and step.after.starts_at <= at < step.after.ends_at for member, at in quarters
            )
        }
        if both:
            people = "1 member has" if len(both) == 1 else f"{len(both)} members have"
            text = f"{people} something else at the new time"
            found.findings.append(PlanFinding("same-member", step.series, text, step.after.on))


def _with_begun_modules(
    asked: Definition, before: Definition | None, rows: Sequence[StoredOccurrence], now: datetime, found: Changes
) -> Definition:
    """Titles of modules that have begun stay."""
    if before is None or asked.rule.modules == before.rule.modules:
        return asked
    begun = {row.setting.module for row in rows if row.setting.module is not None and row.setting.starts_at <= now}
    titles = list(asked.rule.modules)
    for number in sorted(n for n in begun if n is not None):
        if number <= len(titles) and number <= len(before.rule.modules):
            had = before.rule.modules[number - 1]
            if titles[number - 1] != had:
                text = f"module {number} has started, so it keeps its title “{had}”"
                found.findings.append(PlanFinding("begun", asked.slug, text))
                titles[number - 1] = had
    return replace(asked, rule=replace(asked.rule, modules=tuple(titles)))


def _only_stored(computed: Schedule, rows: Sequence[StoredOccurrence], extends: bool) -> None:
    """Of a series that nobody speaks for: its far end, and clock times that its zone's new rules made wrong."""
    if not extends:
        computed.far.clear()
    known = {row.key: row.setting for row in rows}
    computed.settings = {
        key: _mended(known[key], setting) if key in known else setting
        for key, setting in computed.settings.items()
        if key in known or key in computed.far
    }


def _mended(stored: Setting, computed: Setting) -> Setting:
    """What is stored, its instants put right where the same wall time of the same date lies elsewhere now.

    Its roster is as computed: somebody whom another series needed may be free again.
    """
    shift = abs(computed.starts_at - stored.starts_at)
    if computed.on != stored.on or shift > MAX_SHIFT:
        return stored._replace(analysts=computed.analysts)
    return stored._replace(starts_at=computed.starts_at, ends_at=computed.ends_at, analysts=computed.analysts)


def _busy(world: StoredProgramme) -> dict[date, list[tuple[str, Span]]]:
    found: dict[date, list[tuple[str, Span]]] = {}
    for slug, rows in world.rows.items():
        zone = world.definitions[slug].rule.zone
        for row in rows:
            if row.setting.reason is None:
                day = zones.today(row.setting.starts_at, zone)
                found.setdefault(day, []).append((slug, (row.setting.starts_at, row.setting.ends_at)))
    return found


def _one_roster_at_a_time(
    world: StoredProgramme, wanted: Mapping[str, Definition], schedules: Mapping[str, Schedule], found: Changes
) -> None:
    """Nobody is offered in a bookable hour while on another roster."""
    rosters: dict[int, list[tuple[datetime, datetime, bool, str, str]]] = {}
    for slug, computed in schedules.items():
        bookable = world.kinds[wanted[slug].kind].bookable if wanted[slug].kind in world.kinds else False
        for key, setting in computed.settings.items():
            if setting.reason is None:
                for analyst_id in setting.analysts:
                    rosters.setdefault(analyst_id, []).append((setting.starts_at, setting.ends_at, bookable, slug, key))
    for analyst_id, hours in rosters.items():
        hours.sort()
        for one, other in _overlapping(hours):
            loser, winner = (one, other) if one[2] and not other[2] else (other, one)
            wins, loses = wanted[winner[3]].title, wanted[loser[3]].title
            if not loser[2]:
                text = f"{_name(world, analyst_id)} is on two rosters at once: {wins} and {loses}"
                found.findings.append(_on(PlanFinding("same-analyst", loser[3], text), loser, wanted))
                continue
            computed = schedules[loser[3]]
            setting = computed.settings[loser[4]]
            left = tuple(a for a in setting.analysts if a != analyst_id)
            if left != setting.analysts:
                computed.settings[loser[4]] = setting._replace(analysts=left)
                text = f"{_name(world, analyst_id)} is in {wins} then, so members can't book them in {loses}"
                found.findings.append(_on(PlanFinding("same-analyst", loser[3], text), loser, wanted))


def _overlapping(hours: list[Any]) -> list[tuple[Any, Any]]:
    """Pairs of (starts_at, ends_at, …), sorted, that overlap."""
    found: list[tuple[Any, Any]] = []
    open_ones: list[Any] = []
    for hour in hours:
        open_ones = [other for other in open_ones if other[1] > hour[0]]
        found += [(other, hour) for other in open_ones]
        open_ones.append(hour)
    return found


def _on(finding: PlanFinding, hour: tuple[Any, ...], wanted: Mapping[str, Definition]) -> PlanFinding:
    day = zones.today(hour[0], wanted[finding.series].rule.zone)
    return finding._replace(on=day, message=f"{wording.day(day)}: {finding.message}")


def _name(world: StoredProgramme, analyst_id: int) -> str:
    return world.names.get(analyst_id, f"analyst {analyst_id}")


_OWN = ("slug", "kind", "title", "summary", "slot_minutes", "analysts", "meeting_url")


def _series(found: Changes, before: Definition | None, after: Definition) -> None:
    if before is None:
        found.series.append(SeriesChange(None, after, ()))
        return
    fields = [name for name in _OWN if getattr(before, name) != getattr(after, name)]
    fields += [name for name in ("rule", "terms") if getattr(before, name) != getattr(after, name)]
    if fields:
        found.series.append(SeriesChange(before, after, tuple(fields)))


def _reworded(before: Definition | None, after: Definition) -> tuple[bool, set[int]]:
    """Whether the words of every occurrence change, and the modules whose title does."""
    if before is None:
        return False, set()
    if (before.title, before.summary) != (after.title, after.summary) or before.kind != after.kind:
        return True, set()
    if before.rule.zone != after.rule.zone:
        return True, set()  # calendars name the zone, also where its clocks agree with the one before
    had, has = before.rule.modules, after.rule.modules
    if len(had) != len(has):
        return True, set()  # "1 of 4" becomes "1 of 5"
    return False, {number for number, (one, other) in enumerate(zip(had, has, strict=True), 1) if one != other}


def _steps(
    found: Changes,
    asked: Definition,
    before: Definition | None,
    rows: Sequence[StoredOccurrence],
    computed: Schedule,
    now: datetime,
    place: str,
) -> None:
    stored = {row.key: row for row in rows}
    zone = asked.rule.zone
    all_words, module_words = _reworded(before, asked)
    for key, after in computed.settings.items():
        row = stored.get(key)
        if row is None:
            if after.reason is None:
                step = Step("appears", asked.slug, key, None, None, after)
                (found.far if key in computed.far else found.steps).append(step)
            continue
        words = all_words or after.module in module_words
        if after == row.setting and not words:
            continue
        fields = _differing(row.setting, after) + (("words",) if words else ())
        if fields == ("on",):
            found.far.append(Step("changes", asked.slug, key, row.id, row.setting, after, fields))
            continue
        if row.setting.reason is not None and after.reason is not None:
            if {"reason", "recording", "slides", "words"} & set(fields):
                found.steps.append(Step("changes", asked.slug, key, row.id, row.setting, after, fields))
            continue
        if "when" in fields and after.starts_at <= now:
            wall = zones.wall(after.starts_at, zone)
            found.problems.append(f"{place or asked.slug}: {asked.slug} {wall:%a %Y-%m-%d %H:%M} lies in the past")
            continue
        found.steps.append(Step(_what(row.setting, after, fields), asked.slug, key, row.id, row.setting, after, fields))
    walls = {key: zones.wall(row.setting.starts_at, zone) for key, row in stored.items() if key in computed.kept}
    found.kept += [(asked.slug, wall) for _, wall in sorted(walls.items(), key=lambda item: item[1])]
    begun = [zones.wall(stored[key].setting.starts_at, zone) for key in computed.begun if key in stored]
    found.begun += [(asked.slug, wall) for wall in sorted(begun)]


def _what(before: Setting, after: Setting, fields: tuple[str, ...]) -> str:
    if after.reason is not None:
        return "goes"
    if before.reason is not None:
        return "returns"
    return "moves" if "when" in fields else "changes"


def _differing(before: Setting, after: Setting) -> tuple[str, ...]:
    pairs = {
        "when": (before[1:3], after[1:3]),
        "title": (before.title, after.title),
        "meeting_url": (before.meeting_url, after.meeting_url),
        "analysts": (before.analysts, after.analysts),
        "reason": (before.reason, after.reason),
        "recording": (before.recording_url, after.recording_url),
        "slides": (before.slides_url, after.slides_url),
        "on": (before.on, after.on),
    }
    fields = tuple(name for name, (one, other) in pairs.items() if one != other)
    return fields if fields == ("on",) else tuple(name for name in fields if name != "on")


def _overlaps(found: Changes, wanted: Mapping[str, Definition], schedules: Mapping[str, Schedule]) -> None:
    """The same meeting link twice at once; something moved onto another series."""
    links: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for slug, computed in schedules.items():
        for setting in computed.settings.values():
            link = setting.meeting_url or wanted[slug].meeting_url
            if link and setting.reason is None:
                links.setdefault(link, []).append((setting.starts_at, setting.ends_at, slug))
    for hours in links.values():
        hours.sort()
        for one, other in _overlapping(hours):
            if one[2] != other[2]:
                text = f"{wanted[one[2]].title} and {wanted[other[2]].title} use the same meeting link"
                found.findings.append(_on(PlanFinding("same-meeting-link", other[2], text), other, wanted))
    moved = [step for step in found.steps if step.what == "moves" and "when" in step.fields]
    if not moved:
        return
    everything = sorted(
        (setting.starts_at, setting.ends_at, slug, key)
        for slug, computed in schedules.items()
        for key, setting in computed.settings.items()
        if setting.reason is None
    )
    at = {(step.series, step.key) for step in moved}
    for one, other in _overlapping(everything):
        if one[2] != other[2] and ((one[2], one[3]) in at or (other[2], other[3]) in at):
            mover, there = (one, other) if (one[2], one[3]) in at else (other, one)
            text = f"{wanted[mover[2]].title} then clashes with {wanted[there[2]].title}"
            found.findings.append(_on(PlanFinding("same-time", mover[2], text), mover, wanted))


def facts(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values: what the fingerprint covers, and what programs read. Made once, when it is complete."""
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


def _slot(slot: Any) -> dict[str, Any] | None:
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
            *(getattr(asked, name) for name in _OWN),
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
