"""A service with one of everything, for tests that go through every address as every reader."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.services.accounts import trials
from booking.services.accounts.change_email import ask as ask_to_change_address
from booking.services.accounts.sign_in import ask
from booking.store.logos import StoredLogo
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people import api_tokens
from booking.store.people.people import Person
from booking.store.people.people_imports import PeopleImport
from booking.store.people.time_off import TimeOff
from booking.store.programme.changes import Change, StoredDraft
from booking.store.programme.closures import StoredClosure
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.place_waits import PlaceWait
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_place, acting, an_organisation
from tests.databases import Database
from tests.web.client import FEED_KEY, SECRET_KEY, give_rules, make_app

ROLES: dict[str, frozenset[str] | None] = {
    "visitor": None,
    "nobody in particular": frozenset(),
    "member": frozenset({"member"}),
    "analyst": frozenset({"analyst"}),
    "coordinator": frozenset({"coordinator"}),
    "viewer": frozenset({"viewer"}),
}


@dataclass
class House:
    """A service with one of everything, and a person of each role."""

    app: Flask
    people: dict[str, Person | None]
    arguments: dict[str, dict[str, object]]

    def path(self, rule: Rule) -> str:
        """The rule's address for the things that are there."""
        values = {**self.arguments["*"], **self.arguments.get(rule.endpoint, {})}
        with self.app.test_request_context():
            return self.app.url_map.bind("booking.example.org").build(
                rule.endpoint, {name: values[name] for name in rule.arguments}
            )


