"""The organisation's own texts in organisation.yaml: read, and written so that they read back the same."""

from __future__ import annotations

import json
from collections.abc import Mapping

from booking.domain.enums.emails import EmailName
from booking.domain.organisation import Organisation
from booking.domain.texts import text_set
from booking.domain.texts.organisation_texts import OrganisationTexts
from booking.domain.texts.text_fields import FIELDS, PARAGRAPH, TextNotRead
from booking.programme.nodes import Fields, Problem, Text

#: The fields of organisation.yaml that hold further fields, and those by the name of the text.
SECTIONS: Mapping[str, Mapping[str, str]] = {
    "contact": {"email": "contact_email", "phone": "contact_phone", "page": "contact_page"},
    "colours": {"light": "accent_light", "dark": "accent_dark"},
    "emails": {"greeting": "greeting", "footer": "footer"},
}
JOIN, PARAGRAPHS = "join_page", "paragraphs"


def read(file: Fields, join_page: str, problems: list[Problem]) -> OrganisationTexts:
    """The texts of the file, where it has any; `join_page` stands in for the one it states."""
    found: dict[str, str] = {}
    for section, names in SECTIONS.items():
        _read_fields(file.values.get(section), names, found, problems)
    _read_fields(file, {JOIN: JOIN}, found, problems)
    emails = file.values.get("emails")
    paragraphs = emails.values.get(PARAGRAPHS) if isinstance(emails, Fields) else None
    _read_fields(paragraphs, {str(email): f"{PARAGRAPH}{email}" for email in EmailName}, found, problems)
    bare = Organisation("x", "x", "UTC", {})
    texts = text_set.from_json({**found, **({JOIN: join_page} if join_page else {})}, bare)
    problems += [
        Problem(file.place, f"{FIELDS[name].label}: {words}")
        for name, words in text_set.mistakes(texts).items()
        if name in found
    ]
    return text_set.applied(texts, bare).texts


def _read_fields(section: object, names: Mapping[str, str], found: dict[str, str], problems: list[Problem]) -> None:
    """The texts of these fields into `found`; a field of another name is somebody else's."""
    if not isinstance(section, Fields):
        return
    for word, name in names.items():
        value = section.values.get(word)
        if isinstance(value, Text):
            try:
                found[name] = FIELDS[name].read(value.value)
            except TextNotRead as error:
                problems.append(Problem(section.places[word], f"{word!r}: {error}"))
        elif value is not None:
            problems.append(Problem(section.places[word], f"{word!r} must be a text"))


def text(organisation: Organisation) -> str:
    """An organisation.yaml with these texts; `organisation_file.load` reads the same from it. The logo isn't in it."""
    texts = text_set.of(organisation)
    lines = ["# Who runs this programme, by which clock it is announced, and its own words.", ""]
    lines += [_stated(name, texts[name]) for name in ("name", "short_name")]
    lines.append(_stated("zone", organisation.zone))
    if texts[JOIN]:
        lines.append(_stated(JOIN, texts[JOIN]))
    default = text_set.of(Organisation("x", "x", "UTC", {}))
    for section, names in SECTIONS.items():
        stated = {word: texts[name] for word, name in names.items() if texts[name] != default[name]}
        paragraphs = organisation.texts.paragraphs if section == "emails" else {}
        if stated or paragraphs:
            lines += ["", f"{section}:", *(f"  {_stated(word, value)}" for word, value in stated.items())]
        if paragraphs:
            lines += [f"  {PARAGRAPHS}:", *(f"    {_stated(word, value)}" for word, value in paragraphs.items())]
    return "\n".join(lines) + "\n"


def _stated(word: str, value: str) -> str:
    """A line of YAML: JSON's texts are YAML's too, whatever is in them."""
    return f"{word}: {json.dumps(value, ensure_ascii=False)}"
