"""The organisation as it is now: the data folder's, with what coordinators have set since the process started."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from booking import clock
from booking.domain.organisation import Organisation
from booking.store import organisation_versions

LOOK_EVERY_SECONDS = 1.0


@dataclass(slots=True)
class KnownOrganisation:
    """The organisation that this process knows, made of `default`; looked up at `at` (a time of `clock.monotonic`),
    and again after so many seconds."""

    every_seconds: float = LOOK_EVERY_SECONDS
    default: Organisation | None = None
    numbers: dict[str, int] | None = None
    at: float = 0.0
    found: Organisation | None = None

    def now(self, default: Organisation, session: Session) -> Organisation:
        """What is in effect, a second old at the most. While the database does not answer, what it was."""
        at = clock.monotonic()
        if self.default is not default:
            self.default, self.numbers, self.found = default, None, default
        if self.numbers is None or at - self.at >= self.every_seconds:
            self.at = at
            self._look(default, session)
        return self.found or default

    def _look(self, default: Organisation, session: Session) -> None:
        try:
            newest = organisation_versions.numbers(session)
            if newest != self.numbers:
                self.found = organisation_versions.in_effect(session, default)
                self.numbers = newest
        except SQLAlchemyError:
            self.numbers = self.numbers or {}  # the page that needs the database says so itself

    def forget(self) -> None:
        """Look again at once: this process has just saved another version."""
        self.numbers = None
