"""Letters as text and HTML, from templates/mail/<letter>/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from booking import resources
from booking.domain import wording, zones
from booking.domain.organisation import Organisation

INSTANTS = ("starts_at", "ends_at", "was_at")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who reads it. `zone` is an IANA name, None while unknown."""

    email: str
    name: str = ""
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """One letter: its subject in one line, and the same words twice."""

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
)
_environment.filters["day"] = wording.day
_environment.filters["long_day"] = wording.long_day


def render(
    name: str, facts: Mapping[str, Any], recipient: Recipient, links: Mapping[str, str], organisation: Organisation
) -> Rendered:
    """The letter `name` to `recipient`: times in their zone first; `links` are made now and stored nowhere."""
    values = {key: datetime.fromisoformat(v) if key in INSTANTS else v for key, v in facts.items()}
    zone = str(values.get("zone", organisation.zone))

    def when(instant: datetime) -> str:
        return wording.when(instant, recipient.zone, zone)

    def elsewhere(instant: datetime) -> str:
        return wording.elsewhere(instant, zone) if recipient.zone is None else ""

    context = {
        "facts": values,
        "to": recipient,
        "links": links,
        "organisation": organisation,
        "when": when,
        "elsewhere": elsewhere,
        "city": zones.city,
    }
    parts = [
        _environment.get_template(f"{name}/{part}").render(context) for part in ("subject.txt", "body.txt", "body.html")
    ]
    subject = " ".join(parts[0].split())
    return Rendered(subject.replace(wording.NBSP, " "), parts[1].strip().replace(wording.NBSP, " ") + "\n", parts[2])
