"""The reader's zone: heard from the browser once, asked about where it differs, never switched silently."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from booking.store.people.people import Person
from tests.browser.serving import Site
from tests.browser.world import World

Visit = Callable[..., BrowserContext]


def zone_of(site: Site, person: Person) -> str | None:
    with site.session() as session:
        return session.get_one(Person, person.id).time_zone


def open_as(visit: Visit, site: Site, person: Person, zone: str) -> Page:
    """The programme, once the browser has said where it is (if it says anything)."""
    context = visit(timezone_id=zone)
    site.sign_in(context, person)
    page = context.new_page()
    page.goto(site.base_url)
    page.wait_for_load_state("networkidle")
    return page


def test_of_somebody_whose_zone_is_unknown_the_browsers_is_kept_and_shown(
    visit: Visit, site: Site, world: World
) -> None:
    page = open_as(visit, site, world.lee, "Australia/Perth")
    expect(page.locator("#zone-question")).to_be_hidden()
    assert zone_of(site, world.lee) == "Australia/Perth"
    page.goto(f"{site.base_url}/occurrences/{world.clinic.public_id}")
    expect(page.locator("label.cell").first).to_contain_text("11:00")
    expect(page.locator(".slots .there").first).to_contain_text("1:00")


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT-10"])
def test_a_browser_that_names_no_place_counts_as_unknown(visit: Visit, site: Site, world: World, zone: str) -> None:
    open_as(visit, site, world.lee, zone)
    assert zone_of(site, world.lee) is None


@pytest.mark.parametrize(
    ("answer", "kept"), [("Use Adelaide", "Australia/Adelaide"), ("Keep Perth", "Australia/Perth")]
)
def test_where_browser_and_profile_differ_one_is_asked_once(
    visit: Visit, site: Site, world: World, answer: str, kept: str
) -> None:
    page = open_as(visit, site, world.kim, "Australia/Adelaide")
    expect(page.get_by_text("Looks like you’re in Adelaide")).to_be_visible()
    assert zone_of(site, world.kim) == "Australia/Perth"
    page.get_by_role("button", name=answer).click()
    page.wait_for_load_state("networkidle")
    assert zone_of(site, world.kim) == kept
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#zone-question")).to_be_hidden()


def test_an_old_name_that_the_browser_uses_for_the_profiles_zone_is_no_question(
    visit: Visit, site: Site, world: World
) -> None:
    with site.session() as session:
        session.get_one(Person, world.kim.id).time_zone = "Asia/Kolkata"
        session.commit()
    posts = []
    context = visit(timezone_id="Asia/Calcutta")
    context.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    site.sign_in(context, world.kim)
    page = context.new_page()
    page.goto(site.base_url)
    page.wait_for_load_state("networkidle")
    assert posts == []
    expect(page.locator("#zone-question")).to_be_hidden()


def test_a_visitor_sees_the_browsers_own_time_on_the_first_page_and_can_choose_another(
    visit: Visit, site: Site, world: World
) -> None:
    page = visit(timezone_id="Europe/Kiev").new_page()
    page.goto(f"{site.base_url}/occurrences/{world.clinic.public_id}")
    expect(page.locator("main")).to_contain_text("am yours")
    expect(page.locator("footer")).to_contain_text("Yours: Kyiv")
    page.get_by_role("link", name="Change time zone").click()
    page.get_by_label("Time zone").select_option(label="London")
    page.get_by_role("button", name="Show times in this zone").click()
    expect(page.locator("footer")).to_contain_text("Yours: London")
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator("footer")).to_contain_text("Yours: London")


def test_a_visitors_browser_that_names_no_place_changes_nothing(visit: Visit, site: Site, world: World) -> None:
    context = visit(timezone_id="UTC")
    page = context.new_page()
    page.goto(f"{site.base_url}/occurrences/{world.clinic.public_id}")
    page.wait_for_load_state("networkidle")
    expect(page.locator("footer")).not_to_contain_text("Yours")
    assert [cookie for cookie in context.cookies() if cookie["name"] == "zone"] == []
