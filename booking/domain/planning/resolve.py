"""The resolver: from a file's statements and the stored series, the definitions that are asked for.

A file speaks for the series it names, for its month, and for the exceptions it states; what it does not mention
stays as it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from difflib import SequenceMatcher

from booking.domain import zones
from booking.domain.enums.planning import FindingCode
from booking.domain.planning import edits, occurrences
from booking.domain.planning.adjustments import Adjustments, Definition, Guest, Moved
from booking.domain.planning.closures import NO_CHANGES, ClosureChanges
from booking.domain.planning.occurrences import StoredOccurrence
from booking.domain.planning.plan import StoredProgramme
from booking.domain.planning.schedule import PlanFinding
from booking.domain.planning.words.statement import Named, StatedException, Statement
from booking.domain.recurrence import Rule, RuleChange, expand

#: Titles at least so alike (0 to 1) are taken for the same series; between the two a coordinator is asked.
SURE = 0.85
IN_DOUBT = 0.5


@dataclass(slots=True)
class ResolvedRequest:
    """The definitions asked for, by their slug, and the closures; `came_from` is the stored slug where that differs."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    came_from: dict[str, str] = field(default_factory=dict)
    findings: list[PlanFinding] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    closures: ClosureChanges = NO_CHANGES


def resolve(
    statements: Sequence[Statement],
    world: StoredProgramme,
    analysts: Mapping[str, int],
    today: date,
    same: Mapping[str, str] | None = None,
) -> ResolvedRequest:
    """Work out what the statements ask for of the stored programme; `analysts` are ids by address.

    `same` answers which stored series a stated one is ("" for none). Problems name file and line.
    """
    asked, stored = ResolvedRequest(), world.definitions
    taken = {statement.slug for statement in statements if statement.slug in stored}
    for statement in statements:
        unknown = [named for named in statement.named if named.email not in analysts]
        asked.problems += [
            f"{named.place}: {named.email} is not an analyst; `booking people add` makes one" for named in unknown
        ]
        if unknown:
            continue
        slug = _which(statement, world, taken, same or {}, asked)
        before = stored.get(slug) if slug else None
        name = statement.slug if before is None or statement.was else before.slug
        name = _free_name(name, statement, stored) if before is None else name
        if before is not None:
            taken.add(before.slug)
        wanted = _Merge(statement, before, world.rows.get(slug, ()) if slug else (), analysts, today, asked).definition(
            name
        )
        asked.definitions[name] = wanted
        asked.places[name] = str(statement.place)
        if before is not None and before.slug != name:
            asked.came_from[name] = before.slug
    return asked


def _which(
    statement: Statement, world: StoredProgramme, taken: set[str], same: Mapping[str, str], asked: ResolvedRequest
) -> str | None:
    """The slug of the stored series that the statement is about, None for a new one."""
    stored, rows = world.definitions, world.rows
    if statement.slug in same:
        if same[statement.slug] and same[statement.slug] not in stored:
            asked.problems.append(
                f"{statement.place}: --same names {same[statement.slug]!r}, and no series is called so"
            )
        return same[statement.slug] or None
    if statement.was:
        if statement.was in stored:
            return statement.was
        if statement.slug in stored and statement.was in stored[statement.slug].terms.was:
            return statement.slug  # renamed before
        asked.problems.append(f"{statement.place}: `was:` names {statement.was!r}, and no series is called so")
        return None
    if statement.slug in stored:
        return None if _has_run(statement, stored[statement.slug], rows) else statement.slug
    if statement.month is None:
        return None
    likely = sorted(
        (
            (_likeness(statement, other), slug)
            for slug, other in stored.items()
            if other.kind == statement.kind
            and slug not in taken
            and not _has_run(statement, other, rows)
            and not _is_over(other, statement.month)
        ),
        reverse=True,
    )
    if not likely or likely[0][0] < IN_DOUBT:
        return None
    score, slug = likely[0]
    if score >= SURE:
        return slug
    message = f"is {statement.title!r} the same series as {stored[slug].title!r}? Answer with --same {statement.slug}="
    answers = (f"{statement.slug}={slug}", f"{statement.slug}=")
    message = f"{message}{slug}, or --same {statement.slug}= for a new one"
    asked.findings.append(
        PlanFinding(FindingCode.SAME_SERIES, statement.slug, message, None, True, answers, str(statement.place))
    )
    return None


def _likeness(statement: Statement, other: Definition) -> float:
    """0 to 1: how alike the titles are, with something added for the same days and the same hours."""
    title = SequenceMatcher(None, _plain(statement.title), _plain(other.title)).ratio()
    hours = (statement.rule.start_wall, statement.rule.end_wall) == (other.rule.start_wall, other.rule.end_wall)
    days = statement.rule.rrule == other.rule.rrule
    return min(1.0, title + 0.1 * hours + 0.1 * days)


