"""What is not rendered again: everything that has not changed, whoever asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking import clock
from booking.calendars import entries, parts
from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.services.bookings.edit_topic import edit_brief
from booking.store.programme.programme import Programme
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person, a_series, acting, an_occurrence
from tests.calendars.values import PUBLISHER, a_meeting
from tests.databases import Database
from tests.web.client import FEED_KEY, client_of, make_app


class Press:
    """A programme of a clinic and three labs, Mia with two bookings, and the entries that were rendered so far."""

    def __init__(self, database: Database, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self.session = session
        self.clinics = [a_clinic(session, starts_at=CLINIC_AT + timedelta(weeks=n)) for n in (0, 1)]
        series = a_series(session, kind="lab", title="Lab")
        for n in range(3):
            an_occurrence(session, series, starts_at=CLINIC_AT + timedelta(days=1 + n))
        self.mia = a_person(session, "Mia")
        self.bookings = [a_booking(session, clinic, self.mia) for clinic in self.clinics]
        self.rendered: list[str] = []
        made = parts.part

        def noted(entry: entries.CalendarEntry) -> parts.Part:
            self.rendered.append(entry.uid.partition("-")[0])
            return made(entry)

        monkeypatch.setattr(parts, "part", noted)
        self.seconds = 0.0
        monkeypatch.setattr(clock, "monotonic", lambda: self.seconds)
        self.app = make_app(database)
        self.client = client_of(self.app)
        self.path = f"/feeds/member/{tokens.sign(FEED_KEY, 'member-feed', str(self.mia.public_id))}.ics"

    def get(self, path: str = "") -> list[str]:
        """What a fetch renders."""
        self.rendered.clear()
        self.seconds += 2
        assert self.client.get(path or self.path).status_code == 200
        return sorted(self.rendered)


@pytest.fixture
def press(database: Database, session: Session, monkeypatch: pytest.MonkeyPatch) -> Press:
    return Press(database, session, monkeypatch)


def test_a_change_in_one_booking_renders_that_one_and_no_other(press: Press) -> None:
    assert press.get() == ["booking", "booking", "occurrence", "occurrence", "occurrence"]
    assert press.get() == []
    edit_brief(acting(press.session, Actor.link()), press.bookings[0].public_id, topic="Something else")
    assert press.get() == ["booking"]


def test_what_one_member_follows_is_rendered_for_all_of_them_once(press: Press) -> None:
    press.get()
    max_ = a_person(press.session, "Max")
    press.session.commit()
    token = tokens.sign(FEED_KEY, "member-feed", str(max_.public_id))
    assert press.get(f"/feeds/member/{token}.ics") == []


def test_a_publish_renders_what_it_changed_and_nothing_else(press: Press) -> None:
    press.get()
    press.get("/feeds/programme.ics")
    press.clinics[0].title, press.clinics[0].sequence = "Drop-in hour", 1
    press.session.get_one(Programme, 1).version += 1
    press.session.commit()
    assert press.get("/feeds/programme.ics") == ["occurrence"]
    assert press.get("/feeds/clinics.ics") == []


def test_no_more_entries_are_kept_than_there_is_room_for(press: Press) -> None:
    render = parts.kept(PUBLISHER, most=2)
    press.rendered.clear()
    for number in (1, 2, 2, 3, 1):
        render(entries.public, a_meeting(number))
    assert len(press.rendered) == 4  # the first had to go for the third


def test_a_304_asks_once_and_reads_no_booking(press: Press, database: Database) -> None:
    tag = press.client.get(press.path).headers["ETag"]
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _k, sql, *_: statements.append(sql))
    assert press.client.get(press.path, headers={"If-None-Match": tag}).status_code == 304
    assert len([sql for sql in statements if sql.startswith("SELECT")]) == 1
