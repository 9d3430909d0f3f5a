"""Waiting for a slot: joined, offered, taken, declined, lapsed, passed on; and nobody is forgotten."""

from __future__ import annotations

import random
import threading
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.bookings import on_behalf, waitlist
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.move import move
from booking.services.bookings.waitlist import Taking, Wish
from booking.services.steps import pass_on
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests.builders import (
    CLINIC_AT,
    NOW,
    a_booking,
    a_clinic,
    a_person,
    a_request,
    acting,
    an_occurrence,
    an_organisation,
)
from tests.databases import Database

QUARTER = timedelta(minutes=15)


def a_full_clinic(
    session: Session, analysts: int = 1, starts_at: datetime = CLINIC_AT
) -> tuple[Occurrence, list[Booking]]:
    """A clinic whose every quarter is booked for 15 minutes, by as many members."""
    clinic = a_clinic(session, analysts, starts_at)
    booked = [
        a_booking(session, clinic, after_minutes=15 * n, analyst=place.analyst.public_id)
        for place in clinic.roster
        for n in range(4)
    ]
    return clinic, booked


def waits(
    session: Session, clinic: Occurrence, now: datetime = NOW, member: Person | None = None, **wish: Any
) -> WaitlistEntry:
    member = member or a_person(session)
    session.commit()
    return waitlist.join(
        acting(session, Actor.member(member.id), now), clinic.public_id, Wish(**{"minutes": 15, **wish})
    )


def open_offer(session: Session, place: WaitlistEntry) -> Offer | None:
    session.rollback()
    wanted = select(Offer).where(Offer.waiting_id == place.id, Offer.status == "open")
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def emails_to(session: Session, place: WaitlistEntry) -> list[str]:
    session.rollback()
    return list(
        session.scalars(
            select(OutgoingEmail.name).where(OutgoingEmail.person_id == place.member_id).order_by(OutgoingEmail.id)
        )
    )


def test_a_freed_slot_is_held_for_the_first_who_waits_and_nobody_else_can_have_it(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    first = waits(session, clinic, topic="Tags", link="https://example.org/")
    second = waits(session, clinic, NOW + QUARTER)
    assert open_offer(session, first) is None
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[1].public_id)
    offer = open_offer(session, first)
    assert offer is not None
    assert (offer.starts_at, offer.lapses_at) == (CLINIC_AT + QUARTER, NOW + QUARTER + timedelta(hours=4))
    assert open_offer(session, second) is None
    assert (emails_to(session, first), emails_to(session, second)) == (["offer"], [])
    stranger = a_person(session)
    session.commit()
    with pytest.raises(errors.SlotTaken):
        book(acting(session, Actor.member(stranger.id), NOW + QUARTER), a_request(clinic, 15))
    made = waitlist.accept(acting(session, Actor.link(), NOW + 2 * QUARTER), first.public_id)
    assert (made.starts_at, made.topic, made.link, made.chose_analyst) == (
        CLINIC_AT + QUARTER,
        "Tags",
        "https://example.org/",
        False,
    )
    again = waitlist.accept(acting(session, Actor.link(), NOW + 2 * QUARTER), first.public_id)
    assert again.id == made.id, "twice is once"
    assert emails_to(session, first) == ["offer", "booked"]
    session.refresh(first)
    assert (first.outcome, session.scalars(select(Offer.status)).all()) == ("booked", ["accepted"])


def test_declined_it_goes_to_the_next_and_the_place_stays_for_another_time(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    first, second = waits(session, clinic), waits(session, clinic, NOW + QUARTER)
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[0].public_id)
    waitlist.decline(acting(session, Actor.member(first.member_id), NOW + QUARTER), first.public_id)
    assert open_offer(session, second) is not None
    waitlist.decline(acting(session, Actor.link(), NOW + QUARTER), second.public_id)
    assert open_offer(session, first) is None, "not the same slot again"
    assert a_booking(session, clinic, now=NOW + QUARTER).starts_at == CLINIC_AT, "whoever comes may have it"
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[2].public_id)
    assert open_offer(session, first) is not None


