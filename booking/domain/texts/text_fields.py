"""Each text of the organisation in words: its name, what it is for, and what it may be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from booking.domain import links
from booking.domain.enums.emails import EmailName
from booking.domain.people import email_addresses, person_names
from booking.domain.texts import colours, placeholders
from booking.domain.texts.colours import Scheme

PARAGRAPH = "paragraph."
LOGO = "logo"
BLOCK_CHARACTERS = 1_000
_PHONE = re.compile(r"\+?[0-9 ()/.-]{3,40}")
_BLANK_LINES = re.compile(r"\n{3,}")
_LABELS = {
    EmailName.REMINDER: "Reminder of a booking",
    EmailName.REMINDER_ENROLLED: "Reminder of a lab or masterclass",
}


class TextNotRead(ValueError):
    """What was typed can't be that text; the message says what to enter."""


@dataclass(frozen=True, slots=True)
class TextField:
    """One text. `clean` gives it as it is stored or raises TextNotRead; `most` counts characters.

    `allowed` names the placeholders that it may hold, and `is_block` says that it may have several lines.
    """

    name: str
    label: str
    help: str
    most: int
    clean: Callable[[str], str]
    allowed: tuple[str, ...] = ()
    is_block: bool = False
    is_required: bool = False
    autocomplete: str = "off"

    def read(self, text: str) -> str:
        """What was typed, as it is stored. Raises TextNotRead."""
        found = self.clean(text)
        if self.is_required and not found:
            raise TextNotRead(f"Enter the {self.label.lower()}.")
        if len(found) > self.most:
            raise TextNotRead(f"Use at most {self.most:,} characters; these are {len(found):,}.")
        if self.allowed and (wrong := placeholders.mistake(found, self.allowed)):
            raise TextNotRead(wrong)
        return found


def _line(text: str) -> str:
    """One line, single spaces, in composed form."""
    found = unicodedata.normalize("NFC", " ".join(text.split()))
    if any(map(person_names.is_hidden, found)):
        raise TextNotRead(f"{person_names.HIDDEN.capitalize()}.")
    return found


def _name(text: str) -> str:
    """A name, which is a sender's too: it has something that people can see."""
    found = _line(text)
    if found and not any(sign.isalnum() for sign in found):
        raise TextNotRead("Enter a name with at least one letter or digit.")
    return found


def _block(text: str) -> str:
    """Lines without spaces at their ends, at most one empty line between two."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    if any(person_names.is_hidden(sign) for line in lines for sign in line):
        raise TextNotRead(f"{person_names.HIDDEN.capitalize()}.")
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _email(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return email_addresses.parse(text)
    except email_addresses.NotAnAddress as error:
        raise TextNotRead(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def _phone(text: str) -> str:
    found = " ".join(text.split())
    if found and (not _PHONE.fullmatch(found) or sum(map(str.isdigit, found)) < 3):
        raise TextNotRead("Enter a telephone number such as +61 7 3000 0000.")
    return found


def _page(text: str) -> str:
    found = text.strip()
    if found and not links.is_https(found.replace("http://", "https://", 1)):
        raise TextNotRead(f"{links.HTTPS.capitalize()}.")
    return found


def _colour(scheme: Scheme) -> Callable[[str], str]:
    def clean(text: str) -> str:
        try:
            return colours.parse(text, scheme)
        except colours.NotAColour as error:
            raise TextNotRead(str(error)) from None

    return clean


def _own_block(name: str, label: str, about: str = "") -> TextField:
    return TextField(name, label, about, BLOCK_CHARACTERS, _block, placeholders.BLOCK, is_block=True)


def label_of(email: EmailName) -> str:
    """What the page calls that email: no two are called the same."""
    return _LABELS.get(email, email.label)


#: In the order of the page, by heading.
GROUPS: dict[str, tuple[TextField, ...]] = {
    "Name": (
        TextField(
            "name",
            "Name",
            "At the foot of pages and emails, and as the sender of emails.",
            80,
            _name,
            is_required=True,
            autocomplete="organization",
        ),
        TextField(
            "short_name",
            "Short name",
            "At the top of pages, in subjects, and in the names of calendars.",
            30,
            _name,
            is_required=True,
        ),
    ),
    "Contact and joining": (
        TextField(
            "contact_email", "Email address", "At the foot of every page.", email_addresses.MAX_CHARACTERS, _email
        ),
        TextField("contact_phone", "Telephone", "At the foot of every page.", 40, _phone),
        TextField("contact_page", "Contact page", "At the foot of every page, as “Contact”.", 300, _page),
        TextField("join_page", "Page where people become members", "Shown to people who aren’t members.", 300, _page),
    ),
    "Colours": (
        TextField("accent_light", "Accent on light pages", "", 7, _colour(Scheme.LIGHT)),
        TextField("accent_dark", "Accent on dark pages", "", 7, _colour(Scheme.DARK)),
    ),
    "Every email": (
        TextField(
            "greeting",
            "Greeting",
            "The first line. Left out where we don’t know the reader’s name and the greeting has it.",
            100,
            _line,
            placeholders.GREETING,
        ),
        _own_block("footer", "Footer", "After the name and the address of this website."),
    ),
}
PARAGRAPHS = {email: _own_block(f"{PARAGRAPH}{email}", f"Paragraph of “{label_of(email)}”") for email in EmailName}
FIELDS: dict[str, TextField] = {
    **{field.name: field for fields in GROUPS.values() for field in fields},
    **{field.name: field for field in PARAGRAPHS.values()},
}
