"""The page of calendars, pressed as people press it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.serving import Site
from tests.browser.world import World


def opened(site: Site, context: BrowserContext, world: World) -> Page:
    """The page as Kim sees it."""
    site.sign_in(context, world.kim)
    page = context.new_page()
    page.goto(f"{site.base_url}/calendars")
    return page


def test_copy_puts_the_whole_address_on_the_clipboard_and_says_so(
    site: Site, world: World, visit: Callable[..., BrowserContext]
) -> None:
    context = visit()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = opened(site, context, world)
    address = page.get_by_label("Or copy the address of My calendar")
    button = page.get_by_role("button", name="Copy the address of My calendar")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == address.input_value()
    assert "/feeds/member/" in copied


def test_ticks_are_kept_and_the_address_can_be_selected_without_javascript(
    site: Site, world: World, visit: Callable[..., BrowserContext]
) -> None:
    page = opened(site, visit(java_script_enabled=False), world)
    expect(page.get_by_role("button", name="Copy the address of My calendar")).to_be_hidden()
    page.get_by_role("checkbox", name="Clinic hours").check()
    page.get_by_role("checkbox", name="Labs").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_role("checkbox", name="Clinic hours")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Labs")).not_to_be_checked()
    expect(page.get_by_role("checkbox", name="Masterclasses")).to_be_checked()
