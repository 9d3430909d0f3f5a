"""The planner: what is stored compared with what is asked for, and everything that follows from it.

Pure functions over values: `changes` works out the programme's own changes, `complete` adds what becomes of people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from booking.domain import zones
from booking.domain.enums.planning import FindingCode, StepKind
from booking.domain.holidays import NO_DAYS_OFF, DaysOff
from booking.domain.organisation import Organisation
from booking.domain.planning import closures, conflicts, consequences, notices
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.consequences import Claimed, Step
from booking.domain.planning.notices import ProgrammeChange, TouchedPeople
from booking.domain.planning.occurrences import Period, Setting, Span, StoredOccurrence, StoredSeries
from booking.domain.planning.plan import OWN_FIELDS, Changes, Plan, SeriesChange, StoredProgramme
from booking.domain.planning.resolve import ResolvedRequest
from booking.domain.planning.schedule import PlanFinding, Schedule, Surroundings

#: A zone's new rules shift a wall time by less than this.
MAX_SHIFT = timedelta(days=1)
#: Steps that begin at one time are listed in this order.
_STEP_ORDER = (StepKind.GOES, StepKind.MOVES, StepKind.RETURNS, StepKind.CHANGES, StepKind.APPEARS)
#: The fields of a step, in the order in which they are told.
_FIELD_ORDER = (
    *("when", "title", "meeting_url", "analysts", "reason", "recording", "slides", "words"),
    *("on", "own_title"),
)
#: Fields of a date that nobody sees change: the day of the rule that it stands for, and a title that it has of its own
#: now and had from its series before, or the other way round.
UNSEEN = frozenset({"on", "own_title"})
#: Fields that people can still see on an occurrence that is cancelled.
_SHOWN_WHEN_CANCELLED = {"reason", "recording", "slides", "words"}


def changes(
    world: StoredProgramme,
    asked: ResolvedRequest,
    period: Period,
    days_off: DaysOff = NO_DAYS_OFF,
    *,
    extends: bool = False,
) -> Changes:
    """Work out what storing `asked` would change in the programme.

    A period with the past stores what has begun as new; with `extends` the far end of the series that nobody asked
    about is filled too.
    """
    found = Changes(findings=list(asked.findings), problems=list(asked.problems), closures=asked.closures)
    in_force = asked.closures.applied_to(world.closures)
    came_from = {slug: asked.came_from.get(slug, slug) for slug in asked.definitions}
    hidden = set(came_from.values())
    wanted = {**{slug: d for slug, d in world.definitions.items() if slug not in hidden}, **asked.definitions}
    busy = _busy(world) if any(d.terms.on_holiday == "move" for d in wanted.values()) else {}
    around = Surroundings(days_off, busy, world.away)
    schedules: dict[str, Schedule] = {}
    for slug in wanted:
        is_asked = slug in asked.definitions
        stored = world.series(came_from.get(slug, slug))
        wanted[slug] = _with_begun_modules(wanted[slug], stored, period.now, found)
        closed = closures.closed_days(in_force, wanted[slug].id)
        reopened_or_closed = closed.keys() ^ closures.closed_days(world.closures, wanted[slug].id).keys()
        asks = is_asked or bool(reopened_or_closed)
        schedules[slug] = closures.compute(wanted[slug], stored, period, around, closed, asks=asks)
        if reopened_or_closed and not is_asked:
            closures.only_reopened_or_closed(schedules[slug], stored, reopened_or_closed, wanted[slug].rule.zone)
            found.findings += schedules[slug].findings
        elif not is_asked:
            _only_stored(schedules[slug], stored.rows, extends)
    found.findings += conflicts.settle_rosters(world, wanted, schedules)
    for slug, computed in schedules.items():
        stored = world.series(came_from.get(slug, slug))
        found.definitions[slug] = (stored.definition, wanted[slug])
        place = asked.places.get(slug, "")
        if slug in asked.definitions:
            found.findings += [finding._replace(place=place) for finding in computed.findings]
            _series(found, stored.definition, wanted[slug])
        problems = _steps(found, wanted[slug], stored, computed, period.now)
        found.problems += [f"{place or slug}: {problem}" for problem in problems]
    found.findings += conflicts.overlaps(found.steps, wanted, schedules)
    found.steps.sort(key=lambda step: (step.after.starts_at, step.series, _STEP_ORDER.index(step.what)))
    return found


def complete(
    found: Changes,
    people: TouchedPeople,
    claimed: Claimed,
    organisation: Organisation,
    now: datetime,
) -> Plan:
    """Complete the plan with what becomes of the bookings, offers and places in the occurrences that change.

    Bookings are sorted first: the fingerprint depends on their order, and a database may return any.
    """
    held = sorted(people.held, key=lambda booking: (booking.starts_at, booking.id))
    plan = Plan(found, consequences.outcomes(found.steps, held, claimed, now))
    plan.ended_offers = consequences.ended_offers(found.steps, people.offers, plan.outcomes, held)
    found.findings += conflicts.members_in_both(found.steps, people.places, claimed)
    plan.enrolled = list(people.enrolled)
    change = ProgrammeChange(found.steps, found.definitions)
    plan.notices, plan.places = notices.decide(change, plan.outcomes, people._replace(held=held), organisation, now)
    plan.notices += notices.withdrawn(plan.ended_offers, plan.notices)
    return plan


def _with_begun_modules(asked: Definition, stored: StoredSeries, now: datetime, found: Changes) -> Definition:
    """Keep the titles of modules that have begun, and note each that was to change."""
    before, rows = stored
    if before is None or asked.rule.modules == before.rule.modules:
        return asked
    begun = {row.setting.module for row in rows if row.setting.module is not None and row.setting.starts_at <= now}
    titles = list(asked.rule.modules)
    for number in sorted(n for n in begun if n is not None):
        if number <= len(titles) and number <= len(before.rule.modules):
            had = before.rule.modules[number - 1]
            if titles[number - 1] != had:
                text = f"module {number} has started, so it keeps its title “{had}”"
                found.findings.append(PlanFinding(FindingCode.BEGUN, asked.slug, text))
                titles[number - 1] = had
    return replace(asked, rule=replace(asked.rule, modules=tuple(titles)))


def _only_stored(computed: Schedule, rows: Sequence[StoredOccurrence], extends: bool) -> None:
    """Keep a series that nobody asks about as it is stored, apart from its far end and its zone's new rules."""
    if not extends:
        computed.far.clear()
    known = {row.key: row.setting for row in rows}
    computed.settings = {
        key: _mended(known[key], setting) if key in known else setting
        for key, setting in computed.settings.items()
        if key in known or key in computed.far
    }


