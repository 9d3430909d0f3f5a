"""Booking a slot: what is written, what is refused, and that a refusal writes nothing."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.services.bookings.book import BookingRequest, book
from booking.store import audit_log
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.idempotency import IdempotencyKey
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests.builders import (
    CLINIC_AT,
    NOW,
    ORGANISATION,
    a_booking,
    a_clinic,
    a_person,
    a_request,
    a_series,
    acting,
    an_occurrence,
    an_organisation,
)
from tests.databases import Database

WRITTEN = (Booking, Claim, OutgoingEmail, AuditEntry, IdempotencyKey)


def counts(session: Session) -> list[int | None]:
    return [session.scalar(select(func.count()).select_from(table)) for table in WRITTEN]


def a_member(session: Session, **fields: object) -> Person:
    member = a_person(session, **fields)  # type: ignore[arg-type]
    session.commit()
    return member


def test_booking_claims_email_and_register_entry_are_there_together(session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic, after_minutes=15, minutes=30, topic="GA4 events", link="https://example.org/a")
    claimed = session.execute(
        select(Claim.person_id, Claim.quarter_at).order_by(Claim.person_id, Claim.quarter_at)
    ).all()
    starts_at = CLINIC_AT + timedelta(minutes=15)
    second = starts_at + timedelta(minutes=15)
    people = sorted((booking.analyst_id, booking.member_id))
    assert claimed == [(person_id, at) for person_id in people for at in (starts_at, second)]
    email = session.scalars(select(OutgoingEmail)).one()
    assert (email.name, email.to_email, email.booking_id) == ("booked", booking.member.email, booking.id)
    assert email.facts["starts_at"] == "2023-12-04T03:15:00+00:00"
    assert email.facts["topic"] == "GA4 events"
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject_id, entry.actor_id) == ("booked", booking.public_id, booking.member_id)
    assert (booking.sequence, booking.ends_at) == (0, starts_at + timedelta(minutes=30))


Change = Callable[[Session, Occurrence, BookingRequest], tuple[BookingRequest, Organisation]]


def asked(request: BookingRequest, **fields: object) -> BookingRequest:
    values = {name: getattr(request, name) for name in BookingRequest.__dataclass_fields__}
    return BookingRequest(**{**values, **fields})


def past(_s: Session, _o: Occurrence, request: BookingRequest) -> tuple[BookingRequest, Organisation]:
    return asked(request, starts_at=NOW - timedelta(days=7)), ORGANISATION


REFUSED: dict[str, tuple[str, Change]] = {
    "a length that is not offered": (
        "length-not-offered",
        lambda s, o, r: (asked(r, minutes=45), ORGANISATION),
    ),
    "a length of nothing": ("length-not-offered", lambda s, o, r: (asked(r, minutes=0), ORGANISATION)),
    "a start off the quarter": (
        "outside-hours",
        lambda s, o, r: (asked(r, starts_at=CLINIC_AT + timedelta(minutes=5)), ORGANISATION),
    ),
    "a slot that ends after the clinic": (
        "outside-hours",
        lambda s, o, r: (asked(r, starts_at=CLINIC_AT + timedelta(minutes=45), minutes=30), ORGANISATION),
    ),
    "a slot in the past": ("outside-hours", past),
    "beyond the horizon": ("too-early", lambda s, o, r: (r, an_organisation(horizon_days=7))),
    "an analyst who is not on the roster": (
        "not-on-roster",
        lambda s, o, r: (asked(r, analyst=a_member(s, roles=["analyst"]).public_id), ORGANISATION),
    ),
    "an analyst who does not exist": ("not-on-roster", lambda s, o, r: (asked(r, analyst=uuid.uuid4()), ORGANISATION)),
    "an occurrence that does not exist": (
        "not-found",
        lambda s, o, r: (asked(r, occurrence=uuid.uuid4()), ORGANISATION),
    ),
    "a topic of 100 kB": ("text-not-accepted", lambda s, o, r: (asked(r, topic="x" * 100_000), ORGANISATION)),
    "a link that is a script": (
        "text-not-accepted",
        lambda s, o, r: (asked(r, link="javascript:alert(1)"), ORGANISATION),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_had_is_refused_by_its_code_and_nothing_is_written(session: Session, what: str) -> None:
    code, change = REFUSED[what]
    clinic = a_clinic(session)
    member = a_member(session)
    request, organisation = change(session, clinic, a_request(clinic, key="once"))
    session.commit()
    before = counts(session)
    with pytest.raises(errors.Refusal) as refused:
        book(acting(session, Actor.member(member.id), organisation=organisation), request)
    assert refused.value.code == code
    assert counts(session) == before


@pytest.mark.parametrize("analyst", [None, "named"])
def test_a_slot_that_is_taken_is_refused(session: Session, analyst: str | None) -> None:
    clinic = a_clinic(session)
    first = a_booking(session, clinic, minutes=30)
    wanted = first.analyst.public_id if analyst else None
    member = a_member(session)
    with pytest.raises(errors.SlotTaken) as refused:
        book(acting(session, Actor.member(member.id)), a_request(clinic, 15, analyst=wanted))
    assert refused.value.own is False
    assert counts(session) == [1, 4, 1, 1, 0]


def test_a_cancelled_occurrence_is_refused(session: Session) -> None:
    clinic = a_clinic(session, status="cancelled")
    member = a_member(session)
    with pytest.raises(errors.OccurrenceCancelled):
        book(acting(session, Actor.member(member.id)), a_request(clinic))


def test_a_clinic_without_analysts_is_refused(session: Session) -> None:
    clinic = a_clinic(session, analysts=0)
    member = a_member(session)
    with pytest.raises(errors.NotOnRoster):
        book(acting(session, Actor.member(member.id)), a_request(clinic))


def test_a_lab_has_no_slots(session: Session) -> None:
    analyst = a_person(session, roles=["analyst"])
    lab = an_occurrence(session, a_series(session, kind="lab"), [analyst])
    member = a_member(session)
    with pytest.raises(errors.NotBookable):
        book(acting(session, Actor.member(member.id)), a_request(lab))


@pytest.mark.parametrize(("seconds_to_spare", "booked"), [(1, True), (0, True), (-1, False)])
def test_a_slot_can_be_booked_until_its_notice_also_while_the_clinic_runs(
    session: Session, seconds_to_spare: int, booked: bool
) -> None:
    clinic = a_clinic(session)
    member = a_member(session)
    starts_at = CLINIC_AT + timedelta(minutes=30)
    asked_at = starts_at - timedelta(minutes=10, seconds=seconds_to_spare)
    if booked:
        assert (
            book(acting(session, Actor.member(member.id), asked_at), a_request(clinic, 30)).booking.starts_at
            == starts_at
        )
    else:
        with pytest.raises(errors.TooLate) as refused:
            book(acting(session, Actor.member(member.id), asked_at), a_request(clinic, 30))
        assert refused.value.closed_at == starts_at - timedelta(minutes=10)


@pytest.mark.parametrize(("seconds_inside", "booked"), [(1, True), (0, True), (-1, False)])
def test_the_horizon_opens_28_days_before_the_slot(session: Session, seconds_inside: int, booked: bool) -> None:
    clinic = a_clinic(session)
    member = a_member(session)
    asked_at = CLINIC_AT - timedelta(days=28) + timedelta(seconds=seconds_inside)
    if booked:
        made = book(acting(session, Actor.member(member.id), asked_at), a_request(clinic))
        assert made.booking.starts_at == CLINIC_AT
    else:
        with pytest.raises(errors.TooEarly) as refused:
            book(acting(session, Actor.member(member.id), asked_at), a_request(clinic))
        assert refused.value.opens_at == CLINIC_AT - timedelta(days=28)


def test_a_member_holds_one_booking_in_an_occurrence(session: Session) -> None:
    clinic = a_clinic(session)
    first = a_booking(session, clinic)
    with pytest.raises(errors.LimitReached) as refused:
        book(acting(session, Actor.member(first.member_id)), a_request(clinic, 30))
    assert (refused.value.scope, refused.value.limit) == ("occurrence", 1)


def test_a_member_holds_two_upcoming_bookings_and_one_that_has_started_no_longer_counts(session: Session) -> None:
    member = a_member(session)
    clinics = [a_clinic(session, starts_at=CLINIC_AT + timedelta(days=day)) for day in range(3)]
    for clinic in clinics[:2]:
        a_booking(session, clinic, member)
    with pytest.raises(errors.LimitReached) as refused:
        book(acting(session, Actor.member(member.id)), a_request(clinics[2]))
    assert (refused.value.scope, refused.value.limit) == ("upcoming", 2)
    made = book(acting(session, Actor.member(member.id), CLINIC_AT), a_request(clinics[2]))
    assert made.booking.member_id == member.id


def test_two_requests_at_once_do_not_pass_the_limit_together(database: Database) -> None:
    with database.sessions() as session:
        member = a_member(session)
        clinics = [a_clinic(session, starts_at=CLINIC_AT + timedelta(days=day)) for day in range(6)]
        a_booking(session, clinics[0], member)
        requests = [a_request(clinic) for clinic in clinics[1:]]
        member_id = member.id
    outcomes = at_once(database, [lambda s, r=r: book(acting(s, Actor.member(member_id)), r).booking for r in requests])
    assert sorted(outcomes) == ["Booking"] + ["LimitReached"] * 4


def at_once(database: Database, deeds: list[Callable[[Session], object]]) -> list[str]:
    """Run the deeds in threads that start together; the class of what each answered or raised."""
    together = threading.Barrier(len(deeds))
    outcomes: list[str] = []

    def run(number: int) -> None:
        with database.sessions() as session:
            together.wait()
            try:
                outcomes.append(type(deeds[number](session)).__name__)
            except errors.Refusal as refusal:
                outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize(("last_day", "booked"), [(date(2023, 12, 4), True), (date(2023, 12, 3), False)])
def test_the_last_day_of_the_membership_counts_in_the_programmes_zone(
    session: Session, last_day: date, booked: bool
) -> None:
    # 23:30 UTC on the 3rd is 9:30 am on the 4th in Brisbane
    clinic = a_clinic(session, starts_at=CLINIC_AT - timedelta(hours=3, minutes=30))
    member = a_member(session, member_until=last_day, time_zone="Australia/Perth")
    if booked:
        assert book(acting(session, Actor.member(member.id)), a_request(clinic)).booking.member_id == member.id
    else:
        with pytest.raises(errors.MembershipEnded) as refused:
            book(acting(session, Actor.member(member.id)), a_request(clinic))
        assert refused.value.member_until == last_day


@pytest.mark.parametrize("fields", [{"roles": ["analyst", "coordinator"]}, {"closed_at": NOW}])
def test_who_is_no_member_books_nothing(session: Session, fields: dict[str, object]) -> None:
    clinic = a_clinic(session)
    person = a_member(session, **fields)
    with pytest.raises(errors.NotAMember):
        book(acting(session, Actor.member(person.id)), a_request(clinic))


def test_a_member_who_is_booked_elsewhere_at_that_time_is_told_so(session: Session) -> None:
    first, second = a_clinic(session), a_clinic(session)
    booking = a_booking(session, first, minutes=30)
    with pytest.raises(errors.SlotTaken) as refused:
        book(acting(session, Actor.member(booking.member_id)), a_request(second, 15))
    assert refused.value.own is True


def test_the_same_form_sent_twice_answers_the_booking_that_it_made(session: Session) -> None:
    clinic = a_clinic(session)
    first = a_booking(session, clinic, key="form-1")
    again = book(
        acting(session, Actor.member(first.member_id), NOW + timedelta(minutes=1)), a_request(clinic, key="form-1")
    ).booking
    assert again.public_id == first.public_id
    assert counts(session) == [1, 2, 1, 1, 1]


def test_twins_that_arrive_at_once_make_one_booking_and_both_are_shown_it(database: Database) -> None:
    with database.sessions() as session:
        clinic, member = a_clinic(session), a_member(session)
        request, member_id = a_request(clinic, key="double-click"), member.id
    outcomes = at_once(database, [lambda s: book(acting(s, Actor.member(member_id)), request).booking] * 4)
    assert outcomes == ["Booking"] * 4
    with database.sessions() as session:
        assert counts(session) == [1, 2, 1, 1, 1]


def test_a_key_that_came_with_another_request_is_refused(session: Session) -> None:
    clinic = a_clinic(session)
    first = a_booking(session, clinic, key="form-1")
    with pytest.raises(errors.KeyReused):
        book(acting(session, Actor.member(first.member_id)), a_request(clinic, 30, key="form-1"))


def test_a_refusal_does_not_use_up_the_key(session: Session) -> None:
    clinic = a_clinic(session)
    member = a_member(session)
    with pytest.raises(errors.TooEarly):
        book(
            acting(session, Actor.member(member.id), organisation=an_organisation(horizon_days=1)),
            a_request(clinic, key="form-1"),
        )
    assert (
        book(acting(session, Actor.member(member.id)), a_request(clinic, key="form-1")).booking.member_id == member.id
    )


def test_any_analyst_means_one_whose_hour_is_not_left_with_a_lone_quarter(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    first, second = (place.analyst for place in clinic.roster)
    a_booking(session, clinic, after_minutes=15, analyst=second.public_id)
    # at 13:00 the first analyst would be left with three quarters in a row, the second with none
    booking = a_booking(session, clinic, after_minutes=0)
    assert (booking.analyst_id, booking.chose_analyst) == (second.id, False)
    assert a_booking(session, clinic, after_minutes=0).analyst_id == first.id


def test_a_crash_before_the_commit_leaves_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = a_clinic(session)
    member = a_member(session)

    def crash(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit_log, "write", crash)
    with pytest.raises(KeyboardInterrupt):
        book(acting(session, Actor.member(member.id)), a_request(clinic, key="form-1"))
    assert counts(session) == [0, 0, 0, 0, 0]


def test_control_characters_are_taken_out_of_a_topic(session: Session) -> None:
    booking = a_booking(session, a_clinic(session), topic="GA4\x00 events\r\nnot\x1b firing\u2028")
    assert booking.topic == "GA4 events\nnot firing"


@pytest.mark.parametrize(
    ("setting", "fetched_at", "invited"),
    [
        ("until-subscribed", None, True),
        ("until-subscribed", NOW, False),
        ("always", NOW, True),
        ("never", None, False),
    ],
)
def test_a_booking_reaches_a_calendar_one_way(
    session: Session, setting: str, fetched_at: object, invited: bool
) -> None:
    member = a_member(session, invitations=setting, member_feed_fetched_at=fetched_at)
    assert a_booking(session, a_clinic(session), member).is_invited is invited
