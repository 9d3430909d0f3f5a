"""What a coordinator does for the people of one date: enrol, remove, offer, email everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.emails import DateGroup, EmailName
from booking.domain.people.actor import Actor
from booking.domain.people.messages import DateMessage
from booking.services.action_context import ActionContext
from booking.services.bookings.cancel import cancel
from booking.services.bookings.enrol import enrol
from booking.services.dates import enrolments, waitlist
from booking.services.dates.email_everyone import RecipientsChanged, email_everyone, fingerprint
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import Offer
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from booking.store.queries.programme import date_people
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_place, a_series, acting, an_occurrence

ALL = tuple(DateGroup)


@pytest.fixture
def cora(session: Session) -> Person:
    return a_person(session, "Cora", roles=["coordinator"])


def by(session: Session, person: Person, for_member: Person | None = None) -> ActionContext:
    session.commit()
    return acting(session, Actor.staff(person.id, for_member=for_member.id if for_member else None))


def a_lab(session: Session, times: int = 1) -> list[Occurrence]:
    """Labs of one series, a week apart."""
    series = a_series(session, kind="lab", slug="lab", title="Tech Lab")
    rows = [an_occurrence(session, series, starts_at=CLINIC_AT + timedelta(weeks=n)) for n in range(times)]
    session.commit()
    return rows


def emails(session: Session, name: EmailName) -> list[OutgoingEmail]:
    wanted = select(OutgoingEmail).where(OutgoingEmail.name == name).order_by(OutgoingEmail.id)
    return list(session.scalars(wanted))


def last_entry(session: Session) -> AuditEntry:
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def test_staff_enrol_a_member_and_the_audit_log_names_who_did_it(session: Session, cora: Person) -> None:
    (lab,) = a_lab(session)
    mia = a_person(session, "Mia")
    place = enrol(by(session, cora, mia), lab.public_id)
    assert place.member_id == mia.id
    assert [email.person_id for email in emails(session, EmailName.ENROLLED)] == [mia.id]
    assert (last_entry(session).action, last_entry(session).actor_id) == ("enrolled", cora.id)


def test_a_removed_member_is_emailed_the_reason_once(session: Session, cora: Person) -> None:
    lab = a_lab(session, 3)[0]
    place = enrol(by(session, cora, a_person(session, "Mia")), lab.public_id, whole=True)
    for _ in range(2):
        enrolments.remove(by(session, cora), place.public_id, "You asked us to.")
    (told,) = emails(session, EmailName.UNENROLLED)
    assert (told.facts["count"], told.facts["reason"]) == (3, "You asked us to.")
    assert (last_entry(session).action, last_entry(session).actor_id) == ("unenrolled", cora.id)


def test_nobody_is_emailed_about_a_place_in_what_is_over(session: Session, cora: Person) -> None:
    (lab,) = a_lab(session)
    place = enrol(by(session, cora, a_person(session, "Mia")), lab.public_id)
    late = acting(session, Actor.staff(cora.id), CLINIC_AT + timedelta(hours=2))
    assert enrolments.remove(late, place.public_id, "").left_at is not None
    assert emails(session, EmailName.UNENROLLED) == []


@pytest.mark.parametrize("what", ["enrolment", "waitlist", "offer", "email"])
def test_an_analyst_may_do_none_of_it(session: Session, cora: Person, what: str) -> None:
    clinic = a_clinic(session)
    place = a_place(session, clinic, a_person(session))
    (lab,) = a_lab(session)
    enrolled = enrol(by(session, cora, a_person(session)), lab.public_id)
    ada = by(session, clinic.roster[0].analyst)
    doing = {
        "enrolment": lambda: enrolments.remove(ada, enrolled.public_id, ""),
        "waitlist": lambda: waitlist.remove(ada, place.public_id, ""),
        "offer": lambda: waitlist.offer_now(ada, place.public_id),
        "email": lambda: email_everyone(ada, clinic.public_id, DateMessage("x", "x", ALL), seen="", key="k"),
    }
    with pytest.raises(errors.NotAllowed):
        doing[what]()


def full(session: Session, but: int = 0) -> Occurrence:
    """A clinic of one analyst with as many free quarters at its end."""
    clinic = a_clinic(session)
    for n in range(4 - but):
        a_booking(session, clinic, after_minutes=15 * n)
    return clinic


def open_offers(session: Session) -> list[tuple[int, int]]:
    wanted = select(Offer.member_id, Offer.minutes).where(Offer.status == "open")
    return [tuple(row) for row in session.execute(wanted)]


def test_a_free_slot_is_held_for_the_one_who_was_chosen_whoever_is_ahead(session: Session, cora: Person) -> None:
    clinic = full(session, but=1)
    a_place(session, clinic, a_person(session, "First"))
    second = a_place(session, clinic, a_person(session, "Second"), joined_at=NOW + timedelta(minutes=1))
    waitlist.offer_now(by(session, cora), second.public_id)
    assert open_offers(session) == [(second.member_id, 15)]
    assert [email.person_id for email in emails(session, EmailName.OFFER)] == [second.member_id]
    assert (last_entry(session).action, last_entry(session).actor_id) == ("offered", cora.id)
    with pytest.raises(errors.SlotTaken):  # a second click
        waitlist.offer_now(by(session, cora), second.public_id)


def test_nothing_is_held_where_nothing_is_free(session: Session, cora: Person) -> None:
    place = a_place(session, full(session), a_person(session))
    with pytest.raises(errors.SlotTaken):
        waitlist.offer_now(by(session, cora), place.public_id)
    assert open_offers(session) == []


def test_who_is_taken_off_the_waitlist_hears_why_and_their_slot_goes_to_the_next(
    session: Session, cora: Person
) -> None:
    clinic = full(session)
    first = a_place(session, clinic, a_person(session, "First"))
    second = a_place(session, clinic, a_person(session, "Second"), joined_at=NOW + timedelta(minutes=1))
    booked = session.scalars(select(OutgoingEmail.booking_id).where(OutgoingEmail.name == "booked")).first()
    assert booked is not None
    cancel(acting(session, Actor.link()), session.get_one(Booking, booked).public_id)
    assert open_offers(session) == [(first.member_id, 15)]
    for _ in range(2):
        waitlist.remove(by(session, cora), first.public_id, "Called us.")
    assert open_offers(session) == [(second.member_id, 15)]
    (told,) = emails(session, EmailName.WAITLIST_REMOVED)
    assert (told.person_id, told.facts["reason"]) == (first.member_id, "Called us.")


def everybody(session: Session, clinic: Occurrence) -> str:
    return fingerprint(date_people.recipients(session, clinic, ALL))


def test_everybody_of_a_date_gets_one_email_each_and_a_second_click_sends_none(session: Session, cora: Person) -> None:
    clinic = a_clinic(session)
    mia = a_person(session, "Mia")
    a_booking(session, clinic, mia)
    a_booking(session, clinic, after_minutes=15)
    a_place(session, clinic, mia)  # is booked and waits: one email
    closed = a_booking(session, clinic, after_minutes=30)
    session.get_one(Person, closed.member_id).closed_at = NOW
    session.commit()
    message = DateMessage("Bring your\nreport", "Hello\r\n\r\n{{ organisation }} <b>x</b>\x00", ALL)
    seen = everybody(session, clinic)
    sent = [email_everyone(by(session, cora), clinic.public_id, message, seen=seen, key="k") for _ in range(2)]
    assert sent == [3, 3]  # two members and the analyst
    queued = emails(session, EmailName.MESSAGE)
    assert len({email.person_id for email in queued}) == len(queued) == 3
    assert queued[0].facts["subject"] == "Bring your report"
    assert queued[0].facts["text"] == "Hello\n\n{{ organisation }} <b>x</b>"
    entry = last_entry(session)
    assert (entry.action, entry.actor_id, entry.details["people"]) == ("emailed-date", cora.id, 3)


def test_nobody_is_emailed_where_the_people_have_changed_since_they_were_shown(session: Session, cora: Person) -> None:
    clinic = a_clinic(session)
    seen = everybody(session, clinic)
    a_booking(session, clinic)
    with pytest.raises(RecipientsChanged):
        email_everyone(by(session, cora), clinic.public_id, DateMessage("x", "x", ALL), seen=seen, key="k")
    assert emails(session, EmailName.MESSAGE) == []
    seen = everybody(session, clinic)
    assert email_everyone(by(session, cora), clinic.public_id, DateMessage("x", "x", ALL), seen=seen, key="k") == 2


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (DateMessage("", "x", ALL), "subject"),
        (DateMessage("x" * 151, "x", ALL), "subject"),
        (DateMessage("x", " \x00", ALL), "text"),
        (DateMessage("x", "x" * 5001, ALL), "text"),
        (DateMessage("x", "x", ()), "group"),
    ],
)
def test_a_message_without_words_or_with_too_many_is_refused(
    session: Session, cora: Person, message: DateMessage, field: str
) -> None:
    clinic = a_clinic(session)
    with pytest.raises(errors.TextNotAccepted) as refusal:
        email_everyone(by(session, cora), clinic.public_id, message, seen=everybody(session, clinic), key="k")
    assert refusal.value.field == field