def test_it_lapses_by_the_clock_and_not_by_the_worker(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    first, second = waits(session, clinic), waits(session, clinic, NOW + QUARTER)
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[0].public_id)
    offer = open_offer(session, first)
    assert offer is not None
    with pytest.raises(errors.OfferLapsed):
        waitlist.accept(acting(session, Actor.link(), offer.lapses_at), first.public_id)
    assert waitlist.lapsed(session, offer.lapses_at - timedelta(microseconds=1)) == []
    assert waitlist.lapsed(session, offer.lapses_at) == [clinic.id]
    third = waits(session, clinic, offer.lapses_at)  # joining meets it first
    assert open_offer(session, first) is None
    assert open_offer(session, second) is not None
    assert emails_to(session, first) == ["offer", "offer-lapsed"]
    session.refresh(first)
    assert first.joined_at == offer.lapses_at, "who let it lapse waits on behind the others"
    assert third.ended_at is None


def test_a_booking_meets_a_lapsed_offer_and_gets_the_slot_if_nobody_else_waits(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    only = waits(session, clinic)
    cancel(acting(session, Actor.link()), booked[0].public_id)
    offer = open_offer(session, only)
    assert offer is not None
    with pytest.raises(errors.SlotTaken):
        a_booking(session, clinic, now=offer.lapses_at - timedelta(seconds=1))
    assert a_booking(session, clinic, now=offer.lapses_at).starts_at == CLINIC_AT
    assert emails_to(session, only) == ["offer", "offer-lapsed"]


def test_in_the_last_hour_all_are_told_and_the_first_to_press_has_it(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    first, second, long = waits(session, clinic), waits(session, clinic), waits(session, clinic, minutes=30)
    late = CLINIC_AT - timedelta(minutes=40)
    cancel(acting(session, Actor.link(), late), booked[1].public_id)
    assert session.scalars(select(Offer)).all() == []
    assert [emails_to(session, place) for place in (first, second, long)] == [
        ["last-hour-call"],
        ["last-hour-call"],
        [],
    ]
    waitlist.offer_free_slots(acting(session, Actor.system(), late), clinic.id)
    assert emails_to(session, first) == ["last-hour-call"], "told once"
    at = CLINIC_AT + QUARTER
    made = waitlist.accept(acting(session, Actor.link(), late), second.public_id, taking=Taking(at))
    assert made.member_id == second.member_id
    with pytest.raises(errors.SlotTaken):
        waitlist.accept(acting(session, Actor.link(), late), first.public_id, taking=Taking(at))
    cancel(acting(session, Actor.link(), late + timedelta(minutes=1)), made.public_id)
    assert emails_to(session, first) == ["last-hour-call", "last-hour-call"], "freed again, told again"


def test_what_an_offer_leaves_over_goes_on_to_others(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    waits(session, clinic, minutes=30)
    short = waits(session, clinic, NOW + QUARTER)
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[1].public_id)
    assert open_offer(session, short) is not None, "nothing for half an hour, so it goes to whom it fits"


def test_only_the_analyst_who_is_waited_for(session: Session) -> None:
    clinic, booked = a_full_clinic(session, analysts=2)
    second = clinic.roster[1].analyst
    place = waits(session, clinic, analyst=second.public_id)
    cancel(acting(session, Actor.link()), booked[0].public_id)
    assert open_offer(session, place) is None
    cancel(acting(session, Actor.link()), booked[7].public_id)
    offer = open_offer(session, place)
    assert (offer and offer.analyst_id, offer and offer.starts_at) == (second.id, CLINIC_AT + 3 * QUARTER)
    made = waitlist.accept(acting(session, Actor.link()), place.public_id)
    assert made.chose_analyst


def test_at_the_limit_one_waits_and_says_which_booking_it_replaces(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    member = a_person(session)
    held = [a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(days=n)), member) for n in (1, 2)]
    with pytest.raises(errors.LimitReached):
        waits(session, clinic, member=member)
    with pytest.raises(errors.NotFound):
        waits(session, clinic, member=member, replaces=booked[0].public_id)
    place = waits(session, clinic, member=member, topic="Now this", replaces=held[0].public_id)
    cancel(acting(session, Actor.link()), booked[3].public_id)
    assert open_offer(session, place) is not None
    with pytest.raises(errors.LimitReached) as limit:
        waitlist.accept(acting(session, Actor.link()), place.public_id)
    assert limit.value.scope == "upcoming"
    assert open_offer(session, place) is not None, "the refusal leaves it as it was"
    with pytest.raises(errors.NotFound):
        waitlist.accept(acting(session, Actor.link()), place.public_id, taking=Taking(replaces=booked[0].public_id))
    was = held[0].public_id, held[0].sequence
    made = waitlist.accept(acting(session, Actor.link()), place.public_id, taking=Taking(replaces=held[0].public_id))
    assert (made.public_id, made.sequence, made.topic) == (was[0], was[1] + 1, "Now this")
    assert made.occurrence_id == clinic.id
    assert emails_to(session, place) == ["booked", "booked", "offer", "moved"]
    assert session.scalars(select(Claim.quarter_at).where(Claim.booking_id == made.id)).all() == [made.starts_at] * 2


def test_last_chances_go_first(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    an_occurrence(session, clinic.series, starts_at=CLINIC_AT + timedelta(weeks=1))
    regular = waits(session, clinic)
    leaver = waits(session, clinic, NOW + QUARTER, a_person(session, member_until=date(2023, 12, 10)))
    seen = a_person(session, member_until=date(2023, 12, 10))
    a_booking(session, a_clinic(session, starts_at=NOW + timedelta(hours=2)), seen)
    known = waits(session, clinic, NOW + timedelta(hours=3), seen)
    cancel(acting(session, Actor.link(), NOW + timedelta(hours=4)), booked[0].public_id)
    assert open_offer(session, leaver) is not None
    cancel(acting(session, Actor.link(), NOW + timedelta(hours=4)), booked[1].public_id)
    assert open_offer(session, regular) is not None
    assert open_offer(session, known) is None


@pytest.mark.parametrize("how", ["move", "staff", "hand", "leave", "book", "sweep"])
def test_whatever_frees_a_slot_wakes_the_next(session: Session, how: str) -> None:
    clinic, booked = a_full_clinic(session, analysts=2 if how == "hand" else 1)
    coordinator = a_person(session, roles=["coordinator"])
    other = a_clinic(session, starts_at=CLINIC_AT + timedelta(days=1))
    asked = {"analyst": clinic.roster[0].analyst.public_id} if how == "hand" else {}
    place = waits(session, clinic, **asked)
    if how == "move":
        wanted = BookingRequest(other.public_id, other.starts_at, 15)
        move(acting(session, Actor.link()), booked[0].public_id, wanted)
    elif how == "staff":
        on_behalf.cancel_for(acting(session, Actor.staff(coordinator.id)), booked[0].public_id, "ill")
    elif how == "hand":
        free = booked[4]
        session.query(Claim).filter_by(booking_id=free.id).delete()
        free.status, free.cancelled_at = "cancelled", NOW
        session.commit()
        to = clinic.roster[1].analyst.public_id
        on_behalf.hand_over(acting(session, Actor.staff(coordinator.id)), booked[0].public_id, to, "")
    elif how in {"leave", "book"}:
        ahead = place
        place = waits(session, clinic, NOW + QUARTER)
        cancel(acting(session, Actor.link(), NOW + QUARTER), booked[0].public_id)
        assert open_offer(session, ahead) is not None
        if how == "leave":
            waitlist.leave(acting(session, Actor.link(), NOW + QUARTER), ahead.public_id)
        else:  # who is offered one slot books another, and the offer goes on
            cancel(acting(session, Actor.link(), NOW + QUARTER), booked[2].public_id)
            waitlist.decline(acting(session, Actor.link(), NOW + QUARTER), place.public_id)
            book(acting(session, Actor.member(ahead.member_id), NOW + QUARTER), a_request(clinic, 30))
            session.refresh(ahead)
            assert ahead.outcome == "booked"
    else:
        session.query(Claim).filter_by(booking_id=booked[0].id).delete()
        booked[0].status, booked[0].cancelled_at = "cancelled", NOW
        session.commit()
        assert waitlist.awaited(session) == [clinic.id]
        waitlist.offer_free_slots(acting(session, Actor.system()), clinic.id)
    assert open_offer(session, place) is not None


def test_a_member_is_offered_one_thing_at_a_time(session: Session) -> None:
    one, booked = a_full_clinic(session)
    two, more = a_full_clinic(session, starts_at=CLINIC_AT + timedelta(days=1))
    member = a_person(session)
    here, there = waits(session, one, member=member), waits(session, two, member=member)
    cancel(acting(session, Actor.link()), booked[0].public_id)
    cancel(acting(session, Actor.link()), more[0].public_id)
    assert open_offer(session, here) is not None
    assert open_offer(session, there) is None
    waitlist.decline(acting(session, Actor.link()), here.public_id)
    waitlist.offer_free_slots(acting(session, Actor.system()), two.id)  # the worker's round
    assert open_offer(session, there) is not None


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"minutes": 45}, errors.LengthNotOffered),
        ({"minutes": 0}, errors.LengthNotOffered),
        ({"analyst": uuid.UUID(int=1)}, errors.NotOnRoster),
        ({"topic": "x" * 100_000}, errors.TextNotAccepted),
        ({"link": "javascript:alert(1)"}, errors.TextNotAccepted),
        ({"now": NOW - timedelta(days=60)}, errors.TooEarly),
        ({"now": CLINIC_AT + timedelta(minutes=36)}, errors.TooLate),
        ({"until": date(2023, 12, 3)}, errors.MembershipEnded),
        ({"roles": ["analyst"]}, errors.NotAMember),
        ({"status": "cancelled"}, errors.OccurrenceCancelled),
    ],
)
def test_who_may_not_wait_is_told_why_and_nothing_is_written(
    session: Session, wish: dict[str, Any], refusal: type[errors.Refusal]
) -> None:
    clinic, _ = a_full_clinic(session)
    wish = dict(wish)
    clinic.status = wish.pop("status", "scheduled")
    member = a_person(session, roles=wish.pop("roles", ["member"]), member_until=wish.pop("until", None))
    with pytest.raises(refusal):
        waits(session, clinic, wish.pop("now", NOW), member, **wish)
    session.rollback()
    assert session.scalars(select(WaitlistEntry)).all() == []


