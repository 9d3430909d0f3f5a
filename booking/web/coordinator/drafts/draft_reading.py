"""A draft as it is understood now, read once for each text and the answers given to it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from booking.domain import zones
from booking.domain.organisation import Organisation
from booking.programme import words
from booking.programme.announcements import reading
from booking.programme.announcements.draft import AnnouncementDraft
from booking.store.programme import changes
from booking.store.programme.programme import Programme
from booking.store.queries.bookings import agenda_rows
from booking.web.frame import context


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that what is understood depends on; `kinds` stands for the organisation, whose values are not hashable."""

    source: str
    today: date
    month: date | None
    answers: tuple[tuple[str, str], ...]
    analysts: tuple[tuple[str, str], ...]
    kinds: str
    organisation: Organisation = field(compare=False)


@lru_cache(maxsize=32)
def _understood(asked: _Asked) -> AnnouncementDraft:
    return reading.read(
        asked.source, asked.organisation, asked.today, asked.month, dict(asked.answers), dict(asked.analysts)
    )


def understood(kept: changes.StoredDraft) -> AnnouncementDraft:
    """The answers given, the cards not corrected yet; the caller's own, to be changed. Raises CannotRead."""
    organisation = context.organisation()
    answers = {name: value for name, value in kept.answers.items() if isinstance(value, str)}
    programme = context.db().get(Programme, 1)
    if programme is not None and programme.aest_zone and "aest" not in answers:
        answers["aest"] = programme.aest_zone
    asked = _Asked(
        kept.source,
        zones.today(context.now(), organisation.zone),
        words.month(kept.month) if kept.month else None,
        tuple(sorted(answers.items())),
        tuple((analyst.email, analyst.name) for analyst in agenda_rows.analysts(context.db())),
        repr((organisation.zone, organisation.kinds)),
        organisation,
    )
    return copy.deepcopy(_understood(asked))
