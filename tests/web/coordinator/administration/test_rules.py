"""The rules of booking on their page: saved, held to, compared, brought back, exported."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import clock, resources
from booking.domain import errors
from booking.domain.enums.organisation import OrganisationPart
from booking.domain.organisation import Organisation, Policy
from booking.domain.people.actor import Actor
from booking.domain.rules import rule_set
from booking.domain.rules.rule_fields import FIELDS
from booking.domain.rules.rule_set import RuleSet
from booking.programme import organisation_file, policy_file
from booking.services.bookings.book import book
from booking.services.organisation.save_rules import save_rules
from booking.store import organisation_versions
from booking.store.audit_log import AuditEntry
from booking.store.people.people import Person
from booking.web.frame.current_organisation import KnownOrganisation
from tests.builders import CLINIC_AT, a_clinic, a_person, a_request, acting
from tests.databases import Database
from tests.web.client import client_of, make_app, token_of

PATH = "/coordinator/rules"


@pytest.fixture
def app(database: Database) -> Flask:
    return make_app(database)


@pytest.fixture
def cora(session: Session) -> Person:
    return a_person(session, "Cora Ord", roles=["coordinator"])


@pytest.fixture
def coordinator(app: Flask, cora: Person) -> FlaskClient:
    return client_of(app, cora)


DEFAULT = organisation_file.load(resources.folder("data"))


def effective(session: Session) -> Organisation:
    """The organisation as it is stored now."""
    session.rollback()
    return organisation_versions.in_effect(session, DEFAULT)


def form_of(page: str) -> dict[str, str | list[str]]:
    """The fields of the rules' form as a browser would send them."""
    form = page[page.index('<form class="rules"') : page.index("Save rules")]
    found: dict[str, str | list[str]] = {
        name: value for name, value in re.findall(r'<input(?: type="hidden")? name="([^"]+)" value="([^"]*)"', form)
    }
    found["observe"] = re.findall(r'name="observe" value="(\w+)" checked', form)
    found["of_series"] = re.findall(r'name="of_series" value="([^"]+)"', form)
    return found


def save(client: FlaskClient, query: str = "", **changed: str) -> str:
    """Change these fields and send the form; the page that one is shown then."""
    sent = {**form_of(client.get(PATH + query).text), **changed}
    return client.post(PATH, data=sent, follow_redirects=True).text


def test_a_saved_rule_holds_for_the_next_booking(app: Flask, coordinator: FlaskClient, session: Session) -> None:
    first, second = a_clinic(session), a_clinic(session)
    mia = client_of(app, a_person(session, "Mia Chen"))
    page = mia.get(f"/occurrences/{first.public_id}").text
    assert "2 upcoming in total" in page
    said = save(coordinator, upcoming="1")
    assert "Saved. The new rules hold from the next booking on." in said
    assert "Upcoming bookings in total: 2 bookings, now 1 booking" in said
    assert "1 upcoming in total" in mia.get(f"/occurrences/{first.public_id}").text
    for clinic, status in ((first, 303), (second, 409)):
        page = mia.get(f"/occurrences/{clinic.public_id}").text
        slot = re.search(r'value="(15/[^"]+)"', page)
        sent = {"csrf_token": token_of(page), "slot": slot[1] if slot else "", "minutes": "15", "topic": "x"}
        assert mia.post(f"/occurrences/{clinic.public_id}", data=sent).status_code == status
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "saved-rules"))
    assert entry.details["changed"] == ["Upcoming bookings in total: 2 bookings, now 1 booking"]


