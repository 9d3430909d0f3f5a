"""The form of the organisation's texts: what was typed, each mistake beside its field, and the texts it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from booking.domain.texts import text_set
from booking.domain.texts.text_fields import FIELDS, TextNotRead


@dataclass(slots=True)
class TextsForm:
    """`typed` and `errors` by the name of the field; `texts` is what it asks for, without mistakes only."""

    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def filled(texts: Mapping[str, str]) -> TextsForm:
    """The form as it stands with these texts."""
    return TextsForm({name: texts[name] for name in FIELDS}, {}, dict(texts))


def read(form: Mapping[str, str], before: Mapping[str, str]) -> TextsForm:
    """What was sent. `before` are the texts in effect: one that was not sent stays as it is there."""
    made = TextsForm(texts=dict(before))
    for name, one in FIELDS.items():
        made.typed[name] = form.get(name, before[name]).replace("\r\n", "\n")
        try:
            made.texts[name] = one.read(made.typed[name])
        except TextNotRead as error:
            made.errors[name] = str(error)
    for name, words in text_set.mistakes(made.texts).items():
        made.errors.setdefault(name, words)
    return made
