"""Private feeds over many deeds: SEQUENCE never falls and rises with what an entry says, and the tag with the bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.calendars import catalogue
from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.domain.people.people_table import Listed
from booking.services import cover
from booking.services.accounts import profile
from booking.services.accounts.import_people import import_people
from booking.services.action_context import ActionContext
from booking.services.bookings import on_behalf
from booking.services.bookings.book import book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.edit_topic import edit_brief
from booking.services.bookings.move import move
from booking.services.publishing import planning, undo
from booking.services.publishing.publish import publish
from booking.store.bookings.bookings import SHOWN_BACK, Booking
from booking.store.bookings.departures import Departure
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests.builders import NOW, a_person, a_request, acting, an_organisation
from tests.calendars.reading import unfolded
from tests.databases import Database
from tests.services.publishing.test_publish import stated
from tests.web.client import FEED_KEY, Clock, client_of, make_app

MANY = an_organisation(upcoming=100, per_occurrence=4)


class Team:
    """Ada and Ben in the four Monday clinics of December, Mia and Max who book, and everybody's calendar."""

    def __init__(self, database: Database, session: Session) -> None:
        self.session = session
        self.clock = Clock(NOW)
        self.ada, self.ben = (a_person(session, name, ["analyst"]) for name in ("Ada", "Ben"))
        self.mia, self.max, self.cora = a_person(session, "Mia"), a_person(session, "Max"), a_person(session, "Cora")
        session.commit()
        self.publish(stated((self.ada.email, self.ben.email)))
        self.client: FlaskClient = client_of(make_app(database, self.clock))
        self.seen: dict[str, dict[str, tuple[int, str, list[str]]]] = {}
        self.bytes: dict[str, tuple[str, bytes]] = {}

    def acting(self, actor: Actor) -> ActionContext:
        return acting(self.session, actor, self.clock.now, MANY)

    def publish(self, *statements: object) -> object:
        asking = planning.files(statements)  # type: ignore[arg-type]
        plan = planning.read_plan(self.session, asking, MANY, self.clock.now)
        context = self.acting(Actor.system())
        return publish(context, asking, uid_domain="booking.example.org", fingerprint=plan.fingerprint).change

    def hours(self) -> list[Occurrence]:
        return list(self.session.scalars(select(Occurrence).order_by(Occurrence.starts_at)))

    def book(self, member: Person, hour: int = 0, after_minutes: int = 0, analyst: Person | None = None) -> Booking:
        request = a_request(self.hours()[hour], after_minutes, analyst=(analyst or self.ada).public_id)
        return book(self.acting(Actor.member(member.id)), request).booking

    def look(self) -> int:
        """Fetch all four calendars, hold them against what was last seen, and say how many have changed."""
        self.clock.now += timedelta(minutes=1)
        changed = 0
        for role, person in (("analyst", self.ada), ("analyst", self.ben), ("member", self.mia), ("member", self.max)):
            path = f"/feeds/{role}/{tokens.sign(FEED_KEY, f'{role}-feed', str(person.public_id))}.ics"
            answer = self.client.get(path)
            assert answer.status_code == 200
            tag, was = answer.headers["ETag"], self.bytes.get(path)
            if was is not None:
                assert tag != was[0] or answer.data == was[1], f"{path}: the same tag for other bytes"
                changed += answer.data != was[1]
            now, before = entries(answer.data), self.seen.get(path, {})
            for uid in now.keys() & before.keys():
                self.compare(before[uid], now[uid])
            self.seen[path] = {**before, **now}
            self.bytes[path] = tag, answer.data
        return changed

    @staticmethod
    def compare(before: tuple[int, str, list[str]], now: tuple[int, str, list[str]]) -> None:
        assert now[0] >= before[0], "SEQUENCE fell"
        assert now[1] >= before[1], "DTSTAMP went back"
        if now[2] != before[2]:
            assert now[0] > before[0], f"SEQUENCE stayed at {now[0]} although {set(now[2]) ^ set(before[2])}"


def entries(content: bytes) -> dict[str, tuple[int, str, list[str]]]:
    """By UID: SEQUENCE, DTSTAMP and all the rest."""
    found = {}
    for block in "\n".join(unfolded(content)).split("BEGIN:VEVENT\n")[1:]:
        lines = block.partition("END:VEVENT")[0].splitlines()
        values = {name: value for name, _, value in (line.partition(":") for line in lines)}
        rest = [line for line in lines if not line.startswith(("SEQUENCE", "DTSTAMP", "LAST-MODIFIED"))]
        found[values["UID"]] = int(values["SEQUENCE"]), values["DTSTAMP"], rest
    return found


@pytest.fixture
def team(database: Database, session: Session) -> Team:
    return Team(database, session)


def by_member(team: Team, booking: Booking) -> None:
    request = a_request(team.hours()[0], after_minutes=45, analyst=team.ada.public_id)
    move(team.acting(Actor.member(team.mia.id)), booking.public_id, request)