def _plain(title: str) -> str:
    words = "".join(sign if sign.isalnum() else " " for sign in title.casefold()).split()
    return " ".join(word.removesuffix("s") for word in words)


def _is_over(other: Definition, month: date) -> bool:
    """Whether it ended before the month: then it is not what the month announces again."""
    ends_on = other.terms.ends_on or other.rule.ends_on
    return ends_on is not None and ends_on < month


def _has_run(statement: Statement, other: Definition, rows: Mapping[str, Sequence[StoredOccurrence]]) -> bool:
    """Whether the stored series' modules began before the month that is stated: the stated one is a new run."""
    if statement.month is None or not other.rule.modules:
        return False
    starts = [row.setting.starts_at for row in rows.get(other.slug, ()) if row.setting.module == 1]
    return bool(starts) and zones.today(starts[0], other.rule.zone) < statement.month


def _free_name(name: str, statement: Statement, stored: Mapping[str, Definition]) -> str:
    """A short name that no other series has: that of an earlier run gets the month behind it."""
    if name not in stored or statement.month is None:
        return name
    return f"{name}-{statement.month:%Y-%m}"


@dataclass(slots=True)
class _Merge:
    """One statement merged with the stored series that it is about, None for a new one."""

    stated: Statement
    before: Definition | None
    rows: Sequence[StoredOccurrence]
    analysts: Mapping[str, int]
    today: date
    asked: ResolvedRequest

    def ids(self, names: Sequence[Named]) -> tuple[int, ...]:
        return tuple(self.analysts[named.email] for named in names)

    def definition(self, slug: str) -> Definition:
        """The stored series with everything that is stated applied, in the order of the file."""
        stated, found = self.stated, self.series(slug)
        for turn in stated.turns:
            start, end = turn.hours or (None, None)
            staff = self.ids(turn.analysts) if turn.analysts is not None else None
            later = RuleChange(turn.from_on, turn.rrule, start, end, title=turn.title, analysts=staff)
            found = edits.later(found, later)
        for exception in stated.exceptions:
            found = self.exception(found, exception)
        for more in stated.extras:
            if more.on in {row.setting.on for row in self.rows}:
                self.problem(f"{stated.place}: {slug} meets on {more.on} already: `exceptions:` change that one")
            found = edits.extra(found, more)
        guests = [Guest(self.analysts[g.analyst.email], g.from_on, g.until_on) for g in stated.guests]
        return edits.guest(found, guests)

    def series(self, slug: str) -> Definition:
        """The series itself, before turns and exceptions; what is not stated stays as it is stored."""
        stated, rule = self.stated, self.rule()
        before = self.before or Definition(slug, "", stated.title, "", rule)
        month = stated.month if self.before is not None else None
        keeps_title = month is not None and rule.starts_on < month and not rule.modules
        return replace(
            before,
            slug=slug,
            kind=stated.kind,
            title=before.title if keeps_title else stated.title,
            summary=stated.summary if stated.summary is not None else before.summary,
            rule=rule,
            slot_minutes=stated.slot_minutes if stated.slot_minutes is not None else before.slot_minutes,
            analysts=self.ids(stated.analysts) if stated.analysts is not None else before.analysts,
            terms=self.terms(slug, before.terms),
        )

    def terms(self, slug: str, had: Adjustments) -> Adjustments:
        """The adjustments with the short name that it had, its answer for holidays and its end."""
        stated = self.stated
        was = had.was
        if stated.was and stated.was != slug:
            was = tuple(dict.fromkeys((*was, stated.was)))
        return replace(
            had, was=was, on_holiday=stated.on_holiday or had.on_holiday, ends_on=stated.ends_on or had.ends_on
        )

    def rule(self) -> Rule:
        """The rule that is stated; of a monthly file only from its month on, where the series is older."""
        rule, before, month = self.stated.rule, self.before, self.stated.month
        if before is None:
            return rule
        had = before.rule
        modules = (*rule.modules, *had.modules[len(rule.modules) :])
        if month is not None and had.starts_on < month and not modules:
            return self.rule_from(month, before)
        begun = any(row.setting.module is not None for row in self.rows)
        starts_on = had.starts_on if month is not None and had.starts_on < month and begun else rule.starts_on
        return replace(rule, starts_on=starts_on, modules=modules, turns=had.turns)

    def rule_from(self, month: date, before: Definition) -> Rule:
        """The stored rule with a turn at the month, where days, hours or title differ from those that hold then."""
        rule, had = self.stated.rule, before.rule
        ends_on, note = occurrences.monthly_end(rule, month, had)
        if note and self.stated.ends_on is None:
            place = str(self.stated.place)
            self.asked.findings.append(PlanFinding(FindingCode.GOES_ON, before.slug, note, rule.ends_on, place=place))
        found = replace(had, ends_on=ends_on, zone=rule.zone)
        rrule, *hours = _at(had, month)
        has_other_hours = [rule.start_wall, rule.end_wall] != hours
        turn = RuleChange(
            month,
            rule.rrule if rule.rrule != rrule else None,
            rule.start_wall if has_other_hours else None,
            rule.end_wall if has_other_hours else None,
            self.stated.title if _plain(self.stated.title) != _plain(_title_at(before, month)) else None,
        )
        if turn == RuleChange(month):
            return found
        return edits.later(Definition("", "", "", "", found), turn).rule

    def exception(self, found: Definition, stated: StatedException) -> Definition:
        """The definition with one exception applied; a problem is noted and changes nothing."""
        target = self.target(found, stated)
        if target is None:
            return found
        key, on = target
        if stated.is_usual:
            return edits.usual(found, key, on)
        if stated.is_kept and on is not None:
            found = edits.keep(found, on)
        if stated.is_skipped or stated.postpone_weeks:
            return self.without_date(found, stated, on)
        if stated.moved_to is not None or stated.hours is not None:
            day = stated.moved_to or on or stated.on
            hours = stated.hours or _at(found.rule, on or found.rule.starts_on)[1:]
            if day is not None:
                found = edits.one(found, key, moved=Moved(day, *hours))
        values = {
            "cancelled": stated.cancelled,
            "title": stated.title,
            "meeting_url": stated.meeting_url,
            "analysts": self.ids(stated.analysts) if stated.analysts is not None else None,
            "recording_url": stated.recording_url,
            "slides_url": stated.slides_url,
        }
        given = {name: value for name, value in values.items() if value is not None}
        return edits.one(found, key, **given) if given else found

    def without_date(self, found: Definition, stated: StatedException, on: date | None) -> Definition:
        """The definition with that date of the rule skipped, or postponed with all later ones."""
        if on is None:
            self.problem(f"{stated.place}: an extra date is not skipped: cancel it")
            return found
        if stated.postpone_weeks:
            return edits.postpone(found, on, stated.postpone_weeks)
        return found if on in found.terms.skips else edits.skip(found, on)

    def target(self, found: Definition, stated: StatedException) -> tuple[str, date | None] | None:
        """Key and date of the rule of the occurrence that an exception is about; None, with a problem, for none."""
        if stated.module is not None:
            return self.module(found, stated, stated.module)
        on = stated.on
        if on is None:
            return None
        zone, left_out = found.rule.zone, found.terms.left_out()
        for row in self.rows:
            if on == row.setting.on and (row.setting.module is None or on not in left_out):
                return row.key, on
        for row in self.rows:
            if zones.today(row.setting.starts_at, zone) == on:
                return row.key, row.setting.on
        plain = replace(found.rule, skips=frozenset())
        instance = next((i for i in expand(plain, plain.starts_on, _day_after(on)) if i.wall.date() == on), None)
        if instance is not None:
            return instance.key, on
        extra = next((e for e in found.terms.extras if e.on == on), None)
        if extra is not None:
            return extra.key, None
        if on in left_out:
            return on.isoformat(), on
        self.problem(f"{stated.place}: {found.slug} has no date on {on}")
        return None

    def module(self, found: Definition, stated: StatedException, number: int) -> tuple[str, date | None] | None:
        """Key and date of the rule of that module."""
        if not 1 <= number <= len(found.rule.modules):
            self.problem(f"{stated.place}: {found.slug} has no module {number}")
            return None
        row = next((row for row in self.rows if row.setting.module == number), None)
        if row is not None:
            return row.key, row.setting.on
        instances = expand(found.rule, found.rule.starts_on, date.max)
        if number > len(instances):
            self.problem(f"{stated.place}: {found.slug} has no date for module {number}")
            return None
        return str(number), instances[number - 1].wall.date()

    def problem(self, text: str) -> None:
        self.asked.problems.append(text)


def _at(rule: Rule, day: date) -> tuple[str, time, time]:
    """Days and hours that hold on that day, the turns followed."""
    rrule, start, end = rule.rrule, rule.start_wall, rule.end_wall
    for turn in rule.turns:
        if turn.from_on <= day:
            rrule, start, end = turn.rrule or rrule, turn.start_wall or start, turn.end_wall or end
    return rrule, start, end


def _title_at(series: Definition, day: date) -> str:
    """The title that holds on that day: that of the last turn until then that has one, else the series'."""
    titles = [turn.title for turn in series.rule.turns if turn.title and turn.from_on <= day]
    return titles[-1] if titles else series.title


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
