"""Conflicts that a plan brings: one analyst, member, meeting link or hour needed twice. Each is a finding.

The one conflict that settles itself: an analyst is taken off a bookable date while on the roster of another series.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from booking.domain import wording, zones
from booking.domain.bookings import join_links
from booking.domain.enums.planning import FindingCode, StepKind
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.consequences import AffectedPerson, Claimed, Step
from booking.domain.planning.plan import Changes, StoredProgramme
from booking.domain.planning.schedule import PlanFinding, Schedule


class _Hour(NamedTuple):
    """Hours [starts_at, ends_at) in which one occurrence takes place; in the order in which pairs are looked at."""

    starts_at: datetime
    ends_at: datetime
    is_bookable: bool
    series: str
    key: str


def settle_rosters(
    world: StoredProgramme, wanted: Mapping[str, Definition], schedules: Mapping[str, Schedule]
) -> list[PlanFinding]:
    """Take analysts off bookable dates in `schedules` while they are on another roster, and note each.

    Of two bookable dates the later one gives way. Two rosters that cannot be booked are only noted.
    """
    findings: list[PlanFinding] = []
    for analyst_id, hours in _rosters(world, wanted, schedules).items():
        name = _name(world, analyst_id)
        for one, other in _overlapping(hours):
            loser, winner = (one, other) if one.is_bookable and not other.is_bookable else (other, one)
            wins, loses = wanted[winner.series].title, wanted[loser.series].title
            if not loser.is_bookable:
                text = f"{name} is on two rosters at once: {wins} and {loses}"
                findings.append(_dated(FindingCode.SAME_ANALYST, text, loser, wanted))
                continue
            settings = schedules[loser.series].settings
            setting = settings[loser.key]
            left = tuple(a for a in setting.analysts if a != analyst_id)
            if left != setting.analysts:
                settings[loser.key] = setting._replace(analysts=left)
                text = f"{name} is in {wins} then, so members can't book them in {loses}"
                findings.append(_dated(FindingCode.SAME_ANALYST, text, loser, wanted))
    return findings


def _rosters(
    world: StoredProgramme, wanted: Mapping[str, Definition], schedules: Mapping[str, Schedule]
) -> dict[int, list[_Hour]]:
    """The hours of each analyst, by id."""
    rosters: dict[int, list[_Hour]] = {}
    for slug, computed in schedules.items():
        kind = world.kinds.get(wanted[slug].kind)
        is_bookable = kind is not None and kind.bookable
        for key, setting in computed.settings.items():
            if setting.reason is None:
                for analyst_id in setting.analysts:
                    hour = _Hour(setting.starts_at, setting.ends_at, is_bookable, slug, key)
                    rosters.setdefault(analyst_id, []).append(hour)
    return rosters


def overlaps(
    steps: Sequence[Step], wanted: Mapping[str, Definition], schedules: Mapping[str, Schedule]
) -> list[PlanFinding]:
    """Two series that use one meeting link at once; an occurrence that is moved onto another series."""
    return [*_same_meeting_link(wanted, schedules), *_moved_onto_another(steps, wanted, schedules)]


def _same_meeting_link(wanted: Mapping[str, Definition], schedules: Mapping[str, Schedule]) -> Iterable[PlanFinding]:
    links: dict[str, list[_Hour]] = {}
    for slug, computed in schedules.items():
        for key, setting in computed.settings.items():
            link = setting.meeting_url or wanted[slug].meeting_url
            if link and setting.reason is None:
                links.setdefault(link, []).append(_Hour(setting.starts_at, setting.ends_at, False, slug, key))
    for hours in links.values():
        for one, other in _overlapping(hours):
            if one.series != other.series:
                text = f"{wanted[one.series].title} and {wanted[other.series].title} use the same meeting link"
                yield _dated(FindingCode.SAME_MEETING_LINK, text, other, wanted)


def _moved_onto_another(
    steps: Sequence[Step], wanted: Mapping[str, Definition], schedules: Mapping[str, Schedule]
) -> Iterable[PlanFinding]:
    moved = {(step.series, step.key) for step in steps if step.what == StepKind.MOVES and "when" in step.fields}
    if not moved:
        return
    everything = [
        _Hour(setting.starts_at, setting.ends_at, False, slug, key)
        for slug, computed in schedules.items()
        for key, setting in computed.settings.items()
        if setting.reason is None
    ]
    for one, other in _overlapping(everything):
        is_first = (one.series, one.key) in moved
        if one.series != other.series and (is_first or (other.series, other.key) in moved):
            mover, there = (one, other) if is_first else (other, one)
            text = f"{wanted[mover.series].title} then clashes with {wanted[there.series].title}"
            yield _dated(FindingCode.SAME_TIME, text, mover, wanted)


def members_in_both(steps: Sequence[Step], places: Sequence[AffectedPerson], claimed: Claimed) -> list[PlanFinding]:
    """Moved occurrences whose enrolled members are booked or enrolled elsewhere at the new time."""
    findings = []
    quarters = claimed.people | claimed.enrolled
    for step in steps:
        if step.what != StepKind.MOVES or "when" not in step.fields:
            continue
        here = {place.member_id for place in places if place.occurrence_id == step.occurrence_id}
        both = {member for member, at in quarters if member in here and step.after.starts_at <= at < step.after.ends_at}
        if both:
            people = "1 member has" if len(both) == 1 else f"{len(both)} members have"
            text = f"{people} something else at the new time"
            findings.append(PlanFinding(FindingCode.SAME_MEMBER, step.series, text, step.after.on))
    return findings


def shared_links(found: Changes, world: StoredProgramme, links: Mapping[int, str]) -> list[PlanFinding]:
    """Analysts of one bookable date who have one meeting link; `links` are their own, by id.

    One finding a series, for the first of the dates that it adds or gives other analysts.

    A link that is set for one analyst on one date is not looked at: a date that is added has none yet.
    """
    findings: dict[str, PlanFinding] = {}
    for step in found.steps:
        definition = found.definitions[step.series][1] if step.series in found.definitions else None
        is_new = step.what in {StepKind.APPEARS, StepKind.RETURNS} or "analysts" in step.fields
        if definition is None or not is_new or step.what == StepKind.GOES or step.series in findings:
            continue
        kind = world.kinds.get(definition.kind)
        if kind is None or not kind.bookable:
            continue
        rest = step.after.meeting_url or definition.meeting_url
        team = ((_name(world, a), links.get(a) or rest) for a in step.after.analysts)
        names = join_links.sharing(team)
        if names:
            text = (
                f"{wording.listed(names)} use the same meeting link, "
                "so members booked at the same time would end up in the same call"
            )
            day = zones.today(step.after.starts_at, definition.rule.zone)
            findings[step.series] = PlanFinding(FindingCode.SAME_LINK, step.series, f"{definition.title}: {text}", day)
    return list(findings.values())


def _overlapping(hours: Iterable[_Hour]) -> list[tuple[_Hour, _Hour]]:
    """Pairs of hours that overlap, the earlier one first."""
    found: list[tuple[_Hour, _Hour]] = []
    open_ones: list[_Hour] = []
    for hour in sorted(hours):
        open_ones = [other for other in open_ones if other.ends_at > hour.starts_at]
        found += [(other, hour) for other in open_ones]
        open_ones.append(hour)
    return found


def _dated(code: FindingCode, text: str, hour: _Hour, wanted: Mapping[str, Definition]) -> PlanFinding:
    """A finding about the hour's series, with its date before the text."""
    day = zones.today(hour.starts_at, wanted[hour.series].rule.zone)
    return PlanFinding(code, hour.series, f"{wording.day(day)}: {text}", day)


def _name(world: StoredProgramme, analyst_id: int) -> str:
    return world.names.get(analyst_id, f"analyst {analyst_id}")
