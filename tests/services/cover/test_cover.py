"""An analyst is away: what becomes of each booking is shown, then done in one go; offers, lapses, "I'll take it"."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.planning import CoverFate
from booking.domain.people.actor import Actor
from booking.services import cover
from booking.services.cover import CoverPreview
from booking.store.bookings.bookings import CANCELLED, CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.people.time_off import TimeOff
from booking.store.programme.programme import Occurrence, Programme
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_person, a_series, acting, an_occurrence
from tests.databases import Database

END = CLINIC_AT + timedelta(hours=1)
QUARTER = timedelta(minutes=15)


@dataclass
class Hour:
    """A clinic of one hour with Ada and, where asked for, Ben; Cora coordinates, Dan is an analyst elsewhere."""

    clinic: Occurrence
    ada: Person
    ben: Person
    dan: Person
    cora: Person


def an_hour(session: Session, *, with_ben: bool = True) -> Hour:
    ada, ben, dan = (a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben", "Dan"))
    cora = a_person(session, "Cora", roles=["coordinator"])
    team = [ada, ben] if with_ben else [ada]
    clinic = an_occurrence(session, a_series(session, team), team)
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    session.commit()
    return Hour(clinic, ada, ben, dan, cora)


def with_ada(session: Session, hour: Hour, quarter: int = 0, minutes: int = 15, *, asked: bool = True) -> Booking:
    """A booking with Ada; `asked`: the member asked for her by name."""
    booking = a_booking(session, hour.clinic, after_minutes=15 * quarter, minutes=minutes, analyst=hour.ada.public_id)
    booking.chose_analyst = asked
    session.commit()
    return booking


def shown(session: Session, hour: Hour, now: datetime = NOW) -> CoverPreview:
    return cover.show(session, hour.ada.public_id, (CLINIC_AT, END), ORGANISATION, now)


def away(session: Session, hour: Hour, now: datetime = NOW) -> TimeOff:
    plan = shown(session, hour, now)
    return cover.report(
        acting(session, Actor.staff(hour.ada.id), now),
        hour.ada.public_id,
        (CLINIC_AT, END),
        fingerprint=plan.fingerprint,
    )


def what(session: Session, hour: Hour) -> list[str]:
    return [covered.what for covered in shown(session, hour).cover.covered]


def emails(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(
        select(OutgoingEmail.name, OutgoingEmail.to_email)
        .where(OutgoingEmail.name != "booked")
        .order_by(OutgoingEmail.id)
    )
    return [(name, email.partition("@")[0].partition(".")[0]) for name, email in rows]


def quarters(session: Session, analyst: Person) -> list[int]:
    found = session.scalars(select(Claim.quarter_at).where(Claim.person_id == analyst.id).order_by(Claim.quarter_at))
    return [int((at - CLINIC_AT) / QUARTER) for at in found]


def test_who_asked_for_nobody_goes_to_another_analyst_at_the_same_time_and_is_told(session: Session) -> None:
    hour = an_hour(session)
    booking = with_ada(session, hour, asked=False)
    away(session, hour)
    assert (booking.analyst_id, booking.starts_at, booking.sequence) == (hour.ben.id, CLINIC_AT, 1)
    assert (quarters(session, hour.ada), quarters(session, hour.ben)) == ([], [0])
    assert [name for name, _ in emails(session)] == ["moved-by-us", "handed-over", "someone-away"]
    told = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "moved-by-us")).one().facts
    assert (told["was_with"], told["analyst"], told["may_wait"]) == ("Ada", "Ben", False)


def test_who_asked_for_that_analyst_may_rather_wait_and_gives_it_up_without_being_late(session: Session) -> None:
    hour = an_hour(session)
    booking = with_ada(session, hour)
    away(session, hour)
    assert cover.stands_in_for(session, booking.public_id) == "Ada"
    late = CLINIC_AT - timedelta(minutes=5)
    cover.rather_wait(acting(session, Actor.member(booking.member_id), late), booking.public_id)
    assert (booking.status, booking.is_late, quarters(session, hour.ben)) == (CANCELLED, False, [])
    cover.rather_wait(acting(session, Actor.member(booking.member_id), late), booking.public_id)
    assert booking.sequence == 2


def test_nobody_else_at_that_time_means_the_nearest_free_slot_of_the_hour_is_held_and_offered(session: Session) -> None:
    hour = an_hour(session)
    booking = with_ada(session, hour, 1)
    for quarter in (0, 1):
        a_booking(session, hour.clinic, after_minutes=15 * quarter, analyst=hour.ben.public_id)
    away(session, hour)
    offer = session.scalars(select(Offer)).one()
    assert (offer.starts_at, offer.analyst_id) == (CLINIC_AT + 2 * QUARTER, hour.ben.id)
    assert offer.lapses_at == booking.starts_at - timedelta(hours=1)
    assert quarters(session, hour.ben) == [0, 1, 2]
    held = session.scalars(select(Claim.person_id).where(Claim.offer_id == offer.id).order_by(Claim.person_id))
    assert held.all() == sorted([offer.analyst_id, offer.member_id])
    accepted = cover.accept(
        acting(session, Actor.member(booking.member_id), NOW + timedelta(hours=1)), booking.public_id
    )
    assert (accepted.starts_at, accepted.analyst_id, accepted.status) == (offer.starts_at, hour.ben.id, CONFIRMED)
    assert (
        session.scalars(select(Claim.booking_id).where(Claim.quarter_at == offer.starts_at)).all() == [booking.id] * 2
    )
    cover.accept(acting(session, Actor.member(booking.member_id), NOW + timedelta(hours=2)), booking.public_id)
    assert booking.sequence == 1
    assert [name for name, _ in emails(session)] == ["cover-offer", "someone-away", "moved"]


def test_an_offer_is_not_accepted_by_anybody_else_nor_once_it_has_lapsed(session: Session) -> None:
    hour = an_hour(session)
    booking = with_ada(session, hour)
    a_booking(session, hour.clinic, analyst=hour.ben.public_id)
    away(session, hour)
    stranger = a_person(session, "Sly")
    session.commit()
    with pytest.raises(errors.NotFound):
        cover.accept(acting(session, Actor.member(stranger.id)), booking.public_id)
    with pytest.raises(errors.OfferLapsed):
        cover.accept(
            acting(session, Actor.member(booking.member_id), CLINIC_AT - timedelta(hours=1)), booking.public_id
        )
    assert booking.analyst_id == hour.ada.id


@pytest.mark.parametrize("is_offered", [True, False])
def test_one_hour_before_the_start_what_nobody_has_is_cancelled_with_an_apology(
    session: Session, is_offered: bool
) -> None:
    hour = an_hour(session, with_ben=is_offered)
    booking = with_ada(session, hour)
    if is_offered:
        a_booking(session, hour.clinic, analyst=hour.ben.public_id)
    away(session, hour)
    just_before = CLINIC_AT - timedelta(hours=1, seconds=1)
    assert cover.lapsed(session, just_before) == []
    assert not cover.lapse(acting(session, Actor.system(), just_before), booking.public_id)
    at = CLINIC_AT - timedelta(hours=1)
    assert cover.lapsed(session, at) == [booking.public_id]
    assert cover.lapse(acting(session, Actor.system(), at), booking.public_id)
    assert not cover.lapse(acting(session, Actor.system(), at), booking.public_id)
    assert (booking.status, booking.cancelled_by) == (CANCELLED, "staff")
    assert quarters(session, hour.ada) == []
    assert session.scalars(select(Offer.status)).all() == (["lapsed"] if is_offered else [])
    assert emails(session)[-1][0] == "cancelled-by-us"


def test_within_the_last_hour_it_is_cancelled_at_once(session: Session) -> None:
    hour = an_hour(session, with_ben=False)
    booking = with_ada(session, hour)
    away(session, hour, CLINIC_AT - timedelta(minutes=59))
    assert booking.status == CANCELLED
    assert [name for name, _ in emails(session)] == ["cancelled-by-us", "someone-away"]


def test_the_other_analysts_are_asked_by_one_email_each_and_the_first_to_take_it_joins_the_roster(
    session: Session,
) -> None:
    hour = an_hour(session, with_ben=False)
    bookings = [with_ada(session, hour, 0), with_ada(session, hour, 1, 30)]
    away(session, hour)
    assert sorted(emails(session)) == [
        ("cover-sought", "person"),
        ("cover-sought", "person"),
        ("cover-wanted", "ben"),
        ("cover-wanted", "dan"),
        ("someone-away", "cora"),
    ]
    [found] = cover.wanted(session, hour.dan.id, ORGANISATION, NOW)
    assert (found.who, found.public_id, found.count) == ("Ada", hour.clinic.public_id, 2)
    assert cover.take(acting(session, Actor.staff(hour.dan.id)), hour.clinic.public_id) == 2
    assert [booking.analyst_id for booking in bookings] == [hour.dan.id] * 2
    assert quarters(session, hour.dan) == [0, 1, 2]
    with pytest.raises(cover.AlreadyCovered):
        cover.take(acting(session, Actor.staff(hour.ben.id)), hour.clinic.public_id)
    assert [place.analyst_id for place in hour.clinic.roster if not place.is_away] == [hour.dan.id]


def test_nobody_but_an_analyst_takes_it(session: Session) -> None:
    hour = an_hour(session, with_ben=False)
    with_ada(session, hour)
    away(session, hour)
    for person in (hour.cora, a_person(session, "Mia")):
        session.commit()
        with pytest.raises(errors.NotAllowed):
            cover.take(acting(session, Actor.staff(person.id)), hour.clinic.public_id)
    with pytest.raises(cover.NothingToTake):
        cover.take(acting(session, Actor.staff(hour.ada.id)), hour.clinic.public_id)


def test_what_was_shown_is_what_is_done_or_nothing_is(session: Session) -> None:
    hour = an_hour(session)
    with_ada(session, hour)
    seen = shown(session, hour)
    with_ada(session, hour, 1)
    with pytest.raises(cover.CoverChanged) as refused:
        cover.report(
            acting(session, Actor.system()), hour.ada.public_id, (CLINIC_AT, END), fingerprint=seen.fingerprint
        )
    assert len(refused.value.shown.cover.covered) == 2
    assert session.scalars(select(TimeOff)).all() == []
    assert emails(session) == []


def test_two_bookings_never_go_to_the_same_quarter_of_the_one_who_stands_in(session: Session) -> None:
    hour = an_hour(session)
    for quarter in range(4):
        with_ada(session, hour, quarter, asked=False)
    assert what(session, hour) == [CoverFate.HANDED] * 4
    a_booking(session, hour.clinic, after_minutes=15, analyst=hour.ben.public_id)
    assert what(session, hour) == [CoverFate.HANDED, CoverFate.ASKED, CoverFate.HANDED, CoverFate.HANDED]


def test_a_member_who_is_elsewhere_at_the_offered_time_is_offered_another(session: Session) -> None:
    hour = an_hour(session)
    booking = with_ada(session, hour, 1)
    a_booking(session, hour.clinic, after_minutes=15, analyst=hour.ben.public_id)
    elsewhere = an_occurrence(session, a_series(session, [hour.dan]), [hour.dan])
    member = session.get_one(Person, booking.member_id)
    a_booking(session, elsewhere, member)
    offered = shown(session, hour).cover.of(CoverFate.OFFERED)
    assert [one.slot.starts_at for one in offered if one.slot] == [CLINIC_AT + 2 * QUARTER]


def test_away_is_off_the_roster_and_back_again_frees_what_was_offered(session: Session) -> None:
    hour = an_hour(session)
    with_ada(session, hour)
    a_booking(session, hour.clinic, analyst=hour.ben.public_id)
    reported = away(session, hour)
    with pytest.raises(errors.NotOnRoster):
        a_booking(session, hour.clinic, after_minutes=45, analyst=hour.ada.public_id)
    cover.back(acting(session, Actor.staff(hour.ada.id), NOW + timedelta(hours=1)), reported.public_id)
    assert session.scalars(select(Offer.status)).all() == ["gone"]
    assert quarters(session, hour.ben) == [0]
    assert a_booking(session, hour.clinic, after_minutes=45, analyst=hour.ada.public_id).analyst_id == hour.ada.id
    assert cover.lapsed(session, CLINIC_AT - timedelta(minutes=30)) == []


@pytest.mark.parametrize(
    ("start", "end"),
    [(END, CLINIC_AT), (NOW - timedelta(days=2), NOW), (CLINIC_AT, CLINIC_AT + timedelta(days=367))],
)
def test_a_span_that_is_none_is_refused(session: Session, start: datetime, end: datetime) -> None:
    hour = an_hour(session)
    with pytest.raises(cover.SpanNotAccepted):
        cover.show(session, hour.ada.public_id, (start, end), ORGANISATION, NOW)


def test_of_several_who_press_at_once_one_has_it(database: Database, session: Session) -> None:
    hour = an_hour(session, with_ben=False)
    with_ada(session, hour)
    analysts = [a_person(session, roles=["analyst"]).id for _ in range(6)]
    session.commit()
    away(session, hour)
    session.commit()
    outcomes: list[str] = []
    start = threading.Barrier(len(analysts))

    def press(analyst_id: int) -> None:
        with database.sessions() as own:
            start.wait()
            try:
                cover.take(acting(own, Actor.staff(analyst_id)), hour.clinic.public_id)
                outcomes.append("taken")
            except cover.AlreadyCovered:
                outcomes.append("too late")

    threads = [threading.Thread(target=press, args=(one,)) for one in analysts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["taken"] + ["too late"] * 5
    session.rollback()
    assert len(session.scalars(select(Claim)).all()) == 2
