"""Email addresses: the one rule for what is an address, and for when two of them are the same."""

from __future__ import annotations

from datetime import timedelta

import email_validator
import idna

from booking.domain import wording

EXAMPLE = "enter an email address such as name@example.org"
PLAIN_ONLY = "the part before the @ can hold only letters without accents, digits and signs such as . - + '"
MAX_CHARACTERS = 254
CONFIRM_WITHIN = timedelta(hours=1)  # so long a link that confirms a new address works
CONFIRM_WORDS = wording.length_of_time(int(CONFIRM_WITHIN.total_seconds() // 60))
# An organisation's own mail server may well deliver to .local or .test, which the library refuses as reserved names.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


class NotAnAddress(ValueError):
    """No email can be addressed so; the text says what to enter instead."""


def parse(text: str) -> str:
    """The address as it is stored and shown: as typed, in lower case, without spaces around it.

    Whether the domain receives mail is not asked. The part before the @ is ASCII (RFC 5321), because a mail server
    without SMTPUTF8 delivers nothing else; the domain may be international (RFC 5890). Raises NotAnAddress.
    """
    typed = text.strip()
    if len(typed) > MAX_CHARACTERS:
        raise NotAnAddress(EXAMPLE)
    try:
        email_validator.validate_email(typed, check_deliverability=False, allow_smtputf8=True, strict=True)
    except email_validator.EmailNotValidError:
        raise NotAnAddress(EXAMPLE) from None
    local, _, domain = typed.lower().rpartition("@")
    if not local.isascii():
        raise NotAnAddress(PLAIN_ONLY)
    return f"{local}@{domain}"


def is_address(text: str) -> bool:
    """Whether `parse` takes it."""
    try:
        parse(text)
    except NotAnAddress:
        return False
    return True


def key(email: str) -> str:
    """Returns what two addresses are compared by: lower case, the domain as A-label (xn--…), which is also how it
    travels.

    Never fails: what is not an address is compared as it stands, in lower case.
    """
    lowered = email.strip().lower()
    if lowered.isascii():
        return lowered
    local, at, domain = lowered.rpartition("@")
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode()}"
    except UnicodeError:  # idna's own error is one
        return lowered


def readable(key: str) -> str:
    """The address of that key as people write it: its domain in its own script. What cannot be read stays as it is."""
    local, at, domain = key.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(domain)}" if "xn--" in domain else key
    except UnicodeError:
        return key