def test_a_series_has_rules_of_its_own_and_follows_the_others(coordinator: FlaskClient, session: Session) -> None:
    clinic = a_clinic(session)
    slug = clinic.series.slug
    save(coordinator, f"?series={slug}", **{f"{slug}.per_occurrence": "3"})
    save(coordinator, upcoming="5")
    found = effective(session)
    assert found.policy_for(slug) == replace(DEFAULT.policy, per_occurrence=3, upcoming=5)
    assert found.policy_for("another") == replace(DEFAULT.policy, upcoming=5)
    saved = select(AuditEntry).where(AuditEntry.action == "saved-rules")
    entry = session.scalars(saved.order_by(AuditEntry.id)).first()
    assert entry is not None
    assert entry.details["changed"] == [f"{clinic.series.title}: Bookings in one date: as in general, now 3 bookings"]
    page = save(coordinator, **{f"{slug}.per_occurrence": ""})
    assert f"{clinic.series.title}: Bookings in one date: 3 bookings, now as in general" in page
    assert not effective(session).series_policies


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("upcoming", "", "Enter a whole number from 0 to 99"),
        ("upcoming", "-1", "Enter a whole number from 0 to 99"),
        ("horizon_days", "0", "Enter a whole number from 1 to 366"),
        ("slot_minutes", "20", "Enter lengths such as 15, 30"),
        ("slot_minutes", "15 30 45 60 75", "Enter lengths such as 15, 30"),
        ("reminder_hours", "soon", "Enter up to 4 numbers of hours"),
        ("audit_days", "7", "Enter 30 or more, or 0 to keep every line"),
        ("near_hours", "9" * 60, "Enter a whole number from 0 to 336"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(
    coordinator: FlaskClient, session: Session, field: str, typed: str, said: str
) -> None:
    page = save(coordinator, **{field: typed})
    error = re.search(rf'id="{field}-error">([^<]+)<', page)
    assert error is not None
    assert error[1].startswith(said)
    assert f'name="{field}" value="{typed}"' in page
    assert organisation_versions.numbers(session) == {}


def test_two_coordinators_are_shown_side_by_side_and_nothing_is_overwritten(
    coordinator: FlaskClient, session: Session
) -> None:
    mine = form_of(coordinator.get(PATH).text)
    save(coordinator, upcoming="3")
    refused = coordinator.post(PATH, data={**mine, "upcoming": "4"})
    assert (refused.status_code, "Saved meanwhile: 3. Yours: 4." in refused.text) == (409, True)
    other_states = coordinator.post(PATH, data={**mine, "observe": ["QLD"]})
    assert "Saved meanwhile: QLD, NSW, VIC. Yours: QLD." in other_states.text
    assert effective(session).policy.upcoming == 3
    again = coordinator.post(PATH, data=form_of(refused.text), follow_redirects=True).text
    assert "Upcoming bookings in total: 3 bookings, now 4 bookings" in again


def test_earlier_rules_can_be_used_again(coordinator: FlaskClient, session: Session) -> None:
    save(coordinator, upcoming="3")
    save(coordinator, upcoming="4")
    assert "These are the rules of version 1" in coordinator.get(f"{PATH}?version=1").text
    save(coordinator, "?version=1")
    assert effective(session).policy.upcoming == 3
    save(coordinator, "?version=0")
    assert effective(session).policy == DEFAULT.policy
    assert "Nothing has changed." in save(coordinator)
    assert organisation_versions.numbers(session) == {"rules": 4}
    assert coordinator.get(f"{PATH}?version=99").status_code == 200


def test_another_process_holds_to_a_new_rule_within_a_second(
    database: Database, app: Flask, coordinator: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic, mia = a_clinic(session), a_person(session, "Mia Chen")
    other = make_app(database)
    other.extensions["booking"] = replace(other.extensions["booking"], known=KnownOrganisation())
    there = client_of(other, mia)
    assert "2 upcoming in total" in there.get(f"/occurrences/{clinic.public_id}").text
    save(coordinator, upcoming="7")
    at = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: at + 1.01)
    assert "7 upcoming in total" in there.get(f"/occurrences/{clinic.public_id}").text


def test_only_a_coordinator_saves_rules(session: Session) -> None:
    for roles in (["analyst"], ["viewer"]):
        person = a_person(session, roles=roles)
        with pytest.raises(errors.NotAllowed):
            save_rules(acting(session, Actor.staff(person.id)), RuleSet(), 0, DEFAULT)
    with pytest.raises(PermissionError):
        save_rules(acting(session, Actor.member(person.id)), RuleSet(), 0, DEFAULT)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copytree(resources.folder("data"), tmp_path / "data")
    return tmp_path / "data"


def test_the_exported_file_reads_back_the_same(coordinator: FlaskClient, session: Session, data: Path) -> None:
    slug = a_clinic(session).series.slug
    save(coordinator, f"?series={slug}", upcoming="3", reminder_hours="none", **{f"{slug}.slot_minutes": "30, 60"})
    answer = coordinator.get("/coordinator/rules.yaml")
    (data / "policy.yaml").write_text(answer.text, encoding="utf-8")
    read = rule_set.of(organisation_file.load(data))
    assert read == rule_set.of(effective(session))
    assert (read.general.upcoming, read.series) == (3, {slug: {"slot_minutes": (30, 60)}})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="policy.yaml"'


def test_every_rule_of_the_policy_is_on_the_page() -> None:
    assert set(FIELDS) == set(Policy.__dataclass_fields__)


def test_rules_that_were_stored_before_a_rule_came_have_its_default(session: Session, cora: Person) -> None:
    stored = rule_set.as_json(rule_set.of(DEFAULT))
    del stored["general"]["near_hours"]
    stored["general"]["gone"] = 1
    organisation_versions.add(session, OrganisationPart.RULES, 1, stored, person_id=cora.id, created_at=cora.created_at)
    assert effective(session) == DEFAULT
    assert policy_file.text(RuleSet()).startswith("# The rules of booking.")


def test_a_booking_by_a_command_holds_to_the_rules_too(session: Session, cora: Person) -> None:
    clinic, mia = a_clinic(session), a_person(session, "Mia Chen")
    rules = RuleSet(replace(DEFAULT.policy, notice_minutes=10_080), {}, DEFAULT.observe)
    assert save_rules(acting(session, Actor.staff(cora.id)), rules, 0, DEFAULT)
    in_effect = effective(session)
    with pytest.raises(errors.Refusal):
        book(acting(session, Actor.member(mia.id), clinic.starts_at, organisation=in_effect), a_request(clinic))


def test_a_preview_says_what_changes_and_who_is_affected_and_saves_nothing(
    coordinator: FlaskClient, session: Session
) -> None:
    mia = a_person(session, "Mia Chen")
    for days in (0, 1):
        clinic = a_clinic(session, starts_at=CLINIC_AT + timedelta(days=days))
        book(acting(session, Actor.member(mia.id)), a_request(clinic))
    page = save(coordinator, do="preview", upcoming="1", capacity="12")
    assert "Upcoming bookings in total: 2 bookings, now 1 booking" in page
    assert "1 member has more than 1 upcoming booking now. They keep them." in page
    assert form_of(page)["upcoming"] == "1"
    assert effective(session).policy == DEFAULT.policy
    sent = form_of(page)
    assert "Saved." in coordinator.post(PATH, data=sent, follow_redirects=True).text  # as it stands below the preview
    assert effective(session).policy == replace(DEFAULT.policy, upcoming=1, capacity=12)


def test_a_preview_of_nothing_and_of_what_cannot_be_read(coordinator: FlaskClient) -> None:
    assert "Nothing would change: these are the rules that hold now." in save(coordinator, do="preview")
    page = save(coordinator, do="preview", upcoming="many")
    assert "Nothing is saved. Correct the marked fields below." in page
    assert "Before you save" not in page
