"""What holds on every page: axe finds nothing, it fits a phone, is light, keeps to its own host and its policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.browser import pictures
from tests.browser.conftest import PATIENCE
from tests.browser.gallery import STOPS, Stop
from tests.browser.serving import Site
from tests.browser.world import World

pytestmark = pytest.mark.xdist_group("gallery")  # one page leaves what a later one shows
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
EVERY_RULE = {"type": "tag", "values": TAGS}
RULES_OF_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}  # all else is the same markup
FIND = """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(
  found => found.violations.map(one => one.id + ": " + one.nodes.map(node => node.html.slice(0, 160)).join(" | "))
)"""
#: Boxes whose words run out of them sideways, over whatever stands beside. The row that is on (`.on`) is left out: its
#: wash reaches into the margin. So is what is drawn in a chart, where nothing has the width of a box.
STICKING_OUT = """() => [...document.querySelectorAll('main *:not(:has(.on), .on), header *')].filter(one => {
  const style = getComputedStyle(one);
  if (one.ownerSVGElement) return false;
  return one.clientWidth > 1 && style.overflowX === 'visible' && one.scrollWidth > one.clientWidth + 2;
}).map(one => `${one.scrollWidth - one.clientWidth} px: ${one.outerHTML.slice(0, 150)}`).slice(0, 4)"""
MOST_BYTES = 100_000
WIDTHS = (1280, 390, 360, 320)
LOOKED_AT_BY_AXE = (1280, 390)


@dataclass
class Arrived:
    """The page one came to, with everything it loaded and complained about on the way."""

    page: Page
    status: int
    complaints: list[str]
    requested: list[str]


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Iterator[Page]:
    """One tab that every page is opened in: a new one a page costs more than the page does."""
    context = chromium.new_context(timezone_id="Australia/Perth", locale="en-AU", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def devtools(tab: Page) -> CDPSession:
    """Chromium's own protocol, for the tab."""
    return tab.context.new_cdp_session(tab)


@pytest.fixture(params=STOPS, ids=lambda stop: stop.name)
def arrived(
    request: pytest.FixtureRequest, gallery: dict[bool, Site], whole_world: World, tab: Page, devtools: CDPSession
) -> Iterator[Arrived]:
    """One page after another, in a browser that has forgotten all that came before: cookies, cache, storage."""
    stop: Stop = request.param
    site = gallery[stop.is_demo]
    site.clock.now = stop.now
    forget(tab, devtools)
    if stop.person is not None:
        site.sign_in(tab.context, stop.person(whole_world))
    found = Arrived(tab, 0, [], [])
    hear = {
        "request": lambda sent: found.requested.append(sent.url),
        "console": lambda said: found.complaints.append(said.text) if said.type in {"error", "warning"} else None,
        "pageerror": lambda error: found.complaints.append(str(error)),
    }
    for what, heard in hear.items():
        tab.on(what, heard)  # type: ignore[call-overload]
    answer = tab.goto(site.base_url + stop.path(site, whole_world))
    assert answer is not None
    found.status = answer.status
    assert found.status == stop.status
    if stop.then is not None:
        stop.then(tab, site, whole_world)
        tab.wait_for_load_state()
    pictures.take(tab, stop.name)
    yield found
    for what, heard in hear.items():
        tab.remove_listener(what, heard)


def forget(tab: Page, devtools: CDPSession) -> None:
    """Let the browser forget the pages that were open before."""
    tab.context.clear_cookies()
    devtools.send("Network.clearBrowserCache")
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.emulate_media(color_scheme="light")


def test_every_page(arrived: Arrived) -> None:
    """All of it at one visit: what it loaded, how wide it is, what axe says light and dark, wide and narrow."""
    page = arrived.page
    own = urlsplit(page.url).netloc
    assert [url for url in arrived.requested if urlsplit(url).netloc != own] == []
    assert 1_000 < weight(page) < MOST_BYTES
    assert faults(page) == []
    # Chromium itself reports a page that is answered with an error status; everything else is ours.
    assert [words for words in arrived.complaints if "the server responded with a status of" not in words] == []


def weight(page: Page) -> int:
    """Bytes of the page and everything that it loaded, as the server sends them."""
    loaded = "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
    return int(page.evaluate(f"{loaded}.reduce((sum, one) => sum + one.encodedBodySize, 0)"))


def faults(page: Page) -> list[str]:
    """What is wrong with the page at each width, beginning with it."""
    page.evaluate(AXE)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width}: {one}" for one in [*too_wide(page, width), *page.evaluate(STICKING_OUT)]]
        if width in LOOKED_AT_BY_AXE:
            found += [f"{width} {one}" for one in findings(page)]
    return found


def too_wide(page: Page, width: int) -> list[str]:
    """How wide a page is that scrolls sideways, and what sticks out."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide <= width:
        return []
    out = page.evaluate(
        "width => [...document.querySelectorAll('main *')]"
        ".filter(one => one.getBoundingClientRect().right > width + 1)"
        ".slice(0, 3).map(one => one.outerHTML.slice(0, 120))",
        width,
    )
    return [f"{wide} wide, {out}"]


def findings(page: Page) -> list[str]:
    """What axe finds, with how the page was looked at: every rule light, and what is drawn otherwise dark."""
    found = []
    for scheme, rules in (("light", EVERY_RULE), ("dark", RULES_OF_COLOUR)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += [f"{scheme}: {one}" for one in page.evaluate(FIND, rules)]
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
    found = faults(page)
    assert [line.partition(":")[0] for line in found if " wide, " in line] == ["1280", "390", "360", "320"]
    for rule in ("image-alt", "html-has-lang", "document-title", "color-contrast"):
        assert any(f" light: {rule}" in line for line in found)
    assert any(line.startswith("390 dark: color-contrast") for line in found)
