"""What holds on every page: axe finds nothing, it fits a phone, is light, keeps to its own host and its policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from tests import databases
from tests.browser.gallery import STOPS, Stop
from tests.browser.serving import Site
from tests.browser.world import World
from tests.databases import Database

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
FIND = """tags => axe.run(document, {runOnly: tags, resultTypes: ["violations"]}).then(
  found => found.violations.map(one => one.id + ": " + one.nodes.map(node => node.html.slice(0, 160)).join(" | "))
)"""
STICKING_OUT = """() => [...document.querySelectorAll('main *:not(:has(.on), .on), header *')].filter(one => {
  const style = getComputedStyle(one);
  return one.clientWidth > 1 && style.overflowX === 'visible' && one.scrollWidth > one.clientWidth + 2;
}).map(one => `${one.scrollWidth - one.clientWidth} px: ${one.outerHTML.slice(0, 150)}`).slice(0, 4)"""
MOST_BYTES = 100_000
PHONES = (320, 360, 390)
LOOKS = tuple(product((1280, 390), ("light", "dark")))


@dataclass
class Arrived:
    """The page one came to, with everything it loaded and complained about on the way."""

    page: Page
    status: int
    complaints: list[str]
    requested: list[str]


@pytest.fixture(params=STOPS, ids=lambda stop: stop.name)
def arrived(
    request: pytest.FixtureRequest, gallery: dict[bool, Site], whole_world: World, visit: Callable[..., BrowserContext]
) -> Arrived:
    """One page after another, in a browser that knows nothing of it yet."""
    stop: Stop = request.param
    site = gallery[stop.is_demo]
    site.clock.now = stop.now
    context = visit(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    if stop.person is not None:
        site.sign_in(context, stop.person(whole_world))
    page = context.new_page()
    found = Arrived(page, 0, [], [])
    page.on("request", lambda sent: found.requested.append(sent.url))
    page.on("console", lambda said: found.complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    answer = page.goto(site.base_url + stop.path(site, whole_world))
    assert answer is not None
    found.status = answer.status
    assert found.status == stop.status
    if stop.then is not None:
        stop.then(page, site, whole_world)
        page.wait_for_load_state()
    return found


def test_every_page(arrived: Arrived, gallery_database: Database) -> None:
    """All of it at one visit: what it loaded, how wide it is, what axe says light and dark, wide and narrow.

    A page's markup does not depend on the database: on the second one axe looks once, to see that the page is whole.
    """
    page = arrived.page
    own = urlsplit(page.url).netloc
    assert [url for url in arrived.requested if urlsplit(url).netloc != own] == []
    assert 1_000 < weight(page) < MOST_BYTES
    assert too_wide(page) == []
    assert sticking_out(page) == []
    assert findings(page, LOOKS if gallery_database.name == databases.NAMES[0] else LOOKS[:1]) == []
    # Chromium itself reports a page that is answered with an error status; everything else is ours.
    assert [words for words in arrived.complaints if "the server responded with a status of" not in words] == []


def weight(page: Page) -> int:
    """Bytes of the page and everything that it loaded, as the server sends them."""
    loaded = "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
    return int(page.evaluate(f"{loaded}.reduce((sum, one) => sum + one.encodedBodySize, 0)"))


def too_wide(page: Page) -> list[str]:
    """The widths of phones at which the page scrolls sideways, and what sticks out."""
    found = []
    for width in PHONES:
        page.set_viewport_size({"width": width, "height": 700})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            out = page.evaluate(
                "width => [...document.querySelectorAll('main *')]"
                ".filter(one => one.getBoundingClientRect().right > width + 1)"
                ".slice(0, 3).map(one => one.outerHTML.slice(0, 120))",
                width,
            )
            found.append(f"{width}: {wide} wide, {out}")
    return found


def sticking_out(page: Page) -> list[str]:
    """Boxes whose words run out of them sideways, over whatever stands beside, on a wide screen and on a phone.

    The row that is on (`.on`) is left out: its wash reaches into the margin.
    """
    found = []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width}: {one}" for one in page.evaluate(STICKING_OUT)]
    return found


def findings(page: Page, looks: Sequence[tuple[int, str]] = LOOKS) -> list[str]:
    """What axe finds, each with how the page was looked at."""
    page.evaluate(AXE)
    found = []
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += [f"{width} {scheme}: {one}" for one in page.evaluate(FIND, TAGS)]
    return found


BAD_PAGE = """<!doctype html><html><head><title></title><style>p { color: #999 }</style></head><body><main>
<p style="width: 2000px">wide and pale</p><img src="http://elsewhere.example/x.png"></main></body></html>"""


def test_the_checks_find_what_is_wrong_with_a_page_that_breaks_them_all(visit: Callable[..., BrowserContext]) -> None:
    page = visit().new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'self'"}
    page.route("**/*", lambda route: route.fulfill(body=BAD_PAGE, content_type="text/html", headers=policy))
    page.goto("http://bad.example/")
    assert any("Content Security Policy" in words for words in complaints)
    page.route("**/*", lambda route: route.fulfill(body=BAD_PAGE, content_type="text/html"))
    page.goto("http://bad.example/")
    assert [line.partition(":")[0] for line in too_wide(page)] == ["320", "360", "390"]
    found = " ".join(findings(page))
    for rule in ("image-alt", "html-has-lang", "document-title", "color-contrast"):
        assert rule in found
