"""Header values as they go over the wire: seven bits, folded, and decoded to the very text that was given.

Written here rather than by the email package, because what that does with spaces between encoded words, with long
words and with text that looks like an encoded word differs from one Python to the next (RFC 2047, RFC 5322).
"""

from __future__ import annotations

from base64 import b64encode
from email.errors import HeaderParseError
from email.headerregistry import Address
from functools import lru_cache

from booking.domain.people import email_addresses, person_names

LINE = 76  # characters of a line that holds an encoded word (RFC 2047, 2)
ENCODED_WORD = 75  # characters of one
FOLD = "\r\n "
_OVERHEAD = len("=?utf-8?q??=")
#: What Q may leave as it is, in a phrase too (RFC 2047, 5.3).
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_Q = tuple(chr(byte) if byte in _PLAIN else "_" if byte == 0x20 else f"={byte:02X}" for byte in range(256))
_ATOM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~ ")


def one_line(text: str) -> str:
    """`text` single-spaced, without line ends and what cannot be seen: it cannot start another header."""
    if not text.isprintable():  # which joiners are not either, and they stay
        text = "".join(" " if person_names.is_hidden(sign) else sign for sign in text)
    return " ".join(text.split())


def unstructured(name: str, text: str) -> str:
    """The value of a header such as Subject. It starts on the header's own line."""
    used = len(name) + 2
    plain = one_line(text)
    if plain.isascii() and "=?" not in plain:
        if used + len(plain) <= LINE:
            return plain
        if (folded := _folded(plain, used)) is not None:
            return folded
    return FOLD.join(_encoded_words(plain, used))


def mailbox(name: str, display_name: str, address: str) -> str:
    """The value of From, To or Reply-To with one mailbox. ValueError where `address` is no email address."""
    return _mailbox(len(name) + 2, display_name, address)


@lru_cache(maxsize=256)
def _mailbox(used: int, display_name: str, address: str) -> str:
    spec = addr_spec(address)
    shown = one_line(display_name)
    if not shown:
        return spec
    if shown.isascii() and "=?" not in shown and used + 2 + len(shown) + shown.count('"') + shown.count("\\") <= LINE:
        lines = [shown if _ATOM.issuperset(shown) else _quoted_string(shown)]
    else:
        lines = _encoded_words(shown, used)
    start = used if len(lines) == 1 else 1
    fits = start + len(lines[-1]) + len(spec) + 3 <= LINE
    return FOLD.join(lines) + (" " if fits else FOLD) + f"<{spec}>"


@lru_cache(maxsize=256)
def addr_spec(address: str) -> str:
    """The address as it stands on the wire, an international domain by its A-labels. ValueError if it is none."""
    try:
        return Address(addr_spec=email_addresses.key(address)).addr_spec
    except (ValueError, IndexError, HeaderParseError) as error:  # all three come for what is empty or broken
        raise ValueError(f"{address!r} is not an email address") from error


def _quoted_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _folded(text: str, used: int) -> str | None:
    """ASCII text folded at its spaces; None where a word is too long for a line."""
    lines = [""]
    for word in text.split(" "):
        room = LINE - (used if len(lines) == 1 else 1)
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if len(longer) <= room:
            lines[-1] = longer
        elif len(word) < LINE and lines[-1]:
            lines.append(word)
        else:
            return None
    return FOLD.join(lines)


def _encoded_words(text: str, used: int) -> list[str]:
    """All of `text` in encoded words, one a line; no character is split. `used`: what the first line holds already."""
    whole = text.encode()
    in_q = sum(len(_Q[byte]) for byte in whole) <= len(whole) * 4 / 3
    words: list[str] = []
    taken = b""
    for character in text:
        octets = character.encode()
        room = min(ENCODED_WORD, LINE - (1 if words else used))
        if taken and _length(taken + octets, in_q) > room:
            words.append(_encoded_word(taken, in_q))
            taken = b""
        taken += octets
    return [*words, _encoded_word(taken, in_q)]


def _length(octets: bytes, in_q: bool) -> int:
    return _OVERHEAD + (sum(len(_Q[byte]) for byte in octets) if in_q else 4 * -(-len(octets) // 3))


def _encoded_word(octets: bytes, in_q: bool) -> str:
    if in_q:
        return f"=?utf-8?q?{''.join(_Q[byte] for byte in octets)}?="
    return f"=?utf-8?b?{b64encode(octets).decode()}?="
