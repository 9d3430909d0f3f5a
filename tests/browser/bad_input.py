"""The worst that people type, stored wherever calendars take text from, and what readers should make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.domain.organisation import Kind, Organisation
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person
from booking.store.programme.programme import CANCELLED, Module, Occurrence, Programme
from tests.builders import BRISBANE, a_person, a_series, an_occurrence
from tests.web.client import BASE_URL, SECRET_KEY

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
STARTS_AT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
WORDS = "Monday 30 November, 1:00–2:00 pm AEST (2:00–3:00 pm in Sydney)"
QUARTER_WORDS = "Monday 30 November, 1:00–1:15 pm AEST (2:00–2:15 pm in Sydney)"
LINK = "https://shop.example.org/a;b,c?d=%22e%22&f='g'#h"
DOMAIN = "uids.example.org"


@dataclass(frozen=True)
class Bad:
    """What was typed, and what is left of it: in one line, in several, and in a parameter of a line."""

    typed: str
    line: str
    block: str = ""
    parameter: str = ""

    @property
    def lines(self) -> str:
        return self.block or self.line

    @property
    def label(self) -> str:
        return (self.parameter or self.line).replace(";", ",")


CONTROLS = "".join(chr(code) for code in (*range(1, 9), 11, 12, *range(14, 32), *range(127, 160), 0xFEFF))
SPECIAL = r"""\ ; , : " ' ^ % & < > | = \n \N \\; \, ^n ^' ^^ ""  %0D%0A &amp; <b>bold</b> \\"""
FOX = ("The quick, brown; fox: " * 250)[:5000]
RIGHT_TO_LEFT = "שלום, עולם! \u202eabc\u202c مرحبا؛ ١٢٣ ‏(a)‏"
BAD = {
    "special": Bad(
        f"{SPECIAL}\tend\t",
        f"{SPECIAL.replace('  ', ' ')} end",
        f"{SPECIAL} end",
        f"{SPECIAL.replace('  ', ' ')} end".replace('"', "'").replace("^", "ˆ").replace("\\", "/"),
    ),
    "emoji": Bad("🧑🏽‍🚀🇦🇺👩‍👩‍👧‍👦 ❤️" * 40, "🧑🏽‍🚀🇦🇺👩‍👩‍👧‍👦 ❤️" * 40),
    "right to left": Bad(RIGHT_TO_LEFT, RIGHT_TO_LEFT),
    "newlines": Bad(
        "\r\nOne\r\nTwo\rThree\nFour\u2028Five\u2029Six\n\n Seven \n",
        "One Two Three Four Five Six Seven",
        "One\nTwo\nThree\nFour\nFive\nSix\n\n Seven",
    ),
    "5,000 characters": Bad(FOX, FOX.rstrip()),
    "5,000 wide ones": Bad("界" * 5000, "界" * 5000),
    "control characters": Bad(f"\0a{CONTROLS}b\0", "ab"),
    "another entry": Bad(
        "x\r\nEND:VEVENT\r\nBEGIN:VALARM\r\n SUMMARY:y",
        "x END:VEVENT BEGIN:VALARM SUMMARY:y",
        "x\nEND:VEVENT\nBEGIN:VALARM\n SUMMARY:y",
    ),
    "combining": Bad("e\u0301\u0302" * 50, "e\u0301\u0302" * 50),
}
MIA, ADA = BAD["special"], BAD["right to left"]
ORGANISATION = Organisation(
    "S; M, \\K ☃",
    'S; "M", \\K',
    BRISBANE,
    {
        "clinic": Kind("clinic", "clinics", 'Clinic\\n; "A", B', "Clinics ^ 🧑🏽‍🚀", bookable=True),
        "lab": Kind("lab", "labs", "Lab", "Labs"),
        "class": Kind("class", "classes", "Masterclass, שלום", "Master\tclasses", modular=True),
    },
)
CATEGORY = {"clinic": 'Clinic/n · "A" · B', "lab": "Lab", "class": "Masterclass · שלום"}
SHORT = 'S · "M" · /K'


def as_name(typed: str) -> str:
    """What is left of one line in the name of a calendar."""
    return " ".join(typed.replace("\\", "/").replace(",", " ·").replace(";", " ·").split())


@dataclass
class World:
    """Whose private feeds there are, and the rows that single files are asked for by."""

    mia: Person
    ada: Person
    nameless: Person
    nobody: Person
    occurrences: list[Occurrence]
    bookings: list[Booking]


