"""An organisation whose slots are not 15 and 30 minutes long: set up as an operator does, used as everybody does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import clock as process_clock
from booking.cli.main import booking as command
from booking.domain import tokens as signed
from booking.programme import files, starting
from booking.programme.announcements import reading, writing
from booking.services.accounts import tokens
from booking.services.outbox import deliver
from booking.services.outbox.deliver import EmailWorker
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, a_person
from tests.databases import Database, migrated
from tests.web.client import FEED_KEY, SECRET_KEY, Clock, client_of, make_app, post

PROGRAMME = """\
zone: AEST
series:
  monday-clinics:
    kind: clinic
    title: Monday Clinic
    every: Monday
    time: 1 pm – 2:30 pm
    from: 2023-12-04
    on_holiday: keep
    analysts: [ada@example.org, ben@example.org]
  tuesday-clinics:
    kind: clinic
    title: Tuesday Clinic
    every: Tuesday
    time: 1 pm – 2 pm
    from: 2023-12-05
    on_holiday: keep
    analysts: [ada@example.org]
"""
ANNOUNCEMENT = """\
January 2024 with us (all times AEST)

Thursday Clinic on Thursdays, 1pm - 2pm AEST
• {lengths} of your own
"""
#: What only an organisation that offers 15 and 30 minutes may say anywhere.
ASSUMED = re.compile(r"\b15[ \xa0]min|\b15 or 30|\bquarters?\b|half an hour of|\"minutes\": 15\b|[>\"]15/")


class Kept:
    """A mailer that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    def send(self, message: EmailMessage) -> None:
        self.messages.append(message)

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Walk:
    """One organisation with its people; `said` is everything that anybody was told, by where."""

    app: Flask
    session: Session
    clock: Clock
    offered: list[int]
    said: dict[str, str] = field(default_factory=dict)
    mail: Kept = field(default_factory=Kept)

    def get(self, client: FlaskClient, path: str, status: int = 200, **options: object) -> str:
        answer = client.get(path, **options)  # type: ignore[arg-type]
        assert answer.status_code == status, (path, answer.status_code)
        self.said[f"{path} #{len(self.said)}"] = answer.text
        return str(answer.text)

    def post(self, client: FlaskClient, path: str, page: str, status: int = 303, **form: str) -> str:
        answer = post(client, path, page, **form)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        self.said[f"POST {path} #{len(self.said)}"] = answer.text
        return str(answer.location)

    def person(self, name: str, roles: tuple[str, ...] = ("member",)) -> Person:
        """Somebody new, stored."""
        self.session.rollback()
        made = a_person(self.session, name, roles)
        self.session.commit()
        return made

    def occurrence(self, slug: str) -> Occurrence:
        self.session.rollback()
        found = select(Occurrence).join(Occurrence.series).where(Occurrence.series.property.mapper.class_.slug == slug)
        return self.session.scalars(found.order_by(Occurrence.starts_at)).first()  # type: ignore[return-value]

    def newest(self, kind: type[Booking] | type[WaitlistEntry]) -> object:
        self.session.rollback()
        return self.session.scalars(select(kind).order_by(kind.id.desc())).first()

    def deliver(self) -> None:
        """Send what is due, and keep the words."""
        state = self.app.extensions["booking"]
        worker = EmailWorker(state.sessions, self.mail, state.settings, state.organisation, "w")  # type: ignore[arg-type]
        while deliver.deliver_once(worker, self.clock()):
            pass
        for number, message in enumerate(self.mail.messages):
            for part in message.walk():
                if not part.is_multipart():
                    text = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
                    self.said[f"email {number} {message['Subject']} {part.get_content_type()}"] = text


@pytest.fixture(params=[[30, 45], [60]], ids=["30 or 45", "60"])
def walk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """The data folder as `booking init` writes it, other lengths in it, and a programme file that is published."""
    database: Database = migrated("sqlite")
    database.empty()
    data = tmp_path / "data"
    starting.write(data, "Our Group", "OG", "Australia/Brisbane")
    rules = (data / "policy.yaml").read_text()
    (data / "policy.yaml").write_text(rules.replace("slot_minutes: [15, 30]", f"slot_minutes: {request.param}"))
    (data / "programme" / "ours.yaml").write_text(PROGRAMME)
    clock = Clock(NOW)
    monkeypatch.setattr(process_clock, "now", clock)
    monkeypatch.setenv("BOOKING_DATABASE_URL", database.url)
    monkeypatch.setenv("BOOKING_DATA", str(data))
    monkeypatch.setenv("BOOKING_BASE_URL", "https://booking.example.org")
    session = database.sessions()
    for name in ("Ada", "Ben"):
        a_person(session, name, ["analyst"], meeting_url=f"https://meet.example.org/{name}")
    session.commit()
    app = make_app(database, clock, BOOKING_DATA=str(data), BOOKING_MAIL_FROM="clinics@example.org")
    found = Walk(app, session, clock, request.param)
    for arguments in (["check"], ["plan"], ["publish"]):
        answer = CliRunner().invoke(command, ["programme", *arguments])
        assert answer.exit_code == 0, answer.output
        found.said[f"booking programme {arguments[0]}"] = answer.output
    return found


