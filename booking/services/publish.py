"""Publish programme files: what they state becomes series and occurrences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors, zones
from booking.domain.programme import Statement
from booking.domain.recurrence import Instance, expand, stored_until
from booking.services.deed import deed
from booking.store import locks, publishing, register
from booking.store.programme import Occurrence, Series


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that publishing did or left: the series' slug and the wall time it is about."""

    slug: str
    wall: datetime | None = None

    def __str__(self) -> str:
        return f"{self.slug} {self.wall:%a %Y-%m-%d %H:%M}" if self.wall else self.slug


@dataclass(slots=True)
class Published:
    """What a publish came to. `begun` was left out because it has begun; `kept` stays stored though no file says so."""

    added: list[Line] = field(default_factory=list)
    moved: list[Line] = field(default_factory=list)
    retitled: list[Line] = field(default_factory=list)
    restaffed: list[Line] = field(default_factory=list)
    begun: list[Line] = field(default_factory=list)
    kept: list[Line] = field(default_factory=list)
    series_changed: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was stored."""
        return bool(self.added or self.moved or self.retitled or self.restaffed or self.series_changed)


@deed
def publish(
    session: Session,
    statements: Sequence[Statement],
    now: datetime,
    *,
    uid_domain: str,
    actor_id: int | None = None,
    with_past: bool = False,
) -> Published:
    """Store what the files state; safe to run again, one publish at a time.

    What has begun is never changed: it is left out and named (`with_past` stores it as new), and still counts for
    the numbers of modules. Nothing goes because no file states it. Raises CannotPublish, naming file and line, for
    an address that is no analyst and for a change that a confirmed booking would not survive; then nothing is stored.
    """
    programme = locks.programme(session)
    emails = {named.email for statement in statements for named in statement.analysts}
    analysts = publishing.analyst_ids(session, emails)
    unknown = [
        f"{named.place}: {named.email} is not an analyst; `booking people add` makes one"
        for statement in statements
        for named in statement.analysts
        if named.email not in analysts
    ]
    if unknown:
        raise errors.CannotPublish(unknown)
    stored = publishing.stored_series(session, (statement.slug for statement in statements))
    there = _locked_occurrences(session, [series.id for series in stored.values()])
    done = Published()
    problems: list[str] = []
    rosters = publishing.rosters(session, (row.id for rows in there.values() for row in rows))
    booked = publishing.booked(session, (row.id for rows in there.values() for row in rows if row.starts_at > now))
    for statement in statements:
        series = stored.get(statement.slug)
        rows = there.get(series.id, []) if series is not None else []
        staff = [analysts[named.email] for named in statement.analysts]
        _Change(session, statement, series, rows, staff, rosters, booked, now, done, problems).apply(with_past)
    if problems:
        raise errors.CannotPublish(problems)
    if programme.uid_domain is None:
        programme.uid_domain = uid_domain
    if done.changed:
        publishing.touch(programme, now)
        counts = {name: len(getattr(done, name)) for name in ("added", "moved", "retitled", "restaffed")}
        register.write(session, "published", "programme", None, now, actor_id=actor_id, **counts)
    return done


def _locked_occurrences(session: Session, series_ids: list[int]) -> dict[int, list[Occurrence]]:
    ids = session.scalars(select(Occurrence.id).where(Occurrence.series_id.in_(series_ids))).all()
    found: dict[int, list[Occurrence]] = {}
    for row in locks.occurrences(session, ids).values():
        found.setdefault(row.series_id, []).append(row)
    return found


@dataclass(slots=True)
class _Change:
    """One series brought from what is stored to what is stated."""

    session: Session
    stated: Statement
    stored: Series | None
    rows: list[Occurrence]
    staff: list[int]
    rosters: dict[int, list[int]]
    booked: dict[tuple[int, int], int]
    now: datetime
    done: Published
    problems: list[str]
    revised: set[int] = field(default_factory=set)

    def apply(self, with_past: bool) -> None:
        rule = self.stated.rule
        instances = expand(rule, rule.starts_on, stored_until(zones.today(self.now, rule.zone)))
        by_key = {row.key: row for row in self.rows}
        new = [instance for instance in instances if instance.key not in by_key]
        coming = [instance for instance in new if with_past or instance.starts_at > self.now]
        begun = {row.key for row in self.rows if row.starts_at <= self.now}
        begun |= {instance.key for instance in new} - {instance.key for instance in coming}
        self.done.begun += [Line(self.stated.slug, i.wall) for i in instances if i.key in begun]
        stated = {instance.key: instance for instance in instances}
        self.done.kept += [
            Line(self.stated.slug, zones.wall(row.starts_at, rule.zone))
            for row in self.rows
            if row.key not in stated and row.key not in begun
        ]
        retitled = self.retitled_keys()
        if self.stored is not None and self.differs(self.stored):
            self.done.series_changed.append(self.stated.slug)
        upcoming = [(row, stated[row.key]) for row in self.rows if row.key in stated and row.key not in begun]
        for row, instance in upcoming:
            self.time(row, instance)
        self.titles([row for row, _ in upcoming if row.key in retitled])
        self.roster([row for row, _ in upcoming])
        if self.problems:
            return
        series = publishing.write_series(self.session, self.stored, self.stated, self.staff, self.now)
        publishing.add_occurrences(self.session, series.id, coming, self.staff, self.now)
        self.done.added += [Line(self.stated.slug, instance.wall) for instance in coming]

    def differs(self, stored: Series) -> bool:
        """Whether the series' own row, modules or analysts are to change."""
        same = (
            publishing.rule_of(stored) == self.stated.rule
            and (stored.kind, stored.title, stored.summary)
            == (self.stated.kind, self.stated.title, self.stated.summary)
            and stored.slot_minutes == ",".join(map(str, self.stated.slot_minutes))
            and [place.analyst_id for place in stored.analysts] == self.staff
        )
        return not same

    def retitled_keys(self) -> set[str]:
        """Keys of the stored occurrences whose words change."""
        if self.stored is None:
            return set()
        keys = {row.key for row in self.rows}
        if (self.stored.title, self.stored.summary) != (self.stated.title, self.stated.summary):
            return keys
        before = {str(module.number): module.title for module in self.stored.modules}
        after = {str(number): title for number, title in enumerate(self.stated.rule.modules, 1)}
        if len(before) != len(after):
            return keys  # "1 of 4" becomes "1 of 5"
        return {key for key in keys if before.get(key) != after.get(key)}

    def time(self, row: Occurrence, instance: Instance) -> None:
        if (row.starts_at, row.ends_at) == (instance.starts_at, instance.ends_at):
            return
        if instance.starts_at <= self.now:
            self.problems.append(f"{self.stated.place}: {Line(self.stated.slug, instance.wall)} lies in the past")
            return
        hurt = sum(count for (occurrence_id, _), count in self.booked.items() if occurrence_id == row.id)
        if hurt:
            was = zones.wall(row.starts_at, self.stated.rule.zone)
            self.problems.append(
                f"{self.stated.place}: {Line(self.stated.slug, was)} would move to {instance.wall:%a %Y-%m-%d %H:%M}, "
                f"but {_bookings(hurt)}"
            )
            return
        row.moved_from_at = row.starts_at if row.starts_at != instance.starts_at else row.moved_from_at
        row.starts_at, row.ends_at = instance.starts_at, instance.ends_at
        self.revise(row)
        self.done.moved.append(Line(self.stated.slug, instance.wall))

    def titles(self, rows: list[Occurrence]) -> None:
        for row in rows:
            self.revise(row)
            self.done.retitled.append(Line(self.stated.slug, zones.wall(row.starts_at, self.stated.rule.zone)))
        if rows:
            publishing.revise_bookings(self.session, [row.id for row in rows], self.now)

    def roster(self, rows: list[Occurrence]) -> None:
        changed = [row for row in rows if self.rosters.get(row.id, []) != self.staff]
        for row in changed:
            leaving = set(self.rosters.get(row.id, [])) - set(self.staff)
            hurt = sum(self.booked.get((row.id, analyst_id), 0) for analyst_id in leaving)
            wall = zones.wall(row.starts_at, self.stated.rule.zone)
            if hurt:
                self.problems.append(
                    f"{self.stated.place}: an analyst would leave {Line(self.stated.slug, wall)}, but {_bookings(hurt)}"
                )
            self.done.restaffed.append(Line(self.stated.slug, wall))
        if not self.problems:
            publishing.write_rosters(self.session, [row.id for row in changed], self.staff)

    def revise(self, row: Occurrence) -> None:
        """Count one published change, however many of its fields it touches."""
        if row.id not in self.revised:
            self.revised.add(row.id)
            row.sequence += 1
            row.revised_at = self.now.replace(microsecond=0)


def _bookings(count: int) -> str:
    return "1 booking is confirmed there" if count == 1 else f"{count} bookings are confirmed there"
