"""Who use the service over HTTP while it is tormented. They repeat what got no answer, and write down what they got."""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
import urllib.parse
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

FORM = "application/x-www-form-urlencoded"
PATIENCE = 40  # times that a request is repeated while nobody answers


@dataclass
class Answer:
    """What a client got: a status, the body, and where it was sent on to."""

    status: int
    text: str
    location: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.text or "null")


@dataclass
class Journal:
    """What clients were told, in the order in which each of them was told it."""

    #: (member, key, booking id, state) of each acknowledged booking, move and cancellation; state as the API says it
    told: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, member: int, key: str, state: dict[str, Any]) -> None:
        with self.lock:
            self.told.append({"what": what, "member": member, "key": key, **state})

    def has_told(self, least: Mapping[str, int]) -> bool:
        """Whether clients were told each of these so many times."""
        with self.lock:
            found = Counter(state["what"] for state in self.told)
        return all(found[what] >= count for what, count in least.items())

    def count(self, what: str) -> None:
        with self.lock:
            self.statuses[what] = self.statuses.get(what, 0) + 1


@dataclass
class Client:
    """Speaks to any of the web processes; what gets no answer, or a 5xx, is sent again."""

    ports: list[int]
    chance: random.Random
    journal: Journal
    stop: threading.Event

    def send(self, method: str, path: str, body: str = "", **headers: str) -> Answer | None:
        """The answer; None where nobody gave one in all that time."""
        for attempt in range(PATIENCE):
            port = self.chance.choice(self.ports)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                connection.request(method, path, body.encode() or None, headers)
                with connection.getresponse() as got:
                    text = got.read().decode()
                if got.status < 500:
                    return Answer(got.status, text, got.headers.get("Location", ""))
                self.journal.count(f"{method} {got.status}")
            except (OSError, http.client.HTTPException):
                self.journal.lost += 1
            finally:
                connection.close()
            time.sleep(0.1 + 0.02 * attempt)
        return None


@dataclass
class Member:
    """One member with a token for the API and a cookie with its form token for the pages."""

    id: int
    token: str
    cookie: str
    csrf: str
    bookings: dict[str, dict[str, Any]] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)


