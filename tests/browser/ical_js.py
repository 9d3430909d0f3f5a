"""A third reader of what we write: ical.js, which Thunderbird reads calendars with, in a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from tests.calendars.reading import OF_CALENDAR, OF_CONFERENCE, OF_PARTY, TEXTS, Plain

HERE = Path(__file__).parent
NAMES = {"ofCalendar": OF_CALENDAR, "texts": TEXTS, "ofConference": OF_CONFERENCE, "ofParty": OF_PARTY}

Reader = Callable[[Sequence[bytes]], list[Plain]]


@contextmanager
def reader(chromium: Browser) -> Iterator[Reader]:
    """Reads many calendars at once, each as `tests.calendars.reading.plain` does; the machine's own zone is far off."""
    context = chromium.new_context(timezone_id="America/St_Johns", locale="en-US")
    page = context.new_page()
    for script in (HERE / "vendor" / "ical.es5.min.cjs", HERE / "reading.js"):
        page.add_script_tag(content=script.read_text(encoding="utf-8"))

    def read(contents: Sequence[bytes]) -> list[Plain]:
        found: list[Plain] = page.evaluate(
            "([texts, names]) => texts.map(text => plain(text, names))", [[one.decode() for one in contents], NAMES]
        )
        return found

    yield read
    context.close()