def a_house(database: Database, session: Session) -> House:
    """Fill an empty database, and serve it."""
    people = {
        name: None if roles is None else a_person(session, name.title(), roles=sorted(roles))
        for name, roles in ROLES.items()
    }
    clinic = a_clinic(session)
    booking = a_booking(session, clinic, people["member"])
    asked = ask(session, "member@example.org", "sender", NOW)
    member, analyst = people["member"], people["analyst"]
    assert member is not None
    assert analyst is not None
    moving = ask_to_change_address(session, member.id, "new@example.org", NOW)
    email = session.scalars(select(OutgoingEmail.public_id).order_by(OutgoingEmail.id)).first()
    system = acting(session, Actor.system(), organisation=an_organisation(trial_days=7))
    trying = trials.sign_up(system, trials.SignUp("tia@example.org", "Tia", "", "sender"))
    logo = StoredLogo(content=b"\x89PNG", width=240, height=64, person_id=analyst.id, created_at=NOW)
    session.add(logo)
    session.flush()
    signed = {purpose: tokens.sign(SECRET_KEY, purpose, str(booking.public_id)) for purpose in ("manage", "join")}
    feed = {
        role: tokens.sign(FEED_KEY, f"{role}-feed", str(p.public_id))
        for role, p in (("member", member), ("analyst", analyst))
    }
    arguments: dict[str, dict[str, object]] = {
        "*": {
            "public_id": clinic.public_id,
            "token": signed["manage"],
            "sign_in": asked,
            "key": "programme",
            "slug": clinic.series.slug,
            "purpose": "member-feed",
            "filename": "site.css",
            "day": CLINIC_AT.date(),
            "handle": "0" * 12,
        },
        "help.show": {"name": "members"},
        "look.colours": {"digest": "0123456789ab"},
        "look.logo": {"public_id": logo.public_id},
        "manage.join": {"token": signed["join"]},
        "manage.enter": {"token": signed["join"]},
        "feeds.member": {"token": feed["member"]},
        "feeds.analyst": {"token": feed["analyst"]},
        "sign_in.link": {"token": tokens.sign(SECRET_KEY, "sign-in", str(asked))},
        "address.confirm": {"token": tokens.sign(SECRET_KEY, "address", str(moving.public_id))},
        "trial.confirm": {"token": tokens.sign(SECRET_KEY, "trial", str(trying))},
        "demo.email": {"public_id": email},
        "demo.html": {"public_id": email},
        "demo.sign_in": {"public_id": member.public_id},
        "coordinator.report_table": {"name": "use"},
    }
    waiting = a_place(session, clinic, member)
    enrolment = Enrolment(
        member_id=member.id, series_id=clinic.series_id, occurrence_id=clinic.id, revised_at=NOW, created_at=NOW
    )
    session.add(enrolment)
    session.flush()
    waits = PlaceWait(occurrence_id=clinic.id, member_id=member.id, joined_at=NOW)
    session.add(waits)
    session.flush()
    for endpoint in ("accept", "decline", "leave"):
        arguments[f"place_waits.{endpoint}"] = {"public_id": waits.public_id}
    arguments["*"] |= {"enrolment": enrolment.public_id, "place": waiting.public_id}
    place = {"public_id": waiting.public_id}
    arguments |= {f"places.{endpoint}": place for endpoint in ("one", "accept", "decline", "leave", "choose_own")}
    place_token = {"token": tokens.sign(SECRET_KEY, "place", str(waiting.public_id))}
    ending = {"what": "reminders", "token": tokens.sign(SECRET_KEY, "unsubscribe-reminders", str(member.public_id))}
    arguments |= {"unsubscribe.ask": ending, "unsubscribe.end": ending}
    arguments |= {
        f"emails.{endpoint}": {"public_id": email} for endpoint in ("again", "one", "html", "dismiss", "correct")
    }
    managed = ("managed", "managed_accept", "managed_decline", "managed_leave", "managed_choose")
    arguments |= {f"places.{endpoint}": place_token for endpoint in managed}
    own = [
        f"bookings.{endpoint}" for endpoint in ("one", "move", "cancel", "accept", "wait", "brief", "go_on", "invite")
    ]
    programs = [f"api.{endpoint}" for endpoint in ("one", "change", "give_up")]
    arguments["visits.do"] = {"public_id": booking.public_id, "what": "cancel"}
    arguments["visits.outcome"] = arguments["visits.start"] = {"public_id": booking.public_id}
    for endpoint in (
        *own,
        *programs,
        "visits.one",
        "visits.note",
        "feeds.booking",
        "analyst.outcome",
        "analyst.start",
    ):
        arguments[endpoint] = {"public_id": booking.public_id}
    change = Change(
        fingerprint="0" * 16, plan={}, before={"series": []}, published_at=NOW, due_at=NOW + timedelta(minutes=10)
    )
    coordinator = people["coordinator"]
    assert coordinator is not None
    draft = StoredDraft(coordinator_id=coordinator.id, source="x", answers={}, created_at=NOW, updated_at=NOW)
    away = TimeOff(analyst_id=analyst.id, starts_at=NOW, ends_at=NOW + timedelta(days=1), created_at=NOW)
    rows = [[2, ["newt@example.org", "Newt", "", "", "", ""]]]
    file = PeopleImport(coordinator_id=coordinator.id, file_name="x", rows=rows, notes=[], created_at=NOW)
    api_tokens.make(session, member.id, NOW)
    session.add_all([change, draft, away, file])
    session.flush()
    closed = StoredClosure(
        first_on=NOW.date(), last_on=NOW.date(), reason="Move", closes_all=True, change_id=change.id, created_at=NOW
    )
    session.add(closed)
    session.flush()
    for endpoint in ("lift_plan", "lift_publish"):
        arguments[f"closures.{endpoint}"] = {"public_id": closed.public_id}
    arguments["people.preview_import"] = arguments["people.confirm_import"] = {"public_id": file.public_id}
    arguments["time_off.wanted_once"] = arguments["time_off.back"] = {"public_id": away.public_id}
    for endpoint in ("change", "undo_change", "reverse_plan", "reverse_publish"):
        arguments[f"coordinator.{endpoint}"] = {"public_id": change.public_id}
    account = ("one", "edit", "address", "ask_merge", "merge", "ask_close", "close", "reopen", "sign_out")
    for endpoint in (*account, "send_sign_in", "end_session", "end_tokens"):
        arguments[f"people.{endpoint}"] = {"public_id": member.public_id, "session_id": uuid.UUID(int=1)}
    for endpoint in ("one", "answer", "discard", "preview", "plan", "publish"):
        arguments[f"drafts.{endpoint}"] = {"public_id": draft.public_id}
    session.commit()
    app = make_app(database)
    give_rules(app, trial_days=7)
    return House(app, people, arguments)


def rules(app: Flask) -> list[Rule]:
    return list(app.url_map.iter_rules())
