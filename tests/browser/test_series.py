"""A first programme set up in a browser, without JavaScript: a clinic, a masterclass, a rename, a month copied."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from booking.store.programme.programme import Series
from tests.browser.serving import Site
from tests.builders import a_person

Visit = Callable[..., BrowserContext]


def fill(page: Page, title: str, day: str, first: str, *hours: str) -> None:
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_role("checkbox", name=day).check()
    for name, hour in zip(("Start", "End"), hours, strict=True):
        page.get_by_label(f"{name} (Brisbane time)").fill(hour)
    page.get_by_label("First day").fill(first)
    page.get_by_label("On public holidays").select_option(label="Skip the date")
    page.get_by_label("Analyst 1").select_option(label="Ana Silva")


def publish(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Publish")).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def test_a_first_programme_is_set_up_changed_and_copied(visit: Visit, site: Site) -> None:
    with site.session() as session:
        session.expire_on_commit = False
        cora, _ = a_person(session, "Cora", roles=["coordinator"]), a_person(session, "Ana Silva", roles=["analyst"])
        session.commit()
    context = visit(java_script_enabled=False)
    site.sign_in(context, cora)
    page = context.new_page()
    programme = f"{site.base_url}/coordinator/programme"
    page.goto(programme)
    page.get_by_role("link", name="Set up a clinic").click()
    fill(page, "Monday Clinic", "Monday", "2023-12-04", "13:00", "14:00")
    page.get_by_role("button", name="Preview the dates").click()
    publish(page)
    page.goto(programme)
    page.get_by_role("link", name="New series").click()
    page.get_by_role("link", name="Set up a masterclass").click()
    fill(page, "Search Masterclass", "Friday", "2023-12-01", "10:00", "12:00")
    page.get_by_label("Modules").fill("Accounts\nBidding 2023")
    page.get_by_role("button", name="Preview the dates").click()
    publish(page)

    page.goto(programme)
    page.get_by_role("link", name="Monday Clinic").click()
    expect(page.get_by_text("Today, Mon 27 Nov")).to_be_in_viewport()
    page.get_by_role("link", name="Edit series").click()
    page.get_by_label("Title", exact=True).fill("Help Desk")
    page.get_by_role("button", name="Preview the change").click()
    page.get_by_role("button", name="Back to editing").click()
    expect(page.get_by_label("Title", exact=True)).to_have_value("Help Desk")
    page.get_by_role("button", name="Preview the change").click()
    publish(page)

    page.goto(programme)
    page.get_by_role("link", name="Copy a month").click()
    expect(page.get_by_text("Module 2 names 2023: “Bidding 2023”")).to_be_visible()
    page.get_by_label("Modules").fill("Accounts\nBidding 2024")
    page.get_by_role("button", name="Preview January 2024").click()
    publish(page)
    with site.session() as session:
        found = {one.slug: (one.title, len(one.modules)) for one in session.scalars(select(Series))}
    assert found == {
        "monday-clinic": ("Help Desk", 0),
        "search-masterclass": ("Search Masterclass", 2),
        "search-masterclass-2024-01": ("Search Masterclass", 2),
    }
