"""An occurrence and a booking as their readers see them: what calendars, emails and pages say."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Meeting:
    """One occurrence. `title` is its own if it has one, else the series'; `zone` is the series' IANA zone.

    `module` counts from 1, None where the series has no modules; `modules` is how many there are.
    """

    public_id: uuid.UUID
    series_slug: str
    series_title: str
    summary: str
    kind: str
    title: str
    module: int | None
    modules: int
    module_title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    is_cancelled: bool
    reason: str
    moved_from_at: datetime | None
    sequence: int
    revised_at: datetime

    @property
    def heading(self) -> str:
        """Title with the module: "Influencer Marketing, 1 of 4: Trends"."""
        if self.module is None:
            return self.title
        return f"{self.title}, {self.module} of {self.modules}: {self.module_title}"


@dataclass(frozen=True, slots=True)
class Departed:
    """The SEQUENCE that bookings which left an analyst's hour had brought to it, and when the last one left."""

    sequence: int
    revised_at: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    """One booking inside its meeting; `member` and `analyst` are names, never addresses.

    `agreed` is what its analyst noted for both of them, empty before.
    """

    public_id: uuid.UUID
    meeting: Meeting
    starts_at: datetime
    ends_at: datetime
    minutes: int
    analyst: str
    analyst_public_id: uuid.UUID
    member: str
    member_public_id: uuid.UUID
    chose_analyst: bool
    topic: str
    link: str
    is_cancelled: bool
    cancelled_by: str | None
    is_late: bool
    reason: str
    outcome: str | None
    is_invited: bool
    sequence: int
    revised_at: datetime
    began_at: datetime | None = None
    entered_at: datetime | None = None
    agreed: str = ""
