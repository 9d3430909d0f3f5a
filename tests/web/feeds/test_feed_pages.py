"""Calendar addresses over HTTP: what they hold, what their headers say, and who gets a 404."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking import clock
from booking.calendars import feeds as calendars
from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.settings import Settings
from booking.store.people.people import Person
from booking.store.programme.programme import Programme
from booking.store.queries.feeds import feed_versions
from booking.web.feeds import feed_pages
from booking.web.frame import access, context, current_reader
from tests.builders import (
    BRISBANE,
    CLINIC_AT,
    NOW,
    ORGANISATION,
    a_booking,
    a_clinic,
    a_person,
    a_series,
    acting,
    an_occurrence,
)
from tests.calendars.reading import events, lines_of, read
from tests.web.client import already_known, token_for

SETTINGS = Settings(
    secret_key="s" * 40, feed_key="f" * 40, base_url="https://book.example.org", organisation="Social Media Knowledge"
)
ROOM = "https://zoom.example.com/j/123456"


@dataclass
class Site:
    """The feeds as one application serves them; `seconds` is its monotonic clock, `now` its instant."""

    client: FlaskClient
    session: Session
    seconds: float = 0.0
    now: datetime = NOW
    statements: list[str] = field(default_factory=list)

    def get(self, address: str, **headers: str):
        return self.client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def changed(self, later: float = 2.0) -> None:
        """Publish once more, and let the second pass for which a version is held."""
        self.session.get_one(Programme, 1).version += 1
        self.session.commit()
        self.seconds += later


@pytest.fixture
def site(database, session, monkeypatch) -> Site:
    app = Flask("booking")
    app.config.update(SECRET_KEY=SETTINGS.secret_key, TESTING=True)
    found = Site(app.test_client(), session)
    app.extensions["booking"] = context.State(
        SETTINGS,
        ORGANISATION,
        database.engine,
        database.sessions,
        lambda: found.now,
        already_known(ORGANISATION),
    )
    context.init_app(app)
    current_reader.init_app(app)
    access.init_app(app)
    app.register_blueprint(feed_pages.blueprint)
    monkeypatch.setattr(clock, "monotonic", lambda: found.seconds)

    def on_statement(_connection, _cursor, statement, *_rest) -> None:
        found.statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", on_statement)
    yield found
    event.remove(database.engine, "before_cursor_execute", on_statement)


@pytest.fixture
def programme(site):
    """A clinic, a lab and a masterclass, published."""
    clinic = a_clinic(site.session)
    lab = an_occurrence(
        site.session,
        a_series(site.session, slug="meta-labs", kind="lab", title="Lab: Meta Business Suite", meeting_url=ROOM),
        starts_at=CLINIC_AT + timedelta(days=2),
    )
    an_occurrence(
        site.session,
        a_series(site.session, slug="ga4", kind="masterclass", title="GA4"),
        starts_at=CLINIC_AT + timedelta(days=3),
    )
    site.session.commit()
    return clinic, lab


def private(person: Person, role: str = "member") -> str:
    generation = person.member_feed_generation if role == "member" else person.analyst_feed_generation
    token = tokens.sign(SETTINGS.feed_key, f"{role}-feed", str(person.public_id), generation)
    return f"/feeds/{role}/{token}.ics"


def uids(answer) -> set[str]:
    return {event.uid.value for event in events(answer.data)}


PUBLIC = ["/feeds/programme.ics", "/feeds/clinics.ics", "/feeds/labs.ics", "/feeds/series/meta-labs.ics"]


@pytest.mark.parametrize(
    ("address", "summaries"),
    [
        ("/feeds/programme.ics", ["Live Member Clinic", "Lab: Meta Business Suite", "GA4"]),
        ("/feeds/clinics.ics", ["Live Member Clinic"]),
        ("/feeds/labs.ics", ["Lab: Meta Business Suite"]),
        ("/feeds/masterclasses.ics", ["GA4"]),
        ("/feeds/series/ga4.ics", ["GA4"]),
    ],
)
def test_a_public_feed_holds_its_part_of_the_programme(site, programme, address, summaries):
    answer = site.get(address)
    assert answer.status_code == 200
    assert [event.summary.value for event in events(answer.data)] == summaries


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_feed_has_the_headers_that_calendars_and_caches_want(site, programme, address):
    answer = site.get(address)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    name = address.removeprefix("/feeds/").replace("/", "-")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "public, max-age=900, stale-while-revalidate=86400"
    assert answer.headers["ETag"].startswith('"')
    assert not {"Set-Cookie", "Last-Modified", "Location"} & set(answer.headers.keys())
    assert answer.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding"


def test_a_feed_neither_reads_nor_sets_a_cookie(site, programme):
    site.client.set_cookie("session", "nonsense")
    answer = site.get("/feeds/programme.ics")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding"


@pytest.mark.parametrize("address", PUBLIC)
def test_head_has_gets_headers_and_no_bytes(site, programme, address):
    whole, head = site.get(address), site.client.head(address)
    assert head.headers == whole.headers
    assert int(head.headers["Content-Length"]) == len(whole.data)
    assert head.data == b""


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other", W/{} , "third"', "*"])
def test_a_client_that_has_the_bytes_gets_304_and_the_tag_again(site, programme, form):
    tag = site.get("/feeds/programme.ics").headers["ETag"]
    answer = site.get("/feeds/programme.ics", If_None_Match=form.format(tag))
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == tag
    assert answer.headers["Cache-Control"] == "public, max-age=900, stale-while-revalidate=86400"


@pytest.mark.parametrize("asked", ['"other"', 'W/"other", "third"', "", "nonsense"])
def test_a_client_that_has_other_bytes_gets_the_whole_feed(site, programme, asked):
    assert site.get("/feeds/programme.ics", If_None_Match=asked).status_code == 200


def test_an_answer_held_less_than_a_second_asks_the_database_nothing(site, programme):
    tag = site.get("/feeds/programme.ics").headers["ETag"]
    site.statements.clear()
    site.seconds += 0.9
    assert site.get("/feeds/programme.ics").status_code == 200
    assert site.get("/feeds/programme.ics", If_None_Match=tag).status_code == 304
    assert site.statements == []


def test_a_304_renders_nothing_and_reads_only_the_version(site, programme, monkeypatch):
    tag = site.get("/feeds/programme.ics").headers["ETag"]
    monkeypatch.setattr("booking.calendars.feeds.feed", None)
    site.seconds += 2
    site.statements.clear()
    assert site.get("/feeds/programme.ics", If_None_Match=tag).status_code == 304
    assert len([one for one in site.statements if one.startswith("SELECT")]) == 1


def test_a_published_change_is_seen_within_a_second_with_a_new_tag_a_higher_sequence_and_a_later_stamp(site, programme):
    clinic, _lab = programme
    before = site.get("/feeds/clinics.ics")
    clinic.status, clinic.reason, clinic.sequence = "cancelled", "The team is away.", 1
    clinic.revised_at = NOW + timedelta(hours=1)
    site.changed()
    after = site.get("/feeds/clinics.ics", If_None_Match=before.headers["ETag"])
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]
    assert lines_of(before.data, "SEQUENCE") == ["SEQUENCE:0"]
    assert lines_of(after.data, "SEQUENCE") == ["SEQUENCE:1"]
    assert lines_of(before.data, "DTSTAMP") == ["DTSTAMP:20231126T230000Z"]
    assert lines_of(after.data, "DTSTAMP") == ["DTSTAMP:20231127T000000Z"]
    assert uids(before) == uids(after)
    (event_after,) = events(after.data)
    assert event_after.summary.value == "CANCELLED: Live Member Clinic"


def test_equal_content_gives_equal_bytes_from_two_processes(site, programme, database):
    first = site.get("/feeds/programme.ics")
    site.client.application.extensions["feeds"].held.clear()
    again = site.get("/feeds/programme.ics")
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])


def test_the_window_moves_with_the_month_and_the_tag_with_it(site, programme):
    first = site.get("/feeds/programme.ics")
    site.now, site.seconds = datetime(2023, 11, 30, 13, 59, tzinfo=UTC), 10
    assert site.get("/feeds/programme.ics").headers["ETag"] == first.headers["ETag"]
    site.now, site.seconds = datetime(2024, 2, 29, 14, 0, tzinfo=UTC), 20  # March in Brisbane
    moved = site.get("/feeds/programme.ics")
    assert moved.headers["ETag"] != first.headers["ETag"]
    assert uids(moved) == set()


def test_many_who_ask_at_once_after_a_change_make_it_be_rendered_once(site, programme, monkeypatch):
    site.get("/feeds/programme.ics")
    site.changed()
    rendered = []
    render = calendars.feed

    def counted(*given):
        rendered.append(given)
        return render(*given)

    monkeypatch.setattr(calendars, "feed", counted)
    app = site.client.application
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: app.test_client().get("/feeds/programme.ics"), range(24)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    assert len(rendered) == 1


def test_an_empty_feed_is_a_calendar_with_its_zone(site):
    answer = site.get("/feeds/programme.ics")
    assert answer.status_code == 200
    assert [part.name for part in read(answer.data).components()] == ["VTIMEZONE"]
    assert lines_of(answer.data, "TZID") == [f"TZID:{BRISBANE}"]


@pytest.mark.parametrize(
    "address",
    [
        "/feeds/nothing.ics",
        "/feeds/member.ics",
        "/feeds/series/nothing.ics",
        "/feeds/series/.ics",
        "/feeds/member/nothing.ics",
        "/feeds/analyst/00000000-0000-4000-8000-000000000000.abc.ics",
    ],
)
def test_an_address_that_was_never_made_is_a_404_without_a_cookie_or_a_redirect(site, programme, address):
    answer = site.get(address)
    assert answer.status_code == 404
    assert not {"Set-Cookie", "Location"} & set(answer.headers.keys())


def test_no_more_feeds_are_held_than_there_is_room_for(site, programme):
    shelf = site.client.application.extensions["feeds"]
    for n in range(70):
        a_series(site.session, slug=f"s{n}")
    site.session.commit()
    for n in range(70):
        assert site.get(f"/feeds/series/s{n}.ics").status_code == 200
    assert len(shelf.held) == 64
    for n in range(5):
        site.get(f"/feeds/series/unknown-{n}.ics")
    assert not any(key.startswith("series/unknown") for key in shelf.held)


def test_a_member_gets_bookings_labs_and_masterclasses_and_no_clinic_hours(site, programme):
    clinic, lab = programme
    mia = a_person(site.session, "Mia Holt")
    mine = a_booking(site.session, clinic, mia)
    answer = site.get(private(mia))
    assert answer.status_code == 200
    assert f"booking-{mine.public_id}@booking.example.org" in uids(answer)
    assert f"occurrence-{lab.public_id}@booking.example.org" in uids(answer)
    assert f"occurrence-{clinic.public_id}@booking.example.org" not in uids(answer)
    assert len(uids(answer)) == 3


def test_an_occurrence_has_the_same_uid_in_every_feed(site, programme):
    _clinic, lab = programme
    mia = a_person(site.session, "Mia Holt")
    site.session.commit()
    uid = f"occurrence-{lab.public_id}@booking.example.org"
    found = (*PUBLIC[:1], *PUBLIC[2:], private(mia), f"/occurrences/{lab.public_id}.ics")
    for address in found:
        assert uid in uids(site.get(address)), address


def test_a_member_never_sees_what_others_have_booked_nor_any_address_nor_the_meeting_link(site, programme):
    clinic, _lab = programme
    mia, max_ = a_person(site.session, "Mia Holt"), a_person(site.session, "Max Other")
    a_booking(site.session, clinic, max_, topic="A secret of Max")
    body = site.get(private(mia)).data + site.get("/feeds/programme.ics").data
    assert b"Max" not in body
    assert b"@example.org" not in body
    assert b"zoom" not in body


def test_join_links_stand_in_private_feeds_only(site, programme):
    mia = a_person(site.session, "Mia Holt")
    site.session.commit()
    assert b"/join/" in site.get(private(mia)).data.replace(b"\r\n ", b"")
    for address in PUBLIC:
        assert b"/join/" not in site.get(address).data.replace(b"\r\n ", b"")


def test_a_booking_that_its_member_cancels_leaves_and_one_that_staff_cancel_stays(site, programme):
    clinic, _lab = programme
    mia = a_person(site.session, "Mia Holt")
    mine = a_booking(site.session, clinic, mia)
    uid = f"booking-{mine.public_id}@booking.example.org"
    assert uid in uids(site.get(private(mia)))
    cancel(acting(site.session, Actor.member(mia.id)), mine.public_id)
    assert uid not in uids(site.get(private(mia)))
    mine.cancelled_by = "staff"
    site.session.commit()
    found = {event.uid.value: event for event in events(site.get(private(mia)).data)}
    assert found[uid].status.value == "CANCELLED"


def test_a_private_feed_has_the_headers_of_something_private(site, programme):
    mia = a_person(site.session, "Mia Holt")
    site.session.commit()
    answer = site.get(private(mia))
    assert answer.headers["Cache-Control"] == "private, max-age=900"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Content-Disposition"] == 'inline; filename="member.ics"'
    assert "Set-Cookie" not in answer.headers
    assert answer.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding"
    same = site.get(private(mia), If_None_Match=answer.headers["ETag"])
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    assert same.headers["Cache-Control"] == "private, max-age=900"
    assert site.client.head(private(mia)).headers == answer.headers


def test_a_304_of_a_private_feed_renders_nothing(site, programme, monkeypatch):
    mia = a_person(site.session, "Mia Holt")
    site.session.commit()
    tag = site.get(private(mia)).headers["ETag"]
    monkeypatch.setattr("booking.calendars.feeds.feed", None)
    assert site.get(private(mia), If_None_Match=tag).status_code == 304


def test_a_new_booking_changes_the_tag_of_its_member_and_analyst_and_of_nobody_else(site, programme):
    clinic, _lab = programme
    mia, max_ = a_person(site.session, "Mia Holt"), a_person(site.session, "Max Other")
    analyst = clinic.roster[0].analyst
    site.session.commit()
    addresses = [private(mia), private(analyst, "analyst"), private(max_)]
    before = [site.get(address).headers["ETag"] for address in addresses]
    a_booking(site.session, clinic, mia)
    after = [site.get(address).headers["ETag"] for address in addresses]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]


def test_an_analyst_gets_one_entry_an_hour_with_its_bookings_as_lines(site, programme):
    clinic, _lab = programme
    analyst = clinic.roster[0].analyst
    lab = a_series(site.session, kind="lab", title="Lab: theirs")
    other = an_occurrence(site.session, lab, [analyst], CLINIC_AT + timedelta(days=1))
    first = a_booking(site.session, clinic, a_person(site.session, "Mia Holt"), topic="GA4 events")
    a_booking(site.session, clinic, a_person(site.session, "Mo Lindqvist"), after_minutes=30, minutes=30)
    found = {event.uid.value: event for event in events(site.get(private(analyst, "analyst")).data)}
    hour = f"occurrence-{clinic.public_id}@booking.example.org"
    assert set(found) == {hour, f"occurrence-{other.public_id}@booking.example.org"}
    said = found[hour].description.value
    assert "1:00 pm, 15 minutes: Mia Holt – GA4 events\n1:30 pm, 30 minutes: Mo Lindqvist" in said
    cancel(acting(site.session, Actor.link()), first.public_id)
    found = {event.uid.value: event for event in events(site.get(private(analyst, "analyst")).data)}
    assert "Mia" not in found[hour].description.value


def test_an_hour_stays_with_the_analyst_who_is_booked_in_it_even_off_its_roster(site, programme):
    clinic, _lab = programme
    analyst = clinic.roster[0].analyst
    a_booking(site.session, clinic, a_person(site.session, "Mia Holt"))
    clinic.roster.clear()
    site.session.commit()
    (hour,) = events(site.get(private(analyst, "analyst")).data)
    assert "Mia Holt" in hour.description.value


def renewed(person: Person) -> None:
    person.member_feed_generation += 1


def closed(person: Person) -> None:
    person.closed_at = NOW


def without_the_role(person: Person) -> None:
    person.roles.clear()


@pytest.mark.parametrize("change", [renewed, closed, without_the_role])
def test_a_renewed_address_a_closed_account_or_a_lost_role_stops_the_feed_at_once(site, programme, change):
    mia = a_person(site.session, "Mia Holt")
    site.session.commit()
    address = private(mia)
    tag = site.get(address).headers["ETag"]
    change(mia)
    site.session.commit()
    answer = site.get(address, If_None_Match=tag)
    unknown = site.get("/feeds/member/nothing.ics")
    assert answer.status_code == 404
    assert (answer.data, answer.headers) == (unknown.data, unknown.headers)


def test_an_address_opens_only_the_feed_it_was_made_for(site, programme):
    both = a_person(site.session, "Ann Both", ["member", "analyst"])
    other = a_person(site.session, "Mia Holt")
    site.session.commit()
    token = private(both).removeprefix("/feeds/member/")
    assert site.get(f"/feeds/member/{token}").status_code == 200
    assert site.get(f"/feeds/analyst/{token}").status_code == 404
    assert site.get(f"/feeds/member/{other.public_id}.{token.partition('.')[2]}").status_code == 404
    signed_with_the_wrong_key = tokens.sign(SETTINGS.secret_key, "member-feed", str(both.public_id))
    assert site.get(f"/feeds/member/{signed_with_the_wrong_key}.ics").status_code == 404


@pytest.mark.parametrize(
    ("role", "column"), [("member", "member_feed_fetched_at"), ("analyst", "analyst_feed_fetched_at")]
)
def test_the_first_fetch_by_a_calendar_is_noted_once(site, programme, role, column):
    person = a_person(site.session, "Ann Both", ["member", "analyst"])
    site.session.commit()

    def noted():
        site.session.rollback()
        site.session.expire_all()
        return getattr(person, column)

    site.client.head(private(person, role))
    site.get(private(person, role), Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert noted() is None
    site.get(private(person, role), Accept="*/*")
    assert noted() == NOW
    site.now = NOW + timedelta(hours=1)
    site.get(private(person, role), Accept="text/calendar")
    assert noted() == NOW


def test_an_occurrence_is_a_file_of_its_own_for_everybody(site, programme):
    _clinic, lab = programme
    answer = site.get(f"/occurrences/{lab.public_id}.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'inline; filename="meta-labs.ics"'
    assert uids(answer) == {f"occurrence-{lab.public_id}@booking.example.org"}
    assert lines_of(answer.data, "METHOD") == []
    assert b"/join/" not in answer.data
    tag = answer.headers["ETag"]
    assert site.get(f"/occurrences/{lab.public_id}.ics", If_None_Match=tag).status_code == 304
    assert site.get("/occurrences/00000000-0000-4000-8000-000000000000.ics").status_code == 404


def signed_in(site: Site, person: Person) -> None:
    with site.client.session_transaction() as kept:
        kept["session"] = token_for(site.client.application, person.id)


def test_a_booking_is_a_file_for_its_signed_in_member_and_for_nobody_else(site, programme):
    clinic, _lab = programme
    mia, max_ = a_person(site.session, "Mia Holt"), a_person(site.session, "Max Other")
    mine = a_booking(site.session, clinic, mia)
    address = f"/bookings/{mine.public_id}.ics"
    signed_in(site, max_)
    assert site.get(address).status_code == 404
    signed_in(site, mia)
    answer = site.get(address)
    assert uids(answer) == {f"booking-{mine.public_id}@booking.example.org"}
    assert answer.headers["Cache-Control"] == "private, max-age=900"


def test_a_booking_is_a_file_for_whoever_holds_its_manage_address_until_a_week_after(site, programme):
    clinic, _lab = programme
    mine = a_booking(site.session, clinic)
    token = tokens.sign(SETTINGS.secret_key, "manage", str(mine.public_id))
    assert uids(site.get(f"/manage/{token}/booking.ics")) == {f"booking-{mine.public_id}@booking.example.org"}
    join_link = tokens.sign(SETTINGS.secret_key, "join", str(mine.public_id))
    assert site.get(f"/manage/{join_link}/booking.ics").status_code == 404
    site.now = mine.ends_at + timedelta(days=7, seconds=1)
    assert site.get(f"/manage/{token}/booking.ics").status_code == 404


def test_a_series_keeps_the_address_that_it_had_under_an_earlier_short_name(site: Site) -> None:
    series = a_series(site.session, slug="new-name", kind="lab", title="Lab", terms={"was": ["old-name"]})
    an_occurrence(site.session, series)
    site.session.get_one(Programme, 1).uid_domain = "booking.example.org"
    site.session.commit()
    old, new = (site.client.get(f"/feeds/series/{slug}.ics") for slug in ("old-name", "new-name"))
    assert (old.status_code, old.data.count(b"BEGIN:VEVENT")) == (200, 1)
    assert old.data == new.data
    assert site.client.get("/feeds/series/never.ics").status_code == 404


def test_a_version_that_comes_again_after_a_restored_backup_has_another_tag(site, programme):
    _clinic, lab = programme
    state = site.session.get_one(Programme, 1)
    state.version, state.published_at = 7, NOW
    site.session.commit()
    mia = a_person(site.session, "Mia Holt")
    site.session.commit()
    before = [site.get(address).headers["ETag"] for address in ("/feeds/labs.ics", private(mia))]
    state.published_at = NOW + timedelta(hours=1)  # the same number, and not the same publish
    lab.title = "Another lab"
    site.session.commit()
    site.seconds += 2
    for address, tag in zip(("/feeds/labs.ics", private(mia)), before, strict=True):
        answer = site.get(address, If_None_Match=tag)
        assert answer.status_code == 200
        assert b"Another lab" in answer.data


def test_an_analysts_tag_and_bytes_are_of_one_roster_even_if_it_changes_in_between(site, programme, monkeypatch):
    clinic, _lab = programme
    analyst = clinic.roster[0].analyst
    site.session.commit()
    read = feed_versions.rostered

    def then_away(*asked):
        found = read(*asked)
        clinic.roster[0].is_away = True
        site.session.commit()
        return found

    monkeypatch.setattr(feed_versions, "rostered", then_away)
    torn = site.get(private(analyst, "analyst"))
    monkeypatch.undo()
    monkeypatch.setattr(clock, "monotonic", lambda: site.seconds)
    clinic.roster[0].is_away = False
    site.session.commit()
    whole = site.get(private(analyst, "analyst"))
    assert (torn.headers["ETag"], torn.data) == (whole.headers["ETag"], whole.data)
