"""Moving within "any analyst" keeps the analyst wherever they are free."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.services.bookings.book import BookingRequest
from booking.services.bookings.move import move
from booking.store.programme.programme import Occurrence
from tests.builders import a_booking, a_clinic, a_person, acting, an_occurrence

pytestmark = pytest.mark.one_database  # who it will be does not hang on the database


def wanted(clinic: Occurrence, after_quarters: int, minutes: int = 15) -> BookingRequest:
    return BookingRequest(
        clinic.public_id, clinic.starts_at + after_quarters * (clinic.ends_at - clinic.starts_at) / 4, minutes
    )


def test_the_analyst_stays_though_others_would_be_chosen_for_a_new_booking(session: Session) -> None:
    clinic = a_clinic(session, analysts=3)
    analysts = [place.analyst for place in clinic.roster]
    for analyst in analysts:
        booking = a_booking(session, clinic, analyst=analyst.public_id)
        for _ in range(2):  # the busiest that week, so that anybody else would be chosen
            moved = move(acting(session, Actor.link()), booking.public_id, wanted(clinic, 2))
            assert moved.analyst_id == analyst.id
        move(acting(session, Actor.link()), booking.public_id, wanted(clinic, 3, 15))
        assert booking.analyst_id == analyst.id


def test_where_the_analyst_is_taken_somebody_else_is_chosen(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    first, second = (place.analyst for place in clinic.roster)
    booking = a_booking(session, clinic, analyst=first.public_id)
    a_booking(session, clinic, analyst=first.public_id, after_minutes=30)
    moved = move(acting(session, Actor.link()), booking.public_id, wanted(clinic, 2))
    assert (moved.analyst_id, moved.chose_analyst) == (second.id, False)


def test_in_another_clinic_the_analyst_is_kept_too_and_stays_chosen(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    first, second = (place.analyst for place in clinic.roster)
    later = an_occurrence(session, clinic.series, [first, second], clinic.ends_at, key="later")
    member = a_person(session)
    booking = a_booking(session, clinic, member, analyst=second.public_id)
    moved = move(acting(session, Actor.link()), booking.public_id, wanted(later, 1))
    assert (moved.analyst_id, moved.chose_analyst) == (second.id, True)
