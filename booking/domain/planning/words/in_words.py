"""A plan as people read it, on a page as in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from booking.domain import wording, zones
from booking.domain.bookings import cover_words
from booking.domain.enums.emails import EmailName
from booking.domain.enums.planning import BookingFate, PlaceKind, StepKind
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.consequences import Outcome, Step
from booking.domain.planning.occurrences import Setting
from booking.domain.planning.plan import Plan, SeriesChange
from booking.domain.planning.words import publish_words
from booking.domain.recurrence import Rule

#: More dates than this of one series are told by the first and the last.
MAX_DATES = 8
#: So many dates of which the plan says the same, and which touch nobody, have a line each; more have one together.
MAX_ALIKE = 3
EMAILS = {
    EmailName.MOVED_BY_US: "emailed that their booking has moved",
    EmailName.CANCELLED_BY_US: "emailed that their booking is cancelled, with a link to book again",
    EmailName.COVER_OFFER: "emailed that their analyst can't make it, with an offer of another time",
    EmailName.COVER_SOUGHT: "emailed that their analyst can't make it and that we're asking other analysts",
    EmailName.PROGRAMME_CHANGED: "emailed everything that changes for them",
    EmailName.OFFER_LAPSED: "emailed that a slot is no longer held for them; they stay on the waitlist",
}
_FIELDS = {
    "words": "title or description",
    "title": "title",
    "analysts": "analysts",
    "recording": "recording",
    "slides": "slides",
    "reason": "reason",
    "when": "time",
    "slug": "short name",
    "kind": "kind",
    "summary": "description",
    "slot_minutes": "slot lengths",
    "meeting_url": "meeting link",
    "rule": "days and times",
    "terms": "single dates",
}


@dataclass(slots=True)
class PlanLine:
    """One thing that happens: `what` in one word, the text, and whom it touches, a line each."""

    what: StepKind
    text: str
    touched: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """Everything that happens to one series. `note` says what changes in the series itself."""

    slug: str
    title: str
    note: str = ""
    lines: list[PlanLine] = field(default_factory=list)


def sections(plan: Plan, names: Mapping[int, str], definitions: Mapping[str, Definition]) -> list[Section]:
    """The plan by series; `names` are the analysts', `definitions` the stored ones."""
    found: dict[str, Section] = {}
    for change in plan.changes.series:
        found[change.after.slug] = Section(change.after.slug, change.after.title, _note(change))
    after = {**definitions, **{change.after.slug: change.after for change in plan.changes.series}}
    by_occurrence: dict[int, list[Outcome]] = {}
    for outcome in plan.outcomes:
        by_occurrence.setdefault(outcome.booking.occurrence_id, []).append(outcome)
    places: dict[int, list[str]] = {}
    for place in plan.places:
        places.setdefault(place.occurrence_id, []).append(place.what)
    by_series: dict[str, list[Step]] = {}
    for step in plan.changes.steps:
        by_series.setdefault(step.series, []).append(step)
    for slug, steps in by_series.items():
        asked = after[slug]
        section = found.setdefault(slug, Section(slug, asked.title))
        appearing = _appearing([step for step in steps if step.what == StepKind.APPEARS], asked.rule)
        if appearing and (count := sum(person.series == slug for person in plan.enrolled)):
            appearing[0].touched.append(f"{count} enrolled in the series")
        section.lines += appearing
        told: list[tuple[Step, PlanLine]] = []
        for step in steps:
            if step.what == StepKind.APPEARS:
                continue
            line = PlanLine(step.what, _step(step, asked.rule, names))
            if step.occurrence_id is not None:
                line.touched = [_outcome(o, asked.rule.zone, names) for o in by_occurrence.get(step.occurrence_id, [])]
                line.touched += _places(places.get(step.occurrence_id, []))
            told.append((step, line))
        section.lines += _folded(told, asked.rule)
    return sorted(found.values(), key=lambda section: section.slug)


def _folded(told: list[tuple[Step, PlanLine]], rule: Rule) -> list[PlanLine]:
    """The lines in their order; those that touch nobody and say the same of more than MAX_ALIKE dates become one."""
    alike: dict[tuple[StepKind, str], list[Step]] = {}
    for step, line in told:
        if not line.touched:
            alike.setdefault((line.what, _said(step, line, rule)), []).append(step)
    found: list[PlanLine] = []
    folded: set[tuple[StepKind, str]] = set()
    for step, line in told:
        key = (line.what, _said(step, line, rule))
        steps = alike.get(key, [])
        if line.touched or len(steps) <= MAX_ALIKE:
            found.append(line)
        elif key not in folded:
            folded.add(key)
            first, last = (
                date_and_time((one.before or one.after).starts_at, rule.zone) for one in (steps[0], steps[-1])
            )
            found.append(PlanLine(line.what, f"{len(steps)} dates, from {first} to {last}{key[1]}"))
    return found


