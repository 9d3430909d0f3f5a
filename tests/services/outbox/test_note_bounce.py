"""What a delivery report changes, and what becomes of an email that wasn't delivered."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.mail import delivery_reports
from booking.services.accounts import change_email, sign_in
from booking.services.outbox import deliver, resend
from booking.services.outbox.note_bounce import note_bounce
from booking.store.audit_log import AuditEntry
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.queries.outbox import email_log, failing_addresses
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, acting
from tests.mail.reports import a_report

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHIEF = Actor.system()


def sent(session: Session, name: str = "Mia Moss", at: datetime | None = NOW) -> OutgoingEmail:
    """The email about a booking of that person, which left."""
    member = session.scalars(select(Person).where(Person.name == name)).one_or_none() or a_person(session, name)
    before = session.scalar(select(func.count()).select_from(OutgoingEmail)) or 0  # each clinic on a day of its own
    booking = a_booking(session, a_clinic(session, starts_at=CLINIC_AT + before * DAY), member)
    email = session.scalars(select(OutgoingEmail).where(OutgoingEmail.booking_id == booking.id)).one()
    email.sent_at = at
    session.commit()
    return email


def reported(session: Session, raw: bytes, *, is_trusted: bool = False, now: datetime = NOW + HOUR) -> list[bool]:
    reports = delivery_reports.read(raw)
    found = [note_bounce(acting(session, Actor.system(), now), one, is_trusted=is_trusted) for one in reports]
    session.expire_all()
    return found


def reader(session: Session, email: OutgoingEmail) -> Person:
    return session.get_one(Person, email.person_id)


def test_a_bounce_marks_the_email_and_the_address_and_tells_coordinators_once(session: Session) -> None:
    cora = a_person(session, "Cora", roles=["coordinator"])
    email = sent(session)
    for _ in range(2):
        assert reported(session, a_report(email.public_id)) == [True]
    assert email.bounced_at == NOW + HOUR
    assert email.last_error == "550 5.1.1 no such user"
    assert reader(session, email).email_failing_at == NOW + HOUR
    assert [one.name for one in failing_addresses.page(session)] == ["Mia Moss"]
    told = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "emails-failing")).all()
    assert [(one.person_id, one.facts["count"]) for one in told] == [(cora.id, 1)]
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "bounced")).all()
    assert [one.subject_id for one in noted] == [email.public_id]
    assert [one.public_id for one in email_log.page(session, email_log.BOUNCED)] == [email.public_id]
    assert email_log.page(session, email_log.SENT) == []


def test_a_delay_is_noted_and_marks_nothing(session: Session) -> None:
    email = sent(session)
    assert reported(session, a_report(email.public_id, action="delayed", status="4.4.1", words="timed out")) == [True]
    assert (email.bounced_at, email.last_error) == (None, "timed out")
    assert reader(session, email).email_failing_at is None
    assert [one.error for one in email_log.page(session, email_log.SENT)] == ["timed out"]
    reported(session, a_report(email.public_id))
    reported(session, a_report(email.public_id, action="delayed", words="later"))
    assert email.last_error == "550 5.1.1 no such user", "what has failed is not delayed any more"


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "4.4.7"])
def test_a_failure_that_is_not_the_addresss_fault_marks_the_email_alone(session: Session, status: str) -> None:
    email = sent(session)
    reported(session, a_report(email.public_id, status=status, words="no"))
    assert email.bounced_at is not None
    assert reader(session, email).email_failing_at is None


def test_an_email_that_was_forwarded_fails_without_blame_for_the_readers_address(session: Session) -> None:
    email = sent(session)
    reported(session, a_report(email.public_id, "other@elsewhere.example"))
    assert email.last_error == "forwarded to elsewhere.example: 550 5.1.1 no such user"
    assert reader(session, email).email_failing_at is None


def test_a_forged_unrelated_or_late_report_changes_nothing(session: Session) -> None:
    email = sent(session)
    waiting = sent(session, "Max")
    waiting.sent_at = None
    session.commit()
    before = session.scalars(select(AuditEntry.id)).all()
    for raw in (
        a_report(uuid.uuid4()),
        a_report(None),
        a_report(waiting.public_id, "max@example.org"),
    ):
        assert reported(session, raw) == [False]
    assert reported(session, a_report(email.public_id), now=NOW + 15 * DAY) == [False]
    assert reported(session, a_report(None, "nobody@example.org"), is_trusted=True) == [False]
    assert (email.bounced_at, email.last_error, waiting.bounced_at) == (None, "", None)
    assert reader(session, email).email_failing_at is None
    assert session.scalars(select(AuditEntry.id)).all() == before
    report = delivery_reports.read(a_report(email.public_id))[0]
    with pytest.raises(PermissionError):
        note_bounce(acting(session, Actor.staff(1)), report, is_trusted=True)


def test_the_providers_word_is_enough_without_a_message_id_for_the_last_email_there(session: Session) -> None:
    first, last = sent(session), sent(session)
    assert reported(session, a_report(None, "MIA.MOSS@example.org"), is_trusted=True) == [True]
    assert (first.bounced_at, last.bounced_at) == (None, NOW + HOUR)


def test_an_address_that_changed_meanwhile_is_not_marked(session: Session) -> None:
    email = sent(session)
    change_email.change(acting(session, CHIEF), reader(session, email).public_id, "mia@new.example")
    reported(session, a_report(email.public_id))
    assert email.bounced_at is not None
    assert reader(session, email).email_failing_at is None


def test_a_refusal_at_the_door_marks_the_address_too(session: Session) -> None:
    email = sent(session, at=None)
    email.leased_by = "worker"
    session.commit()
    deliver.mark_failed(session, email.id, "worker", NOW, "550 5.1.1 no such user")
    session.expire_all()
    assert reader(session, email).email_failing_at == NOW


def test_the_mark_goes_with_a_new_address_a_sign_in_or_another_try(session: Session) -> None:
    email = sent(session)
    mia = reader(session, email)
    for mend in (
        lambda: change_email.change(acting(session, CHIEF), mia.public_id, "mia@new.example"),
        lambda: sign_in.by_link(
            session, sign_in.link_for(session, mia.email, NOW), NOW, sign_in.Browser("sender", "Chrome")
        ),
        lambda: resend.resend(acting(session, CHIEF), email.public_id),
    ):
        email.bounced_at, mia.email_failing_at, mia.email_failure = NOW, NOW, "no"
        session.commit()
        mend()
        session.expire_all()
        assert (mia.email_failing_at, mia.email_failure) == (None, "")


def test_correcting_the_address_changes_the_person_and_sends_the_email_there(session: Session) -> None:
    email = sent(session)
    reported(session, a_report(email.public_id))
    resend.correct_address(acting(session, CHIEF, NOW + DAY), email.public_id, "Mia@New.example")
    session.expire_all()
    mia = reader(session, email)
    assert (mia.email, mia.email_failing_at) == ("mia@new.example", None)
    assert (email.to_email, email.bounced_at, email.sent_at, email.due_at) == ("mia@new.example", None, None, NOW + DAY)
    notices = session.scalars(select(OutgoingEmail.to_email).where(OutgoingEmail.name == "address-changed")).all()
    assert notices == ["mia@new.example"], "nothing goes to an address that doesn't work"
    delivered = sent(session, at=NOW)
    resend.correct_address(acting(session, CHIEF, NOW + DAY), delivered.public_id, "mia@third.example")
    session.expire_all()
    assert delivered.sent_at == NOW, "what was delivered is not sent again"
    with pytest.raises(errors.TextNotAccepted):
        resend.correct_address(acting(session, CHIEF), email.public_id, "nobody")
    a_person(session, "Max Zed")
    session.commit()
    with pytest.raises(errors.AddressTaken):
        resend.correct_address(acting(session, CHIEF), email.public_id, "max.zed@example.org")
    session.rollback()
    stranger = OutgoingEmail(name="test-email", to_email="x@example.org", facts={}, due_at=NOW, created_at=NOW)
    session.add(stranger)
    session.commit()
    with pytest.raises(errors.NotFound):
        resend.correct_address(acting(session, CHIEF), stranger.public_id, "y@example.org")


def test_all_that_failed_is_sent_again_once_a_part_at_a_time(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    emails = [sent(session, f"Person {n}", at=None) for n in range(4)]
    code = OutgoingEmail(name="sign-in", to_email="x@example.org", facts={}, due_at=NOW, created_at=NOW)
    session.add(code)
    for email in (*emails, code):
        email.failed_at = NOW
    emails[3].failed_at = NOW + DAY
    emails[2].dismissed_at = NOW
    reader(session, emails[0]).email = "new@example.org"
    session.commit()
    monkeypatch.setattr(resend, "MOST", 1)
    context = acting(session, Actor.system(), NOW + 2 * DAY)
    assert [resend.resend_all(context, NOW) for _ in range(3)] == [1, 1, 0]
    session.expire_all()
    assert [one.failed_at is None for one in (*emails, code)] == [True, True, False, False, False]
    assert emails[0].to_email == "new@example.org"
    assert emails[0].due_at == NOW + 2 * DAY
    noted = session.scalars(select(AuditEntry.details).where(AuditEntry.action == "resent")).all()
    assert noted == [{"count": 1}, {"count": 1}]


def test_a_dismissed_email_leaves_the_lists_and_what_waits_cannot_be_dismissed(session: Session) -> None:
    email, waiting = sent(session), sent(session, "Max", at=None)
    reported(session, a_report(email.public_id))
    for _ in range(2):
        resend.dismiss(acting(session, CHIEF), email.public_id)
        resend.dismiss(acting(session, CHIEF), waiting.public_id)
    session.expire_all()
    assert waiting.dismissed_at is None
    assert email_log.page(session, email_log.BOUNCED) == []
    assert [one.public_id for one in email_log.page(session, email_log.DISMISSED)] == [email.public_id]
    assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "dismissed")).all()) == 1
    resend.resend(acting(session, CHIEF), email.public_id)
    session.expire_all()
    assert email.dismissed_at is None
    with pytest.raises(errors.NotFound):
        resend.dismiss(acting(session, CHIEF), uuid.uuid4())
