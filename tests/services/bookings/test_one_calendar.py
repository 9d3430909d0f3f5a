"""A person has one calendar: nobody is booked twice at once, whether as an analyst or as a member (promise 1)."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings import slots
from booking.domain.enums.planning import CoverFate
from booking.domain.people.actor import Actor
from booking.services import cover
from booking.services.action_context import ActionContext
from booking.services.bookings import on_behalf, waitlist
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.enrol import enrol
from booking.services.bookings.move import move
from booking.services.bookings.waitlist import Wish
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer
from booking.store.db import engines
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import timetables
from tests import processes as race
from tests.builders import CLINIC_AT, NOW, a_person, a_request, a_series, an_occurrence, an_organisation
from tests.databases import Database

ORGANISATION = an_organisation(upcoming=0, per_occurrence=0, horizon_days=1000)
HOUR = timedelta(hours=1)
ROUNDS = 12


def acting(session: Session, actor: Actor, now: datetime = NOW) -> ActionContext:
    """The context of what somebody does in this organisation."""
    return ActionContext(session, ORGANISATION, now, actor)


class Two:
    """Two clinics at the same time: Ada has the first; Ben has the second, and is a member too."""

    def __init__(self, session: Session, weeks: int = 0) -> None:
        at = CLINIC_AT + timedelta(weeks=weeks)
        self.ada = a_person(session, roles=["analyst"])
        self.ben = a_person(session, roles=["analyst", "member"])
        self.mia = a_person(session)
        self.hers = an_occurrence(session, a_series(session), [self.ada], at)
        self.his = an_occurrence(session, a_series(session), [self.ben], at)
        session.commit()


@pytest.fixture
def two(session: Session) -> Two:
    return Two(session)


def free_with(session: Session, clinic: Occurrence, analyst: Person, reader: Person) -> list[int]:
    """The quarters of the clinic that the reader sees free with that analyst."""
    session.rollback()
    found = timetables.timetable(session, clinic.public_id, ORGANISATION, reader.id)
    assert found is not None
    free = slots.free(found.hours, 15, ORGANISATION.policy, NOW)
    return [int((slot.starts_at - clinic.starts_at).seconds / 900) for slot in free if slot.analyst_id == analyst.id]


def owners(session: Session, person: Person) -> dict[object, tuple[int | None, int | None]]:
    """(booking, offer) that owns each quarter of that person."""
    session.rollback()
    rows = session.execute(
        select(Claim.quarter_at, Claim.booking_id, Claim.offer_id).where(Claim.person_id == person.id)
    )
    return {row.quarter_at: (row.booking_id, row.offer_id) for row in rows}


def test_an_analyst_who_is_booked_as_a_member_is_not_offered_then(session: Session, two: Two) -> None:
    assert free_with(session, two.his, two.ben, two.mia) == [0, 1, 2, 3]
    book(acting(session, Actor.member(two.ben.id)), a_request(two.hers, 15, 30))
    assert free_with(session, two.his, two.ben, two.mia) == [0, 3]
    with pytest.raises(errors.SlotTaken) as refused:
        book(acting(session, Actor.member(two.mia.id)), a_request(two.his, 15))
    assert not refused.value.own
    book(acting(session, Actor.member(two.mia.id)), a_request(two.his, 0))


def test_a_member_who_is_booked_as_an_analyst_books_nothing_then(session: Session, two: Two) -> None:
    book(acting(session, Actor.member(two.mia.id)), a_request(two.his, 15))
    assert free_with(session, two.hers, two.ada, two.ben) == [0, 2, 3]
    with pytest.raises(errors.SlotTaken) as refused:
        book(acting(session, Actor.member(two.ben.id)), a_request(two.hers, 15))
    assert refused.value.own
    later = book(acting(session, Actor.member(two.ben.id)), a_request(two.hers, 30)).booking
    with pytest.raises(errors.SlotTaken):
        move(acting(session, Actor.link()), later.public_id, a_request(two.hers, 15))


def test_nobody_books_themselves(session: Session, two: Two) -> None:
    assert free_with(session, two.his, two.ben, two.ben) == []
    for analyst in (None, two.ben.public_id):
        with pytest.raises(errors.NotOnRoster):
            book(acting(session, Actor.member(two.ben.id)), a_request(two.his, analyst=analyst))


@pytest.mark.parametrize("whole", [False, True])
def test_an_analyst_is_not_offered_while_enrolled_in_a_lab(session: Session, two: Two, whole: bool) -> None:
    lab = an_occurrence(session, a_series(session, kind="lab"), [two.ada], CLINIC_AT + timedelta(minutes=20))
    session.commit()
    place = enrol(acting(session, Actor.member(two.ben.id)), lab.public_id, whole=whole)
    assert free_with(session, two.his, two.ben, two.mia) == [0]
    with pytest.raises(errors.SlotTaken):
        book(acting(session, Actor.member(two.mia.id)), a_request(two.his, 15))
    assert place.left_at is None


def test_an_analyst_is_not_offered_while_presenting_another_series(session: Session, two: Two) -> None:
    series = a_series(session, kind="masterclass")
    an_occurrence(session, series, [two.ben], CLINIC_AT - timedelta(minutes=45))
    an_occurrence(session, series, [two.ben], CLINIC_AT + timedelta(minutes=30), status="cancelled", key="cancelled")
    session.commit()
    assert free_with(session, two.his, two.ben, two.mia) == [1, 2, 3]
    # and does not book as a member then
    assert free_with(session, two.hers, two.ada, two.ben) == [1, 2, 3]


def test_a_member_who_is_enrolled_elsewhere_may_book_all_the_same(session: Session, two: Two) -> None:
    lab = an_occurrence(session, a_series(session, kind="lab"), [])
    session.commit()
    enrol(acting(session, Actor.member(two.mia.id)), lab.public_id, whole=True)
    assert book(acting(session, Actor.member(two.mia.id)), a_request(two.his)).booking.status == CONFIRMED


def test_on_two_rosters_at_once_each_quarter_is_booked_once(session: Session, two: Two) -> None:
    other = an_occurrence(session, a_series(session), [two.ben])
    session.commit()
    book(acting(session, Actor.member(two.mia.id)), a_request(two.his, 15))
    assert free_with(session, other, two.ben, a_person(session)) == [0, 2, 3]


def test_nobody_hands_over_or_lengthens_into_what_the_analyst_has_as_a_member(session: Session, two: Two) -> None:
    clinic = an_occurrence(session, a_series(session), [two.ada, two.ben])
    chief = a_person(session, roles=["coordinator"])
    session.commit()
    booking = book(acting(session, Actor.member(two.mia.id)), a_request(clinic, analyst=two.ada.public_id)).booking
    cara = a_person(session, roles=["analyst"])
    his_own = an_occurrence(session, a_series(session), [cara])
    session.commit()
    book(acting(session, Actor.member(two.ben.id)), a_request(his_own, 0, 30))
    with pytest.raises(errors.SlotTaken):
        on_behalf.hand_over(acting(session, Actor.staff(chief.id)), booking.public_id, two.ben.public_id, "")
    with_ben = book(acting(session, Actor.member(two.mia.id)), a_request(clinic, 45, analyst=two.ben.public_id)).booking
    assert with_ben.minutes == 15
    ends_before = book(acting(session, Actor.member(a_person_id(session))), a_request(two.his, 30)).booking
    with pytest.raises(errors.SlotTaken):  # 45 minutes past is Ben's with Mia
        on_behalf.lengthen(acting(session, Actor.staff(chief.id)), ends_before.public_id)


def a_person_id(session: Session) -> int:
    person = a_person(session)
    session.commit()
    return person.id


@pytest.mark.parametrize("has", ["booking", "enrolment"])
def test_cover_hands_nothing_to_who_is_busy_as_a_member(session: Session, two: Two, has: str) -> None:
    clinic = an_occurrence(session, a_series(session), [two.ada, two.ben])
    session.commit()
    booking = book(
        acting(session, Actor.member(two.mia.id)), a_request(clinic, 0, 30, analyst=two.ada.public_id)
    ).booking
    plan = cover.show(session, two.ada.public_id, (CLINIC_AT, CLINIC_AT + HOUR), ORGANISATION, NOW)
    assert [one.what for one in plan.cover.covered] == [CoverFate.HANDED]
    session.rollback()
    if has == "booking":
        third = an_occurrence(session, a_series(session), [a_person(session, roles=["analyst"])])
        session.commit()
        book(acting(session, Actor.member(two.ben.id)), a_request(third, 15, 30))
    else:
        lab = an_occurrence(session, a_series(session, kind="lab"), [])
        session.commit()
        enrol(acting(session, Actor.member(two.ben.id)), lab.public_id)
    plan = cover.show(session, two.ada.public_id, (CLINIC_AT, CLINIC_AT + HOUR), ORGANISATION, NOW)
    assert [one.what for one in plan.cover.covered] == [CoverFate.NOBODY]
    assert booking.analyst_id == two.ada.id


def waits(session: Session, clinic: Occurrence, member: Person, minutes: int = 15) -> int:
    return waitlist.join(acting(session, Actor.member(member.id)), clinic.public_id, Wish(minutes)).id


def offered(session: Session, member: Person) -> Offer | None:
    session.rollback()
    return session.scalars(select(Offer).where(Offer.member_id == member.id, Offer.status == "open")).one_or_none()


def fill(session: Session, clinic: Occurrence) -> list[Booking]:
    members = [a_person_id(session) for _ in range(4)]
    return [
        book(acting(session, Actor.member(who)), a_request(clinic, 15 * n)).booking for n, who in enumerate(members)
    ]


def test_an_offer_holds_the_quarters_of_both_and_gives_way_to_what_its_member_books(session: Session, two: Two) -> None:
    booked = fill(session, two.hers)
    waits(session, two.hers, two.ben)
    cancel(acting(session, Actor.link()), booked[1].public_id)
    offer = offered(session, two.ben)
    assert offer is not None
    quarter = CLINIC_AT + timedelta(minutes=15)
    assert owners(session, two.ben) == {quarter: (None, offer.id)}
    assert owners(session, two.ada)[quarter] == (None, offer.id)
    # nobody else has Ben then; what he books himself comes first
    assert free_with(session, two.his, two.ben, two.mia) == [0, 2, 3]
    third = an_occurrence(session, a_series(session), [a_person(session, roles=["analyst"])])
    session.commit()
    mine = book(acting(session, Actor.member(two.ben.id)), a_request(third, 15)).booking
    session.refresh(offer)
    assert offer.status == "gone"
    assert owners(session, two.ben) == {quarter: (mine.id, None)}


def test_what_an_offer_that_gave_way_had_held_goes_to_who_waits_and_to_nobody_before(
    session: Session, two: Two
) -> None:
    booked = fill(session, two.hers)
    waits(session, two.hers, two.ben)
    cancel(acting(session, Actor.link()), booked[1].public_id)
    waits(session, two.hers, two.mia)
    third = an_occurrence(session, a_series(session), [a_person(session, roles=["analyst"])])
    session.commit()
    book(acting(session, Actor.member(two.ben.id)), a_request(third, 15))
    with pytest.raises(errors.SlotTaken):
        book(acting(session, Actor.member(a_person_id(session))), a_request(two.hers, 15))


def test_whoever_is_offered_a_slot_can_book_it_like_any_other(session: Session, two: Two) -> None:
    booked = fill(session, two.hers)
    waits(session, two.hers, two.mia)
    cancel(acting(session, Actor.link()), booked[1].public_id)
    assert free_with(session, two.hers, two.ada, two.mia) == [1]
    assert free_with(session, two.hers, two.ada, two.ben) == []
    made = book(acting(session, Actor.member(two.mia.id)), a_request(two.hers, 15)).booking
    assert owners(session, two.mia) == {made.starts_at: (made.id, None)}
    assert [offer.status for offer in session.scalars(select(Offer))] == ["accepted"]


def test_a_booking_takes_no_more_statements_than_one_calendar_needs(session: Session, two: Two) -> None:
    statements: list[str] = []

    def count(_c: object, _k: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", count)
    try:
        book(acting(session, Actor.member(two.mia.id)), a_request(two.hers, 0, 30, analyst=two.ada.public_id))
    finally:
        event.remove(engine, "before_cursor_execute", count)
    written = [statement for statement in statements if "INTO claim" in statement]
    assert len(written) == 1
    assert len([one for one in statements if not one.startswith(("BEGIN", "COMMIT"))]) == 9


def attempt(url: str, tries: list[tuple[int, BookingRequest]], together: Barrier) -> list[str]:
    engine = engines.make(url)
    outcomes = []
    with engines.sessions(engine)() as session:
        for member_id, request in tries:
            together.wait(timeout=60)
            try:
                book(acting(session, Actor.member(member_id)), request)
                outcomes.append("won")
            except errors.SlotTaken as lost:
                outcomes.append(lost.code)
    engine.dispose()
    return outcomes


def run(url: str, tries: list[tuple[int, BookingRequest]], together: Barrier, answers: object) -> None:
    answers.put(attempt(url, tries, together))  # type: ignore[attr-defined]


@pytest.mark.timeout(200)
def test_two_members_and_an_analyst_who_is_a_member_race_and_nobody_is_booked_twice(database: Database) -> None:
    """Mia books Ben, another books Ben, and Ben books Ada: the same quarter, three processes."""
    with database.sessions() as session:
        weeks = [Two(session, week) for week in range(ROUNDS)]
        others = [a_person(session) for _ in weeks]
        session.commit()
        mia = [(two.mia.id, a_request(two.his)) for two in weeks]
        other = [(person.id, a_request(two.his)) for person, two in zip(others, weeks, strict=True)]
        ben = [(two.ben.id, a_request(two.hers)) for two in weeks]
        bens = [two.ben.id for two in weeks]
    started = race.context()
    together, answers = started.Barrier(3), started.Queue()
    processes = [
        started.Process(target=run, args=(database.url, tries, together, answers)) for tries in (mia, other, ben)
    ]
    for process in processes:
        process.start()
    outcomes = [answers.get(timeout=150) for _ in processes]
    for process in processes:
        process.join(timeout=30)
    by_round = [Counter(outcome[n] for outcome in outcomes) for n in range(ROUNDS)]
    assert by_round == [Counter({"won": 1, "slot-taken": 2})] * ROUNDS
    with database.sessions() as session:
        rows = session.scalars(select(Booking).where(Booking.status == CONFIRMED)).all()
        times = Counter(person for row in rows for person in (row.analyst_id, row.member_id))
    assert [times[ben_id] for ben_id in bens] == [1] * ROUNDS


def test_offers_and_bookings_race_for_one_person(database: Database) -> None:
    """While Ben is offered a slot as a member, somebody books him as an analyst at that time."""
    for week in range(4):
        with database.sessions() as session:
            two = Two(session, week)
            booked = fill(session, two.hers)
            waits(session, two.hers, two.ben)
            ids = booked[0].public_id, two.mia.id, two.ben.id
            request = a_request(two.his)
        together = threading.Barrier(2)

        def free(session: Session, ids=ids, together=together) -> None:  # type: ignore[no-untyped-def]
            together.wait()
            cancel(acting(session, Actor.link()), ids[0])

        def take(session: Session, ids=ids, request=request, together=together) -> None:  # type: ignore[no-untyped-def]
            together.wait()
            try:
                book(acting(session, Actor.member(ids[1])), request)
            except errors.SlotTaken:
                session.rollback()

        def in_session(work) -> None:  # type: ignore[no-untyped-def]
            with database.sessions() as session:
                work(session)

        threads = [threading.Thread(target=in_session, args=(work,)) for work in (free, take)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with database.sessions() as session:
            has_offer = offered(session, session.get_one(Person, ids[2])) is not None
            is_booked = session.scalar(select(Booking.id).where(Booking.analyst_id == ids[2])) is not None
        assert has_offer != is_booked
