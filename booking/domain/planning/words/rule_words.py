"""Recurrence rules as people say them, and the choices of which a form makes one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from booking.domain import recurrence_rules, wording
from booking.domain.enums.planning import Repeats
from booking.domain.recurrence_rules import DAYS, RRule

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
#: Which week of a month, by the number that a rule gives it, in the order of a form.
ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
_UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """A rule as a form shows it: `days` are weekdays (0 is Monday), `weeks` keys of ORDINALS; both in order.

    Only the monthly choice has weeks. OTHER stands for a rule that the form cannot say, and keeps.
    """

    repeats: Repeats
    days: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()

    @property
    def rrule(self) -> str:
        """The rule of the choice, which is not OTHER."""
        days = [DAYS[day] for day in self.days]
        if self.repeats == Repeats.MONTHLY:
            return f"FREQ=MONTHLY;BYDAY={','.join(f'{week}{day}' for day in days for week in self.weeks)}"
        interval = "INTERVAL=2;" if self.repeats == Repeats.FORTNIGHTLY else ""
        return f"FREQ=WEEKLY;{interval}BYDAY={','.join(days)}"


def choice(rrule: str) -> RuleChoice:
    """The choice that the rule is."""
    rule = recurrence_rules.parse(rrule)
    days = tuple(sorted({day for _, day in rule.days}))
    if rule.days and rule == RRule(rule.frequency, rule.interval, days=rule.days, week_start=rule.week_start):
        is_weekly = rule.frequency == "WEEKLY" and (rule.interval == 1 or rule.week_start == 0)
        if is_weekly and rule.interval in (1, 2):
            return RuleChoice(Repeats.WEEKLY if rule.interval == 1 else Repeats.FORTNIGHTLY, days)
        if rule.frequency == "MONTHLY" and rule.interval == 1:
            weeks = tuple(week for week in ORDINALS if week in {nth for nth, _ in rule.days})
            if rule.days == {(week, day) for week in weeks for day in days}:
                return RuleChoice(Repeats.MONTHLY, days, weeks)
    return RuleChoice(Repeats.OTHER)


def in_words(rrule: str) -> str:
    """ "Monday and Tuesday", "every two weeks on Monday", "first and third Monday of the month"; any rule there is."""
    rule, said = recurrence_rules.parse(rrule), choice(rrule)
    days = _listed(WEEKDAYS[day] for day in said.days)
    if said.repeats == Repeats.WEEKLY:
        return days
    if said.repeats == Repeats.FORTNIGHTLY:
        return f"every two weeks on {days}"
    if said.repeats == Repeats.MONTHLY:
        return f"{_listed(ORDINALS[week] for week in said.weeks)} {days} of the month"
    unit = _UNITS[rule.frequency]
    parts = [f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"]
    if rule.months:
        parts.append(f"in {_listed(MONTHS[month - 1] for month in sorted(rule.months))}")
    parts += _days(rule)
    if rule.positions:
        places = _listed(_place(n) for n in sorted(rule.positions, key=lambda n: (n < 0, n)))
        parts.append(f"(only the {places} of these days)")
    return " ".join(parts)


def _days(rule: RRule) -> list[str]:
    found = []
    if rule.days:
        numbered = sorted(rule.days, key=lambda one: (one[1], (one[0] or 0) < 0, one[0] or 0))
        names = [f"{_place(nth)} {WEEKDAYS[day]}" if nth else WEEKDAYS[day] for nth, day in numbered]
        found.append(f"on {'the ' if numbered[0][0] else ''}{_listed(names)}")
    if rule.month_days:
        found.append(f"on the {_listed(_place(n) for n in sorted(rule.month_days, key=lambda n: (n < 0, n)))}")
        if rule.month_days & set(range(-31, 0)):
            found[-1] += " day of the month" if len(rule.month_days) == 1 else " days of the month"
    if rule.year_days:
        found.append(f"on day {_listed(str(n) for n in sorted(rule.year_days))} of the year")
    return found


def _place(number: int) -> str:
    """ "1st", "22nd", "last", "2nd last"."""
    if number == -1:
        return "last"
    size = abs(number)
    ending = "th" if size % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(size % 10, "th")
    return f"{size}{ending}{' last' if number < 0 else ''}"


def _listed(words: Iterable[str]) -> str:
    return wording.listed(list(words))
