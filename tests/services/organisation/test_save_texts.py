"""Saving the organisation's texts: who may, what is refused whatever page it comes from, and which logos stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.domain.texts import text_set
from booking.services.action_context import ActionContext
from booking.services.organisation.save_texts import save_texts, upload_logo
from booking.store import organisation_versions
from booking.store.audit_log import AuditEntry
from booking.store.logos import StoredLogo
from booking.store.people.people import Person
from tests.builders import NOW, ORGANISATION, a_person, acting

DEFAULT = text_set.of(ORGANISATION)


@pytest.fixture
def cora(session: Session) -> Person:
    person = a_person(session, "Cora Ord", roles=["coordinator"])
    session.commit()
    return person


def staff(session: Session, person: Person) -> ActionContext:
    return acting(session, Actor.staff(person.id))


def save(session: Session, person: Person, seen: int = 0, **texts: str) -> bool:
    return save_texts(staff(session, person), {**DEFAULT, **texts}, seen, ORGANISATION)


def test_a_saved_text_is_in_effect_and_in_the_audit_log(session: Session, cora: Person) -> None:
    assert save(session, cora, short_name="ACME")
    assert organisation_versions.in_effect(session, ORGANISATION).short_name == "ACME"
    assert save(session, cora, 1, short_name="ACME") is False
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "saved-texts"))
    assert entry.actor_id == cora.id
    assert entry.details["changed"] == [f"Short name: “{ORGANISATION.short_name}”, now “ACME”"]


def test_only_a_coordinator_saves_texts_or_uploads_a_logo(session: Session) -> None:
    for roles in (["analyst"], ["viewer"], ["member"]):
        person = a_person(session, roles=roles)
        session.commit()
        with pytest.raises(errors.NotAllowed):
            save(session, person, short_name="X1")
        with pytest.raises(errors.NotAllowed):
            upload_logo(staff(session, person), b"png", 40, 40)
    with pytest.raises(PermissionError):
        save_texts(acting(session, Actor.member(person.id)), DEFAULT, 0, ORGANISATION)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""),
        ("footer", "{{ 7*7 }}"),
        ("footer", "{contact_phone}"),
        ("greeting", "{website}"),
        ("paragraph.booked", "x" * 1_001),
        ("accent_light", "#ffffff"),
        ("contact_email", "x"),
    ],
)
def test_what_an_email_or_a_page_could_fail_on_is_refused_here_too(
    session: Session, cora: Person, field: str, text: str
) -> None:
    with pytest.raises(errors.TextNotAccepted) as refused:
        save(session, cora, **{field: text})
    assert refused.value.field == field
    assert organisation_versions.numbers(session) == {}


def test_whoever_saves_second_is_refused(session: Session, cora: Person) -> None:
    assert save(session, cora, short_name="ONE")
    with pytest.raises(errors.ChangedMeanwhile):
        save(session, cora, short_name="TWO")
    assert organisation_versions.in_effect(session, ORGANISATION).short_name == "ONE"


def test_a_logo_that_was_only_looked_at_makes_room_for_the_next_and_a_saved_one_stays(
    session: Session, cora: Person
) -> None:
    seen = upload_logo(staff(session, cora), b"first", 40, 40)
    saved = upload_logo(staff(session, cora), b"second", 50, 40)
    with pytest.raises(errors.TextNotAccepted, match="no longer here"):
        save(session, cora, logo=str(seen))
    assert save(session, cora, logo=str(saved))
    last = upload_logo(staff(session, cora), b"third", 60, 40)
    carl = a_person(session, "Carl", roles=["coordinator"])
    session.commit()
    other = upload_logo(staff(session, carl), b"fourth", 60, 40)
    stored = {one.public_id: one.saved_at for one in session.scalars(select(StoredLogo))}
    assert stored == {saved.public_id: NOW, last.public_id: None, other.public_id: None}
    assert organisation_versions.in_effect(session, ORGANISATION).texts.logo == saved


def test_a_logo_of_another_size_than_the_stored_one_is_refused(session: Session, cora: Person) -> None:
    logo = upload_logo(staff(session, cora), b"png", 40, 40)
    with pytest.raises(errors.TextNotAccepted):
        save(session, cora, logo=str(logo._replace(width=9_000)))


def test_rules_and_texts_are_numbered_apart(session: Session, cora: Person) -> None:
    context = ActionContext(session, ORGANISATION, NOW + timedelta(days=1), Actor.staff(cora.id))
    assert save(session, cora, short_name="ONE")
    assert save_texts(context, {**DEFAULT, "short_name": "TWO"}, 1, ORGANISATION)
    assert organisation_versions.numbers(session) == {"texts": 2}
