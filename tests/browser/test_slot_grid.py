"""The grid of a clinic with five analysts, of ordinary and of long names: every text stays within its own cell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from booking.store.programme.programme import Programme
from tests.browser.serving import Site
from tests.builders import a_booking, a_clinic, a_person

WIDTHS = (320, 360, 390, 1280)
NAMES = {
    "ordinary": ("Ada Reyes", "Ben Noor", "Jo Kirby", "Lena Ortiz", "Sam Whitlock"),
    "long": (
        "Alexandrina Featherstonehaugh-Cholmondeley",
        "Venkatanarasimharajuvaripeta Iyer",
        "Maximilian von und zu Hohenzollern",
        "Wolfeschlegelsteinhausenbergerdorff",
        "Anne-Sophie de la Tour d’Auvergne",
    ),
}
#: Texts whose glyphs reach beyond the box that they stand in, in pixels: a range around the words is measured.
BEYOND = """() => [...document.querySelectorAll('.slots > *')].filter(cell => cell.offsetParent).flatMap(cell => {
  const box = cell.getBoundingClientRect(), found = [];
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim() || node.parentElement.closest('.sr')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const one of range.getClientRects())
      if (one.left < box.left - 0.5 || one.right > box.right + 0.5 || one.bottom > box.bottom + 0.5)
        found.push(node.data.trim());
  }
  return found;
})"""
HEIGHTS = """() => {
  const rows = {};
  for (const cell of document.querySelectorAll('.slots .cell')) if (cell.offsetParent) {
    const top = Math.round(cell.getBoundingClientRect().top);
    (rows[top] ||= new Set()).add(Math.round(cell.offsetHeight));
  }
  return Object.values(rows).map(one => one.size);
}"""


def opened(site: Site, visit: Callable[..., BrowserContext], names: tuple[str, ...], zone: str) -> tuple[Page, str]:
    """A member's page of a clinic with these five, one quarter of which is taken; and the clinic's address."""
    with site.session() as session:
        session.get_one(Programme, 1).uid_domain = "booking.example.org"
        clinic = a_clinic(session, analysts=5)
        for place, name in zip(clinic.roster, names, strict=True):
            place.analyst.name = name
        session.commit()
        a_booking(session, clinic, after_minutes=15, analyst=clinic.roster[1].analyst.public_id)
        mia = a_person(session, "Mia Moss", time_zone=zone)
        session.commit()
        session.refresh(mia)
        path = f"/occurrences/{clinic.public_id}"
        context = visit(viewport={"width": 1280, "height": 900})
        site.sign_in(context, mia)
    return context.new_page(), f"{site.base_url}{path}"


@pytest.mark.parametrize("zone", ["Australia/Brisbane", "Australia/Perth", "America/Los_Angeles"])
@pytest.mark.parametrize("names", NAMES)
def test_no_text_leaves_its_cell_and_the_cells_of_a_row_are_equally_high(
    site: Site, visit: Callable[..., BrowserContext], names: str, zone: str
) -> None:
    page, address = opened(site, visit, NAMES[names], zone)
    page.goto(address)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for length in ("15 minutes", "30 minutes"):
            page.get_by_role("radio", name=length, exact=True).check(force=True)
            assert page.evaluate(BEYOND) == [], (width, length)
            assert set(page.evaluate(HEIGHTS)) == {1}, (width, length)


def test_cells_have_the_readers_time_the_head_has_the_programmes_and_the_bar_sticks_after_a_choice(
    site: Site, visit: Callable[..., BrowserContext]
) -> None:
    page, address = opened(site, visit, NAMES["ordinary"], "Australia/Perth")
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(address)
    grid = page.locator(".slots.l1")
    assert [text.replace("\u00a0", " ") for text in grid.locator(".there").all_inner_texts()] == [
        "1:00 pm",
        "1:15 pm",
        "1:30 pm",
        "1:45 pm",
    ]
    assert grid.locator(".zone-of").all_inner_texts() == ["AEST"]
    times = [text.replace("\u00a0", " ") for text in grid.locator(".cell.tall .h").all_inner_texts()]
    assert times == ["11:00 am", "11:15 am", "11:30 am", "11:45 am"]
    bar = page.locator(".go")
    assert bar.evaluate("one => getComputedStyle(one).position") == "static"
    grid.locator(".cell.tall input").nth(2).check(force=True)
    assert bar.evaluate("one => getComputedStyle(one).position") == "sticky"
    expect(bar).to_be_in_viewport()


def test_the_booking_that_moves_is_marked_and_cannot_be_chosen(
    site: Site, visit: Callable[..., BrowserContext]
) -> None:
    page, address = opened(site, visit, NAMES["ordinary"], "Australia/Perth")
    page.goto(address)
    page.locator(".slots.l1 .cell.tall input").nth(2).check(force=True)
    page.locator(".go button").click()
    page.goto(f"{site.base_url}/bookings")
    page.get_by_role("main").get_by_role("link", name="Move").first.click()
    marked = page.locator(".slots.l1 .cell", has_text="your booking")
    expect(marked).to_have_count(2)
    expect(marked.locator("input")).to_have_count(0)
