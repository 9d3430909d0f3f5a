"""Every service function says who acts; none of them has a default that means "no check"."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services import cover
from booking.services.action_context import ActionContext
from booking.services.bookings import waitlist
from booking.services.bookings.cancel import cancel
from booking.services.bookings.edit_topic import edit_brief
from booking.services.bookings.invite import invite
from booking.services.bookings.move import move
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from tests.builders import a_booking, a_clinic, a_person, a_place, a_request, acting

SERVICES = Path(__file__).resolve().parent.parent.parent / "booking" / "services"
WHO = {"member_id", "actor_id", "staff_id", "actor", "context"}

OF_A_BOOKING: dict[str, Callable[[Session, Booking, Actor], Any]] = {
    "cancel": lambda s, one, actor: cancel(acting(s, actor), one.public_id),
    "move": lambda s, one, actor: move(acting(s, actor), one.public_id, a_request(one.occurrence, 45)),
    "brief": lambda s, one, actor: edit_brief(acting(s, actor), one.public_id, topic="GA4"),
    "invite": lambda s, one, actor: invite(acting(s, actor), one.public_id),
    "accept cover": lambda s, one, actor: cover.accept(acting(s, actor), one.public_id),
    "rather wait": lambda s, one, actor: cover.rather_wait(acting(s, actor), one.public_id),
}
WRITES = ("cancel", "move", "brief", "invite")
OF_A_PLACE = (waitlist.accept, waitlist.decline, waitlist.leave)


def strangers(session: Session) -> list[Actor]:
    """Everybody who may not act for a member here: another member, staff, the service itself."""
    other, cora = a_person(session), a_person(session, roles=["coordinator"])
    session.commit()
    return [Actor.member(other.id), Actor.staff(cora.id), Actor.system()]


@pytest.mark.parametrize("name", OF_A_BOOKING)
def test_a_booking_is_its_members_and_its_links_and_nobody_elses(session: Session, name: str) -> None:
    booking = a_booking(session, a_clinic(session))
    for actor in strangers(session):
        with pytest.raises(errors.NotFound):
            OF_A_BOOKING[name](session, booking, actor)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("by_link", [True, False], ids=["link", "member"])
def test_the_audit_log_names_the_member_whether_they_sign_in_or_follow_their_link(
    session: Session, name: str, by_link: bool
) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, invitations="never"))
    member_id = booking.member_id
    OF_A_BOOKING[name](session, booking, Actor.link() if by_link else Actor.member(member_id))
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.actor_id, entry.subject_id) == (member_id, booking.public_id)
    assert entry.action != "booked"


@pytest.mark.parametrize("act", OF_A_PLACE, ids=lambda one: one.__name__)
def test_a_place_on_the_waitlist_is_its_members_and_its_links_and_nobody_elses(
    session: Session, act: Callable[..., Any]
) -> None:
    place = a_place(session, a_clinic(session), a_person(session))
    for actor in strangers(session):
        with pytest.raises(errors.NotFound):
            act(acting(session, actor), place.public_id)


def test_the_context_of_an_action_has_a_default_for_none_of_its_parts() -> None:
    assert [one.name for one in fields(ActionContext)] == ["session", "organisation", "now", "actor"]
    assert all(one.default is MISSING and one.default_factory is MISSING for one in fields(ActionContext))


def test_a_service_function_hears_who_acts_from_its_context_alone_and_takes_that_first() -> None:
    found, with_context = set(), 0
    for path in sorted(SERVICES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and "transactional" in map(ast.unparse, node.decorator_list):
                named = [one.arg for one in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
                with_context += named[0] == "context"
                if "context" in named[1:] or {"actor", "actor_id", "staff_id"} & set(named):
                    found.add(f"{path.relative_to(SERVICES).with_suffix('')}.{node.name}")
    assert found == set()
    assert with_context > 40


def test_no_service_function_has_a_default_for_who_acts() -> None:
    found = set()
    for path in sorted(SERVICES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                arguments = node.args
                positional = [*arguments.posonlyargs, *arguments.args]
                first = len(positional) - len(arguments.defaults)
                pairs = list(zip(positional[first:], arguments.defaults, strict=True))
                pairs += list(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
                if any(one.arg in WHO and default is not None for one, default in pairs):
                    found.add(f"{path.relative_to(SERVICES).with_suffix('')}.{node.name}")
    assert found == set()
