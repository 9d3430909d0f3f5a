"""The head of every page: one line on a phone, whoever reads it, with a menu that opens by keyboard and by touch."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from booking.store.people.people import Person
from tests.browser.serving import Site
from tests.browser.world import World

MOST_PIXELS = 64
READERS: dict[str, Callable[[World], Person | None]] = {
    "visitor": lambda _world: None,
    "member": lambda world: world.kim,
    "analyst": lambda world: world.ana,
    "coordinator": lambda world: world.cora,
}


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("reader", READERS)
def test_it_is_one_line_that_says_where_one_is(
    site: Site, world: World, visit: Callable[..., BrowserContext], reader: str, width: int
) -> None:
    context = visit(viewport={"width": width, "height": 800})
    person = READERS[reader](world)
    if person is not None:
        site.sign_in(context, person)
    page = context.new_page()
    page.goto(f"{site.base_url}/calendars")
    head = page.locator("header.top").bounding_box()
    assert head is not None
    assert head["height"] <= MOST_PIXELS
    menu = page.get_by_role("navigation", name="Main")
    expect(menu.locator("summary")).to_contain_text("Calendars")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(menu.get_by_role("link", name="Programme")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.base_url}/")


def test_it_works_without_javascript(site: Site, world: World, visit: Callable[..., BrowserContext]) -> None:
    context = visit(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    site.sign_in(context, world.kim)
    page = context.new_page()
    page.goto(site.base_url)
    page.get_by_role("navigation", name="Main").locator("summary").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="My bookings").click()
    expect(page.get_by_role("heading", name="My bookings")).to_be_visible()
