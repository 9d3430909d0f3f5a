"""Random months of a coordinator and her members: after every deed, every promise of the programme is checked.

What is checked is read from the tables in SQL and compared with plain values kept by the test; nothing of the engine's
own reasoning is used to judge it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.domain.planning import edits
from booking.domain.planning.adjustments import Definition, Extra
from booking.services import cover
from booking.services.action_context import ActionContext
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.cancel import cancel
from booking.services.publishing import planning, undo
from booking.services.publishing.planning import Asking
from booking.services.publishing.publish import publish
from booking.store.outbox import emails
from tests import databases, long_form
from tests.builders import NOW, a_person, an_organisation
from tests.services.publishing.test_publish import stated

ORGANISATION = an_organisation(upcoming=100, per_occurrence=2, horizon_days=400)
QUARTER = timedelta(minutes=15)
CLINIC, MODULES = "a-clinic", "modules"
DAYS = ("MO", "TU", "WE", "TH", "FR")
#: A failing run is told as it was found: making it smaller would take longer than reading it.
OFTEN = settings(
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
SLUGS = st.sampled_from([CLINIC, MODULES])


def acting(session: Session, actor: Actor, now: datetime = NOW) -> ActionContext:
    """The context of what somebody does in this organisation."""
    return ActionContext(session, ORGANISATION, now, actor)


def instant(value: object) -> datetime:
    """SQLite gives text, PostgreSQL an aware datetime."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    assert isinstance(found, datetime)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """One booking or occurrence, as a calendar would show it, and its SEQUENCE."""

    content: tuple[object, ...]
    sequence: int


class Months(RuleBasedStateMachine):
    """A clinic on Mondays and a course of six modules, changed at random while members book."""

    database: ClassVar[str]

    @initialize()
    def begin(self) -> None:
        found = databases.migrated(self.database)
        found.empty()
        self.session: Session = found.sessions()
        self.now = NOW
        self.analysts = [a_person(self.session, name, roles=["analyst"]) for name in ("Ada", "Ben", "Cyd")]
        self.members = [a_person(self.session, f"Member {n}") for n in range(4)]
        self.session.commit()
        staff = tuple(person.email for person in self.analysts[:2])
        clinic = stated(staff, ends_on=date(2024, 1, 29))
        course = stated(
            kind="masterclass",
            slug=MODULES,
            title="Course",
            modules=("One", "Two", "Three", "Four", "Five", "Six"),
            ends_on=None,
            rrule="FREQ=WEEKLY;BYDAY=FR",
        )
        self.bookings: dict[str, Row] = {}
        self.occurrences: dict[str, Row] = {}
        self.begun: dict[str, tuple[object, ...]] = {}
        self.last_change: Any = None
        self._publish(planning.files([clinic, course]))

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.close()

    # -- what people do

    def _publish(self, asking: Asking) -> None:
        """Show the plan, publish it, and hold what it did against what it showed."""
        plan = planning.read_plan(self.session, asking, ORGANISATION, self.now)
        if plan.questions or plan.changes.problems:
            return
        before = self._confirmed()
        waiting = self._people_waiting()
        done = publish(
            acting(self.session, Actor.system(), self.now),
            asking,
            uid_domain="booking.example.org",
            fingerprint=plan.fingerprint,
        )
        after = self._confirmed()
        shown = {str(outcome.booking.public_id).replace("-", "") for outcome in plan.outcomes}
        hurt = {key for key, content in before.items() if after.get(key) != content}
        assert hurt <= shown, "publishing changed a booking that the plan did not show"
        emailed, told = self._people_waiting(), {notice.member_id for notice in plan.notices}
        assert len(told) == len(plan.notices), "the plan counts people"
        if done.due_at is None or done.due_at > self.now:
            assert len(emailed) == len(set(emailed)), "one email to a person, however many publishes wait"
            assert set(emailed) <= told | set(waiting), "nobody is emailed but those who were shown"
            assert waiting or set(emailed) == told, "everybody who was shown is emailed"
        self.last_change = done.change or self.last_change
        again = planning.read_plan(self.session, asking, ORGANISATION, self.now)
        assert not again.changes.steps, "publishing twice changes nothing"

    def _people_waiting(self) -> list[int]:
        """Who waits for the email of a publish, once for each email."""
        self.session.rollback()
        held = emails.held_back(self.session, self.now)
        return [email.person_id for email in held if email.person_id is not None]

    def _edit(self, slug: str, edit: Callable[[Definition], Definition]) -> None:
        self._publish(planning.page(slug, edit))

    @rule(day=st.integers(0, 60), slug=SLUGS)
    def skip(self, day: int, slug: str) -> None:
        self._edit(slug, lambda d: edits.skip(d, self._day(day)))

    @rule(day=st.integers(0, 60), weeks=st.integers(1, 2))
    def postpone(self, day: int, weeks: int) -> None:
        self._edit(MODULES, lambda d: edits.postpone(d, self._day(day), weeks))

    @rule(place=st.integers(0, 9), slug=SLUGS, why=st.sampled_from(["", "Ill."]))
    def call_off(self, place: int, slug: str, why: str) -> None:
        key = self._key(slug, place)
        if key is not None:
            self._edit(slug, lambda d: edits.one(d, key, cancelled=why))

    @rule(
        place=st.integers(0, 9),
        slug=SLUGS,
        days=st.integers(-3, 9),
        hour=st.integers(8, 17),
    )
    def move_one(self, place: int, slug: str, days: int, hour: int) -> None:
        key, on = self._key(slug, place), self._on(slug, place)
        if key is not None and on is not None:
            hours = (time(hour), time(hour + 1))
            self._edit(slug, lambda d: edits.move(d, key, on + timedelta(days=days), hours))

    @rule(place=st.integers(0, 9), slug=SLUGS)
    def as_usual(self, place: int, slug: str) -> None:
        key = self._key(slug, place)
        if key is not None:
            on = None if slug == MODULES or key.startswith("+") else date.fromisoformat(key)
            self._edit(slug, lambda d: edits.usual(d, key, on))

    @rule(
        day=st.integers(0, 60),
        slug=SLUGS,
        days=st.lists(st.sampled_from(DAYS), min_size=1, max_size=2, unique=True) | st.none(),
        hour=st.integers(8, 17) | st.none(),
    )
    def this_and_later(self, day: int, slug: str, days: list[str] | None, hour: int | None) -> None:
        rrule = f"FREQ=WEEKLY;BYDAY={','.join(sorted(days, key=DAYS.index))}" if days else None
        hours = (time(hour), time(hour + 1)) if hour is not None else (None, None)
        if rrule or hour is not None:
            self._edit(slug, lambda d: edits.later(d, edits.RuleChange(self._day(day), rrule, *hours)))

    @rule(day=st.integers(0, 60), staff=st.lists(st.integers(0, 2), min_size=1, unique=True))
    def other_staff(self, day: int, staff: list[int]) -> None:
        analysts = tuple(self.analysts[n].id for n in staff)
        self._edit(CLINIC, lambda d: edits.later(d, edits.RuleChange(self._day(day), analysts=analysts)))

    @rule(day=st.integers(0, 60), hour=st.integers(8, 17))
    def once_more(self, day: int, hour: int) -> None:
        self._edit(CLINIC, lambda d: edits.extra(d, Extra(self._day(day), time(hour), time(hour + 1))))

    @rule(title=st.sampled_from(["Clinic", "Open clinic"]), place=st.integers(0, 9))
    def retitle(self, title: str, place: int) -> None:
        key = self._key(CLINIC, place)
        if key is not None:
            self._edit(CLINIC, lambda d: edits.one(d, key, title=title))

    @rule(day=st.integers(0, 30), title=st.sampled_from(["Clinic", "Open clinic", "Clinic for beginners"]))
    def rename_onwards(self, day: int, title: str) -> None:
        """The series itself where it is about all of its upcoming dates, else a turn."""
        turn = edits.RuleChange(self._day(day), title=title)
        self._edit(CLINIC, lambda d: edits.onwards(d, turn, self._day(0)))

    @rule()
    def change_ones_mind(self) -> None:
        """Undo, if it may still be."""
        if self.last_change is None:
            return
        change, self.last_change = self.last_change, None
        try:
            undo.undo(acting(self.session, Actor.system(), self.now), change)
        except undo.CannotUndo:
            self.session.rollback()

    @rule(
        member=st.integers(0, 3),
        place=st.integers(0, 5),
        quarter=st.integers(0, 3),
        minutes=st.sampled_from([15, 30]),
        analyst=st.integers(0, 2) | st.none(),
    )
    def somebody_books(self, member: int, place: int, quarter: int, minutes: int, analyst: int | None) -> None:
        found = self._upcoming(CLINIC)
        if not found:
            return
        one = found[place % len(found)]
        whom = self.analysts[analyst].public_id if analyst is not None else None
        wanted = BookingRequest(one[0], one[1] + quarter * QUARTER, minutes, whom)
        try:
            book(acting(self.session, Actor.member(self.members[member].id), self.now), wanted)
        except errors.Refusal:
            self.session.rollback()

    @precondition(lambda self: self.bookings)
    @rule(number=st.integers(0, 20))
    def somebody_cancels(self, number: int) -> None:
        keys = sorted(self.bookings)
        try:
            cancel(acting(self.session, Actor.link(), self.now), uuid.UUID(keys[number % len(keys)]))
        except errors.Refusal:
            self.session.rollback()

    @rule(analyst=st.integers(0, 2), day=st.integers(0, 30), length=st.integers(1, 8))
    def somebody_is_away(self, analyst: int, day: int, length: int) -> None:
        start = datetime.combine(self._day(day), time(), UTC)
        person = self.analysts[analyst]
        end = start + timedelta(days=length)
        try:
            shown = cover.show(self.session, person.public_id, (start, end), ORGANISATION, self.now)
            cover.report(
                acting(self.session, Actor.system(), self.now),
                person.public_id,
                (start, end),
                fingerprint=shown.fingerprint,
            )
        except errors.Refusal:
            self.session.rollback()

    @rule(minutes=st.sampled_from([1, 11, 60, 24 * 60, 7 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self._remember_what_has_begun()
        self.now += timedelta(minutes=minutes)
        if undo.is_open(self.session, self.now):
            undo.close(acting(self.session, Actor.system(), self.now))
        for one in cover.lapsed(self.session, self.now):
            cover.lapse(acting(self.session, Actor.system(), self.now), one)

    # -- what is read to judge it

    def _day(self, days: int) -> date:
        return self.now.date() + timedelta(days=days)

    def _rows(self, statement: str, **values: object) -> list[Any]:
        self.session.rollback()
        return list(self.session.execute(text(statement), values))

    def _upcoming(self, slug: str) -> list[Any]:
        rows = self._rows(
            "SELECT o.public_id, o.starts_at, o.key FROM occurrence o JOIN series s ON s.id = o.series_id "
            "WHERE s.slug = :slug AND o.status = 'scheduled' ORDER BY o.starts_at, o.id",
            slug=slug,
        )
        return [(uuid.UUID(str(a)), instant(b), c) for a, b, c in rows if instant(b) > self.now]

    def _key(self, slug: str, place: int) -> str | None:
        found = self._upcoming(slug)
        return found[place % len(found)][2] if found else None

    def _on(self, slug: str, place: int) -> date | None:
        found = self._upcoming(slug)
        return found[place % len(found)][1].date() if found else None

    def _confirmed(self) -> dict[str, tuple[object, ...]]:
        rows = self._rows("SELECT public_id, starts_at, minutes, analyst_id FROM booking WHERE status = 'confirmed'")
        return {str(row[0]).replace("-", ""): (instant(row[1]), *row[2:]) for row in rows}

    def _remember_what_has_begun(self) -> None:
        for public_id, *content in self._rows(
            "SELECT public_id, key, starts_at, ends_at, status, reason FROM occurrence"
        ):
            if instant(content[1]) <= self.now:
                was = tuple(map(str, content))
                assert self.begun.setdefault(str(public_id), was) == was, "what has begun was changed"

    # -- the promises

    @invariant()
    def nobody_is_booked_twice_at_once_in_whatever_role(self) -> None:
        if not hasattr(self, "session"):
            return
        owned: dict[tuple[int, datetime], int] = {}
        for booking_id, at, minutes, analyst, member in self._rows(
            "SELECT id, starts_at, minutes, analyst_id, member_id FROM booking WHERE status = 'confirmed'"
        ):
            for person in (analyst, member):
                for n in range(minutes // 15):
                    assert owned.setdefault((person, instant(at) + n * QUARTER), booking_id) == booking_id

    @invariant()
    def a_confirmed_booking_owns_its_quarters_in_an_occurrence_that_takes_place(self) -> None:
        if not hasattr(self, "session"):
            return
        rows = self._rows(
            "SELECT b.id, b.starts_at, b.minutes, b.analyst_id, b.member_id, o.starts_at, o.ends_at, o.status, "
            "r.analyst_id IS NOT NULL FROM booking b JOIN occurrence o ON o.id = b.occurrence_id LEFT JOIN roster r "
            "ON r.occurrence_id = o.id AND r.analyst_id = b.analyst_id WHERE b.status = 'confirmed'"
        )
        owned: dict[int, list[tuple[datetime, int]]] = {}
        for booking_id, at, person in self._rows(
            "SELECT booking_id, quarter_at, person_id FROM claim WHERE booking_id IS NOT NULL"
        ):
            owned.setdefault(booking_id, []).append((instant(at), person))
        for booking, at, minutes, analyst, member, start, end, status, on_roster in rows:
            first = instant(at)
            wanted = sorted((first + n * QUARTER, who) for n in range(minutes // 15) for who in (analyst, member))
            assert sorted(owned.pop(booking, [])) == wanted
            assert status == "scheduled"
            assert on_roster
            assert instant(start) <= first
            assert first + timedelta(minutes=minutes) <= instant(end)
        assert owned == {}, "a cancelled booking owns quarters"

    @invariant()
    def sequence_rises_with_each_change_and_with_nothing_else(self) -> None:
        if not hasattr(self, "session"):
            return
        queries = {
            "bookings": (
                "SELECT public_id, sequence, b.starts_at, b.ends_at, b.status, b.analyst_id FROM booking b",
                self.bookings,
            ),
            "occurrences": (
                "SELECT o.public_id, o.sequence, o.starts_at, o.ends_at, o.status, coalesce(o.title, s.title) "
                "FROM occurrence o JOIN series s ON s.id = o.series_id",
                self.occurrences,
            ),
        }
        for what, (statement, known) in queries.items():
            for public_id, sequence, *content in self._rows(statement):
                key, now = str(public_id), Row(tuple(map(str, content)), sequence)
                was = known.get(key, now)
                assert now.sequence >= was.sequence, f"{what}: SEQUENCE fell"
                if was.content != now.content:
                    assert now.sequence > was.sequence, f"{what}: changed without a new SEQUENCE"
                known[key] = now

    @invariant()
    def an_announced_occurrence_never_vanishes_and_no_name_is_used_twice(self) -> None:
        if not hasattr(self, "session"):
            return
        twice = self._rows("SELECT series_id, key FROM occurrence GROUP BY series_id, key HAVING count(*) > 1")
        assert twice == []
        modules = self._rows(
            "SELECT o.module_number FROM occurrence o JOIN series s ON s.id = o.series_id "
            "WHERE s.slug = :slug AND o.status = 'scheduled' ORDER BY o.starts_at",
            slug=MODULES,
        )
        assert len({number for (number,) in modules}) == len(modules)

    @invariant()
    def what_has_begun_stays(self) -> None:
        if hasattr(self, "session"):
            self._remember_what_has_begun()

    @invariant()
    def nobody_is_told_twice_about_one_booking_by_one_publish(self) -> None:
        if not hasattr(self, "session"):
            return
        twice = self._rows(
            "SELECT change_id, person_id, booking_id FROM outgoing_email "
            "WHERE change_id IS NOT NULL AND booking_id IS NOT NULL "
            "GROUP BY change_id, person_id, booking_id HAVING count(*) > 1"
        )
        assert twice == []


class OnSqlite(Months):
    database = "sqlite"


class OnPostgresql(Months):
    database = "postgresql"


TestOnSqlite = OnSqlite.TestCase
TestOnPostgresql = OnPostgresql.TestCase
TestOnSqlite.settings = settings(OFTEN, max_examples=long_form.count(8, 40))
TestOnPostgresql.settings = settings(OFTEN, max_examples=long_form.count(4, 40))
