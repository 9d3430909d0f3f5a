"""The form about one person: what was typed, what it means, and each mistake beside its field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from booking.domain import links, zones
from booking.domain.people import email_addresses, people_table, person_names
from booking.domain.people.people_table import Listed
from booking.services.accounts.import_plan import ROLE
from booking.store.people.people import Person

MAX_CHARACTERS = {"email": 300, "name": 300, "member_until": 20, "time_zone": 60, "meeting_url": 2_100}
NO_ROLE = "Choose at least one role, or close the account."


@dataclass(frozen=True, slots=True)
class PersonForm:
    """A form as it was typed; `listed` is what it means where there are no `errors`."""

    values: dict[str, str]
    roles: frozenset[str]
    errors: dict[str, str]
    listed: Listed


def of(person: Person) -> PersonForm:
    """The form with what is stored."""
    values = {
        "email": person.email,
        "name": person.name,
        "member_until": person.member_until.isoformat() if person.member_until else "",
        "time_zone": zones.current_name(person.time_zone) if person.time_zone else "",
        "meeting_url": person.meeting_url or "",
    }
    return PersonForm(values, person.role_names, {}, Listed(0, person.email, "", frozenset(), None, None))


def empty() -> PersonForm:
    """The form for somebody new: a member."""
    nobody = Listed(0, "", "", frozenset(), None, None)
    return PersonForm(dict.fromkeys(MAX_CHARACTERS, ""), frozenset({people_table.ROLES[0]}), {}, nobody)


def read(form: MultiDict[str, str], person: Person | None = None) -> PersonForm:
    """The form as it was sent, about `person` or somebody new; an empty field takes away what is stored."""
    values = {name: form.get(name, "").strip()[:most] for name, most in MAX_CHARACTERS.items()}
    roles = frozenset(form.getlist(ROLE)) & set(people_table.ROLES)
    errors: dict[str, str] = {}
    email = person.email if person is not None else _email(values["email"], errors)
    name = _name(values["name"], errors)
    until = _last_day(values["member_until"], errors)
    zone = _zone(values["time_zone"], person, errors)
    link = values["meeting_url"]
    if link and not links.is_https(link):
        errors["meeting_url"] = f"{links.HTTPS.capitalize()}."
    if not roles:
        errors[ROLE] = NO_ROLE if person is not None else "Choose at least one role."
    return PersonForm(values, roles, errors, Listed(0, email, name, roles, zone, until, link))


def _email(text: str, errors: dict[str, str]) -> str:
    try:
        return email_addresses.parse(text)
    except email_addresses.NotAnAddress as error:
        errors["email"] = _sentence(str(error))
        return ""


def _name(text: str, errors: dict[str, str]) -> str:
    try:
        return person_names.parse(text)
    except person_names.NotAName as error:
        errors["name"] = _sentence(str(error))
        return ""


def _last_day(text: str, errors: dict[str, str]) -> date:
    try:
        return date.fromisoformat(text) if text else people_table.NEVER
    except ValueError:
        errors["member_until"] = "Choose a date, or leave it empty."
        return people_table.NEVER


def _zone(text: str, person: Person | None, errors: dict[str, str]) -> str | None:
    """The zone that the form sets; None where it is the one that is stored, which may have a newer name."""
    stored = person.time_zone if person is not None else None
    if text and stored is not None and text == zones.current_name(stored):
        return None
    try:
        return zones.named(text) if text else ""
    except zones.UnknownZone:
        errors["time_zone"] = "Choose a time zone from the list."
        return None


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
