"""What must hold after the stress. Plain drivers, plain loops: nothing of the engine that is checked is used here."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import psycopg

QUARTER = timedelta(minutes=15)
TABLES = {
    "booking": "id, public_id, occurrence_id, analyst_id, member_id, starts_at, ends_at, minutes, status, "
    "cancelled_by, sequence",
    "claim": "person_id, quarter_at, booking_id, offer_id, change_id",
    "occurrence": "id, public_id, starts_at, ends_at, status",
    "roster": "occurrence_id, analyst_id, is_away",
    "outgoing_email": "id, public_id, name, person_id, booking_id, facts, sent_at, failed_at",
    "offer": "id, member_id, booking_id, occurrence_id, analyst_id, starts_at, minutes, status",
    "audit_log": "action, subject_id",
}


@dataclass
class Mail:
    """One message as it arrived, and what an invitation in it says: one of these for each that it carries, or one."""

    message_id: str
    uid: str = ""
    sequence: int = -1
    method: str = ""
    starts_at: datetime | None = None


@dataclass
class Evidence:
    """Everything that is looked at: the tables' rows as they are, the mail in the order it came, what clients heard."""

    rows: dict[str, list[dict[str, Any]]]
    mail: list[Mail]
    told: list[dict[str, Any]] = field(default_factory=list)


def gather(url: str, messages: Iterable[EmailMessage], told: list[dict[str, Any]]) -> Evidence:
    """Read the database with its own driver, and the messages."""
    rows: dict[str, list[dict[str, Any]]] = {}
    if url.startswith("sqlite"):
        lite = sqlite3.connect(url.removeprefix("sqlite:///"))
        for table, columns in TABLES.items():
            found = lite.execute(f"SELECT {columns} FROM {table}").fetchall()
            rows[table] = [dict(zip(columns.replace(" ", "").split(","), row, strict=True)) for row in found]
        lite.close()
    else:
        with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as server:
            for table, columns in TABLES.items():
                fetched = server.execute(f"SELECT {columns} FROM {table}").fetchall()  # type: ignore[call-overload]
                rows[table] = [dict(zip(columns.replace(" ", "").split(","), row, strict=True)) for row in fetched]
    for table in rows.values():
        for row in table:
            for name, value in row.items():
                row[name] = _plain(name, value)
    return Evidence(rows, [mail for message in messages for mail in _mails(message)], told)


def _plain(name: str, value: Any) -> Any:
    """Ids as text without dashes, instants as aware UTC."""
    if value is None:
        return None
    if name.endswith("public_id") or name == "subject_id":
        return str(value).replace("-", "")
    if name.endswith("_at"):
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return value


def _mails(message: EmailMessage) -> list[Mail]:
    message_id = str(message["Message-ID"])
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    found = [_invitation(message_id, re.sub(r"\r?\n[ \t]", "", part.get_content())) for part in parts]
    return found or [Mail(message_id)]


def _invitation(message_id: str, text: str) -> Mail:
    event = text[text.index("BEGIN:VEVENT") :]

    def value(pattern: str, within: str = text) -> re.Match[str]:
        found = re.search(pattern, within, re.M)
        assert found is not None, f"{pattern} is not in the invitation of {message_id}"
        return found

    start = value(r"^DTSTART(?:;TZID=([^:]+))?:(\d{8}T\d{6})(Z?)", event)
    return Mail(
        message_id,
        value(r"^UID:booking-([0-9a-f-]+)@")[1].replace("-", ""),
        int(value(r"^SEQUENCE:(\d+)")[1]),
        value(r"^METHOD:(\w+)")[1],
        _brisbane(start[2], start[1] or "", start[3]),
    )


def _brisbane(text: str, zone: str, is_utc: str) -> datetime:
    wall = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    if is_utc:
        return wall
    assert unquote(zone).strip('"') == "Australia/Brisbane", zone
    return wall - timedelta(hours=10)


def findings(evidence: Evidence) -> list[str]:
    """Everything that does not hold, in words; empty if all does."""
    return [
        *overlaps(evidence),
        *claims(evidence),
        *places(evidence),
        *promises(evidence),
        *keys(evidence),
        *emails(evidence),
        *invitations(evidence),
    ]