def to_another_hour(team: Team, booking: Booking) -> None:
    request = a_request(team.hours()[1], analyst=team.ada.public_id)
    move(team.acting(Actor.member(team.mia.id)), booking.public_id, request)


def by_staff(team: Team, booking: Booking) -> None:
    request = a_request(team.hours()[1], analyst=team.ben.public_id)
    on_behalf.move_for(team.acting(Actor.staff(team.cora.id)), booking.public_id, request, "")


def handed_over(team: Team, booking: Booking) -> None:
    on_behalf.hand_over(team.acting(Actor.staff(team.cora.id)), booking.public_id, team.ben.public_id, "")


def covered(team: Team, booking: Booking) -> None:
    start, now = team.hours()[0].starts_at, team.clock.now
    span = (start, start + timedelta(hours=1))
    shown = cover.show(team.session, team.ada.public_id, span, MANY, now)
    cover.report(team.acting(Actor.staff(team.ada.id)), team.ada.public_id, span, fingerprint=shown.fingerprint)


def brief(team: Team, booking: Booking) -> None:
    edit_brief(acting(team.session, Actor.link(), team.clock.now), booking.public_id, topic="Something else")


def cancelled(team: Team, booking: Booking) -> None:
    cancel(team.acting(Actor.member(team.mia.id)), booking.public_id)


def off_the_roster(team: Team, booking: Booking) -> None:
    team.publish(stated((team.ben.email,)))


def retitled(team: Team, booking: Booking) -> None:
    team.publish(stated((team.ada.email, team.ben.email), title="Drop-in hour"))


def renamed(person: str) -> Callable[[Team, Booking], None]:
    def rename(team: Team, booking: Booking) -> None:
        who: Person = getattr(team, person)
        values = {"name": f"{who.name} Newname", "time_zone": "", "invitations": who.invitations}
        profile.change(team.session, who.id, profile.ProfileChange(**values), MANY, team.clock.now)

    rename.__name__ = f"{person}_renamed"
    return rename


def imported(team: Team, booking: Booking) -> None:
    import_people(
        team.acting(Actor.system()),
        [Listed(1, team.ada.email, "Ada Imported", frozenset(), None, None)],
    )


DEEDS = [
    by_member,
    to_another_hour,
    by_staff,
    handed_over,
    covered,
    brief,
    cancelled,
    off_the_roster,
    retitled,
    renamed("mia"),
    renamed("ada"),
    imported,
]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_a_change_is_seen_in_the_calendars_that_show_it_with_a_higher_sequence(team: Team, deed) -> None:
    booking = team.book(team.mia)
    team.look()
    deed(team, booking)
    assert team.look() > 0
    assert team.look() == 0


def test_an_hours_sequence_does_not_fall_when_its_newest_bookings_leave_and_others_come(team: Team) -> None:
    first = team.book(team.mia)
    team.look()
    second = team.book(team.max, after_minutes=30)
    for deed in (by_member, brief, brief, handed_over):
        deed(team, second if deed is handed_over else first)
        team.look()
    by_staff(team, first)
    team.look()
    to_another_hour(team, first)
    team.look()
    team.book(team.max, after_minutes=15)
    assert team.look() > 0
    left = team.session.scalars(select(Departure)).all()
    assert {row.analyst_id for row in left} == {team.ada.id, team.ben.id}


def test_what_a_publish_hands_on_and_undo_hands_back_leaves_no_sequence_lower(team: Team) -> None:
    booking = team.book(team.mia)
    team.book(team.max, after_minutes=30)
    team.look()
    change = team.publish(stated((team.ben.email,)))
    team.session.expire_all()
    assert booking.analyst_id == team.ben.id
    assert team.look() > 0
    undo.undo(team.acting(Actor.system()), change)
    team.session.expire_all()
    assert booking.analyst_id == team.ada.id
    assert team.look() > 0


def test_somebody_elses_booking_leaves_ones_own_bytes_as_they_are(team: Team) -> None:
    team.book(team.mia)
    team.look()
    team.book(team.max, after_minutes=30)
    assert team.look() == 2  # Ada's and Max's


def test_a_zone_whose_clocks_agree_is_a_change_that_calendars_see_all_the_same(team: Team) -> None:
    team.book(team.mia)
    team.look()
    assert team.publish(stated((team.ada.email, team.ben.email), zone="Australia/Lindeman")) is not None
    assert team.look() >= 3  # Ada's and Ben's hours, and Mia's booking, with a higher SEQUENCE


def test_what_we_cancelled_is_raised_too_when_its_words_change(team: Team) -> None:
    booking = team.book(team.mia)
    on_behalf.cancel_for(team.acting(Actor.staff(team.cora.id)), booking.public_id, "Ill.")
    team.look()
    retitled(team, booking)
    assert team.look() >= 3


def test_a_renaming_goes_back_no_further_than_calendars_do() -> None:
    zone = "Australia/Brisbane"
    days = [NOW + timedelta(days=n) for n in range(400)]
    assert all(catalogue.window(day, zone).start >= day - SHOWN_BACK for day in days)