def _said(step: Step, line: PlanLine, rule: Rule) -> str:
    """What a line says besides its date; of dates that move to one weekday and hour, that."""
    before, after = step.before or step.after, step.after
    if step.what == StepKind.MOVES and before.starts_at != after.starts_at:
        was, is_to_be = (zones.wall(one.starts_at, rule.zone) for one in (before, after))
        days = (is_to_be.date() - was.date()).days
        other_week = f", {abs(days)} days {'earlier' if days < 0 else 'later'}" if abs(days) > 6 else ""
        rest = line.text.partition(f"→ {date_and_time(after.starts_at, rule.zone)}")[2]
        return f" → {is_to_be:%A}, {wording.clock(after.starts_at, rule.zone)}{other_week}{rest}"
    return line.text.removeprefix(date_and_time((step.before or step.after).starts_at, rule.zone))


def _note(change: SeriesChange) -> str:
    if change.before is None:
        return f"new, {hours(change.after.rule)}"
    if change.before.slug != change.after.slug:
        return f"renamed from {change.before.title}"
    named = dict.fromkeys(_FIELDS[name] for name in change.fields)
    return f"changed: {', '.join(named)}"


def hours(rule: Rule) -> str:
    """`1:00 pm – 2:00 pm, Brisbane time`."""
    start, end = (wording.wall_clock(wall).replace(wording.NBSP, " ") for wall in (rule.start_wall, rule.end_wall))
    return f"{start} – {end}, {zones.city(rule.zone)} time"


def date_and_time(instant: datetime, zone: str) -> str:
    """`Mon 7 Dec 2026 1:00 pm AEST`."""
    local = zones.wall(instant, zone)
    return f"{local:%a} {local.day} {local:%b %Y} {wording.clock(instant, zone)} {zones.abbreviation(instant, zone)}"


def _appearing(steps: list[Step], rule: Rule) -> list[PlanLine]:
    if not steps:
        return []
    if len(steps) <= MAX_DATES:
        return [
            PlanLine(StepKind.APPEARS, f"{date_and_time(step.after.starts_at, rule.zone)}{_module(step.after, rule)}")
            for step in steps
        ]
    first, last = (date_and_time(step.after.starts_at, rule.zone) for step in (steps[0], steps[-1]))
    return [PlanLine(StepKind.APPEARS, f"{len(steps)} dates, from {first} to {last}")]


def _module(setting: Setting, rule: Rule) -> str:
    if setting.module is None or setting.module > len(rule.modules):
        return ""
    return f" · module {setting.module}: {rule.modules[setting.module - 1]}"


def _step(step: Step, rule: Rule, names: Mapping[int, str]) -> str:
    before, after = step.before or step.after, step.after
    was = f"{date_and_time(before.starts_at, rule.zone)}{_module(after, rule)}"
    if step.what == StepKind.GOES:
        return f"{was}{f' ({after.reason})' if after.reason else ''}"
    parts = []
    if "when" in step.fields:
        same_start = before.starts_at == after.starts_at
        parts.append(
            f"→ until {wording.clock(after.ends_at, rule.zone)}"
            if same_start
            else f"→ {date_and_time(after.starts_at, rule.zone)}"
        )
    parts += _details(step, names)
    return " ".join([was, *parts])


def _details(step: Step, names: Mapping[int, str]) -> list[str]:
    before, after = step.before or step.after, step.after
    found = []
    if "analysts" in step.fields:
        joins = [names.get(a, "?") for a in after.analysts if a not in before.analysts]
        leaves = [names.get(a, "?") for a in before.analysts if a not in after.analysts]
        if joins:
            found.append(f"{wording.listed(joins)} {'joins' if len(joins) == 1 else 'join'}")
        if leaves:
            found.append(f"{wording.listed(leaves)} {'leaves' if len(leaves) == 1 else 'leave'}")
        if not joins and not leaves:
            found.append("analysts in a different order")
    rest = [_FIELDS[name] for name in step.fields if name not in {"when", "analysts", "on"}]
    if rest and step.what == StepKind.CHANGES:
        found.append(f"new {', '.join(rest)}")
    return [f"({'; '.join(found)})"] if found else []


