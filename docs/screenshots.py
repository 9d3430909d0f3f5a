"""`make screenshots`: the README's pictures, taken from a demo of its own in headless Chromium."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests import drivers

ROOT = Path(__file__).resolve().parent.parent
IMAGES = Path(__file__).resolve().parent / "images"


@contextmanager
def demo() -> Iterator[str]:
    """A demo on a free port, in a folder that goes with it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "booking", "demo", "--port", str(port), "--folder", folder]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def sign_in(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/demo")
    page.get_by_role("button", name=f"Sign in as {name}", exact=True).click()


def new_page(browser: Browser, width: int, height: int, scheme: str = "light") -> Page:
    """A page of that size; its clock is the programme's, its zone the reader's profile's."""
    return browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        timezone_id="Australia/Sydney",
        device_scale_factor=1,
        reduced_motion="reduce",
    )


def take(page: Page, name: str) -> None:
    page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
    page.screenshot(timeout=120_000, path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png")


def main() -> None:
    problem = drivers.browser_missing()
    if problem is not None:
        sys.exit(f"{problem}\nNo picture was taken.")
    IMAGES.mkdir(exist_ok=True)
    with demo() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=drivers.chromium(), args=drivers.CHROMIUM_FLAGS)
        page = new_page(browser, 1280, 900)
        sign_in(page, url, "Mia Moss")
        take(page, "programme")
        page.get_by_role("link", name="Week of").last.click()
        page.get_by_role("link", name="Book a slot").or_(page.get_by_role("link", name="Your booking")).first.click()
        free = page.locator(".l1 .cell.tall input")
        if free.count():
            free.nth(min(1, free.count() - 1)).check(force=True)
            page.get_by_label("What would you like to discuss?").fill(
                "Newsletter links arrive in GA4 as direct traffic."
            )
        take(page, "clinic")
        phone = new_page(browser, 390, 844, "dark")
        sign_in(phone, url, "Noah Ferris")
        phone.goto(f"{url}/bookings")
        take(phone, "bookings-phone-dark")
        staff = new_page(browser, 1280, 900)
        sign_in(staff, url, "Ada Reyes, Analysts")
        staff.goto(f"{url}/analyst/")
        if not staff.locator(".sheet li").count():
            staff.locator("main a[href*='/analyst/20']").last.click()
        take(staff, "analyst-day")
        browser.close()


if __name__ == "__main__":
    main()
