"""What one process holds of the feeds: public ones as bytes, the programme of one version, entries as bytes."""

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
from booking.store.queries import meetings as queries
from booking.web.calendar_answers import Answer

MOST_HELD = 64


@dataclass(frozen=True, slots=True)
class Press:
    """What makes bytes of values: whose calendars they are, the digest of that, and entries kept while unchanged."""

    publisher: Publisher
    fingerprint: str
    render: parts.Render


@dataclass(frozen=True, slots=True)
class Edition:
    """Every occurrence of a window as one version of the programme has it, for all feeds that show them."""

    version: int
    window: Window
    meetings: Sequence[Meeting]


@dataclass(frozen=True, slots=True)
class Held:
    """One public feed as last looked up; `until` is a time of `clock.monotonic`."""

    answer: Answer
    until: float


@dataclass(slots=True)
class Shelf:
    """What one application holds; of public feeds, by key, the oldest goes where there are too many."""

    held: dict[str, Held] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    press: Press | None = None
    edition: Edition | None = None

    def put(self, key: str, answer: Answer, until: float) -> Held:
        self.held.pop(key, None)
        while len(self.held) >= MOST_HELD:
            del self.held[next(iter(self.held))]
        found = self.held[key] = Held(answer, until)
        return found

    def press_for(self, uid_domain: str, settings: Settings, organisation: Organisation) -> Press:
        """The press for that domain of UIDs, which the first publish settles; all else stays as long as the process."""
        found = self.press
        if found is None or found.publisher.uid_domain != uid_domain:
            publisher = Publisher(organisation, uid_domain, Addresses(settings.base_url, settings.secret_key))
            found = self.press = Press(publisher, feeds.fingerprint(publisher), parts.kept(publisher))
        return found

    def edition_of(self, session: Session, version: int, window: Window) -> Edition:
        """The programme of that version, read once for all feeds of this process."""
        found = self.edition
        if found is None or (found.version, found.window) != (version, window):
            read = queries.meetings(session, window.start, window.end)
            found = self.edition = Edition(version, window, read)
        return found
