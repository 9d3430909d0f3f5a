"""One publish emails each person once, two within ten minutes too, and tells all that changed since they last knew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.domain.planning import edits
from booking.domain.planning.adjustments import Definition, Extra
from booking.domain.planning.words import in_words
from booking.services.bookings import cancel
from booking.services.publishing import planning, undo
from booking.services.publishing.publish import PublishResult, publish
from booking.store.bookings.bookings import Booking
from booking.store.outbox import outbox
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence, Programme, Series
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_person, a_series, acting, an_occurrence

MINUTE = timedelta(minutes=1)
KEY, ON = "2023-12-04", date(2023, 12, 4)
ENDS = date(2023, 12, 18)


@dataclass
class Two:
    """A clinic and a lab of the same weekday, Mia booked in both dates of the clinic and enrolled in the lab."""

    clinic: Series
    lab: Series
    mia: Person
    bookings: list[Booking]


def two(session: Session) -> Two:
    ada = a_person(session, "Ada", roles=["analyst"])
    clinic = a_series(session, [ada], slug="clinic", ends_on=ENDS)
    lab = a_series(
        session, [], slug="lab", kind="lab", title="Tech Lab", ends_on=ENDS, start_wall=time(16), end_wall=time(17)
    )
    dates = [an_occurrence(session, clinic, [ada], CLINIC_AT + timedelta(weeks=n)) for n in range(3)]
    for n in range(3):
        an_occurrence(session, lab, [], CLINIC_AT + timedelta(weeks=n, hours=3))
    mia = a_person(session, "Mia")
    session.add(Enrolment(member_id=mia.id, series_id=lab.id, revised_at=NOW, created_at=NOW))
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    session.commit()
    bookings = [a_booking(session, row, mia, after_minutes=15) for row in dates[:2]]
    session.query(OutgoingEmail).delete()
    session.commit()
    return Two(clinic, lab, mia, bookings)


Edit = Callable[[Definition], Definition]


def change(session: Session, slug: str, edit: Edit, now: object = NOW) -> PublishResult:
    asking = planning.page(slug, edit)
    plan = planning.read_plan(session, asking, ORGANISATION, now)  # type: ignore[arg-type]
    return publish(
        acting(session, Actor.system(), now), asking, uid_domain="x.example.org", fingerprint=plan.fingerprint
    )  # type: ignore[arg-type]


def emails(session: Session) -> list[OutgoingEmail]:
    session.expire_all()
    return list(
        session.scalars(select(OutgoingEmail).where(OutgoingEmail.change_id.is_not(None)).order_by(OutgoingEmail.id))
    )


def later(hour: int) -> Edit:
    return lambda asked: edits.move(asked, KEY, ON, (time(hour), time(hour + 1)))


def called(title: str) -> Edit:
    return lambda asked: replace(asked, title=title)


def test_somebody_with_several_things_in_one_publish_gets_one_email_that_lists_them(session: Session) -> None:
    found = two(session)
    done = change(
        session,
        "clinic",
        lambda asked: replace(asked, rule=replace(asked.rule, start_wall=time(14), end_wall=time(15))),
    )
    [email] = emails(session)
    assert (email.name, email.person_id, email.booking_id) == ("programme-changed", found.mia.id, None)
    assert [line["what"] for line in email.facts["lines"]] == ["moved", "moved"]
    assert {line["booking"] for line in email.facts["lines"]} == {str(one.public_id) for one in found.bookings}
    assert in_words.emails(done.plan) == ["1 person is emailed everything that changes for them"]


def test_an_extra_date_is_told_to_all_who_are_enrolled_in_the_series_and_the_plan_says_so(session: Session) -> None:
    found = two(session)
    done = change(session, "lab", lambda asked: edits.extra(asked, Extra(date(2023, 12, 7), time(13), time(14))))
    [email] = emails(session)
    [line] = email.facts["lines"]
    assert (email.person_id, line["what"], line["starts_at"][:16]) == (found.mia.id, "appears", "2023-12-07T03:00")
    [section] = in_words.sections(done.plan, {}, {})
    assert section.lines[0].touched == ["1 enrolled in the series"]


def test_a_renamed_series_is_told_once_to_all_who_are_enrolled_in_it(session: Session) -> None:
    two(session)
    change(session, "lab", called("Tracking Lab"))
    [email] = emails(session)
    [line] = email.facts["lines"]
    assert (line["what"], line["was_title"], line["title"]) == ("renamed", "Tech Lab", "Tracking Lab")
    change(session, "lab", called("Tech Lab"), NOW + MINUTE)
    assert emails(session) == []


def test_two_publishes_within_ten_minutes_are_told_in_one_email_against_what_was_known_before_both(
    session: Session,
) -> None:
    two(session)
    change(session, "clinic", later(14))
    [first] = emails(session)
    assert first.name == "moved-by-us"
    second = change(session, "clinic", later(15), NOW + 5 * MINUTE)
    [email] = emails(session)
    assert (email.name, email.due_at) == ("moved-by-us", second.due_at)
    assert (email.facts["was_at"][11:16], email.facts["starts_at"][11:16]) == ("03:15", "05:15")
    change(session, "lab", called("Tracking Lab"), NOW + 6 * MINUTE)
    [both] = emails(session)
    assert [line["what"] for line in both.facts["lines"]] == ["moved", "renamed"]


def test_changes_that_cancel_each_other_out_email_nobody(session: Session) -> None:
    two(session)
    change(session, "clinic", later(14))
    change(session, "clinic", lambda asked: edits.usual(asked, KEY, ON), NOW + 5 * MINUTE)
    assert emails(session) == []


def test_a_booking_moved_and_then_cancelled_is_cancelled_at_the_time_that_its_member_knew(session: Session) -> None:
    two(session)
    change(session, "clinic", later(14))
    change(session, "clinic", lambda asked: edits.one(asked, KEY, cancelled="Flood"), NOW + MINUTE)
    [email] = emails(session)
    assert (email.name, email.facts["starts_at"][11:16], email.facts["reason"]) == ("cancelled-by-us", "03:15", "Flood")


def test_a_cancelled_booking_is_told_though_its_date_is_held_after_all_at_another_time(session: Session) -> None:
    found = two(session)
    change(session, "clinic", lambda asked: edits.one(asked, KEY, cancelled="The power is out."))
    change(session, "clinic", later(14), NOW + MINUTE)
    [email] = emails(session)
    assert (email.name, email.booking_id) == ("cancelled-by-us", found.bookings[0].id)
    assert email.facts["reason"] == "The power is out."


@pytest.mark.parametrize("undone", ["the second", "both"])
def test_undo_of_the_second_leaves_the_email_of_the_first_as_it_was(session: Session, undone: str) -> None:
    two(session)
    first = change(session, "clinic", later(14))
    [before] = [(one.public_id, one.name, one.due_at, dict(one.facts)) for one in emails(session)]
    second = change(session, "clinic", later(15), NOW + 5 * MINUTE)
    assert first.change is not None
    assert second.change is not None
    undo.undo(acting(session, Actor.system(), NOW + 7 * MINUTE), second.change)
    [after] = [(one.public_id, one.name, one.due_at, dict(one.facts)) for one in emails(session)]
    assert after == before
    if undone == "both":
        undo.undo(acting(session, Actor.system(), NOW + 8 * MINUTE), first.change)
        assert emails(session) == []
        assert session.scalars(select(Booking.starts_at).order_by(Booking.id)).first() == CLINIC_AT + 15 * MINUTE


def test_what_has_left_is_not_told_again(session: Session) -> None:
    two(session)
    change(session, "clinic", later(14))
    change(session, "clinic", later(15), NOW + 11 * MINUTE)
    assert [(one.facts["was_at"][11:16], one.facts["starts_at"][11:16]) for one in emails(session)] == [
        ("03:15", "04:15"),
        ("04:15", "05:15"),
    ]


def test_an_email_about_several_things_goes_out_before_what_its_reader_does_about_one_of_them(session: Session) -> None:
    found = two(session)
    change(
        session,
        "clinic",
        lambda asked: replace(asked, rule=replace(asked.rule, start_wall=time(14), end_wall=time(15))),
    )
    now = NOW + MINUTE
    cancel.cancel(acting(session, Actor.link(), now), found.bookings[0].public_id)
    [email] = emails(session)
    assert email.due_at == now
    assert [one.name for one in outbox.lease(session, "w", now, 10)] == ["programme-changed"]
    outbox.sent(session, [email.id], "w", now)
    assert [one.name for one in outbox.lease(session, "w", now, 10)] == ["cancelled"]


def test_the_plan_says_who_is_still_to_be_emailed_about_the_last_publish(session: Session) -> None:
    two(session)
    change(session, "clinic", later(14))
    plan = planning.read_plan(session, planning.page("clinic", later(15)), ORGANISATION, NOW + MINUTE)
    said = in_words.leaving(plan, NOW + MINUTE, ORGANISATION.zone)
    assert "1 person is still to be emailed about the last publish. They get one email about both." in said
    assert session.scalars(select(Occurrence.id)).first() is not None
