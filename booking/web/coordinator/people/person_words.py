"""What a coordinator reads of a person's fields: their names, and their values in words."""

from __future__ import annotations

from datetime import date

from booking.domain import wording, zones
from booking.services.accounts.import_plan import ROLE

FIELDS = {
    "email": "Email address",
    "name": "Name",
    ROLE: "Roles",
    "time_zone": "Time zone",
    "member_until": "Last day of membership",
    "meeting_url": "Meeting link",
}
NOTHING = {"member_until": "no last day"}


def typed(field: str, found: object) -> str:
    """As `value`, of what a form holds: a last day as 2026-12-31."""
    return value(field, date.fromisoformat(str(found)) if field == "member_until" and found else found)


def value(field: str, found: object) -> str:
    """A value as a person reads it: a date in words, a zone by its city, roles in one line."""
    if found is None or found == "":
        return NOTHING.get(field, "none")
    if isinstance(found, date):
        return f"{wording.long_day(found)} {found.year}"
    if field == "time_zone":
        return zones.city(str(found))
    return ", ".join(found) if isinstance(found, list) else str(found)
