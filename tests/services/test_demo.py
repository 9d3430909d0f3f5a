"""The demo is alive on any day: the real programme rolled to this week, and rolled again when it has ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain import zones
from booking.domain.people.actor import Actor
from booking.programme import files
from booking.resources import folder
from booking.services import demo, demo_scenes
from booking.store import organisation_versions
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.notes import Note
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.people.people import Person
from booking.store.programme.attendance import Attendance
from booking.store.programme.changes import Change
from booking.store.programme.programme import Occurrence, Programme, Series
from tests.builders import BRISBANE, ORGANISATION, acting

DAYS = ("2026-11-23", "2026-11-26", "2026-11-29", "2026-12-24", "2027-01-01")


def at(day: str) -> datetime:
    return zones.localize(datetime.fromisoformat(f"{day}T09:00"), BRISBANE)


def start(session: Session, now: datetime) -> bool:
    reading = files.read(files.in_folder(folder("data") / "programme"), ORGANISATION, now.date())
    demo.people(session, now)
    return bool(demo.roll(acting(session, Actor.system(), now), reading.statements))


def between(session: Session, kind: str, start_at: datetime, days: int) -> int:
    session.rollback()
    found = (
        select(func.count())
        .select_from(Occurrence)
        .join(Series)
        .where(
            Series.kind == kind,
            Occurrence.starts_at >= start_at,
            Occurrence.starts_at < start_at + timedelta(days=days),
        )
    )
    return session.scalar(found) or 0


@pytest.mark.parametrize("day", DAYS)
def test_this_week_and_the_coming_ones_are_alive(session: Session, day: str) -> None:
    now = at(day)
    assert start(session, now)
    monday = now - timedelta(days=zones.today(now, BRISBANE).weekday(), hours=9)
    for week in range(4):
        counted = [
            between(session, kind, monday + timedelta(weeks=week), 7) for kind in ("clinic", "lab", "masterclass")
        ]
        assert counted == [2, 1, 2 if week < 3 else 0]  # masterclasses began a week ago
    assert demo.fill(acting(session, Actor.system(), now)) > 20
    assert session.scalar(select(func.count()).select_from(Booking).where(Booking.outcome.is_not(None))) or 0 > 0
    quarters = session.scalar(select(func.sum(Booking.minutes))) or 0
    assert session.scalar(select(func.count()).select_from(Claim)) == 2 * quarters / 15
    assert session.get_one(Programme, 1).is_demo


def test_it_is_rolled_again_only_when_its_last_masterclass_has_ended(session: Session) -> None:
    now = at("2026-11-23")
    assert start(session, now)
    assert not start(session, now + timedelta(days=10))
    assert not start(session, at("2026-12-11") + timedelta(hours=2))
    ended = at("2026-12-11") + timedelta(hours=4)
    assert start(session, ended)
    assert between(session, "masterclass", at("2026-12-21"), 7) == 2
    assert between(session, "masterclass", at("2026-12-14"), 7) == 2
    assert between(session, "clinic", at("2026-12-21"), 7) == 2
    assert not start(session, ended)


def test_its_people_are_made_up_and_added_once(session: Session) -> None:
    assert demo.people(session, at("2026-11-23"))
    assert not demo.people(session, at("2026-11-23"))
    people = session.scalars(select(Person)).all()
    assert all(person.is_demo and person.email.endswith("@example.org") for person in people)
    assert any({"analyst", "coordinator"} <= person.role_names for person in people)


@pytest.mark.one_database
@pytest.mark.parametrize("day", DAYS[:4])
def test_on_any_day_it_shows_everything(session: Session, day: str) -> None:
    now = at(day)
    reading = files.read(files.in_folder(folder("data") / "programme"), ORGANISATION, now.date())
    demo.people(session, now)
    context = acting(session, Actor.system(), now)
    published = demo.roll(context, reading.statements)
    demo.fill(context)
    demo_scenes.show_everything(context, published)
    session.rollback()
    who = demo_scenes.cast(session)
    assert upcoming(session, who.free, now) == 0  # the first in the list can book at once
    assert upcoming(session, who.at_limit, now) == ORGANISATION.policy.upcoming
    assert session.scalar(select(func.count()).select_from(WaitlistEntry).where(WaitlistEntry.ended_at.is_(None)))
    assert session.scalar(select(func.count()).select_from(Note).where(Note.agreed != "")) == len(demo_scenes.AGREED)
    assert session.scalar(select(func.count()).select_from(Attendance))
    ended, trial = (
        session.scalars(select(Person).where(Person.name == name)).one() for name in ("Gus Fairley", "Una Byrne")
    )
    assert ended.member_until is not None
    assert ended.member_until < now.date() <= trial.member_until == trial.trial_until
    enrollable = session.scalars(select(Series).where(Series.kind != "clinic")).all()
    assert all(one.meeting_url for one in enrollable)
    changes = session.scalars(select(Change).where(Change.actor_id == who.coordinator)).all()
    assert len(changes) == 1
    assert not session.scalars(select(Person).where(Person.is_demo.is_(False))).all()
    assert organisation_versions.in_effect(session, ORGANISATION).policy.trial_days == demo_scenes.TRIAL_DAYS


def upcoming(session: Session, member: int, now: datetime) -> int:
    held = select(func.count()).select_from(Booking)
    return session.scalar(held.where(Booking.member_id == member, Booking.starts_at > now)) or 0
