"""The pages and join links that calendar entries point at."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date

from booking.domain import tokens


@dataclass(frozen=True, slots=True)
class Addresses:
    """`base_url` without a slash at its end; join links are signed with `secret_key`."""

    base_url: str
    secret_key: str = field(repr=False)

    def occurrence(self, public_id: uuid.UUID) -> str:
        return f"{self.base_url}/occurrences/{public_id}"

    def booking(self, public_id: uuid.UUID) -> str:
        return f"{self.base_url}/bookings/{public_id}"

    def analyst_day(self, day: date) -> str:
        return f"{self.base_url}/analyst/{day.isoformat()}"

    def join_url(self, public_id: uuid.UUID) -> str:
        """The permanent join address of an occurrence or a booking."""
        return f"{self.base_url}/join/{tokens.sign(self.secret_key, tokens.JOIN, str(public_id))}"
