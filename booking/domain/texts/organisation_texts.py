"""The organisation's own texts beside its name: contact, colours, logo, and its words in emails."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

FOOTER = "Questions? Reply to this email and a person will read it."


class Logo(NamedTuple):
    """A stored picture and its size in pixels; as a text "0123…ef 240x64"."""

    public_id: uuid.UUID
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.public_id.hex} {self.width}x{self.height}"

    @classmethod
    def parse(cls, text: str) -> Logo | None:
        """What `str` makes of a logo, read again; None for an empty text."""
        if not text:
            return None
        public_id, _, size = text.partition(" ")
        width, _, height = size.partition("x")
        return cls(uuid.UUID(hex=public_id), int(width), int(height))


@dataclass(frozen=True, slots=True)
class OrganisationTexts:
    """What is empty isn't shown. `paragraphs` are by the name of the email; colours are "#rrggbb".

    `greeting`, `footer` and `paragraphs` may hold placeholders (`placeholders`).
    """

    contact_email: str = ""
    contact_phone: str = ""
    contact_page: str = ""
    join_page: str = ""
    logo: Logo | None = None
    accent_light: str = ""
    accent_dark: str = ""
    greeting: str = ""
    footer: str = FOOTER
    paragraphs: Mapping[str, str] = field(default_factory=dict)

    @property
    def dialled(self) -> str:
        """The telephone number as a tel: address has it (RFC 3966)."""
        return "".join(sign for sign in self.contact_phone if sign.isdigit() or sign == "+")