def _outcome(outcome: Outcome, zone: str, names: Mapping[int, str]) -> str:
    booking = outcome.booking
    was = f"{booking.member}, {wording.clock(booking.starts_at, zone)} {booking.minutes} min"
    analyst = names.get(booking.analyst_id, "?")
    if outcome.what == BookingFate.CANCELLED or outcome.slot is None:
        return f"{was} with {analyst}: cancelled; we email an apology and a link to book again"
    now = date_and_time(outcome.slot.starts_at, zone)
    if outcome.what == BookingFate.UNCOVERED:
        return f"{was} with {analyst}: {_waiting(outcome, now, zone, names)}"
    if outcome.what == BookingFate.HANDED:
        return f"{was} with {analyst}: goes to {names.get(outcome.slot.analyst_id, '?')}, {now}"
    return f"{was} with {analyst}: moves with it to {now}"


def _waiting(outcome: Outcome, now: str, zone: str, names: Mapping[int, str]) -> str:
    """Returns what happens to a booking whose analyst cannot come and that nobody else is free for."""
    has_moved = outcome.slot is not None and outcome.slot.starts_at != outcome.booking.starts_at
    found = (
        f"moves with it to {now}, but {names.get(outcome.booking.analyst_id, '?')} is off then; " if has_moved else ""
    )
    if outcome.offered is None:
        return (
            f"{found}we ask the other analysts, and cancel it {cover_words.ENDS} before it starts if nobody can take it"
        )
    offered = wording.clock(outcome.offered.starts_at, zone)
    return f"{found}offered {offered} with {names.get(outcome.offered.analyst_id, '?')} instead"


def _places(whats: Iterable[str]) -> list[str]:
    listed = list(whats)
    found = []
    for what in (PlaceKind.BOOKED, PlaceKind.ENROLLED, PlaceKind.WAITING):
        if count := listed.count(what):
            found.append(f"{count} {what}")
    return found


def emails(plan: Plan) -> list[str]:
    """Returns how many people get an email, by what it says; each gets one."""
    listed = [notice.email for notice in plan.notices]
    found = []
    for name, text in EMAILS.items():
        if count := listed.count(name):
            found.append(f"{count} {'person is' if count == 1 else 'people are'} {text}")
    if count := len(plan.taker_ids):
        found.append(f"{count} {'analyst is' if count == 1 else 'analysts are'} emailed the bookings they take over")
    return found


def leaving(plan: Plan, now: datetime, zone: str) -> str:
    """Returns what changes at once, when emails go out if the plan is published now, and until when it can be
    undone.
    """
    said = publish_words.before(plan.due_at(now), now, zone, plan.emailed)
    if not plan.held_back:
        return said
    who = publish_words.people(plan.held_back)
    verb = "is" if plan.held_back == 1 else "are"
    return f"{said} {who} {verb} still to be emailed about the last publish. They get one email about both."


def kept(lines: Iterable[tuple[str, datetime]], titles: Mapping[str, str]) -> list[str]:
    """`Live Member Clinic: 3 dates that no file names stay published: Mon 7 Dec 2026 …`; `titles` by slug."""
    by_slug: dict[str, list[datetime]] = {}
    for slug, wall in lines:
        by_slug.setdefault(slug, []).append(wall)
    return [
        f"{titles.get(slug, slug)}: {len(walls)} {'date' if len(walls) == 1 else 'dates'} that no file names "
        f"{'stays' if len(walls) == 1 else 'stay'} published: {_dates(walls)}"
        for slug, walls in by_slug.items()
    ]


def _dates(walls: list[datetime]) -> str:
    shown = [f"{wall:%a} {wall.day} {wall:%b %Y}" for wall in walls]
    return ", ".join(shown) if len(shown) <= MAX_DATES else f"{shown[0]} … {shown[-1]}"


def as_text(
    plan: Plan, names: Mapping[int, str], definitions: Mapping[str, Definition], now: datetime, zone: str
) -> list[str]:
    """The whole plan in lines of text, as if it were published now; clock times of no series are those of `zone`."""
    found: list[str] = []
    for section in sections(plan, names, definitions):
        found.append(f"{section.slug}: {section.title}{f' ({section.note})' if section.note else ''}")
        for line in section.lines:
            found.append(f"  {line.what:8} {line.text}")
            found += [f"           {touched}" for touched in line.touched]
    said = emails(plan)
    if said:
        found += [f"emails to {publish_words.people(plan.emailed)}:", *(f"  {text}" for text in said)]
    if not plan.is_empty:
        found.append(leaving(plan, now, zone))
    noted = [finding for finding in plan.changes.findings if not finding.is_question]
    if noted:
        found += ["good to know:", *(f"  {finding.series}: {finding.message}" for finding in noted[:40])]
        if len(noted) > 40:
            found.append(f"  and {len(noted) - 40} more")
    found += kept(plan.changes.kept, {slug: one.title for slug, one in definitions.items()})
    return found