def fill(session: Session, database: str) -> World:
    """For each text a booked clinic, a lab that moved and a cancelled masterclass; and a booking of the nameless.

    PostgreSQL holds no NUL.
    """
    session.get_one(Programme, 1).uid_domain = DOMAIN

    def stored(text: str) -> str:
        return text if database == "sqlite" else text.replace("\0", "")

    mia = a_person(session, stored(MIA.typed), email="mia@example.org")
    ada = a_person(session, stored(ADA.typed), ["analyst"], email="ada@example.org")
    nameless, nobody = a_person(session, email="m@example.org"), a_person(session, roles=["analyst"], email="a@b.org")
    nameless.name = nobody.name = ""
    found = World(mia, ada, nameless, nobody, [], [])
    for number, bad in enumerate(BAD.values()):
        typed = stored(bad.typed)
        clinics = a_series(session, slug=f"clinic-{number}", title=typed, summary=typed)
        clinic = an_occurrence(session, clinics, [ada], STARTS_AT)
        labs = a_series(session, slug=f"lab-{number}", kind="lab", title="Lab")
        lab = an_occurrence(session, labs, [ada], STARTS_AT, title=typed, moved_from_at=STARTS_AT - 73 * HOUR)
        classes = a_series(session, slug=f"class-{number}", kind="class", title="GA4")
        classes.modules = [Module(number=1, title=typed)]
        off = {"module_number": 1, "status": CANCELLED, "reason": typed, "sequence": 3}
        found.occurrences += [clinic, lab, an_occurrence(session, classes, [ada], STARTS_AT, **off)]
        found.bookings.append(_booked(session, clinic, mia, ada, topic=typed, link=LINK))
    plain = an_occurrence(session, a_series(session, slug="plain", title="Clinic"), [nobody], STARTS_AT)
    found.occurrences.append(plain)
    found.bookings.append(_booked(session, plain, nameless, nobody))
    session.commit()
    return found


def _booked(session: Session, clinic: Occurrence, member: Person, analyst: Person, **fields: str) -> Booking:
    """A booking of the first quarter with its first email, whatever limits there are."""
    booking = Booking(
        occurrence_id=clinic.id,
        member_id=member.id,
        analyst_id=analyst.id,
        starts_at=STARTS_AT,
        ends_at=STARTS_AT + QUARTER,
        minutes=15,
        chose_analyst=True,
        is_invited=True,
        revised_at=NOW,
        created_at=NOW,
        **fields,
    )
    session.add(booking)
    session.flush()
    told = email_facts.booking_facts(session, booking)
    emails.enqueue(session, "booked", member.email, told, NOW, person_id=member.id, booking_id=booking.id)
    return booking


def _entry(uid: str, kind: str, summary: str, paragraphs: list[str], page: str, **fields: Any) -> dict[str, Any]:
    """What both readers should say of an entry that is public and takes place."""
    return {
        "uid": f"{uid}@{DOMAIN}",
        "sequence": 0,
        "summary": summary,
        "description": "\n\n".join(one for one in paragraphs if one),
        "location": "Online",
        "url": page,
        "status": "CONFIRMED",
        "class": "PUBLIC",
        "transp": "TRANSPARENT",
        "categories": [CATEGORY[kind]],
        "conference": None,
        "organizer": None,
        "attendee": None,
        "starts": {"at": "2026-11-30T03:00:00Z", "wall": "2026-11-30T13:00:00", "zone": BRISBANE},
        "ends": {"at": "2026-11-30T04:00:00Z", "wall": "2026-11-30T14:00:00", "zone": BRISBANE},
        "dtstamp": "2023-11-26T23:00:00Z",  # when the builders say that it was revised
        "last-modified": "2023-11-26T23:00:00Z",
        **fields,
    }


def _door(row: Occurrence | Booking) -> str:
    return f"{BASE_URL}/join/{tokens.sign(SECRET_KEY, 'join', str(row.public_id))}"


def _private(row: Occurrence | Booking, label: str) -> dict[str, Any]:
    """How an entry with a join_link differs."""
    conference = {"address": _door(row), "value": "URI", "feature": "AUDIO,VIDEO", "label": f"Join: {label}"}
    return {"class": "PRIVATE", "transp": "OPAQUE", "conference": conference}


def _clinic(world: World, number: int) -> tuple[Occurrence, str, str, Bad]:
    """The clinic of that text: its row, its UID, its page and the text. The last is the one of the nameless."""
    row = world.occurrences[3 * number]
    bad = [*BAD.values(), Bad("Clinic", "Clinic")][number]
    return row, f"occurrence-{row.public_id}", f"{BASE_URL}/occurrences/{row.public_id}", bad


def told_clinics(world: World) -> list[dict[str, Any]]:
    """Every clinic as everybody sees it."""
    found = []
    for number in range(len(BAD) + 1):
        _row, uid, page, bad = _clinic(world, number)
        summary = bad.lines if number < len(BAD) else ""
        found.append(_entry(uid, "clinic", bad.line, [WORDS, summary, f"Book a slot: {page}"], page))
    return found


