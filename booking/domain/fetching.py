"""The interval at which a calendar fetches a private address, so far as seen, and what may be too soon for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: What is taken until two fetches have been seen: Google may take a day to look again, and no other client is slower.
UNSEEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fetching:
    """The last fetch that was kept, and the one before it: None as long as there was one only."""

    last_at: datetime
    before_at: datetime | None

    @property
    def usual(self) -> timedelta | None:
        """Returns the time between its last two fetches, None while that is not known."""
        return None if self.before_at is None else self.last_at - self.before_at

    def silence(self, now: datetime) -> timedelta | None:
        """For how long it has not fetched, None while that is no longer than usual: such a calendar may have gone."""
        quiet = now - self.last_at
        return quiet if quiet > (self.usual or UNSEEN) else None

    def may_miss(self, starts_at: datetime, now: datetime) -> bool:
        """Whether it may not fetch again before `starts_at`."""
        return starts_at - now < (self.silence(now) or self.usual or UNSEEN)
