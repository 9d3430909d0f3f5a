"""Which email somebody on the waitlist gets, and the facts that its promise is made of."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.domain.planning import edits
from booking.services import cover
from booking.services.bookings import waitlist
from booking.services.bookings.cancel import cancel
from booking.services.bookings.waitlist import Taking
from booking.services.publishing import planning
from booking.services.publishing.publish import publish
from booking.services.publishing.undo import undo
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.outbox import email_facts
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_person, acting
from tests.services.bookings.test_waitlist import QUARTER, a_full_clinic, open_offer, waits


def offers_to(session: Session, member_id: int) -> list[OutgoingEmail]:
    session.rollback()
    return list(
        session.scalars(
            select(OutgoingEmail).where(OutgoingEmail.person_id == member_id, OutgoingEmail.name == "offer")
        )
    )


def test_a_slot_freed_days_ahead_is_held_for_hours_and_the_email_names_the_deadline(session: Session) -> None:
    clinic, booked = a_full_clinic(session, starts_at=CLINIC_AT + timedelta(days=14))
    only = waits(session, clinic)
    cancel(acting(session, Actor.link()), booked[0].public_id)
    offer = open_offer(session, only)
    assert offer is not None
    (email,) = offers_to(session, only.member_id)
    assert email.facts["lapses_at"] == email_facts.stamp(offer.lapses_at) == email_facts.stamp(NOW + timedelta(hours=4))
    assert email.facts["has_next"] is False


def test_the_email_speaks_of_a_next_person_only_where_somebody_would_be_offered_the_slot(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    first = waits(session, clinic)
    waits(session, clinic, NOW + QUARTER, minutes=30)
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[0].public_id)
    assert offers_to(session, first.member_id)[0].facts["has_next"] is False, "half an hour does not fit a quarter"


def test_with_a_second_in_line_the_email_says_so(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    first = waits(session, clinic)
    waits(session, clinic, NOW + QUARTER)
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[0].public_id)
    assert offers_to(session, first.member_id)[0].facts["has_next"] is True


def test_an_offer_that_lapses_in_the_last_hour_goes_to_nobody_in_particular(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    now = CLINIC_AT - timedelta(minutes=70)
    first = waits(session, clinic, now)
    waits(session, clinic, now)
    cancel(acting(session, Actor.link(), now), booked[0].public_id)
    assert offers_to(session, first.member_id)[0].facts["has_next"] is False


def emails_to(session: Session, member_id: int) -> list[tuple[str, str | None]]:
    """What they were sent, in order: the email's name, and what has become of a slot that was let lapse."""
    session.rollback()
    rows = session.scalars(select(OutgoingEmail).where(OutgoingEmail.person_id == member_id).order_by(OutgoingEmail.id))
    return [(row.name, row.facts.get("became")) for row in rows]


def test_a_lapsed_offer_is_said_to_go_to_the_next_only_where_it_does(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    first = waits(session, clinic)
    second = waits(session, clinic, NOW + QUARTER)
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[0].public_id)
    offer = open_offer(session, first)
    assert offer is not None
    waitlist.offer_free_slots(acting(session, Actor.system(), offer.lapses_at), clinic.id)
    assert emails_to(session, first.member_id) == [("offer", None), ("offer-lapsed", "offered")]
    assert emails_to(session, second.member_id) == [("offer", None)]


