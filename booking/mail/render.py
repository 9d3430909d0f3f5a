"""Emails as text and HTML, from templates/mail/<email>/."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from booking import resources
from booking.domain import wording
from booking.domain.bookings import cover_words, policy_words, waitlist_words
from booking.domain.enums.bookings import AfterOffer, AwaitedKind
from booking.domain.enums.emails import EmailName
from booking.domain.enums.people import TrialAnswer
from booking.domain.enums.planning import DifferenceKind, LineKind
from booking.domain.organisation import Organisation
from booking.domain.people import email_addresses, free_trials
from booking.domain.people.sign_in import VALID_MINUTES
from booking.domain.texts import placeholders
from booking.domain.texts.colours import Scheme

BUTTON_LIGHT, BUTTON_DARK = "#08695c", "#62cdb8"
INSTANTS = ("starts_at", "ends_at", "was_at", "was_ends_at", "offered_at", "lapses_at")
#: Facts that only some of these emails have, as the others read: a template never asks whether a name exists.
OPTIONAL: Mapping[str, Mapping[str, Any]] = {
    EmailName.MOVED_BY_US: {"was_title": "", "may_wait": False},
    EmailName.PROGRAMME_CHANGED: {"booking": "", "is_invited": False},
    EmailName.PLACE_OFFERED: {"has_next": True},
    EmailName.PLACE_LAPSED: {"became": AfterOffer.OFFERED},
    EmailName.COVER_OFFER: {"was_at": None},
    EmailName.COVER_SOUGHT: {"was_at": None},
    EmailName.COVER_NOBODY: {"was_at": None},
    EmailName.SOMEONE_AWAY: {"meetings": (), "nobody": 0, "may_take": False, "is_closed": False, "has_left": False},
}
_OF_ANY_LINE = {"differs": (), "booking": "", "module": "", "reason": "", "ends_at": "", "is_invited": False}
OPTIONAL_OF_LINES: Mapping[str, Mapping[str, Any]] = {
    EmailName.PROGRAMME_CHANGED: {**_OF_ANY_LINE, "offered_at": "", "others": None, "was_minutes": None},
    EmailName.COVER_WANTED: {"kind": ""},
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """The reader. `zone` is an IANA name, None while unknown."""

    email: str
    name: str = ""
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class OwnWords:
    """The organisation's own words in one email, their placeholders filled; empty is left out."""

    greeting: str
    footer: str
    paragraph: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """One email: its subject in one line, and the same words twice."""

    subject: str
    text: str
    html: str


_environment = Environment(
    loader=FileSystemLoader(resources.folder("templates") / "mail"),
    autoescape=lambda name: bool(name and name.endswith(".html")),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=False,
    auto_reload=False,  # templates do not change under a running service
)


_environment.filters["length_of_time"] = wording.length_of_time
_environment.filters["day_of"] = lambda text: wording.long_day(date.fromisoformat(text))
_environment.globals["TrialAnswer"] = TrialAnswer
_environment.globals["trial_confirm_within"] = free_trials.CONFIRM_WORDS
_environment.globals["valid_minutes"] = VALID_MINUTES
_environment.globals["cover_words"] = cover_words
_environment.globals["policy_words"] = policy_words
_environment.globals["confirm_within"] = email_addresses.CONFIRM_WORDS
_environment.globals["held"] = waitlist_words.held
_environment.globals["AwaitedKind"] = AwaitedKind
_environment.globals["first_come"] = waitlist_words.FIRST_COME
_environment.globals["free"] = waitlist_words.FREE
_environment.globals.update(AfterOffer=AfterOffer, DifferenceKind=DifferenceKind, LineKind=LineKind)
_environment.globals["lapsed"] = waitlist_words.lapsed
_BLANK_LINES = re.compile(r"\n{3,}")


def _timed(facts: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {key: datetime.fromisoformat(v) if key in INSTANTS else v for key, v in facts.items()}
    for name in ("others", "meetings", "handed_over"):
        if name in found:
            found[name] = [_timed(one) for one in found[name]]
    return found


def accent_of(organisation: Organisation) -> Mapping[Scheme, str]:
    """The colour of the button on light and on dark, by the scheme."""
    texts = organisation.texts
    return {Scheme.LIGHT: texts.accent_light or BUTTON_LIGHT, Scheme.DARK: texts.accent_dark or BUTTON_DARK}


def own_words(name: EmailName, recipient: Recipient, links: Mapping[str, str], organisation: Organisation) -> OwnWords:
    """The greeting, footer and paragraph of an email. A greeting by a name that isn't known is left out."""
    texts = organisation.texts
    values = {
        "name": recipient.name,
        "organisation": organisation.name,
        "short_name": organisation.short_name,
        "website": links["site"],
        "contact_email": texts.contact_email,
        "contact_phone": texts.contact_phone,
        "contact_page": texts.contact_page,
        "join_page": texts.join_page,
    }
    is_nameless = not recipient.name and "name" in placeholders.used(texts.greeting)
    return OwnWords(
        "" if is_nameless else placeholders.filled(texts.greeting, values),
        placeholders.filled(texts.footer, values),
        placeholders.filled(texts.paragraphs.get(name, ""), values),
    )


def render(
    name: EmailName,
    facts: Mapping[str, Any],
    recipient: Recipient,
    links: Mapping[str, str],
    organisation: Organisation,
) -> Rendered:
    """The email `name` to `recipient`: times in their zone first; `links` are made now and stored nowhere."""
    values = {**OPTIONAL.get(name, {}), **_timed(facts)}
    values["lines"] = [{**OPTIONAL_OF_LINES.get(name, {}), **_timed(line)} for line in facts.get("lines", ())]
    zone = str(values.get("zone", organisation.zone))
    policy = organisation.policy_for(str(values.get("series", "")))

    def when(instant: datetime) -> str:
        return wording.when(instant, recipient.zone, zone)

    def elsewhere(instant: datetime) -> str:
        return wording.elsewhere(instant, zone) if recipient.zone is None else ""

    def in_full(instant: datetime) -> str:
        """As `when`, and for a reader whose zone is unknown what the cities' clocks show then."""
        others = elsewhere(instant)
        return f"{when(instant)} ({others})" if others else when(instant)

    def absence(starts_at: datetime, ends_at: datetime, own_zone: str | None = None) -> wording.Absence:
        return wording.absence(starts_at, ends_at, recipient.zone, zone, own_zone)

    def join_from(starts_at: datetime) -> str:
        """From when the join link lets its reader in: "1:05 pm Sydney"."""
        opens_at = starts_at - timedelta(minutes=policy.join_minutes)
        return wording.own_clock(opens_at, recipient.zone, zone)

    own = own_words(name, recipient, links, organisation)
    context = {
        "facts": values,
        "own": own,
        "accent": accent_of(organisation),
        "join_from": join_from,
        "in_full": in_full,
        "absence": absence,
        "counted": organisation.counted,
        "noun": organisation.noun,
        "to": recipient,
        "links": links,
        "organisation": organisation,
        "when": when,
        "elsewhere": elsewhere,
        "policy": policy,
    }
    parts = [
        _environment.get_template(f"{name}/{part}").render(context) for part in ("subject.txt", "body.txt", "body.html")
    ]
    subject, text = parts[0].replace(wording.NBSP, " "), parts[1].replace(wording.NBSP, " ")
    text = f"{own.greeting}\n\n{text.strip()}\n"
    return Rendered(" ".join(subject.split()), _BLANK_LINES.sub("\n\n", text.lstrip()), parts[2])