@dataclass
class Crowd:
    """A thread's own members, one of whom does one thing at a time."""

    client: Client
    members: list[Member]
    clinics: list[tuple[str, datetime]]

    def run(self) -> None:
        while not self.client.stop.is_set():
            member = self.client.chance.choice(self.members)
            held = [one for one in member.bookings.values() if one["status"] == "confirmed"]
            what = self.client.chance.random()
            if held and what < 0.25:
                self.cancel(member, self.client.chance.choice(held))
            elif held and what < 0.5:
                self.move(member, self.client.chance.choice(held))
            elif what < 0.55:
                self.wait(member)
            elif member.places and what < 0.7:
                self.take(member)
            else:
                self.book(member)

    def api(self, member: Member, method: str, path: str, body: object = None, **headers: str) -> Answer | None:
        given = {"Authorization": f"Bearer {member.token}", "Content-Type": "application/json", **headers}
        return self.client.send(method, path, "" if body is None else json.dumps(body), **given)

    def form(self, member: Member, path: str, **fields: str) -> Answer | None:
        name, _, value = member.cookie.partition(": ")
        body = urllib.parse.urlencode({"csrf_token": member.csrf, **fields})
        return self.client.send("POST", path, body, **{name: value, "Content-Type": FORM})

    def slot(self) -> dict[str, Any]:
        clinic, starts_at = self.client.chance.choice(self.clinics)
        quarter = self.client.chance.randrange(4)
        at = starts_at + timedelta(minutes=15 * quarter)
        return {
            "occurrence_id": clinic,
            "starts_at": at.isoformat(),
            "minutes": self.client.chance.choice([15, 15, 30]),
        }

    def book(self, member: Member) -> None:
        key = str(uuid.uuid4())
        wanted = {**self.slot(), "analyst": None, "topic": f"stress {key}"}
        headers = {"Idempotency-Key": key}
        answer = self.api(member, "POST", "/api/v1/bookings", wanted, **headers)
        self.keep("booked", member, key, answer, 201)
        if answer is not None and answer.status == 201 and self.client.chance.random() < 0.2:
            again = self.api(member, "POST", "/api/v1/bookings", wanted, **headers)  # an impatient twin
            self.keep("booked", member, key, again, 201)

    def move(self, member: Member, booking: dict[str, Any]) -> None:
        wanted = {**self.slot(), "analyst": None}
        answer = self.api(member, "PATCH", f"/api/v1/bookings/{booking['id']}", wanted)
        self.keep("moved", member, "", answer, 200)
        if answer is None or answer.status != 200:
            self.look(member, booking)

    def look(self, member: Member, booking: dict[str, Any]) -> None:
        """What became of a booking that is not as this member thought: staff may have changed it."""
        answer = self.api(member, "GET", f"/api/v1/bookings/{booking['id']}")
        if answer is not None and answer.status == 200:
            member.bookings[booking["id"]] = answer.json

    def cancel(self, member: Member, booking: dict[str, Any]) -> None:
        answer = self.api(member, "DELETE", f"/api/v1/bookings/{booking['id']}")
        self.client.journal.count(f"cancelled {answer.status if answer else 'unanswered'}")
        if answer is not None and answer.status == 204:
            booking = {**booking, "status": "cancelled"}
            member.bookings[booking["id"]] = booking
            self.client.journal.note("cancelled", member.id, "", booking)
        else:
            self.look(member, booking)

    def wait(self, member: Member) -> None:
        """Wait for one start, which is taken as often as not; at a limit, in place of a booking."""
        wanted = self.slot()
        at = f"{datetime.fromisoformat(wanted['starts_at']):%Y%m%dT%H%MZ}"
        fields = {"wait_minutes": "15", "wait_earliest": at, "wait_latest": at, "topic": "waits"}
        held = [one["id"] for one in member.bookings.values() if one["status"] == "confirmed"]
        if held:
            fields["replaces"] = held[0]
        answer = self.form(member, f"/occurrences/{wanted['occurrence_id']}/wait", **fields)
        self.client.journal.count(f"waits {answer.status if answer else 'unanswered'}")
        if answer is not None and answer.status == 303:
            member.places.append(answer.location.rpartition("/")[2])

    def take(self, member: Member) -> None:
        place = self.client.chance.choice(member.places)
        what = self.client.chance.choice(["accept", "accept", "decline", "leave"])
        answer = self.form(member, f"/waitlist/{place}/{what}")
        self.client.journal.count(f"{what} {answer.status if answer else 'unanswered'}")
        made = re.search(r"/bookings/([0-9a-f-]{36})", answer.location) if answer is not None else None
        if made is not None:
            found = self.api(member, "GET", f"/api/v1/bookings/{made[1]}")
            self.keep("accepted", member, "", found, 200)
        if what != "decline":
            member.places.remove(place)

    def keep(self, what: str, member: Member, key: str, answer: Answer | None, good: int) -> None:
        """Note an acknowledged booking as the answer tells it."""
        code = ""
        if answer is not None and answer.status != good:
            code = str(answer.json.get("code", "")) if answer.text.startswith("{") else ""
        self.client.journal.count(f"{what} {answer.status if answer else 'unanswered'} {code}".strip())
        if answer is not None and answer.status == good:
            member.bookings[answer.json["id"]] = answer.json
            self.client.journal.note(what, member.id, key, answer.json)


@dataclass
class Coordinator:
    """Cancels, moves and brings back dates through the pages, and now and then takes a publish back."""

    client: Client
    cookie: str
    csrf: str
    clinics: list[tuple[str, datetime]]
    pause: float
    local: Callable[[datetime], datetime]

    def run(self) -> None:
        name, _, value = self.cookie.partition(": ")
        while not self.client.stop.wait(self.pause):
            clinic, starts_at = self.client.chance.choice(self.clinics)
            wall = self.local(starts_at)
            fields = {"scope": "one", "reason": "Torture."}
            if self.client.chance.random() < 0.3:
                fields |= {"what": "cancel"}
            else:
                hour = self.client.chance.choice([9, 11, 14, 16])
                fields |= {"what": "move", "to": f"{wall:%Y-%m-%d}", "time": f"{hour}:00-{hour + 1}:00"}
            path = f"/coordinator/occurrences/{clinic}"
            shown = self.client.send("GET", f"{path}/plan?{urllib.parse.urlencode(fields)}", **{name: value})
            fingerprint = re.search(r'name="fingerprint" value="([0-9a-f]+)"', shown.text) if shown else None
            if shown is None or fingerprint is None:
                self.client.journal.count(f"plan {shown.status if shown else 'unanswered'}")
                continue
            done = self.post(f"{path}/publish", {**fields, "fingerprint": fingerprint[1]}, name, value)
            self.client.journal.count(f"published {done.status if done else 'unanswered'}")
            change = re.search(r"/changes/([0-9a-f-]{36})", done.location) if done is not None else None
            if change is not None and self.client.chance.random() < 0.3:
                back = self.post(f"/coordinator/changes/{change[1]}/undo", {}, name, value)
                self.client.journal.count(f"undone {back.status if back else 'unanswered'}")

    def post(self, path: str, fields: dict[str, str], name: str, value: str) -> Answer | None:
        body = urllib.parse.urlencode({"csrf_token": self.csrf, **fields})
        return self.client.send("POST", path, body, **{name: value, "Content-Type": FORM})
