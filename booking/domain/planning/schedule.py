"""The schedule of one series: each occurrence as it is to be, its adjustments and the holidays applied to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from booking.domain import recurrence, wording, zones
from booking.domain.enums.planning import FindingCode
from booking.domain.holidays import NO_DAYS_OFF, DaysOff, nearest_free_day
from booking.domain.planning import begun_dates, occurrences
from booking.domain.planning.adjustments import DateException, Definition
from booking.domain.planning.occurrences import LEAVES_OUT, Period, Setting, Span, StoredOccurrence, StoredSeries
from booking.domain.recurrence import Instance, RuleChange


class PlanFinding(NamedTuple):
    """Something a coordinator should know, or must answer (`is_question`) before anything is published."""

    code: FindingCode
    series: str
    message: str
    on: date | None = None
    is_question: bool = False
    answers: tuple[str, ...] = ()
    place: str = ""


@dataclass(slots=True)
class Schedule:
    """The settings of one series by key, in order of time, and what was noticed on the way.

    `kept` are keys of stored occurrences that nothing asks for and nothing ends; `far` the keys of new ones beyond
    what was stored before, which a publish adds without announcing them.
    """

    settings: dict[str, Setting] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    far: set[str] = field(default_factory=set)
    findings: list[PlanFinding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a series is set amid: holidays, what other series do by local date, and when analysts (by id) are away."""

    days_off: DaysOff = NO_DAYS_OFF
    busy: Mapping[date, Sequence[tuple[str, Span]]] = field(default_factory=dict)
    away: Mapping[int, Sequence[Span]] = field(default_factory=dict)


def compute(
    asked: Definition,
    stored: StoredSeries,
    period: Period,
    around: Surroundings = Surroundings(),
    *,
    asks: bool = True,
) -> Schedule:
    """Compute how every occurrence of `asked` in that period is set.

    With `asks` an unanswered holiday is a question.
    """
    return _Computation(asked, stored, period, around, asks).run()