def test_another_members_place_is_not_there(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    place, other = waits(session, clinic), a_person(session)
    cancel(acting(session, Actor.link()), booked[0].public_id)
    for deed in (waitlist.accept, waitlist.decline, waitlist.leave):
        with pytest.raises(errors.NotFound):
            deed(acting(session, Actor.member(other.id)), place.public_id)  # type: ignore[operator]
        with pytest.raises(errors.NotFound):
            deed(acting(session, Actor.link()), uuid.uuid4())  # type: ignore[operator]
    assert open_offer(session, place) is not None


def test_a_clinic_that_is_over_or_cancelled_ends_the_waiting(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    place, other = waits(session, clinic), waits(session, clinic)
    cancel(acting(session, Actor.link()), booked[0].public_id)
    assert open_offer(session, place) is not None
    clinic.status = "cancelled"
    session.commit()
    waitlist.offer_free_slots(acting(session, Actor.system()), clinic.id)
    for one in (place, other):
        session.refresh(one)
        assert one.outcome == "gone"
    assert session.scalars(select(Claim).where(Claim.offer_id.is_not(None))).all() == []
    with pytest.raises(errors.OfferLapsed):
        waitlist.accept(acting(session, Actor.link()), place.public_id)


def test_another_wish_for_the_same_clinic_keeps_the_turn(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    member = a_person(session)
    place = waits(session, clinic, member=member)
    again = waits(session, clinic, NOW + QUARTER, member, minutes=30)
    assert (again.id, again.minutes, again.joined_at) == (place.id, 30, NOW)
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[0].public_id)
    assert open_offer(session, place) is None
    with pytest.raises(errors.StillFree):
        waits(session, clinic, NOW + QUARTER, member)
    session.refresh(place)
    assert (place.minutes, place.outcome) == (30, None), "the refusal leaves it as it was"


@pytest.mark.timeout(120)
def test_cancelling_joining_and_accepting_at_once_lose_no_wake_up(database: Database) -> None:
    """Eight threads cancel, join, accept, decline and leave at random; in the end nobody waits for what is free."""
    organisation = an_organisation(upcoming=0, per_occurrence=0)
    with database.sessions() as session:
        clinics = [a_full_clinic(session, 2, CLINIC_AT + timedelta(days=n)) for n in range(3)]
        members = [a_person(session).id for _ in range(24)]
        session.commit()
        ids = [clinic.id for clinic, _ in clinics]
        public_ids = [clinic.public_id for clinic, _ in clinics]
    unexpected: list[BaseException] = []

    def run(number: int) -> None:
        chance = random.Random(number)
        with database.sessions() as session:
            for step in range(30):
                now = NOW + timedelta(minutes=step)
                member = members[3 * number + chance.randrange(3)]
                try:
                    act(session, chance, member, now)
                except errors.Refusal:
                    pass
                except BaseException as error:
                    unexpected.append(error)
                    return

    def act(session: Session, chance: random.Random, member: int, now: datetime) -> None:
        what = chance.choice(["cancel", "join", "join", "accept", "accept", "decline", "leave", "book"])
        if what == "cancel":
            held = session.scalars(select(Booking.public_id).where(Booking.status == CONFIRMED)).all()
            cancel(acting(session, Actor.link(), now, organisation), chance.choice(held))
        elif what == "join":
            wish = Wish(chance.choice([15, 15, 30]))
            waitlist.join(acting(session, Actor.member(member), now, organisation), chance.choice(public_ids), wish)
        elif what == "book":
            starts = CLINIC_AT + timedelta(days=1, minutes=15 * chance.randrange(4))
            book(acting(session, Actor.member(member), now, organisation), BookingRequest(public_ids[1], starts, 15))
        else:
            place = session.scalars(
                select(WaitlistEntry.public_id)
                .where(WaitlistEntry.member_id == member, WaitlistEntry.ended_at.is_(None))
                .limit(1)
            ).first()
            if place is not None:
                getattr(waitlist, what)(acting(session, Actor.member(member), now, organisation), place)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert unexpected == []
    with database.sessions() as session:
        check(session)
        for occurrence_id in ids:  # one round of the worker, then nobody is left whom something free would fit
            waitlist.offer_free_slots(
                acting(session, Actor.system(), NOW + timedelta(minutes=31), organisation), occurrence_id
            )
        check(session)
        for occurrence_id in ids:
            told = pass_on.pass_on(
                acting(session, Actor.system(), NOW + timedelta(minutes=31), organisation), occurrence_id
            )
            assert told == 0
        session.rollback()
        assert {one.status for one in session.scalars(select(Offer))} > {"accepted"}


def check(session: Session) -> None:
    """Promises 1 and 2, and that every claim has its one owner."""
    session.rollback()
    claims = session.scalars(select(Claim).execution_options(populate_existing=True)).all()
    owned: dict[tuple[str, int], list[tuple[int, datetime]]] = {}
    for claim in claims:
        key = ("b", claim.booking_id) if claim.booking_id is not None else ("o", claim.offer_id or 0)
        owned.setdefault(key, []).append((claim.person_id, claim.quarter_at))
    expected = {
        ("b", one.id): sorted((who, at) for who in (one.analyst_id, one.member_id) for at in one.slot.quarters)
        for one in session.scalars(select(Booking).where(Booking.status == CONFIRMED))
    }
    for offer in session.scalars(select(Offer).where(Offer.status == "open")):
        quarters = [offer.starts_at + n * QUARTER for n in range(offer.minutes // 15)]
        expected["o", offer.id] = sorted((who, at) for who in (offer.analyst_id, offer.member_id) for at in quarters)
    assert {key: sorted(quarters) for key, quarters in owned.items()} == expected
    per_member = [one.member_id for one in session.scalars(select(Offer).where(Offer.status == "open"))]
    assert len(per_member) == len(set(per_member))