def words(offered: list[int]) -> str:
    return " or ".join(map(str, offered)) + " minutes"


def slot(minutes: int, after: int, analyst: str = "any", at=CLINIC_AT) -> str:  # type: ignore[no-untyped-def]
    return f"{minutes}/{at + timedelta(minutes=after):%Y%m%dT%H%MZ}/{analyst}"


def as_visitor_and_member(walk: Walk) -> None:
    """The programme, a clinic, a booking, its move."""
    shortest, longest = walk.offered[0], walk.offered[-1]
    visitor = client_of(walk.app)
    mia = walk.person("Mia")
    member = client_of(walk.app, mia)
    clinic = walk.occurrence("monday-clinics")
    path = f"/occurrences/{clinic.public_id}"
    assert f"members book {words(walk.offered)} with an analyst" in walk.get(visitor, "/?on=2023-12-04")
    page = walk.get(visitor, path)
    assert f"Slots are {words(walk.offered)} long." in page
    assert "next free 1:00" in walk.get(member, "/?on=2023-12-04").replace("Next", "next")
    page = walk.get(member, path)
    assert f'value="{shortest}" checked' in page
    assert re.findall(r'name="minutes" id="l\d" value="(\d+)"', page) == [str(n) for n in walk.offered]
    made = walk.post(member, path, path, slot=slot(shortest, 0), minutes=str(shortest), topic="GA4")
    walk.get(member, made)
    walk.get(member, "/bookings")
    booking = walk.newest(Booking)
    assert isinstance(booking, Booking)
    move = f"/bookings/{booking.public_id}/move"
    assert f'value="{shortest}" checked' in walk.get(member, move)
    assert "15" not in re.findall(r'name="minutes" id="l\d" value="(\d+)"', walk.get(member, move))
    walk.post(member, move, move, to=str(clinic.public_id), slot=slot(longest, 90 - longest), minutes=str(longest))
    assert f'value="{longest}" checked' in walk.get(member, move), "a booking keeps its own length where it moves"
    refused = post(member, path, path, slot=slot(15, 0), minutes="15")
    assert (refused.status_code, f"Slots are {words(walk.offered)} long." in refused.text) == (422, True)


def on_the_waitlist(walk: Walk) -> None:
    """A full clinic: joined, offered what comes free, accepted; another offer in the last hour is for everybody."""
    shortest = walk.offered[0]
    clinic, tuesday = walk.occurrence("tuesday-clinics"), CLINIC_AT + timedelta(days=1)
    path, page = f"/occurrences/{clinic.public_id}", ""
    holders = []
    for number, after in enumerate(range(0, 60, shortest)):
        holder = client_of(walk.app, walk.person(f"Max {number}"))
        walk.post(holder, path, path, slot=slot(shortest, after, at=tuesday), minutes=str(shortest))
        holders.append((holder, walk.newest(Booking)))
    late = client_of(walk.app, walk.person("Lee"))
    page = walk.get(late, path)
    assert "is full" in page
    assert re.findall(r'<option value="(\d+)"[^>]*>\d+ minutes', page) == [str(n) for n in walk.offered]
    assert "Full · waitlist" in walk.get(late, "/?on=2023-12-04")
    place = walk.post(late, f"{path}/wait", path, wait_minutes=str(shortest), topic="Later")
    walk.get(late, place)
    holder, booking = holders[0]
    assert isinstance(booking, Booking)
    cancel = f"/bookings/{booking.public_id}/cancel"
    walk.get(holder, cancel)
    walk.post(holder, cancel, cancel)
    assert "held for you" in walk.get(late, path)
    walk.get(late, place)
    walk.post(late, f"{place}/accept", place)
    assert f"{shortest} minutes" in walk.get(late, "/bookings")