def _mended(stored: Setting, computed: Setting) -> Setting:
    """The stored setting, its instants put right where the zone's new rules shift the same wall time.

    Its roster is as computed: an analyst whom another series needed may be free again.
    """
    shift = abs(computed.starts_at - stored.starts_at)
    if computed.on != stored.on or shift > MAX_SHIFT:
        return stored._replace(analysts=computed.analysts)
    return stored._replace(starts_at=computed.starts_at, ends_at=computed.ends_at, analysts=computed.analysts)


def _busy(world: StoredProgramme) -> dict[date, list[tuple[str, Span]]]:
    """(slug, hours) of every stored occurrence that takes place, by local date."""
    found: dict[date, list[tuple[str, Span]]] = {}
    for slug, rows in world.rows.items():
        zone = world.definitions[slug].rule.zone
        for row in rows:
            if row.setting.reason is None:
                day = zones.today(row.setting.starts_at, zone)
                found.setdefault(day, []).append((slug, (row.setting.starts_at, row.setting.ends_at)))
    return found


def _series(found: Changes, before: Definition | None, after: Definition) -> None:
    """Add the change of the series' own row, where there is one."""
    if before is None:
        found.series.append(SeriesChange(None, after, ()))
        return
    fields = [name for name in OWN_FIELDS if getattr(before, name) != getattr(after, name)]
    fields += [name for name in ("rule", "terms") if getattr(before, name) != getattr(after, name)]
    if fields:
        found.series.append(SeriesChange(before, after, tuple(fields)))


