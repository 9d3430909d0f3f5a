"""Time off and any other change of the programme, in either order: what one promises, the other keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.domain.planning import edits
from booking.domain.planning.adjustments import Definition, Extra
from booking.services import cover
from booking.services.publishing import planning, undo
from booking.services.publishing.publish import PublishResult, publish
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Programme, Roster, Series
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_person, a_series, acting, an_occurrence

END = CLINIC_AT + timedelta(hours=1)
LATER = NOW + timedelta(hours=1)
KEY = "2023-12-04"
ON = date(2023, 12, 4)


@dataclass
class Clinic:
    """A clinic with Ada and Ben, two bookings with Ada: for the first another time is free, for the second none."""

    row: Occurrence
    series: Series
    ada: Person
    ben: Person
    dan: Person
    bookings: list[Booking]


def a_clinic(session: Session) -> Clinic:
    ada, ben, dan = (a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben", "Dan"))
    series = a_series(session, [ada, ben], ends_on=date(2023, 12, 18))
    row = an_occurrence(session, series, [ada, ben])
    an_occurrence(session, series, [ada, ben], CLINIC_AT + timedelta(weeks=1))
    an_occurrence(session, a_series(session, [dan], slug="other"), [dan], CLINIC_AT + timedelta(days=1))
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    session.commit()
    with_ada = [a_booking(session, row, after_minutes=15 * n, analyst=ada.public_id) for n in (0, 1)]
    for n in (0, 1, 3):
        a_booking(session, row, after_minutes=15 * n, analyst=ben.public_id)
    return Clinic(row, series, ada, ben, dan, with_ada)


def off(session: Session, clinic: Clinic, now: datetime) -> None:
    shown = cover.show(session, clinic.ada.public_id, (CLINIC_AT, END), ORGANISATION, now)
    cover.report(
        acting(session, Actor.system(), now), clinic.ada.public_id, (CLINIC_AT, END), fingerprint=shown.fingerprint
    )


def change(session: Session, slug: str, edit: Callable[[Definition], Definition], now: datetime) -> PublishResult:
    asking = planning.page(slug, edit)
    plan = planning.read_plan(session, asking, ORGANISATION, now)
    return publish(
        acting(session, Actor.system(), now), asking, uid_domain="booking.example.org", fingerprint=plan.fingerprint
    )


Edit = Callable[[Clinic, Definition], Definition]


def retitled(_: Clinic, asked: Definition) -> Definition:
    return edits.one(asked, KEY, title="Ask us anything")


def described(_: Clinic, asked: Definition) -> Definition:
    return replace(asked, title="Clinic", summary="Bring your questions.")


def half_an_hour_later(_: Clinic, asked: Definition) -> Definition:
    return edits.move(asked, KEY, ON, (time(13, 30), time(14, 30)))


def next_day(_: Clinic, asked: Definition) -> Definition:
    return edits.move(asked, KEY, date(2023, 12, 5), (time(9), time(10)))


def longer(_: Clinic, asked: Definition) -> Definition:
    return edits.move(asked, KEY, ON, (time(12, 30), time(14, 30)))


def with_dan(clinic: Clinic, asked: Definition) -> Definition:
    return edits.one(asked, KEY, analysts=(clinic.ada.id, clinic.ben.id, clinic.dan.id))


def other_order(clinic: Clinic, asked: Definition) -> Definition:
    return edits.one(asked, KEY, analysts=(clinic.ben.id, clinic.ada.id))


def another_date_cancelled(_: Clinic, asked: Definition) -> Definition:
    return edits.one(asked, "2023-12-11", cancelled="Holiday")


def another_date_added(_: Clinic, asked: Definition) -> Definition:
    return edits.extra(asked, Extra(date(2023, 12, 7), time(13), time(14)))


def other_lengths(_: Clinic, asked: Definition) -> Definition:
    return replace(asked, slot_minutes=(30,))


STAYS = [
    *(retitled, described, half_an_hour_later, next_day, longer, with_dan, other_order),
    *(another_date_cancelled, another_date_added, other_lengths),
]


def promised(session: Session, clinic: Clinic) -> None:
    """A confirmed booking owns exactly its quarters, inside its occurrence, with its analyst on the roster."""
    session.expire_all()
    for booking in session.scalars(select(Booking).where(Booking.status == CONFIRMED)):
        row = booking.occurrence
        assert row.starts_at <= booking.starts_at
        assert booking.ends_at <= row.ends_at
        assert not row.is_cancelled
        owned = session.scalars(select(Claim.quarter_at).where(Claim.booking_id == booking.id)).unique().all()
        assert sorted(set(owned)) == list(booking.slot.quarters)
        assert session.get(Roster, (row.id, booking.analyst_id)) is not None
    for offer in session.scalars(select(Offer).where(Offer.status == "open")):
        instead_of = session.get_one(Booking, offer.booking_id)
        roster = session.get_one(Roster, (instead_of.occurrence_id, instead_of.analyst_id))
        assert roster.is_away, "an offer instead of a booking that waits for cover no more"
        assert session.scalars(select(Claim.quarter_at).where(Claim.offer_id == offer.id)).first() is not None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("edit", STAYS, ids=lambda edit: edit.__name__)
@pytest.mark.parametrize("time_off_first", [True, False])
def test_time_off_and_any_other_change_leave_every_booking_confirmed(
    session: Session, edit: Edit, time_off_first: bool
) -> None:
    clinic = a_clinic(session)
    slug = clinic.series.slug
    if time_off_first:
        off(session, clinic, NOW)
        change(session, slug, lambda asked: edit(clinic, asked), LATER)
    else:
        change(session, slug, lambda asked: edit(clinic, asked), NOW)
        off(session, clinic, LATER)
    promised(session, clinic)
    assert {booking.status for booking in clinic.bookings} == {CONFIRMED}


def test_closing_another_series_leaves_what_waits_for_cover_alone(session: Session) -> None:
    clinic = a_clinic(session)
    off(session, clinic, NOW)
    had = state(session, clinic)
    change(session, "other", lambda asked: edits.withdraw(asked, date(2023, 11, 28)), LATER)
    promised(session, clinic)
    assert state(session, clinic) == had


@pytest.mark.parametrize("edit", [*STAYS[:5], with_dan], ids=lambda edit: edit.__name__)
def test_undo_puts_back_what_waits_for_cover_with_its_offer(session: Session, edit: Edit) -> None:
    clinic = a_clinic(session)
    off(session, clinic, NOW)
    had = state(session, clinic)
    done = change(session, clinic.series.slug, lambda asked: edit(clinic, asked), LATER)
    assert done.change is not None
    undo.undo(acting(session, Actor.system(), LATER + timedelta(minutes=5)), done.change)
    promised(session, clinic)
    assert state(session, clinic) == had
    offers = session.scalars(select(Offer).where(Offer.status == "open")).all()
    assert [offer.booking_id for offer in offers] == [clinic.bookings[0].id]
    cover.accept(acting(session, Actor.link(), LATER + timedelta(minutes=6)), clinic.bookings[0].public_id)
    promised(session, clinic)


def state(session: Session, clinic: Clinic) -> list[object]:
    session.expire_all()
    bookings = session.execute(
        select(Booking.id, Booking.status, Booking.starts_at, Booking.analyst_id).order_by(Booking.id)
    ).all()
    offers = session.execute(select(Offer.id, Offer.starts_at).where(Offer.status == "open").order_by(Offer.id)).all()
    roster = session.execute(
        select(Roster.analyst_id, Roster.is_away)
        .where(Roster.occurrence_id == clinic.row.id)
        .order_by(Roster.analyst_id)
    ).all()
    return [tuple(row) for row in (*bookings, *offers, *roster)]


def test_a_rename_keeps_the_offer_and_writes_nobody_who_waits_for_cover(session: Session) -> None:
    clinic = a_clinic(session)
    off(session, clinic, NOW)
    [offer] = session.scalars(select(Offer).where(Offer.status == "open")).all()
    before = len(session.scalars(select(OutgoingEmail)).all())
    change(session, clinic.series.slug, lambda asked: retitled(clinic, asked), LATER)
    session.refresh(offer)
    assert (offer.status, offer.booking_id) == ("open", clinic.bookings[0].id)
    assert len(session.scalars(select(OutgoingEmail)).all()) == before


def test_taking_an_analyst_off_a_roster_looks_for_cover_and_offers_another_time(session: Session) -> None:
    clinic = a_clinic(session)
    done = change(session, clinic.series.slug, lambda asked: edits.one(asked, KEY, analysts=(clinic.ben.id,)), NOW)
    promised(session, clinic)
    assert session.get_one(Roster, (clinic.row.id, clinic.ada.id)).is_away
    [offer] = session.scalars(select(Offer).where(Offer.status == "open")).all()
    first = clinic.bookings[0]
    assert (offer.booking_id, offer.lapses_at) == (first.id, first.starts_at - timedelta(hours=1))
    held = (
        select(OutgoingEmail.name, OutgoingEmail.due_at)
        .where(OutgoingEmail.change_id.is_not(None))
        .order_by(OutgoingEmail.id)
    )
    names = [(name, due_at) for name, due_at in session.execute(held) if name.startswith("cover-")]
    due_at = done.due_at
    assert names[:2] == [("cover-offer", due_at), ("cover-sought", due_at)]
    late = clinic.bookings[1].starts_at - timedelta(minutes=59)
    assert set(cover.lapsed(session, late)) == {booking.public_id for booking in clinic.bookings}


def test_a_date_moved_into_time_off_waits_for_cover_there(session: Session) -> None:
    clinic = a_clinic(session)
    day = datetime(2023, 12, 5).astimezone(CLINIC_AT.tzinfo).replace(year=2023, month=12, day=4, hour=14)
    shown = cover.show(session, clinic.ada.public_id, (day, day + timedelta(days=1)), ORGANISATION, NOW)
    cover.report(
        acting(session, Actor.system()),
        clinic.ada.public_id,
        (day, day + timedelta(days=1)),
        fingerprint=shown.fingerprint,
    )
    change(session, clinic.series.slug, lambda asked: next_day(clinic, asked), LATER)
    promised(session, clinic)
    assert {booking.status for booking in clinic.bookings} == {CONFIRMED}
    assert session.get_one(Roster, (clinic.row.id, clinic.ada.id)).is_away
