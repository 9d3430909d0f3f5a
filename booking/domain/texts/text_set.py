"""All texts of an organisation as one value: by the name of the field, an email's paragraph as "paragraph.booked"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from booking.domain.enums.emails import EmailName
from booking.domain.organisation import Organisation
from booking.domain.texts import placeholders
from booking.domain.texts.organisation_texts import Logo, OrganisationTexts
from booking.domain.texts.text_fields import FIELDS, LOGO, PARAGRAPH, TextNotRead

Texts = Mapping[str, str]
NAMES = (*FIELDS, LOGO)
SHOWN_CHARACTERS = 80
_OF_ORGANISATION = ("name", "short_name")
_OF_TEXTS = tuple(name for name in FIELDS if name not in _OF_ORGANISATION and not name.startswith(PARAGRAPH))
#: Placeholders that a field of the same name fills.
_FILLED_BY_A_FIELD = frozenset(placeholders.MEANINGS) & FIELDS.keys()


def of(organisation: Organisation) -> dict[str, str]:
    """The texts in effect in it."""
    texts = organisation.texts
    return {
        "name": organisation.name,
        "short_name": organisation.short_name,
        **{name: getattr(texts, name) for name in _OF_TEXTS},
        **{f"{PARAGRAPH}{email}": texts.paragraphs.get(email, "") for email in EmailName},
        LOGO: str(texts.logo or ""),
    }


def applied(texts: Texts, organisation: Organisation) -> Organisation:
    """The organisation with these texts."""
    paragraphs = {str(email): text for email in EmailName if (text := texts[f"{PARAGRAPH}{email}"])}
    fields: dict[str, Any] = {name: texts[name] for name in _OF_TEXTS}
    own = OrganisationTexts(**fields, logo=Logo.parse(texts[LOGO]), paragraphs=paragraphs)
    return replace(organisation, name=texts["name"], short_name=texts["short_name"], texts=own)


def as_json(texts: Texts, default: Organisation) -> dict[str, str]:
    """What differs from the default, for `from_json`: all else follows the default when that changes."""
    before = of(default)
    return {name: texts[name] for name in NAMES if texts[name] != before[name]}


def from_json(stored: Mapping[str, Any], default: Organisation) -> dict[str, str]:
    """The texts that were stored; what wasn't, and what isn't a text any more, is the default's."""
    return {name: str(stored.get(name, text)) for name, text in of(default).items()}


def mistakes(texts: Texts) -> dict[str, str]:
    """What is wrong with texts as they would be stored, by field: nothing that an email or a page could fail on."""
    found = {}
    for name, field in FIELDS.items():
        try:
            field.read(texts[name])
        except TextNotRead as error:
            found[name] = str(error)
            continue
        missing = [one for one in placeholders.used(texts[name]) if one in _FILLED_BY_A_FIELD and not texts[one]]
        if field.allowed and missing:
            label = FIELDS[missing[0]].label.lower()
            found[name] = f"There is no {label} yet: enter one above, or take {{{missing[0]}}} out."
    return found


def differences(before: Texts, after: Texts) -> list[str]:
    """What was changed, a line each: "Short name: SMK, now SMKA"."""
    lines = [
        f"{field.label}: {_shown(before[name])}, now {_shown(after[name])}"
        for name, field in FIELDS.items()
        if before[name] != after[name]
    ]
    if before[LOGO] != after[LOGO]:
        lines.append("Logo removed" if not after[LOGO] else "New logo")
    return lines


def _shown(text: str) -> str:
    words = " ".join(text.split())
    shown = words if len(words) <= SHOWN_CHARACTERS else f"{words[: SHOWN_CHARACTERS - 1].rstrip()}…"
    return f"“{shown}”" if shown else "none"
