"""Calendars read by vobject and by ical.js: alike, and as it was stored, whatever was typed and whatever clocks do."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.domain.organisation import Organisation
from booking.services.outbox import render_email
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Programme
from tests.browser import bad_input, ical_js
from tests.browser.bad_input import BAD, BRISBANE, DOMAIN, MIA, NOW, ORGANISATION, World
from tests.browser.ical_js import Reader
from tests.builders import a_person, a_series
from tests.calendars.reading import Plain, differences, plain
from tests.databases import Database
from tests.web.client import FEED_KEY, SECRET_KEY, client_of, make_app

Fetch = Callable[[str], bytes]


@pytest.fixture(scope="module")
def ical(chromium: Browser) -> Iterator[Reader]:
    with ical_js.reader(chromium) as found:
        yield found


@pytest.fixture
def world(database: Database, session: Session) -> World:
    return bad_input.fill(session, database.name)


def app_of(database: Database, organisation: Organisation = ORGANISATION) -> Flask:
    app = make_app(database, NOW)
    app.extensions["booking"] = replace(app.extensions["booking"], organisation=organisation)
    return app


def fetcher(client: FlaskClient) -> Fetch:
    def fetch(path: str) -> bytes:
        answer = client.get(path)
        assert answer.status_code == 200, path
        return answer.data

    return fetch


def own(person: Person, role: str) -> str:
    return f"/feeds/{role}/{tokens.sign(FEED_KEY, f'{role}-feed', str(person.public_id), 0)}.ics"


def check_lines(content: bytes) -> None:
    """CRLF ends every line, of 75 octets at the most; no character is cut in two, none is a control character."""
    assert content.endswith(b"\r\n")
    for line in content.removesuffix(b"\r\n").split(b"\r\n"):
        assert 0 < len(line) <= 75, line
        shown = line.decode()
        assert not [c for c in shown if ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029\ufeff"], line


def read_alike(ical: Reader, contents: Iterable[bytes]) -> list[Plain]:
    """Each calendar as both readers have it."""
    asked = list(contents)
    found = []
    for content, by_ical in zip(asked, ical(asked), strict=True):
        check_lines(content)
        by_vobject = plain(content)
        assert not differences(by_ical, by_vobject)
        found.append(by_vobject)
    return found


def by_uid(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(events, key=lambda event: event["uid"])


def check_feed(found: Plain, name: str, events: list[dict[str, Any]]) -> None:
    assert not differences(found["events"], by_uid(events))  # all of them start at once
    assert (found["name"], found["x-wr-calname"], found["x-wr-timezone"]) == (name, name, BRISBANE)
    assert (found["refresh"], found["x-published-ttl"]) == ({"interval": "PT1H", "value": "DURATION"}, "PT1H")
    assert (found["method"], found["calscale"], found["zones"]) == (None, "GREGORIAN", [BRISBANE])


def test_every_public_feed_reads_as_it_was_typed(database: Database, world: World, ical: Reader) -> None:
    fetch = fetcher(client_of(app_of(database)))
    clinics, courses = bad_input.told_clinics(world), bad_input.told_courses(world)
    labs, classes = courses[::2], courses[1::2]
    short = bad_input.SHORT
    told = {
        "programme": (f"{short} programme", clinics + courses),
        "clinics": (f"{short} Clinics ^ 🧑🏽‍🚀", clinics),
        "labs": (f"{short} Labs", labs),
        "classes": (f"{short} Master classes", classes),
        **{
            f"series/clinic-{n}": (f"{short}: {bad_input.as_name(bad.line)}", [clinics[n]])
            for n, bad in enumerate(BAD.values())
        },
        **{f"series/lab-{n}": (f"{short}: Lab", [labs[n]]) for n in range(len(BAD))},
    }
    found = read_alike(ical, [fetch(f"/feeds/{key}.ics") for key in told])
    for feed, (name, events) in zip(found, told.values(), strict=True):
        check_feed(feed, name, events)


def test_every_private_feed_reads_as_it_was_typed(database: Database, world: World, ical: Reader) -> None:
    fetch = fetcher(client_of(app_of(database)))
    followed, given = bad_input.told_courses(world, "followed"), bad_input.told_courses(world, "given")
    told = {
        own(world.mia, "member"): bad_input.told_bookings(world, world.mia) + followed,
        own(world.nameless, "member"): bad_input.told_bookings(world, world.nameless) + followed,
        own(world.ada, "analyst"): bad_input.told_given(world, world.ada) + given,
        own(world.nobody, "analyst"): bad_input.told_given(world, world.nobody),
    }
    found = read_alike(ical, [fetch(address) for address in told])
    for feed, events in zip(found, told.values(), strict=True):
        assert bad_input.SHORT in feed["name"]
        check_feed(feed, feed["name"], events)


def test_every_single_file_reads_as_it_was_typed(database: Database, world: World, ical: Reader) -> None:
    app = app_of(database)
    fetch, by_mia = fetcher(client_of(app)), fetcher(client_of(app, world.mia))
    told = by_uid(bad_input.told_clinics(world) + bad_input.told_courses(world))
    contents = [fetch(f"/occurrences/{event['uid'].removeprefix('occurrence-').split('@')[0]}.ics") for event in told]
    bookings = bad_input.told_bookings(world, world.mia)
    contents += [by_mia(f"/bookings/{row.public_id}.ics") for row in world.bookings[:-1]]
    nameless = world.bookings[-1]
    contents.append(fetch(f"/manage/{tokens.sign(SECRET_KEY, 'manage', str(nameless.public_id))}/booking.ics"))
    told += bookings + bad_input.told_bookings(world, world.nameless)
    for found, event in zip(read_alike(ical, contents), told, strict=True):
        assert (found["events"], found["zones"], found["method"], found["name"]) == ([event], [BRISBANE], None, None)


def test_the_invitation_in_an_email_reads_as_it_was_typed(
    database: Database, session: Session, world: World, ical: Reader
) -> None:
    settings = app_of(database).extensions["booking"].settings
    contents = []
    for message in session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)):
        reader = session.get_one(Person, message.person_id)
        sent = render_email.message_of(
            message, reader, render_email.EmailOrigin(settings, ORGANISATION, DOMAIN), NOW
        ).as_bytes()
        message = email.message_from_bytes(sent, policy=email.policy.default)
        part, attached = [
            one for one in message.walk() if one.get_content_type() in {"text/calendar", "application/ics"}
        ]
        contents.append(part.get_payload(decode=True))
        assert attached.get_payload(decode=True) == contents[-1]
    party = {"cutype": None, "role": None, "partstat": None, "rsvp": None}
    organizer = {**party, "address": f"mailto:{settings.mail_from}", "cn": "S, M, /K ☃"}
    invited = {"cutype": "INDIVIDUAL", "role": "REQ-PARTICIPANT", "partstat": "ACCEPTED", "rsvp": "FALSE"}
    told = bad_input.told_bookings(world, world.mia) + bad_input.told_bookings(world, world.nameless)
    for found, event in zip(read_alike(ical, contents), told, strict=True):
        is_nameless = event is told[-1]
        attendee = {
            **invited,
            "address": "mailto:m@example.org" if is_nameless else "mailto:mia@example.org",
            "cn": None if is_nameless else MIA.label,
        }
        assert (found["method"], found["zones"]) == ("REQUEST", [BRISBANE])
        assert not differences(found["events"], [{**event, "organizer": organizer, "attendee": attendee}])


@pytest.mark.parametrize("zone", bad_input.ZONES)
def test_a_feed_without_entries_has_its_zone(database: Database, session: Session, ical: Reader, zone: str) -> None:
    both = a_person(session, roles=["member", "analyst"])
    a_series(session, slug="never", zone=zone)
    session.get_one(Programme, 1).uid_domain = DOMAIN
    session.commit()
    fetch = fetcher(client_of(app_of(database, replace(ORGANISATION, zone=zone))))
    paths = ["/feeds/programme.ics", "/feeds/labs.ics", "/feeds/series/never.ics"]
    paths += [own(both, "member"), own(both, "analyst")]
    for found in read_alike(ical, [fetch(path) for path in paths]):
        assert (found["events"], found["zones"], found["x-wr-timezone"]) == ([], [zone], zone)


def told_time(at: datetime, zone: str) -> dict[str, str]:
    """On the zone's clock, by the machine's zone data; in UTC where that clock shows the time twice."""
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1))
    if first != second:
        wall, zone = at.replace(tzinfo=None), "UTC"
    return {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "wall": wall.isoformat(), "zone": zone}


def test_every_quarter_around_a_change_of_the_clocks_is_read_at_its_instant(
    database: Database, session: Session, ical: Reader
) -> None:
    stored = bad_input.fill_with_changes(session)
    fetch = fetcher(client_of(app_of(database)))
    twice = [uid for uid, (zone, at) in stored.items() if told_time(at, zone)["zone"] == "UTC"]
    assert len(twice) == 4 * 8 + 4  # an hour twice in four zones, half an hour twice on Lord Howe Island
    singles = [uid.removeprefix("occurrence-").partition("@")[0] for uid in twice]
    feed, *files = read_alike(
        ical, [fetch("/feeds/programme.ics"), *(fetch(f"/occurrences/{public_id}.ics") for public_id in singles)]
    )
    assert len(feed["events"]) == len(stored)
    assert feed["zones"] == sorted(bad_input.ZONES)
    assert [event for file in files for event in file["events"]] == [
        event for uid in twice for event in feed["events"] if event["uid"] == uid
    ]
    for event in feed["events"]:
        zone, starts_at = stored[event["uid"]]
        told = told_time(starts_at, zone), told_time(starts_at + timedelta(minutes=15), zone)
        assert (event["starts"], event["ends"]) == told
    order = [(event["starts"]["at"], event["uid"]) for event in feed["events"]]
    assert order == sorted(order)