@dataclass(slots=True)
class _Computation:
    asked: Definition
    stored: StoredSeries
    period: Period
    around: Surroundings
    asks: bool
    found: Schedule = field(default_factory=Schedule)
    left_out: dict[date, str] = field(default_factory=dict)

    def run(self) -> Schedule:
        self.left_out = self.asked.terms.left_out()
        stored, days_off = self.stored.rows, self.around.days_off
        rows = {row.key: row for row in stored}
        begun = {key for key, row in rows.items() if row.setting.starts_at <= self.period.now}
        instances = occurrences.instances(self.asked, stored, self.period, days_off)
        matched = occurrences.match(self.asked, instances, stored, self.period.now, days_off)
        far_from = self.far_from()
        missed: list[Instance] = []
        for key, instance in matched:
            row = rows.get(key)
            if key in begun or (row is None and instance.starts_at <= self.period.now and not self.period.with_past):
                self.found.begun.append(key)
                if row is None:
                    missed.append(instance)
                continue
            self.found.settings[key] = self.setting(key, instance, row)
            if far_from is not None and row is None and instance.wall.date() > far_from:
                self.found.far.add(key)
        if self.asks:
            for message, day in begun_dates.notes(self.asked, self.stored, missed, self.period.now):
                self.note(FindingCode.BEGUN, message, day)
        self.extras(rows, begun)
        self.leftovers(rows, begun, {key for key, _ in matched})
        return self.found

    def far_from(self) -> date | None:
        """The last stored date of a series that has no end and meets on the same days as before; None for others."""
        asked, before = self.asked, self.stored.definition
        if before is None or not (_is_endless(asked) and _is_endless(before)):
            return None
        if not occurrences.same_days(before.rule, asked.rule):
            return None
        return max((row.setting.on for row in self.stored.rows if row.setting.on is not None), default=None)

    # -- how each is set

    def setting(self, key: str, instance: Instance, row: StoredOccurrence | None) -> Setting:
        day = instance.wall.date()
        turn = _turn_on(self.asked.rule.turns, day)
        exception = self.asked.terms.exceptions.get(key, _NONE)
        was_there = row is not None and row.setting.on == day and row.setting.reason is None
        starts_at, ends_at = self.hours(day, instance, exception, asks=self.asks and not was_there)
        return self.staffed(
            Setting(
                day,
                starts_at,
                ends_at,
                instance.module,
                exception.title if exception.title is not None else turn.title,
                self.meeting_url(exception, turn, row),
                self.roster(exception, turn),
                exception.cancelled,
                *_links(exception, row),
            )
        )

    def meeting_url(self, exception: DateException, turn: RuleChange, row: StoredOccurrence | None) -> str | None:
        """A meeting link that was set for this one stays until another is; an empty text takes it away."""
        stated = exception.meeting_url if exception.meeting_url is not None else turn.meeting_url
        return (row.setting.meeting_url if row is not None else None) if stated is None else stated or None

    def roster(self, exception: DateException, turn: RuleChange) -> tuple[int, ...]:
        """Its own analysts, else those that hold from a date on, else the series'."""
        own = exception.analysts if exception.analysts is not None else turn.analysts
        return self.asked.analysts if own is None else own

    def hours(self, day: date, instance: Instance, exception: DateException, asks: bool) -> Span:
        zone = self.asked.rule.zone
        span = (instance.starts_at, instance.ends_at)
        if exception.moved is not None:
            self.landing(exception.moved.on)
            moved = recurrence.span(exception.moved.on, exception.moved.start_wall, exception.moved.end_wall, zone)
            return moved or span
        holiday = self.around.days_off.everywhere(day)
        if exception.cancelled is not None or day in self.asked.terms.keeps or instance.starts_at <= self.period.now:
            return span
        if holiday is None:
            partly = self.around.days_off.somewhere(day)
            if partly is not None and asks:
                self.note(FindingCode.HOLIDAY_IN_SOME_STATES, f"{wording.day(day)} is {partly}. It goes ahead", day)
            return span
        answer = self.asked.terms.on_holiday
        if answer == "move":
            return self.moved_off(day, instance, span)
        if answer == "keep":
            if asks:
                self.note(
                    FindingCode.HOLIDAY_KEPT, f"{wording.day(day)} is {holiday}. It goes ahead, as you asked", day
                )
        elif not answer and asks:
            message = (
                f"{wording.day(day)} is {holiday}: does it take place? Write on_holiday: keep, skip, postpone or move"
            )
            choices = ("keep", "skip", "postpone", "move")
            self.found.findings.append(PlanFinding(FindingCode.HOLIDAY, self.asked.slug, message, day, True, choices))
        return span

    def landing(self, day: date) -> None:
        """Note a date that somebody chose although it is a holiday."""
        holiday = self.around.days_off.by_date.get(day)
        if holiday is not None and self.asks:
            self.note(FindingCode.HOLIDAY_CHOSEN, f"{wording.day(day)} is {holiday}", day)

    def moved_off(self, day: date, instance: Instance, span: Span) -> Span:
        """Move it to the nearest free day of its week; ask where there is none."""
        taken = [
            other
            for other in (day + timedelta(days=n) for n in range(-4, 5))
            if self.meets_on(other) or self.is_busy_on(other, instance)
        ]
        free = nearest_free_day(day, self.around.days_off, taken)
        length = (span[1] - span[0]).total_seconds()
        if free is None:
            text = f"{wording.day(day)} is a holiday and its week has no free day: skip it, or move it to a date"
            self.found.findings.append(
                PlanFinding(FindingCode.HOLIDAY, self.asked.slug, text, day, True, ("keep", "skip"))
            )
            return span
        starts_at = zones.localize_first(datetime.combine(free, instance.wall.time()), self.asked.rule.zone)
        if starts_at is None:
            return span
        self.note(FindingCode.HOLIDAY_MOVED, f"{wording.day(day)} is a holiday: moved to {wording.day(free)}", day)
        return starts_at, starts_at + timedelta(seconds=length)

    def meets_on(self, day: date) -> bool:
        return any(row.setting.on == day for row in self.stored.rows) or occurrences.meets_on(self.asked.rule, day)

    def is_busy_on(self, day: date, instance: Instance) -> bool:
        """Whether another series meets at that time of that day."""
        starts_at = zones.localize_first(datetime.combine(day, instance.wall.time()), self.asked.rule.zone)
        if starts_at is None:
            return True
        ends_at = starts_at + (instance.ends_at - instance.starts_at)
        return any(
            slug != self.asked.slug and span[0] < ends_at and starts_at < span[1]
            for slug, span in self.around.busy.get(day, ())
        )

    def staffed(self, setting: Setting) -> Setting:
        """Add the guests of that day, and take out those who are away."""
        if not self.asked.terms.guests and not self.around.away:
            return setting
        local = zones.today(setting.starts_at, self.asked.rule.zone)
        guests = tuple(
            guest.analyst_id
            for guest in self.asked.terms.guests
            if guest.from_on <= local <= guest.until_on and guest.analyst_id not in setting.analysts
        )
        here = tuple(
            analyst_id
            for analyst_id in (*setting.analysts, *guests)
            if not any(
                start < setting.ends_at and setting.starts_at < end
                for start, end in self.around.away.get(analyst_id, ())
            )
        )
        return setting if here == setting.analysts else setting._replace(analysts=here)

    # -- what the rule does not reach

    def extras(self, rows: dict[str, StoredOccurrence], begun: set[str]) -> None:
        for extra in self.asked.terms.extras:
            if extra.key in begun:
                self.found.begun.append(extra.key)
                continue
            exception = self.asked.terms.exceptions.get(extra.key, _NONE)
            moved = exception.moved
            where = (
                (moved.on, moved.start_wall, moved.end_wall) if moved else (extra.on, extra.start_wall, extra.end_wall)
            )
            span = recurrence.span(*where, self.asked.rule.zone)
            if span is None or (span[0] <= self.period.now and extra.key not in rows and not self.period.with_past):
                continue
            self.landing(where[0])
            row = rows.get(extra.key)
            turn = _turn_on(self.asked.rule.turns, extra.on)
            setting = Setting(
                None,
                *span,
                None,
                exception.title if exception.title is not None else extra.title,
                self.meeting_url(exception, turn, row),
                self.roster(exception, turn),
                exception.cancelled,
                *_links(exception, row),
            )
            self.found.settings[extra.key] = self.staffed(setting)

    def leftovers(self, rows: dict[str, StoredOccurrence], begun: set[str], matched: set[str]) -> None:
        """Settle stored ones that nothing asks for: they go where a skip, an end or other days say so, else stay."""
        for key, row in rows.items():
            if key in begun or key in matched or key in self.found.settings:
                continue
            if row.setting.reason is not None:
                self.found.settings[key] = row.setting  # it had gone before
                continue
            reason = self.why_gone(row)
            if reason is None:
                self.found.kept.append(key)
                self.found.settings[key] = self.as_kept(row)
            else:
                self.found.settings[key] = row.setting._replace(reason=reason)

    def as_kept(self, row: StoredOccurrence) -> Setting:
        """The stored setting, staffed and cancelled as the series and its exception say now."""
        exception = self.asked.terms.exceptions.get(row.key, _NONE)
        turn = _turn_on(self.asked.rule.turns, row.setting.on or date.min)
        setting = row.setting._replace(analysts=self.roster(exception, turn), reason=exception.cancelled)
        return self.staffed(setting)

    def why_gone(self, row: StoredOccurrence) -> str | None:
        """The reason, empty where none was given; None where it is to stay."""
        on, terms, rule = row.setting.on, self.asked.terms, self.asked.rule
        before = self.stored.definition
        if row.setting.module is not None:
            return None  # a module goes by being cancelled
        if on is None:
            return None
        if on in self.left_out:
            return self.left_out[on]
        holiday = self.around.days_off.everywhere(on)
        if holiday is not None and terms.on_holiday in LEAVES_OUT and on not in terms.keeps:
            return str(holiday)
        if terms.ends_on is not None and on > terms.ends_on:
            return ""
        ends_on = self.last_day(self.asked)
        if ends_on is not None and on > ends_on:
            return None if before is not None and self.last_day(before) == ends_on else ""
        return None if before is None or occurrences.same_days(before.rule, rule) else ""

    def last_day(self, series: Definition) -> date | None:
        return occurrences.effective_rule(series, self.stored.rows, self.around.days_off).ends_on

    def note(self, code: FindingCode, message: str, day: date) -> None:
        self.found.findings.append(PlanFinding(code, self.asked.slug, message, day))


def _is_endless(series: Definition) -> bool:
    return not series.rule.modules and series.rule.ends_on is None and series.terms.ends_on is None


_NONE = DateException()
_NO_TURN = RuleChange(date.min)


def _links(exception: DateException, row: StoredOccurrence | None) -> tuple[str, str]:
    had = (row.setting.recording_url, row.setting.slides_url) if row is not None else ("", "")
    stated = (exception.recording_url, exception.slides_url)
    return (stated[0] if stated[0] is not None else had[0], stated[1] if stated[1] is not None else had[1])


def _turn_on(turns: Iterable[RuleChange], day: date) -> RuleChange:
    """The turns up to that day, added up."""
    found = _NO_TURN
    for turn in turns:
        if turn.from_on <= day:
            found = replace(
                found,
                title=turn.title if turn.title is not None else found.title,
                meeting_url=turn.meeting_url if turn.meeting_url is not None else found.meeting_url,
                analysts=turn.analysts if turn.analysts is not None else found.analysts,
            )
    return found
