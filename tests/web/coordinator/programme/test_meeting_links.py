"""Analysts' own meeting links: who sets them, which one a member gets, and who hears when two have the same."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.cli.install.doctor import _meeting_links as examined
from booking.domain import tokens
from booking.domain.bookings import join_links
from booking.domain.people import people_table
from booking.domain.people.actor import Actor
from booking.services.accounts.import_people import import_people
from booking.store.bookings.bookings import Booking
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests.builders import NOW, a_booking, a_clinic, a_person, acting, an_organisation
from tests.databases import Database
from tests.web.client import SECRET_KEY, client_of, make_app, post, settings

SERIES, ADA, BEN, ONCE = (f"https://zoom.example.com/j/{name}" for name in ("series", "ada", "ben", "once"))


@pytest.fixture
def clinic(database: Database, session: Session) -> Occurrence:
    """A clinic of two analysts whose series has a meeting link."""
    made = a_clinic(session, analysts=2)
    made.series.meeting_url = SERIES
    session.commit()
    return made


def analysts_of(clinic: Occurrence) -> list[Person]:
    return [place.analyst for place in clinic.roster]


def meeting_link_of(database: Database, booking: Booking) -> str:
    """The meeting link behind a booking's join link, at its start."""
    app = make_app(database, booking.starts_at)
    page = client_of(app).get(f"/join/{tokens.sign(SECRET_KEY, 'join', str(booking.public_id))}").text
    (found,) = [link for link in (SERIES, ADA, BEN, ONCE) if link in page]
    return found


def at_a_quarter_past(session: Session, clinic: Occurrence) -> list[Booking]:
    """Two members, each with an analyst of their own, at 1:15 pm."""
    public_ids = [analyst.public_id for analyst in analysts_of(clinic)]
    return [a_booking(session, clinic, after_minutes=15, analyst=public_id) for public_id in public_ids]


def test_two_members_of_two_analysts_at_a_quarter_past_one_meet_in_two_meetings(
    database: Database, session: Session, clinic: Occurrence
) -> None:
    for analyst, link in zip(analysts_of(clinic), (ADA, BEN), strict=True):
        client = client_of(make_app(database), analyst)
        answer = post(client, "/me", name=analyst.name, time_zone="", invitations="never", meeting_url=link)
        assert answer.status_code == 303
    assert [meeting_link_of(database, booking) for booking in at_a_quarter_past(session, clinic)] == [ADA, BEN]


def test_a_link_of_one_date_comes_first_and_without_any_the_series_has_it(
    database: Database, session: Session, clinic: Occurrence
) -> None:
    first, _ = analysts_of(clinic)
    first.meeting_url = ADA
    session.commit()
    bookings = at_a_quarter_past(session, clinic)
    assert [meeting_link_of(database, booking) for booking in bookings] == [ADA, SERIES]
    coordinator = a_person(session, roles=["coordinator"])
    session.commit()
    page, form = f"/coordinator/occurrences/{clinic.public_id}", f"link-{first.public_id}"
    answer = post(client_of(make_app(database), coordinator), f"{page}/analyst-links", page, **{form: ONCE})
    assert answer.status_code == 303
    assert [meeting_link_of(database, booking) for booking in bookings] == [ONCE, SERIES]


@pytest.mark.parametrize("link", ["http://zoom.us/j/1", "zoom.us/j/1", "https://", "javascript:alert(1)"])
def test_a_link_that_is_no_https_address_is_refused_beside_its_field(
    database: Database, session: Session, clinic: Occurrence, link: str
) -> None:
    ada = analysts_of(clinic)[0]
    coordinator = a_person(session, roles=["coordinator"])
    session.commit()
    words = "Enter an address that begins with https://."
    own = post(
        client_of(make_app(database), ada), "/me", name="Ada", time_zone="", invitations="never", meeting_url=link
    )
    assert (own.status_code, words in own.text) == (422, True)
    page, field = f"/coordinator/occurrences/{clinic.public_id}", f"link-{ada.public_id}"
    dated = post(client_of(make_app(database), coordinator), f"{page}/analyst-links", page, **{field: link})
    assert (dated.status_code, f'id="{field}-error">{words}' in dated.text) == (422, True)


def test_an_import_sets_a_link_until_the_analyst_has_set_their_own(database: Database, session: Session) -> None:
    def imported(link: str) -> str | None:
        listed, mistakes = people_table.read(f"email,role,meeting_url\nada@example.org,analyst,{link}\n".encode())
        assert mistakes == []
        import_people(acting(session, Actor.system(), organisation=an_organisation()), listed)
        return session.query(Person).one().meeting_url

    assert [imported(link) for link in (SERIES, "", BEN, "none", BEN)] == [SERIES, SERIES, BEN, None, BEN]
    ada = session.query(Person).one()
    session.commit()
    post(client_of(make_app(database), ada), "/me", name="Ada", time_zone="", invitations="never", meeting_url=ADA)
    session.expire_all()
    assert imported(SERIES) == ADA


def test_the_coordinator_hears_when_two_analysts_of_a_date_have_one_link(
    database: Database, session: Session, clinic: Occurrence
) -> None:
    coordinator = a_person(session, roles=["coordinator"])
    ada, ben = analysts_of(clinic)
    session.commit()
    app = make_app(database)
    client = client_of(app, coordinator)
    found = settings(database)

    def warned() -> tuple[bool, bool, bool]:
        session.expire_all()
        return (
            "Analysts share a meeting link" in client.get("/coordinator/").text,
            "use the same meeting link on this date" in client.get(f"/coordinator/occurrences/{clinic.public_id}").text,
            not examined(session, found, NOW).is_well,
        )

    assert warned() == (True, True, True)
    ada.meeting_url = ADA
    session.commit()
    assert warned() == (False, False, False)
    ben.meeting_url = ADA
    session.commit()
    assert warned() == (True, True, True)
    clinic.roster[1].is_away = True
    session.commit()
    assert warned() == (False, False, False)


def test_sharing_names_those_who_share_and_nobody_without_a_link() -> None:
    links = [("Ada", ADA), ("Ben", BEN), ("Caz", ADA), ("Dee", None), ("Eve", None)]
    assert join_links.sharing(links) == ("Ada", "Caz")