class _Wording(NamedTuple):
    """A series before and after, to tell whose words change."""

    before: Definition | None
    after: Definition

    def fields(self, was: Setting, is_to_be: Setting) -> tuple[str, ...]:
        """Which of `title`, `words` and `own_title` differ on one stored occurrence."""
        if self.before is None:
            return ()
        had, has = self.before.title if was.title is None else was.title, is_to_be.title
        is_renamed = had != (self.after.title if has is None else has)
        found: tuple[str, ...] = ()
        if was.title != has:
            found = ("title",) if is_renamed else ("own_title",)
        elif is_renamed:
            found = ("words",)
        is_reworded = _words(self.before, was) != _words(self.after, is_to_be)
        return (*found, "words") if is_reworded and "words" not in found else found


def _words(series: Definition, setting: Setting) -> tuple[object, ...]:
    """What calendars say of an occurrence besides its title, its time and its reason.

    The zone is among it: calendars name it, also where its clocks agree with the one before. So is the number of
    modules: "1 of 4" becomes "1 of 5".
    """
    modules, number = series.rule.modules, setting.module
    title = modules[number - 1] if number is not None and number <= len(modules) else ""
    return series.summary, series.kind, series.rule.zone, len(modules), title


def _steps(found: Changes, asked: Definition, stored: StoredSeries, computed: Schedule, now: datetime) -> list[str]:
    """Add the steps of one series; those that nobody is told of go to `found.far`. Returns what cannot be done."""
    problems = []
    rows = {row.key: row for row in stored.rows}
    wording = _Wording(stored.definition, asked)
    for key, after in computed.settings.items():
        row = rows.get(key)
        if row is None:
            if after.reason is None:
                step = Step(StepKind.APPEARS, asked.slug, key, None, None, after)
                (found.far if key in computed.far else found.steps).append(step)
            continue
        changed = _step(asked.slug, row, after, wording)
        if changed is None:
            continue
        if UNSEEN.issuperset(changed.fields):
            found.far.append(changed)
        elif "when" in changed.fields and changed.what != StepKind.CHANGES and after.starts_at <= now:
            wall = zones.wall(after.starts_at, asked.rule.zone)
            problems.append(f"{asked.slug} {wall:%a %Y-%m-%d %H:%M} lies in the past")
        else:
            found.steps.append(changed)
    found.kept += _listed(asked, rows, computed.kept)
    found.begun += _listed(asked, rows, computed.begun)
    return problems


def _step(slug: str, row: StoredOccurrence, after: Setting, wording: _Wording) -> Step | None:
    """The step from a stored occurrence to its new setting; None where there is nothing to see or to write."""
    before = row.setting
    fields = _differing(before, after, wording)
    if not fields:
        return None
    if before.reason is not None and after.reason is not None:
        is_seen = UNSEEN.issuperset(fields) or not _SHOWN_WHEN_CANCELLED.isdisjoint(fields)
        return Step(StepKind.CHANGES, slug, row.key, row.id, before, after, fields) if is_seen else None
    return Step(_what(before, after, fields), slug, row.key, row.id, before, after, fields)


def _listed(
    asked: Definition, stored: Mapping[str, StoredOccurrence], keys: Sequence[str]
) -> list[tuple[str, datetime]]:
    """(slug, wall time) of those of the keys that are stored, in order of time."""
    walls = [zones.wall(stored[key].setting.starts_at, asked.rule.zone) for key in keys if key in stored]
    return [(asked.slug, wall) for wall in sorted(walls)]


def _what(before: Setting, after: Setting, fields: tuple[str, ...]) -> StepKind:
    if after.reason is not None:
        return StepKind.GOES
    if before.reason is not None:
        return StepKind.RETURNS
    return StepKind.MOVES if "when" in fields else StepKind.CHANGES


def _differing(before: Setting, after: Setting, wording: _Wording) -> tuple[str, ...]:
    pairs = {
        "when": (before[1:3], after[1:3]),
        "meeting_url": (before.meeting_url, after.meeting_url),
        "analysts": (before.analysts, after.analysts),
        "reason": (before.reason, after.reason),
        "recording": (before.recording_url, after.recording_url),
        "slides": (before.slides_url, after.slides_url),
        "on": (before.on, after.on),
    }
    differ = {name for name, (one, other) in pairs.items() if one != other} | set(wording.fields(before, after))
    fields = tuple(name for name in _FIELD_ORDER if name in differ)
    return fields if UNSEEN.issuperset(fields) else tuple(name for name in fields if name not in UNSEEN)