def confirmed(evidence: Evidence) -> list[dict[str, Any]]:
    return [row for row in evidence.rows["booking"] if row["status"] == "confirmed"]


def overlaps(evidence: Evidence) -> list[str]:
    """Nobody is in two places at once, whether as an analyst or as a member."""
    of_one = defaultdict(list)
    for row in confirmed(evidence):
        for person in (row["analyst_id"], row["member_id"]):
            of_one[person].append(row)
    found = []
    for person, rows in of_one.items():
        rows.sort(key=lambda row: row["starts_at"])
        for first, second in pairwise(rows):
            if second["starts_at"] < first["ends_at"]:
                found.append(f"overlap of person {person}: {first['public_id']} and {second['public_id']}")
    return found


def quarters(row: dict[str, Any]) -> list[datetime]:
    return [row["starts_at"] + number * QUARTER for number in range(row["minutes"] // 15)]


def claims(evidence: Evidence) -> list[str]:
    """A confirmed booking and an open offer own exactly their quarters, their analyst's and their member's; nothing
    else owns any but what is held.

    An offer made instead of a booking leaves its member what the two share.
    """
    expected: Counter[tuple[Any, ...]] = Counter()
    own: dict[Any, set[tuple[Any, datetime]]] = {}
    for row in confirmed(evidence):
        if row["ends_at"] - row["starts_at"] != timedelta(minutes=row["minutes"]):
            expected["length", row["public_id"]] += 1
        own[row["id"]] = {(row["member_id"], at) for at in quarters(row)}
        for person in (row["analyst_id"], row["member_id"]):
            expected.update((person, at, row["id"], None) for at in quarters(row))
    for row in evidence.rows["offer"]:
        if row["status"] == "open":
            both = {(person, at) for person in (row["analyst_id"], row["member_id"]) for at in quarters(row)}
            kept = own.get(row["booking_id"], set())
            expected.update((person, at, None, row["id"]) for person, at in both - kept)
    actual = Counter(
        (row["person_id"], row["quarter_at"], row["booking_id"], row["offer_id"])
        for row in evidence.rows["claim"]
        if row["change_id"] is None
    )
    return [f"claim missing: {key}" for key in expected - actual] + [
        f"claim of nobody: {key}" for key in actual - expected
    ]


def places(evidence: Evidence) -> list[str]:
    """A confirmed booking lies in its occurrence, which takes place, with somebody of its roster."""
    occurrences = {row["id"]: row for row in evidence.rows["occurrence"]}
    staff = {(row["occurrence_id"], row["analyst_id"]) for row in evidence.rows["roster"] if not row["is_away"]}
    found = []
    for row in confirmed(evidence):
        there = occurrences[row["occurrence_id"]]
        if there["status"] != "scheduled":
            found.append(f"{row['public_id']} is confirmed in a cancelled occurrence")
        if not there["starts_at"] <= row["starts_at"] < row["ends_at"] <= there["ends_at"]:
            found.append(f"{row['public_id']} lies outside its occurrence")
        if (row["occurrence_id"], row["analyst_id"]) not in staff:
            found.append(f"{row['public_id']} is with somebody who is not on the roster")
    members = Counter(row["member_id"] for row in evidence.rows["offer"] if row["status"] == "open")
    return found + [f"member {member} holds {count} open offers" for member, count in members.items() if count > 1]


def promises(evidence: Evidence) -> list[str]:
    """What a client was told last holds, unless it was changed later: then its SEQUENCE is higher."""
    by_id = {row["public_id"]: row for row in evidence.rows["booking"]}
    found = []
    last: dict[str, dict[str, Any]] = {}
    for state in evidence.told:
        last[state["id"].replace("-", "")] = state
    for public_id, state in last.items():
        row = by_id.get(public_id)
        if row is None:
            found.append(f"acknowledged and lost: {public_id}")
        elif state["what"] == "cancelled":
            if row["status"] != "cancelled":
                found.append(f"cancelled and alive: {public_id}")
        elif row["sequence"] < state["sequence"]:
            found.append(f"SEQUENCE of {public_id} fell from {state['sequence']} to {row['sequence']}")
        elif row["sequence"] == state["sequence"]:
            told_at = datetime.fromisoformat(state["starts_at"].replace("Z", "+00:00"))
            if (row["status"], row["starts_at"], row["minutes"]) != ("confirmed", told_at, state["minutes"]):
                found.append(f"{public_id} is not as its member was told")
    return found


def keys(evidence: Evidence) -> list[str]:
    """One key, one booking; one booking, one line in the audit log that says so."""
    by_key = defaultdict(set)
    for state in evidence.told:
        if state["what"] == "booked":
            by_key[state["key"]].add(state["id"])
    found = [f"key {key} made {len(ids)} bookings" for key, ids in by_key.items() if len(ids) > 1]
    booked = Counter(row["subject_id"] for row in evidence.rows["audit_log"] if row["action"] == "booked")
    known = {row["public_id"] for row in evidence.rows["booking"]}
    found += [f"{one} is {booked[one]} times in the audit log" for one in known if booked[one] != 1]
    return found


def emails(evidence: Evidence) -> list[str]:
    """Every email has arrived, each booking has its own, and nothing arrived that nobody wrote.

    What stands is reminded of as often as policy says (24 hours and 1 hour before), what is cancelled never.
    """
    arrived = {mail.message_id for mail in evidence.mail}
    written = {}
    found = []
    for row in evidence.rows["outgoing_email"]:
        mark = next((one for one in arrived if row["public_id"] in one.replace("-", "")), None)
        written[row["public_id"]] = mark
        if row["sent_at"] is None and row["name"] == "reminder":
            continue  # its hour has not come
        if row["sent_at"] is None:
            found.append(f"email {row['id']} ({row['name']}) was never sent")
        elif mark is None:
            found.append(f"email {row['id']} ({row['name']}) is marked as sent and has not arrived")
    strangers = arrived - set(written.values())
    found += [f"a message that no email explains: {one}" for one in strangers]
    names = defaultdict(Counter)
    in_several = set()  # what one email says about several things of a person
    for row in evidence.rows["outgoing_email"]:
        names[row["booking_id"]][row["name"]] += 1
        facts = json.loads(row["facts"]) if isinstance(row["facts"], str) else row["facts"]
        cancelled = [one for one in facts.get("lines", []) if one.get("what") == "cancelled"]
        in_several |= {one["booking"].replace("-", "") for one in cancelled if "booking" in one}
    for row in evidence.rows["booking"]:
        told = names[row["id"]]
        if told["booked"] != 1:
            found.append(f"{row['public_id']} has {told['booked']} emails that say it is booked")
        reminders = told["reminder"]
        if reminders != (2 if row["status"] == "confirmed" else 0):
            found.append(f"{row['public_id']} is {row['status']} and has {reminders} reminders")
        is_told = told["cancelled"] + told["cancelled-by-us"] or row["public_id"] in in_several
        if row["status"] == "cancelled" and not is_told:
            found.append(f"{row['public_id']} is cancelled and nobody was told")
    return found


def invitations(evidence: Evidence) -> list[str]:
    """Of each booking the mail says: from SEQUENCE 0 on, in order, and at the end what is true."""
    came: dict[str, list[Mail]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    for mail in evidence.mail:
        if mail.uid and (mail.message_id, mail.uid) not in seen:
            seen.add((mail.message_id, mail.uid))
            came[mail.uid].append(mail)
    found = []
    for row in evidence.rows["booking"]:
        mails = came.get(row["public_id"], [])
        sequences = [mail.sequence for mail in mails]
        if sequences != sorted(set(sequences)) or not sequences or sequences[0] != 0:
            found.append(f"{row['public_id']}: its mail came in the order {sequences}")
            continue
        last = mails[-1]
        if last.sequence > row["sequence"]:
            found.append(f"{row['public_id']}: mail says {last.sequence}, the database {row['sequence']}")
        if (last.method == "CANCEL") != (row["status"] == "cancelled"):
            found.append(f"{row['public_id']} is {row['status']}, and its last mail says {last.method}")
        elif last.method != "CANCEL" and last.starts_at != row["starts_at"]:
            found.append(f"{row['public_id']} starts {row['starts_at']}, and its last mail says {last.starts_at}")
    return found
