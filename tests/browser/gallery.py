"""Every page there is, by name: whose it is, and how one gets to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playwright.sync_api import Page
from sqlalchemy import select

from booking.domain import tokens
from booking.services import sign_in
from booking.store.letters import Letter
from booking.store.people import Person
from tests.browser.serving import Site
from tests.browser.world import World
from tests.builders import CLINIC_AT, NOW, a_booking
from tests.web.client import SECRET_KEY

Who = Callable[[World], Person]


def kim(world: World) -> Person:
    return world.kim


def lee(world: World) -> Person:
    return world.lee


def ana(world: World) -> Person:
    return world.ana


def cora(world: World) -> Person:
    return world.cora


@dataclass(frozen=True)
class Stop:
    """One page. `path` is what is opened; `then` are the presses after it; `now` when it is looked at.

    `status` is what the server answers to the address, `person` None for a visitor.
    """

    name: str
    path: Callable[[Site, World], str]
    person: Who | None = None
    then: Callable[[Page, Site, World], None] | None = None
    now: datetime = field(default=NOW)
    status: int = 200
    is_demo: bool = False


def at(path: str) -> Callable[[Site, World], str]:
    return lambda _site, _world: path


def occurrence(name: str) -> Callable[[Site, World], str]:
    return lambda _site, world: f"/occurrences/{getattr(world, name).public_id}"


def signed(purpose: str, before: str, name: str = "booking", after: str = "") -> Callable[[Site, World], str]:
    """An address that is signed for something of the world."""
    return lambda _site, world: (
        f"{before}{tokens.sign(SECRET_KEY, purpose, str(getattr(world, name).public_id))}{after}"
    )


def booking(after: str = "") -> Callable[[Site, World], str]:
    return lambda _site, world: f"/bookings/{world.booking.public_id}{after}"


def sign_in_link(site: Site, world: World) -> str:
    with site.session() as session:
        asked = sign_in.ask(session, world.kim.email, "a sender", NOW)
    return f"/sign-in/link/{tokens.sign(SECRET_KEY, 'sign-in', str(asked))}"


def sign_in_code(site: Site, world: World) -> str:
    with site.session() as session:
        return f"/sign-in/{sign_in.ask(session, world.kim.email, 'a sender', NOW)}"


def letter(site: Site, _world: World) -> str:
    with site.session() as session:
        return f"/demo/mailbox/{session.scalars(select(Letter.public_id).where(Letter.name == 'booked')).first()}"


def lose_the_race(page: Page, site: Site, world: World) -> None:
    page.locator("label.cell").filter(has_text="1:45").first.click()
    page.get_by_label("What would you like to discuss?").fill("Tags")
    with site.session() as session:
        for analyst in (world.ana, world.ben):
            a_booking(session, world.clinic, after_minutes=45, analyst=analyst.public_id)
    page.locator(".go button").click()


def book_without_a_time(page: Page, _site: Site, _world: World) -> None:
    page.locator(".go button").click()


def ask_for_no_address(page: Page, _site: Site, _world: World) -> None:
    page.locator("form").evaluate("form => { form.noValidate = true; }")
    page.get_by_label("Your e-mail address").fill("nobody")
    page.get_by_role("button", name="Send me the letter").click()


def type_a_wrong_code(page: Page, _site: Site, _world: World) -> None:
    page.get_by_label("Six digits").fill("000000")
    page.get_by_role("button", name="Sign in").click()


def book_signed_out(page: Page, _site: Site, _world: World) -> None:
    page.locator("label.cell").filter(has_text="1:45").first.click()
    page.locator(".go button").click()


DURING = CLINIC_AT + timedelta(minutes=12)
AFTER = CLINIC_AT + timedelta(minutes=70)
DAY = "/analyst/2023-12-04"

STOPS = [
    Stop("programme, visitor", at("/?on=2023-12-04")),
    Stop("programme, member", at("/?on=2023-12-04"), kim),
    Stop("programme, a week with nothing", at("/?on=2030-01-01")),
    Stop("clinic, visitor", occurrence("clinic")),
    Stop("clinic, member", occurrence("clinic"), lee),
    Stop("clinic, member who has a booking in it", occurrence("clinic"), kim),
    Stop("clinic, just taken", occurrence("clinic"), lee, lose_the_race),
    Stop("clinic, no time chosen", occurrence("second"), lee, book_without_a_time),
    Stop("clinic, full", occurrence("full"), lee),
    Stop("clinic, over", occurrence("clinic"), lee, now=AFTER),
    Stop("clinic, cancelled", occurrence("off"), lee),
    Stop("lab", occurrence("lab"), lee),
    Stop("masterclass", occurrence("masterclass"), lee),
    Stop("booked", booking("?booked=1"), kim),
    Stop("booking", booking(), kim),
    Stop("booking, move", booking("/move"), kim),
    Stop("booking, cancel", booking("/cancel"), kim),
    Stop("my bookings", at("/bookings"), kim),
    Stop("my bookings, none", at("/bookings"), lee),
    Stop("manage", signed("manage", "/manage/")),
    Stop("manage, move", signed("manage", "/manage/", after="/move")),
    Stop("manage, cancel", signed("manage", "/manage/", after="/cancel")),
    Stop("door, early", signed("door", "/join/")),
    Stop("door, open", signed("door", "/join/"), now=DURING),
    Stop("door of a lab, visitor", signed("door", "/join/", "lab")),
    Stop("calendars, visitor", at("/calendars")),
    Stop("calendars, member", at("/calendars"), kim),
    Stop("calendars, analyst", at("/calendars"), ana),
    Stop("sign in", at("/sign-in")),
    Stop("sign in, mistaken address", at("/sign-in"), None, ask_for_no_address),
    Stop("sign in, on the way to a booking", occurrence("second"), None, book_signed_out),
    Stop("sign in, the code", sign_in_code),
    Stop("sign in, wrong code", sign_in_code, None, type_a_wrong_code),
    Stop("sign in, the link", sign_in_link),
    Stop("sign in, an old link", at("/sign-in/link/nothing.nothing"), status=410),
    Stop("me, member", at("/me"), kim),
    Stop("me, analyst", at("/me"), ana),
    Stop("analyst’s day, now", at(DAY), ana, now=DURING),
    Stop("analyst’s day, over", at(DAY), ana, now=AFTER),
    Stop("analyst’s day, empty", at("/analyst/2023-12-03"), ana),
    Stop("analyst’s day, to print", at(f"{DAY}?print=1"), ana),
    Stop("analyst’s week", at(f"{DAY}?days=7"), ana),
    Stop("whose day", at("/analyst/"), cora),
    Stop("nothing here", at("/nothing-here"), status=404),
    Stop("for others", at("/analyst/"), kim, status=403),
    Stop("demo, people", at("/demo"), is_demo=True),
    Stop("demo, mailbox", at("/demo/mailbox"), is_demo=True),
    Stop("demo, letter", letter, is_demo=True),
    Stop("demo, programme", at("/?on=2023-12-04"), kim, is_demo=True),
]
