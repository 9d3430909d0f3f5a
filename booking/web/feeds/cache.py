"""The feeds that one process keeps: public ones as bytes, the programme of one version, entries as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy.orm import Session

from booking.calendars import feeds, parts
from booking.calendars.addresses import Addresses
from booking.calendars.catalogue import Window
from booking.calendars.entries import Publisher
from booking.domain.meetings import Meeting
from booking.domain.organisation import Organisation
from booking.settings import Settings
from booking.store.queries.feeds.feed_versions import ProgrammeVersion
from booking.store.queries.programme import meeting_rows
from booking.web.frame.calendar_responses import CalendarResponse

MAX_ENTRIES = 64


@dataclass(frozen=True, slots=True)
class Press:
    """Renders values to bytes: whose calendars they are, the digest of that, and entries kept while unchanged."""

    publisher: Publisher
    fingerprint: str
    render: parts.Render


@dataclass(frozen=True, slots=True)
class Edition:
    """Every occurrence of a window as the programme had it when it was published so, for all feeds that show them."""

    published: ProgrammeVersion
    window: Window
    meetings: Sequence[Meeting]


@dataclass(frozen=True, slots=True)
class Cached:
    """One public feed as last looked up; `until` is a time of `clock.monotonic`."""

    answer: CalendarResponse
    until: float


@dataclass(slots=True)
class FeedCache:
    """The cache of one application; of public feeds, by key, the oldest goes where there are too many."""

    held: dict[str, Cached] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    press: Press | None = None
    edition: Edition | None = None

    def put(self, key: str, answer: CalendarResponse, until: float) -> Cached:
        self.held.pop(key, None)
        while len(self.held) >= MAX_ENTRIES:
            del self.held[next(iter(self.held))]
        found = self.held[key] = Cached(answer, until)
        return found

    def press_for(self, uid_domain: str, settings: Settings, organisation: Organisation) -> Press:
        """The press for that domain of UIDs, which the first publish settles, and for the organisation in effect.

        What it keeps goes only when something changes that calendars show.
        """
        found = self.press
        if found is None or (found.publisher.uid_domain, found.publisher.organisation) != (uid_domain, organisation):
            publisher = Publisher(organisation, uid_domain, Addresses(settings.base_url, settings.secret_key))
            printed = feeds.fingerprint(publisher)
            render = found.render if found is not None and found.fingerprint == printed else parts.kept(publisher)
            found = self.press = Press(publisher, printed, render)
        return found

    def edition_of(self, session: Session, published: ProgrammeVersion, window: Window) -> Edition:
        """The programme as it was published, read once for all feeds of this process."""
        found = self.edition
        if found is None or (found.published, found.window) != (published, window):
            read = meeting_rows.meetings(session, window.start, window.end)
            found = self.edition = Edition(published, window, read)
        return found