def as_a_program(walk: Walk) -> None:
    """Free slots, a booking and its move by the API, and the document that describes it."""
    shortest, longest = walk.offered[0], walk.offered[-1]
    person = walk.person("Pat")
    walk.session.commit()
    token = {"Authorization": f"Bearer {tokens.make(walk.session, person.email, NOW)}"}
    client, clinic = client_of(walk.app), walk.occurrence("monday-clinics")
    for path in ("/api/v1/slots", f"/api/v1/slots?minutes={longest}", f"/api/v1/occurrences/{clinic.public_id}/slots"):
        assert f'"minutes": {longest if "minutes" in path else shortest}' in walk.get(client, path, headers=token)
    for path in ("/api/v1/slots", f"/api/v1/occurrences/{clinic.public_id}/slots"):
        refused = client.get(f"{path}?minutes=15", headers=token)
        assert (refused.status_code, refused.json["offered"]) == (422, walk.offered)
    body = {"occurrence_id": str(clinic.public_id), "starts_at": "2023-12-04T03:00:00Z", "minutes": shortest}
    made = client.post("/api/v1/bookings", json=body, headers=token)
    assert (made.status_code, made.json["minutes"]) == (201, shortest)
    moved = client.patch(made.headers["Location"], json={"minutes": longest}, headers=token)
    assert (moved.status_code, moved.json["minutes"]) == (200, longest)
    walk.said["api"] = made.text + moved.text
    described = client.get("/api/v1/openapi.json").json
    asked = described["paths"]["/api/v1/slots"]["get"]["parameters"]
    assert [one["schema"]["enum"] for one in asked if one["name"] == "minutes"] == [walk.offered]
    walk.get(client, "/api/docs")


def as_staff(walk: Walk) -> None:
    """The analyst's day, a visit, a follow-up; the coordinator's days, a plan, an announcement."""
    cora = client_of(walk.app, walk.person("Cora", ("coordinator", "analyst")))
    clinic = walk.occurrence("monday-clinics")
    booking = walk.session.scalars(select(Booking).where(Booking.occurrence_id == clinic.id)).first()
    assert booking is not None
    whose = f"analyst={booking.analyst.public_id}"
    for path in (f"/analyst/2023-12-04?{whose}", f"/analyst/2023-12-04?{whose}&days=7", "/coordinator/"):
        walk.get(cora, path)
    walk.said["csv"] = walk.get(cora, f"/analyst/2023-12-04.csv?{whose}")
    assert {line.split(",")[3] for line in walk.said["csv"].splitlines()[1:] if "free" in line} <= {
        str(n) for n in (*walk.offered, 30)
    }
    visit = f"/analyst/visits/{booking.public_id}"
    page = walk.get(cora, f"{visit}?minutes={walk.offered[0]}")
    again = re.search(
        rf'<option value="([0-9a-f-]{{36}} {walk.offered[0]}/[^"]+)">[^<]+{walk.offered[0]} minutes with ', page
    )
    assert again is not None
    assert "Extend to" not in page, "it ends with the hour"
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    walk.post(cora, f"{visit}/follow", visit, slot=again[1], key=key[1], topic="Again")
    form = {"what": "move", "scope": "one", "to": "2023-12-06", "time": "3 pm – 4:30 pm"}
    plan = walk.get(cora, f"/coordinator/occurrences/{clinic.public_id}/plan", query_string=form)
    assert "moves with it" in plan
    drafts = "/coordinator/drafts/"
    text = ANNOUNCEMENT.format(lengths=words(walk.offered))
    begun = walk.post(cora, drafts, drafts, source=text, month="")
    walk.get(cora, begun)
    assert "Thursday Clinic" in walk.get(cora, f"{begun}/preview")
    organisation = walk.app.extensions["booking"].organisation
    file = writing.file_of(reading.read(text, organisation, NOW.date())).encode()
    read = files.read_all([("-", file)], organisation, NOW.date())
    assert (read.problems, [one.slot_minutes for one in read.statements]) == ([], [tuple(walk.offered)])
    answer = CliRunner().invoke(command, ["agenda", "ada@example.org", "--on", "2023-12-04"])
    assert (answer.exit_code, "free" in answer.output) == (0, True)
    walk.said["booking agenda"] = answer.output


def in_calendars(walk: Walk) -> None:
    """The public calendar, a member's and an analyst's."""
    clinic = walk.occurrence("monday-clinics")
    booking = walk.session.scalars(select(Booking).where(Booking.occurrence_id == clinic.id)).first()
    assert booking is not None
    client = client_of(walk.app)
    walk.get(client, "/feeds/clinics.ics")
    for role, person in (("member", booking.member), ("analyst", booking.analyst)):
        token = signed.sign(FEED_KEY, f"{role}-feed", str(person.public_id), 0)
        text = walk.get(client, f"/feeds/{role}/{token}.ics").replace("\r\n ", "")
        assert f"{booking.minutes} minutes" in text
    token = signed.sign(SECRET_KEY, "manage", str(booking.public_id))
    walk.get(client, f"/manage/{token}")


def test_nothing_assumes_that_slots_are_15_or_30_minutes_long(walk: Walk) -> None:
    as_visitor_and_member(walk)
    on_the_waitlist(walk)
    as_a_program(walk)
    as_staff(walk)
    in_calendars(walk)
    walk.clock.now = CLINIC_AT - timedelta(hours=1)
    walk.deliver()
    assert {"Booked", "Moved", "Held for you"} <= {
        str(message["Subject"]).partition(":")[0] for message in walk.mail.messages
    }
    found = {where: ASSUMED.search(text) for where, text in walk.said.items()}
    assert {where: match[0] for where, match in found.items() if match} == {}
