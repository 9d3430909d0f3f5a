"""The emails of a publish: one to each person, about everything of theirs that it touches.

They wait until the publish can no longer be undone. An email of an earlier publish that still waits is merged with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from booking.domain.bookings.cover_rules import UncoveredWork
from booking.domain.enums.emails import EmailName
from booking.domain.enums.planning import BookingFate, DifferenceKind, LineKind, StepKind
from booking.domain.planning import notices, updates
from booking.domain.planning.consequences import Outcome, Step
from booking.domain.planning.notices import Difference, Notice, differences
from booking.domain.planning.plan import Plan
from booking.domain.planning.updates import Line
from booking.services.action_context import ActionContext
from booking.services.cover import asking
from booking.services.cover.preview import left_of
from booking.services.steps.tell_colleagues import tell_colleagues
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts, emails
from booking.store.outbox.email_facts import Was
from booking.store.people.people import Person
from booking.store.programme.changes import Change
from booking.store.programme.programme import Occurrence, Series
from booking.store.queries.bookings import cover_candidates


def enqueue(
    context: ActionContext, plan: Plan, change: Change, by_id: Mapping[int, Step], was: Mapping[int, Was]
) -> None:
    """Queue one email to each person, merged with what waits for them from an earlier publish."""
    session, now = context.session, context.now
    waiting = emails.held_back(session, now)
    if not plan.notices and not waiting:
        return
    held: dict[int, list[Line]] = {}
    for email in waiting:
        held.setdefault(email.person_id or 0, []).extend(updates.lines_of(EmailName(email.name), email.facts))
    left = _left(plan, by_id)
    analysts = cover_candidates.analysts(session, left, context.organisation)
    takers = {one.booking_id for one in left if one.booking_id and any(each.can_take(one) for each in analysts)}
    writer = _Writer(context, plan, by_id, was, takers)
    merged, replaced = _merged(writer, plan.notices, held)
    set_aside = emails.set_aside(session, [one for one in waiting if one.person_id in replaced])
    if set_aside:
        change.before = {**change.before, "emails": set_aside}
    _add(session, merged, change, now)
    for analyst_id in sorted({one.analyst_id for one in left}):
        theirs = [one for one in left if one.analyst_id == analyst_id]
        who = session.get_one(Person, analyst_id).name
        asking.ask(session, asking.WantedCover(who, theirs, analysts), now, change=change)
    _tell_takers(context, plan, writer.bookings, change)


def _tell_takers(context: ActionContext, plan: Plan, rows: Mapping[int, Booking], change: Change) -> None:
    """Email the analysts the bookings that they take over, one email for each colleague whose they were."""
    handed: dict[int, list[Booking]] = {}
    for outcome in plan.outcomes:
        if outcome.taker_id is not None:
            handed.setdefault(outcome.booking.analyst_id, []).append(rows[outcome.booking.id])
    for analyst_id, theirs in sorted(handed.items()):
        tell_colleagues(context, theirs, context.session.get_one(Person, analyst_id).name, change=change)


def _merged(
    writer: _Writer, told: Sequence[Notice], held: Mapping[int, Sequence[Line]]
) -> tuple[dict[int, list[Line]], set[int]]:
    """The lines of each person's email, by person's id, and the people whose waiting emails are replaced by it.

    `held` are the lines of waiting emails. Those that this publish does not change stay with the email that has them.
    """
    known = writer.load([updates.key(line) for lines in held.values() for line in lines])
    news_of = {notice.member_id: writer.lines(notice) for notice in told}
    replaced: set[int] = set()
    merged: dict[int, list[Line]] = {}
    for person_id in sorted(held.keys() | news_of.keys()):
        earlier, news = held.get(person_id, ()), news_of.get(person_id, [])
        new_keys = {updates.key(line) for line in news}
        news = [*news, *(known[k] for k in map(updates.key, earlier) if k in known and k not in new_keys)]
        if not news:
            continue  # what waits for them is still so
        if earlier:
            replaced.add(person_id)
        if lines := updates.merged(earlier, news):
            merged[person_id] = lines
    return merged, replaced


def _left(plan: Plan, by_id: Mapping[int, Step]) -> list[UncoveredWork]:
    """The bookings that come to wait for cover, with no other time offered."""
    return [
        left_of(
            outcome.booking._replace(starts_at=outcome.slot.starts_at), by_id[outcome.booking.occurrence_id].after[1:3]
        )
        for outcome in plan.outcomes
        if outcome.what == BookingFate.UNCOVERED and outcome.offered is None and outcome.slot is not None
    ]


_ADDRESSES = select(Person.id, Person.email).where(Person.id.in_(bindparam("merged", expanding=True)))


#: Of some public ids those that the plan touches.
_NAMED_DATES = select(Occurrence.id).where(
    Occurrence.public_id.in_(bindparam("named", expanding=True)),
    Occurrence.id.in_(bindparam("touched", expanding=True)),
)
_NAMED_BOOKINGS = select(Booking.id).where(
    Booking.public_id.in_(bindparam("named", expanding=True)),
    Booking.occurrence_id.in_(bindparam("touched", expanding=True)),
)
_DATES = (
    select(Occurrence)
    .where(Occurrence.id.in_(bindparam("ids", expanding=True)))
    .options(joinedload(Occurrence.series).selectinload(Series.modules))
)
_NEW_DATES = (
    select(Occurrence)
    .join(Series, Series.id == Occurrence.series_id)
    .where(Series.slug.in_(bindparam("slugs", expanding=True)), Occurrence.key.in_(bindparam("keys", expanding=True)))
)
_BOOKED = select(Booking.public_id, Booking.id).where(Booking.public_id.in_(bindparam("public_ids", expanding=True)))


def _add(session: Session, merged: Mapping[int, Sequence[Line]], change: Change, now: datetime) -> None:
    """Queue the emails, none due later than an hour before the first start it is about."""
    if not merged:
        return
    starts = [datetime.fromisoformat(at) for lines in merged.values() for line in lines for at in _starts(line)]
    change.due_at = min(change.due_at, notices.due_at(min(starts), now))
    addresses = {person_id: email for person_id, email in session.execute(_ADDRESSES, {"merged": list(merged)})}
    booked_ids = {uuid.UUID(booking) for lines in merged.values() for booking in _booked(lines)}
    ids = {str(row.public_id): row.id for row in session.execute(_BOOKED, {"public_ids": list(booked_ids)})}
    rows = []
    for person_id, lines in merged.items():
        name, told = updates.email_of(lines)
        booked = _booked(lines)
        row = emails.row(
            name,
            addresses[person_id],
            told,
            now,
            person_id=person_id,
            booking_id=ids[booked[0]] if len(booked) == 1 else None,
            due_at=change.due_at,
            change_id=change.id,
        )
        rows.append(row)
    session.flush()
    emails.add(session, rows)


def _starts(line: Line) -> list[str]:
    return [line["starts_at"], line.get("was_at", line["starts_at"])]


def _booked(lines: Sequence[Line]) -> list[str]:
    """The public ids of the bookings that the lines are about."""
    return [line["booking"] for line in lines if "booking" in line]


class _Writer:
    """Writes lines about what a plan touches; everything that they say is read in a few statements."""

    def __init__(
        self,
        context: ActionContext,
        plan: Plan,
        by_id: Mapping[int, Step],
        was: Mapping[int, Was],
        takers: Collection[int],
    ) -> None:
        self.context, self.session = context, context.session
        self.plan, self.by_id, self.was, self.takers = plan, by_id, was, takers
        self.outcomes = {outcome.booking.id: outcome for outcome in plan.outcomes}
        self.rows: dict[int, Occurrence] = {}
        self.bookings: dict[int, Booking] = {}
        self.new: dict[tuple[str, str], Occurrence] = {}

    def load(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Line]:
        """Read all that notices are about, and the lines about those of the `keys` that the plan touches too."""
        ids = {i for notice in self.plan.notices for i in notice.touched_ids}
        booked = {o.booking.id for n in self.plan.notices for o in n.outcomes}
        booked |= {b.id for n in self.plan.notices for b in n.bookings}
        named: dict[str, set[uuid.UUID]] = {"booking": set(), "occurrence": set()}
        for what, name in keys:
            if what in named:
                named[what].add(uuid.UUID(name))
        touched = list(self.by_id)
        if named["occurrence"]:
            ids |= set(self.session.scalars(_NAMED_DATES, {"named": list(named["occurrence"]), "touched": touched}))
        if named["booking"]:
            booked |= set(self.session.scalars(_NAMED_BOOKINGS, {"named": list(named["booking"]), "touched": touched}))
        self.rows = {row.id: row for row in self.session.scalars(_DATES, {"ids": list(ids)})}
        self.bookings = bookings(self.session, booked)
        self._load_new()
        lines = [self.of_date(i) for i, row in self.rows.items() if row.public_id in named["occurrence"]]
        lines += [self.of_booking(i) for i, one in self.bookings.items() if one.public_id in named["booking"]]
        lines += [self.of_series(name) for what, name in keys if what == "series" and self._is_renamed(name)]
        return {updates.key(line): line for line in lines}

    def _load_new(self) -> None:
        wanted = {one for notice in self.plan.notices for one in notice.added}
        if wanted:
            slugs, keys = {slug for slug, _ in wanted}, {key for _, key in wanted}
            found = self.session.scalars(_NEW_DATES, {"slugs": list(slugs), "keys": list(keys)})
            self.new = {(row.series.slug, row.key): row for row in found}

    def _is_renamed(self, slug: str) -> bool:
        before, after = self.plan.changes.definitions.get(slug, (None, None))
        return before is not None and after is not None and before.title != after.title

    def lines(self, notice: Notice) -> list[Line]:
        """The lines of everything that one person is told."""
        found = [self.of_booking(outcome.booking.id) for outcome in notice.outcomes]
        found += [self.of_booking(booking.id) for booking in notice.bookings]
        found += [self.of_date(i) for i in notice.occurrence_ids]
        found += [self.of_new(one) for one in notice.added]
        found += [self.of_series(slug) for slug in notice.renamed]
        return found

    def of_booking(self, booking_id: int) -> Line:
        """The line about a booking: what becomes of it, or what else changes about it."""
        booking, outcome = self.bookings[booking_id], self.outcomes.get(booking_id)
        step = self.by_id[booking.occurrence_id]
        differs = self._differs(step)
        was = self.was.get(booking_id, Was.of(booking))
        line = {
            **_date(booking.occurrence, step, differs),
            **email_facts.booking_facts(self.session, booking, reason=step.after.reason or ""),
            "what": LineKind.CHANGES if outcome is None else updates.WHAT_OF_OUTCOME[outcome.what],
            **was.facts,
            "was_title": next((one.was for one in differs if one.what == DifferenceKind.TITLE), ""),
        }
        if outcome is not None and outcome.what == BookingFate.UNCOVERED:
            line |= self._cover(outcome)
            line["is_invited"] = booking.is_invited and was.starts_at != booking.starts_at
        return line

    def _cover(self, outcome: Outcome) -> dict[str, Any]:
        """The facts about cover: the time that is offered instead, and until when."""
        told: dict[str, Any] = {"lapses_at": email_facts.stamp(outcome.ends_at or outcome.booking.starts_at)}
        if outcome.offered is not None:
            told["offered_at"] = email_facts.stamp(outcome.offered.starts_at)
            told["offered_with"] = self.session.get_one(Person, outcome.offered.analyst_id).name
        elif outcome.booking.id not in self.takers:
            booking = self.bookings[outcome.booking.id]
            told["others"] = asking.other_times(self.context, booking)
        return told

    def of_date(self, occurrence_id: int) -> Line:
        """The line about a date that changes."""
        step = self.by_id[occurrence_id]
        return _date(self.rows[occurrence_id], step, self._differs(step))

    def of_new(self, one: tuple[str, str]) -> Line:
        """The line about a new date."""
        row = self.new[one]
        return {**_date(row, None, []), "what": LineKind.APPEARS}

    def of_series(self, slug: str) -> Line:
        """The line about a series with a new name."""
        before, after = self.plan.changes.definitions[slug]
        steps = [s for s in self.plan.changes.steps if s.series == slug and s.after.reason is None]
        first = min(steps, key=lambda step: step.after.starts_at)
        return {
            "what": LineKind.RENAMED,
            "series": slug,
            "title": after.title,
            "was_title": before.title if before is not None else "",
            "zone": after.rule.zone,
            "starts_at": email_facts.stamp(first.after.starts_at),
            "differs": [one._asdict() for one in self._differs(first) if one.what != DifferenceKind.TITLE],
        }

    def _differs(self, step: Step) -> list[Difference]:
        return differences(step, self.plan.changes.definitions[step.series], self.context.organisation.kinds)


_WITH_ALL = (
    select(Booking)
    .where(Booking.id.in_(bindparam("ids", expanding=True)))
    .options(
        joinedload(Booking.analyst),
        joinedload(Booking.member),
        joinedload(Booking.occurrence).joinedload(Occurrence.series),
    )
)


def bookings(session: Session, ids: Collection[int]) -> dict[int, Booking]:
    """The bookings by id with all that an email about them says, in one statement."""
    return {row.id: row for row in session.scalars(_WITH_ALL, {"ids": list(ids)})}


def _date(row: Occurrence, step: Step | None, differs: list[Difference]) -> Line:
    module = next((m.title for m in row.series.modules if m.number == row.module_number), "")
    before = step.before if step is not None else None
    what = StepKind.CHANGES if step is None else StepKind.GOES if step.after.reason is not None else LineKind(step.what)
    return {
        "what": what,
        "occurrence": str(row.public_id),
        "series": row.series.slug,
        "title": row.title or row.series.title,
        "module": module,
        "number": row.module_number,
        "zone": row.series.zone,
        "starts_at": email_facts.stamp(row.starts_at),
        "ends_at": email_facts.stamp(row.ends_at),
        "was_at": email_facts.stamp(before.starts_at if before is not None else row.starts_at),
        "was_ends_at": email_facts.stamp(before.ends_at if before is not None else row.ends_at),
        "reason": row.reason,
        "differs": [one._asdict() for one in differs],
    }