def test_a_lapsed_slot_that_stays_free_is_told_once_to_those_still_waiting(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    first = waits(session, clinic)
    second = waits(session, clinic, NOW + QUARTER)
    half_hour = waits(session, clinic, NOW + QUARTER, minutes=30)
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[0].public_id)
    for place in (first, second):
        offer = open_offer(session, place)
        assert offer is not None
        waitlist.offer_free_slots(acting(session, Actor.system(), offer.lapses_at), clinic.id)
    assert emails_to(session, second.member_id) == [("offer", None), ("offer-lapsed", "free")]
    told = [("offer", None), ("offer-lapsed", "offered"), ("free-to-book", None)]
    assert emails_to(session, first.member_id) == told
    for minutes in (1, 2):
        waitlist.offer_free_slots(
            acting(session, Actor.system(), offer.lapses_at + timedelta(minutes=minutes)), clinic.id
        )
    waitlist.offer_free_slots(acting(session, Actor.system(), CLINIC_AT - timedelta(minutes=30)), clinic.id)
    assert emails_to(session, first.member_id) == told, "once"
    assert emails_to(session, second.member_id) == [("offer", None), ("offer-lapsed", "free")]
    assert emails_to(session, half_hour.member_id) == [], "it does not suit them"
    booking = waitlist.accept(
        acting(session, Actor.link(), CLINIC_AT - timedelta(minutes=30)), first.public_id, taking=Taking(CLINIC_AT)
    )
    assert booking.starts_at == CLINIC_AT, "and what it says is true"


def test_a_lapsed_slot_that_is_too_late_to_book_is_said_to_be_over(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    now = CLINIC_AT - timedelta(minutes=70)
    only = waits(session, clinic, now)
    cancel(acting(session, Actor.link(), now), booked[0].public_id)
    assert open_offer(session, only) is not None
    waitlist.offer_free_slots(acting(session, Actor.system(), CLINIC_AT - timedelta(minutes=5)), clinic.id)
    assert emails_to(session, only.member_id) == [("offer", None), ("offer-lapsed", "over")]


def offered_by_somebody(session: Session) -> tuple[Occurrence, WaitlistEntry, Person]:
    """A full clinic, somebody on its waitlist to whom a slot that came free is offered, and the slot's analyst."""
    clinic, booked = a_full_clinic(session)
    only = waits(session, clinic)
    analyst = booked[0].analyst
    cancel(acting(session, Actor.link()), booked[0].public_id)
    assert open_offer(session, only) is not None
    return clinic, only, analyst


def test_whoever_is_offered_a_slot_hears_that_its_analyst_is_off_and_stays_on_the_waitlist(session: Session) -> None:
    _clinic, only, analyst = offered_by_somebody(session)
    span = (CLINIC_AT, CLINIC_AT + timedelta(hours=1))
    shown = cover.show(session, analyst.public_id, span, ORGANISATION, NOW)
    cover.report(acting(session, Actor.system()), analyst.public_id, span, fingerprint=shown.fingerprint)
    assert emails_to(session, only.member_id) == [("offer", None), ("offer-lapsed", "withdrawn")]
    assert session.get_one(WaitlistEntry, only.id).ended_at is None


def test_whoever_is_offered_a_slot_hears_that_its_analyst_has_left_the_roster(session: Session) -> None:
    clinic, only, analyst = offered_by_somebody(session)
    stays = a_person(session, "Zoe", roles=["analyst"])
    session.commit()
    asking = planning.page(clinic.series.slug, lambda asked: edits.one(asked, clinic.key, analysts=(stays.id,)))
    plan = planning.read_plan(session, asking, ORGANISATION, NOW)
    count = len({notice.member_id for notice in plan.notices})
    done = publish(acting(session, Actor.system()), asking, uid_domain="x.example.org", fingerprint=plan.fingerprint)
    assert emails_to(session, only.member_id) == [("offer", None), ("offer-lapsed", "withdrawn")]
    assert only.member_id in {notice.member_id for notice in plan.notices}
    assert done.change is not None
    told = session.scalars(
        select(OutgoingEmail.person_id).where(
            OutgoingEmail.change_id.is_not(None), OutgoingEmail.name.not_in(("cover-wanted", "handed-over"))
        )
    )
    assert len(set(told)) == count, "the plan counts them too"
    undo(acting(session, Actor.system()), done.change)
    assert emails_to(session, only.member_id) == [("offer", None)]
    assert open_offer(session, only) is not None, f"{analyst.name} is back, and the slot is held again"
