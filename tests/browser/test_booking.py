"""A member's way from the programme through sign-in to a booked slot, moved, cancelled; with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from booking.store.bookings.bookings import Booking
from tests.browser.serving import Site
from tests.browser.world import World
from tests.builders import a_booking

Visit = Callable[..., BrowserContext]
TOPIC = "Events of the form’s last step are missing in GA4"
LINK = "https://shop.example.org/contact"


def bookings(site: Site, email: str) -> list[Booking]:
    with site.session() as session:
        found = session.scalars(select(Booking).where(Booking.member.has(email=email)).order_by(Booking.id)).all()
        session.expunge_all()
        return list(found)


def open_clinic(page: Page, site: Site, world: World) -> None:
    """From the programme, which opens on this week, to the clinic of the next."""
    page.goto(f"{site.base_url}/?on=2023-12-04")
    page.locator(f'a[href^="/occurrences/{world.clinic.public_id}"]').first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Monday 4 December")


def choose(page: Page, words: str) -> None:
    """Press the slot whose label begins with these words."""
    page.locator("label.cell").filter(has_text=words).first.click()


def fill_in(page: Page) -> None:
    page.get_by_label("What would you like to discuss?").fill(TOPIC)
    page.get_by_label("A link to look at").fill(LINK)


def press_book(page: Page) -> None:
    page.locator(".go button").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_visitor_signs_in_by_code_on_the_way_and_books_what_they_had_typed(
    visit: Visit, site: Site, world: World, scripts: bool
) -> None:
    page = visit(java_script_enabled=scripts).new_page()
    open_clinic(page, site, world)
    choose(page, "1:45")
    fill_in(page)
    press_book(page)
    page.get_by_label("Your email address").fill(world.lee.email)
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_label("Six-digit code").fill(site.code(world.lee.email))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("What would you like to discuss?")).to_have_value(TOPIC)
    expect(page.get_by_label("A link to look at")).to_have_value(LINK)
    press_book(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re booked")
    expect(page.locator("main")).to_contain_text(TOPIC)
    made = bookings(site, world.lee.email)
    assert [(one.starts_at - world.clinic.starts_at, one.topic, one.link) for one in made] == [
        (timedelta(minutes=45), TOPIC, LINK)
    ]
    assert site.emails(world.lee.email)[-1].subject.startswith("Booked: Mon")


def test_the_link_of_the_email_carries_what_was_typed_into_another_browser(
    visit: Visit, site: Site, world: World
) -> None:
    page = visit().new_page()
    open_clinic(page, site, world)
    choose(page, "1:45")
    fill_in(page)
    press_book(page)
    page.get_by_label("Your email address").fill(world.lee.email)
    page.get_by_role("button", name="Email me a code").click()
    other = visit(java_script_enabled=False).new_page()
    other.goto(site.link(world.lee.email, "/sign-in/link/"))
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_label("What would you like to discuss?")).to_have_value(TOPIC)
    press_book(other)
    expect(other.get_by_role("heading", level=1)).to_have_text("You’re booked")
    assert [one.topic for one in bookings(site, world.lee.email)] == [TOPIC]


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_double_click_books_once(visit: Visit, site: Site, world: World, scripts: bool) -> None:
    context = visit(java_script_enabled=scripts)
    site.sign_in(context, world.lee)
    page = context.new_page()
    open_clinic(page, site, world)
    choose(page, "1:45")
    page.locator(".go button").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re booked")
    assert len(bookings(site, world.lee.email)) == 1


def test_of_two_who_want_the_last_slot_one_is_told_and_takes_the_nearest_with_one_press(
    visit: Visit, site: Site, world: World
) -> None:
    context = visit()
    site.sign_in(context, world.lee)
    page = context.new_page()
    open_clinic(page, site, world)
    choose(page, "1:45")
    fill_in(page)
    with site.session() as session:
        for analyst in (world.ana, world.ben):
            a_booking(session, world.clinic, after_minutes=45, analyst=analyst.public_id)
    press_book(page)
    expect(page.get_by_role("alert")).to_contain_text("That time was just taken")
    expect(page.get_by_label("What would you like to discuss?")).to_have_value(TOPIC)
    nearest = page.get_by_role("alert").get_by_role("button")
    expect(nearest.first).to_contain_text("1:30")
    nearest.first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re booked")
    made = bookings(site, world.lee.email)
    assert [(one.starts_at - world.clinic.starts_at, one.topic) for one in made] == [(timedelta(minutes=30), TOPIC)]


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_booking_is_moved_and_then_cancelled(visit: Visit, site: Site, world: World, scripts: bool) -> None:
    context = visit(java_script_enabled=scripts)
    site.sign_in(context, world.kim)
    page = context.new_page()
    page.goto(f"{site.base_url}/bookings")
    page.locator("main .btns").get_by_role("link", name="Move").click()
    choose(page, "1:45")
    press_book(page)
    expect(page.get_by_role("status")).to_contain_text("Moved")
    moved = bookings(site, world.kim.email)[-1]
    assert (moved.starts_at - world.clinic.starts_at, moved.sequence) == (timedelta(minutes=45), 1)
    page.locator("main .btns").get_by_role("link", name="Cancel").click()
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This booking is cancelled")
    assert bookings(site, world.kim.email)[-1].status == "cancelled"


def test_the_manage_address_of_the_email_cancels_without_sign_in(visit: Visit, site: Site, world: World) -> None:
    page = visit().new_page()
    page.goto(site.link(world.kim.email, "/manage/"))
    page.locator("main .btns").get_by_role("link", name="Cancel").click()
    assert bookings(site, world.kim.email)[-1].status == "confirmed"
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This booking is cancelled")
    assert bookings(site, world.kim.email)[-1].status == "cancelled"


def test_a_slot_is_booked_by_keyboard_alone(visit: Visit, site: Site, world: World) -> None:
    context = visit(timezone_id="Australia/Brisbane")
    site.sign_in(context, world.lee)
    page = context.new_page()
    page.goto(f"{site.base_url}/occurrences/{world.clinic.public_id}")

    def tab_to(what: str, most: int = 40) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if page.evaluate("what => document.activeElement.matches(what)", what):
                return
        raise AssertionError(f"Tab does not reach {what}")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to("input[name=minutes]")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="30 minutes", exact=True)).to_be_checked()
    tab_to("input[name=slot]")
    page.keyboard.press("Space")
    first = page.locator("input[name=slot]:checked").get_attribute("value")
    page.keyboard.press("ArrowRight")
    chosen = page.locator("input[name=slot]:checked").get_attribute("value")
    assert chosen != first
    assert chosen is not None
    tab_to("textarea[name=topic]")
    page.keyboard.type("By keyboard")
    tab_to(".go button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re booked")
    (made,) = bookings(site, world.lee.email)
    assert (made.minutes, made.topic, f"30/{made.starts_at:%Y%m%dT%H%MZ}") == (30, "By keyboard", chosen[:-4])
