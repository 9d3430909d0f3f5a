"""Free starts that staff choose from: to move a visit, or to book a follow-up; and where the list goes on."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.domain.bookings import slots
from booking.domain.recurrence import MAX_DURATION
from booking.store.queries.bookings import slot_search, timetables
from booking.web.frame import context
from booking.web.member import slot_grid

PAGE = 40  # starts in one list
AHEAD = timedelta(days=28)  # how far one list looks


@dataclass(frozen=True, slots=True)
class Start:
    """A free start as a select offers it: what it sends, when, with whom (a name) and for how long."""

    value: str
    starts_at: datetime
    zone: str
    analyst: str
    minutes: int


@dataclass(frozen=True, slots=True)
class StartList:
    """Free starts, earliest first; `more` is from when the next list begins, as an address says it, empty for none."""

    starts: list[Start]
    more: str = ""


@dataclass(frozen=True, slots=True)
class StartSearch:
    """What is looked for: a length, or what comes nearest to it of those offered; an analyst (a public id) or any."""

    minutes: int
    since: datetime
    analyst: uuid.UUID | None = None


def read_since(text: str, otherwise: datetime) -> datetime:
    """From when a list begins, as `StartList.more` says it; never earlier than `otherwise`, and that for nonsense."""
    try:
        found = slot_grid.instant_of(text) if re.fullmatch(r"\d{8}T\d{4}Z", text) else None
    except ValueError:
        found = None
    return max(found, otherwise) if found is not None else otherwise


def free_starts(wanted: StartSearch) -> StartList:
    """The free starts of the next four weeks from `wanted.since` on, up to a page of them."""
    organisation, now = context.organisation(), context.now()
    relaxed = organisation.for_staff()
    until = wanted.since + AHEAD
    found: list[Start] = []
    for other in timetables.coming(context.db(), organisation, wanted.since - MAX_DURATION, until):
        names = {one.id: one for one in other.analysts}
        rules = other.policy(relaxed)
        for slot in slots.free(other.hours, rules.nearest_length(wanted.minutes), rules, now):
            who = names[slot.analyst_id]
            if wanted.analyst in {None, who.public_id} and slot.starts_at >= wanted.since:
                value = f"{other.public_id} {slot_grid.value_of(slot.starts_at, slot.minutes, str(who.public_id))}"
                found.append(Start(value, slot.starts_at, other.zone, who.name, slot.minutes))
    found.sort(key=lambda one: (one.starts_at, one.analyst))
    if len(found) > PAGE and found[PAGE].starts_at > found[0].starts_at:
        cut = found[PAGE].starts_at
        return StartList([one for one in found if one.starts_at < cut], slot_grid.stamp(cut))
    later = slot_search.next_at(context.db(), organisation, until)
    return StartList(found, "" if later is None else slot_grid.stamp(later))
