"""Start and the notes of a visit: who may, when, and what the member hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.bookings.notes import write_note
from booking.services.bookings.start_visit import begin, enter
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.bookings.notes import Note
from booking.store.outbox.emails import OutgoingEmail
from booking.store.queries.bookings import agenda_rows, visit_history
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, acting

MINUTE = timedelta(minutes=1)


def deeds(session: Session) -> list[str]:
    return list(
        session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.in_(("began", "noted"))).order_by(AuditEntry.id)
        )
    )


def agreed_emails(session: Session) -> list[OutgoingEmail]:
    session.rollback()
    return list(session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "agreed").order_by(OutgoingEmail.id)))


def test_start_is_noted_once_while_nobody_follows_and_calls_back_who_was_in(session: Session) -> None:
    clinic = a_clinic(session)
    first, second = a_booking(session, clinic), a_booking(session, clinic, after_minutes=15)
    analyst = first.analyst_id
    begin(acting(session, Actor.staff(analyst), CLINIC_AT), first.public_id)
    again = begin(acting(session, Actor.staff(analyst), CLINIC_AT + MINUTE), first.public_id)
    assert again.began_at == CLINIC_AT
    begin(acting(session, Actor.staff(analyst), CLINIC_AT + 10 * MINUTE), second.public_id)
    back = begin(acting(session, Actor.staff(analyst), CLINIC_AT + 12 * MINUTE), first.public_id)
    assert back.began_at == CLINIC_AT + 12 * MINUTE
    assert (back.sequence, deeds(session)) == (0, ["began"] * 3)


@pytest.mark.parametrize(
    ("minutes", "refusal"), [(-11, errors.NotBegun), (-10, None), (119, None), (120, errors.AlreadyOver)]
)
def test_start_is_pressed_from_when_the_join_link_opens_until_an_hour_after_the_hours(
    session: Session, minutes: int, refusal: type[errors.Refusal] | None
) -> None:
    booking = a_booking(session, a_clinic(session))
    now = CLINIC_AT + minutes * MINUTE
    if refusal is None:
        begun = begin(acting(session, Actor.staff(booking.analyst_id), now), booking.public_id)
        assert begun.began_at == now
        return
    with pytest.raises(refusal):
        begin(acting(session, Actor.staff(booking.analyst_id), now), booking.public_id)
    assert deeds(session) == []


def test_a_member_goes_in_while_the_join_link_is_open_and_it_is_noted_once_while_they_are_in(session: Session) -> None:
    clinic = a_clinic(session)
    first, second = a_booking(session, clinic), a_booking(session, clinic, after_minutes=15)
    with pytest.raises(errors.NotBegun):
        enter(acting(session, Actor.link(), CLINIC_AT - 11 * MINUTE), first.public_id)
    begin(acting(session, Actor.staff(first.analyst_id), CLINIC_AT), first.public_id)
    with pytest.raises(errors.NotBegun):
        enter(acting(session, Actor.link(), CLINIC_AT + 14 * MINUTE), second.public_id)
    for minutes in (17, 19):
        enter(acting(session, Actor.link(), CLINIC_AT + minutes * MINUTE), second.public_id)
        assert session.get_one(Booking, second.id, populate_existing=True).entered_at == CLINIC_AT + 17 * MINUTE
    with pytest.raises(errors.AlreadyOver):
        enter(acting(session, Actor.link(), CLINIC_AT + 20 * MINUTE), first.public_id)


def test_only_its_analyst_and_coordinators_start_it_or_write_of_it(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    other = a_person(session, roles=["analyst"])
    cora = a_person(session, roles=["coordinator"])
    session.commit()
    for stranger in (other.id, booking.member_id):
        with pytest.raises(errors.NotFound):
            begin(acting(session, Actor.staff(stranger), CLINIC_AT), booking.public_id)
        with pytest.raises(errors.NotFound):
            write_note(acting(session, Actor.staff(stranger), CLINIC_AT), booking.public_id, "a", "b")
    begin(acting(session, Actor.staff(cora.id), CLINIC_AT), booking.public_id)
    write_note(acting(session, Actor.staff(cora.id), CLINIC_AT), booking.public_id, "a", "b")
    assert deeds(session) == ["began", "noted"]


def test_what_was_agreed_leaves_by_one_email_half_an_hour_after_the_end(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    who = booking.analyst_id

    def write(private: str, agreed: str, minutes: int) -> None:
        write_note(acting(session, Actor.staff(who), CLINIC_AT + minutes * MINUTE), booking.public_id, private, agreed)

    write("A private word.", "Rename", 5)
    write("A private word.", "Rename the events.\r\nKeep one\x00 container.", 6)
    (email,) = agreed_emails(session)
    assert email.due_at == booking.ends_at + 30 * MINUTE
    assert email.facts["agreed"] == "Rename the events.\nKeep one container."
    assert "private" not in str(email.facts).lower()
    write("Another private word.", email.facts["agreed"], 7)
    assert [one.id for one in agreed_emails(session)] == [email.id], "only the note changed"
    write("", "", 8)
    assert agreed_emails(session) == []
    write("", "Again", 9)
    (email,) = agreed_emails(session)
    email.sent_at = CLINIC_AT + 45 * MINUTE
    session.commit()
    write("", "Better", 60)
    assert [one.due_at for one in agreed_emails(session)] == [CLINIC_AT + 45 * MINUTE, CLINIC_AT + 70 * MINUTE]
    assert session.scalars(select(Note.agreed)).all() == ["Better"]


@pytest.mark.parametrize(("private", "agreed"), [("x" * 100_000, ""), ("", "x" * 5_001)])
def test_too_long_a_note_is_refused_whole(session: Session, private: str, agreed: str) -> None:
    booking = a_booking(session, a_clinic(session))
    with pytest.raises(errors.TextNotAccepted):
        write_note(acting(session, Actor.staff(booking.analyst_id), CLINIC_AT), booking.public_id, private, agreed)
    assert session.scalars(select(Note)).all() == []


def test_a_note_waits_for_the_visit(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    with pytest.raises(errors.NotBegun):
        write_note(acting(session, Actor.staff(booking.analyst_id), CLINIC_AT - MINUTE), booking.public_id, "a", "b")
    begin(acting(session, Actor.staff(booking.analyst_id), CLINIC_AT - MINUTE), booking.public_id)
    assert write_note(
        acting(session, Actor.staff(booking.analyst_id), CLINIC_AT - MINUTE), booking.public_id, "a", "b"
    ).agreed


def test_whoever_sees_the_member_next_reads_both_and_the_member_only_what_was_agreed(session: Session) -> None:
    booking = a_booking(session, a_clinic(session), topic="Tags")
    write_note(acting(session, Actor.staff(booking.analyst_id), CLINIC_AT), booking.public_id, "Shy.", "Rename.")
    later = CLINIC_AT + timedelta(days=7)
    clinic = a_clinic(session, starts_at=later)
    again = a_booking(session, clinic, booking.member, now=CLINIC_AT + timedelta(days=1))
    found = agenda_rows.last_times(session, [again.public_id], later)
    assert (found[again.public_id].agreed, found[again.public_id].private) == ("Rename.", "Shy.")
    week = (later, later + timedelta(days=7))
    before = visit_history.history(session, booking.member_id, {}, week, later - MINUTE).last
    assert before is not None
    assert (before.booking, before.agreed, before.topic) == (booking.public_id, "Rename.", "Tags")
    assert "Shy." not in str(before)
    assert visit_history.history(session, booking.member_id, {}, week, NOW).last is None
    assert visit_history.of_booking(session, booking.public_id, again.analyst_id) is None