def told_given(world: World, analyst: Person) -> list[dict[str, Any]]:
    """Every clinic as its analyst sees it."""
    found = []
    for number in range(len(BAD)) if analyst is world.ada else [len(BAD)]:
        row, uid, _page, bad = _clinic(world, number)
        page = f"{BASE_URL}/analyst/2026-11-30"
        member = f"{MIA.line} – {bad.line}" if analyst is world.ada else "a member"
        said = [WORDS, f"1:00 pm, 15 minutes: {member}", f"Join: {_door(row)}\nYour day: {page}"]
        revised: dict[str, Any] = dict.fromkeys(("dtstamp", "last-modified"), f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
        revised["sequence"] = 1  # the one booking in it
        found.append(_entry(uid, "clinic", bad.line, said, page, **_private(row, bad.label), **revised))
    return found


def told_bookings(world: World, member: Person) -> list[dict[str, Any]]:
    """Every booking of hers as its member sees it."""
    found = []
    for number in range(len(BAD)) if member is world.mia else [len(BAD)]:
        row, bad = world.bookings[number], _clinic(world, number)[3]
        page = f"{BASE_URL}/bookings/{row.public_id}"
        with_whom, brief, summary = ADA.line, f"About: {bad.lines}\nLink: {LINK}", f"{bad.line} with {ADA.line}"
        if member is world.nameless:
            with_whom, brief, summary = "an analyst", "", bad.line
        said = [
            f"{QUARTER_WORDS}\nWith {with_whom}, 15 minutes.",
            brief,
            f"Join: {_door(row)}\nView, move or cancel: {page}",
        ]
        more = {
            **_private(row, bad.label),
            "ends": {"at": "2026-11-30T03:15:00Z", "wall": "2026-11-30T13:15:00", "zone": BRISBANE},
            **dict.fromkeys(("dtstamp", "last-modified"), f"{NOW:%Y-%m-%dT%H:%M:%SZ}"),
        }
        found.append(_entry(f"booking-{row.public_id}", "clinic", summary, said, page, **more))
    return found


def told_courses(world: World, way: str = "public") -> list[dict[str, Any]]:
    """Every lab and masterclass as everybody, a member who follows them, or their analyst sees it."""
    found = []
    for number, bad in enumerate(BAD.values()):
        for row, kind in zip(world.occurrences[3 * number + 1 : 3 * number + 3], ("lab", "class"), strict=True):
            is_off, is_private = kind == "class", way != "public"
            page = f"{BASE_URL}/occurrences/{row.public_id}"
            page = f"{BASE_URL}/analyst/2026-11-30" if way == "given" else page
            title = f"CANCELLED: GA4, 1 of 1: {bad.line}" if is_off else bad.line
            happened = f"\nCancelled. {bad.line}" if is_off else "\nMoved from Friday 27 November, 12:00 pm AEST."
            ways = f"Your day: {page}" if way == "given" else f"Details: {page}"
            ways = f"Join: {_door(row)}\n{ways}" if is_private and not is_off else ways
            fields = _private(row, bad.label) if is_private else {}
            if is_off:
                fields |= {"status": "CANCELLED", "sequence": 3, "transp": "TRANSPARENT", "conference": None}
            uid = f"occurrence-{row.public_id}"
            found.append(_entry(uid, kind, title, [WORDS + happened, ways], page, **fields))
    return found


ZONES = ("Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe", "Europe/London", "America/New_York", BRISBANE)
#: The instants around which clocks change, Brisbane's apart.
CHANGES = {
    "Australia/Sydney": ("2026-10-03T16:00", "2027-04-03T16:00"),
    "Australia/Adelaide": ("2026-10-03T16:30", "2027-04-03T16:30"),
    "Australia/Lord_Howe": ("2026-10-03T15:30", "2027-04-03T15:00"),
    "Europe/London": ("2026-10-25T01:00", "2027-03-28T01:00"),
    "America/New_York": ("2026-11-01T06:00", "2027-03-14T07:00"),
    BRISBANE: ("2026-10-03T16:00", "2027-04-03T16:00"),
}


def fill_with_changes(session: Session) -> dict[str, tuple[str, datetime]]:
    """For each zone a meeting of a quarter on every quarter around each change; zone and start by UID."""
    session.get_one(Programme, 1).uid_domain = DOMAIN
    found = {}
    for zone, changes in CHANGES.items():
        series = a_series(session, slug=zone.replace("/", "-").lower(), zone=zone, starts_on=date(2026, 9, 1))
        for change in changes:
            at = datetime.fromisoformat(change).replace(tzinfo=UTC)
            for starts_at in (at + QUARTER * number for number in range(-12, 13)):
                ends = {"key": starts_at.isoformat(), "ends_at": starts_at + QUARTER}
                row = an_occurrence(session, series, (), starts_at, **ends)
                found[f"occurrence-{row.public_id}@{DOMAIN}"] = zone, starts_at
    session.commit()
    return found
