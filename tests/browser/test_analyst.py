"""The analyst's day in a browser: marked with and without JavaScript, one sheet of paper, fresh without a reload."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, expect

from booking.store.bookings.bookings import Booking
from tests.browser.serving import Site
from tests.browser.world import World
from tests.builders import CLINIC_AT, a_booking

Visit = Callable[..., BrowserContext]
DAY = "/analyst/2023-12-04"


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_came_is_pressed_and_taken_back(visit: Visit, site: Site, world: World, scripts: bool) -> None:
    site.clock.now = CLINIC_AT + timedelta(minutes=20)
    context = visit(java_script_enabled=scripts)
    site.sign_in(context, world.ana)
    page = context.new_page()
    page.goto(site.base_url + DAY)
    row = page.locator(f"#b-{world.booking.public_id}")
    row.get_by_role("button", name="Came").click()
    expect(row.get_by_text("Came", exact=True)).to_be_visible()
    with site.session() as session:
        assert session.get_one(Booking, world.booking.id).outcome == "came"
    row.get_by_role("button", name="Undo").click()
    expect(row.get_by_role("button", name="No show")).to_be_visible()
    with site.session() as session:
        assert session.get_one(Booking, world.booking.id).outcome is None


@pytest.mark.parametrize("address", [DAY, f"{DAY}?print=1"])
def test_the_day_prints_on_one_sheet_with_open_folds_and_no_buttons(
    visit: Visit, site: Site, world: World, address: str
) -> None:
    context = visit()
    site.sign_in(context, world.ana)
    page = context.new_page()
    page.goto(site.base_url + address)
    sheet = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page[^s]", sheet)) == 1
    page.emulate_media(media="print")
    assert [button for button in page.locator("button, .btn").all() if button.is_visible()] == []
    expect(page.get_by_text("Members’ topics are private")).to_be_visible()
    if "print" in address:
        expect(page.get_by_text("https://shop.example.org/thank-you")).to_be_visible()


def test_a_booking_made_meanwhile_appears_without_a_reload_and_folds_stay_as_they_are(
    visit: Visit, site: Site, world: World
) -> None:
    context = visit()
    site.sign_in(context, world.ana)
    page = context.new_page()
    page.clock.install()
    page.goto(site.base_url + DAY)
    page.get_by_text("Full topic", exact=False).first.click()
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur(); window.here = true")
    with site.session() as session:
        made = a_booking(session, world.clinic, after_minutes=30, analyst=world.ana.public_id, topic="Meanwhile")
        address = f"#b-{made.public_id}"
    assert page.locator(address).count() == 0
    page.clock.run_for(31_000)
    expect(page.locator(address)).to_contain_text("Meanwhile")
    expect(page.locator(f"#b-{world.booking.public_id} details")).to_have_attribute("open", "")
    assert page.evaluate("window.here") is True
