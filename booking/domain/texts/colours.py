"""Colours as "#rrggbb", and whether text in them can be read (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re
from enum import StrEnum

LEAST_CONTRAST = 4.5
_HEX = re.compile(r"#?([0-9a-fA-F]{6})")
ENTER = "Enter a colour as # and six digits or letters from a to f, such as #08695c."


class Scheme(StrEnum):
    """How a device shows pages."""

    LIGHT = "light"
    DARK = "dark"


#: What the accent stands on, and what stands on it: paper, wash and on-accent of site.css.
GROUNDS = {Scheme.LIGHT: ("#ffffff", "#f5f6f8", "#ffffff"), Scheme.DARK: ("#0f1216", "#181c22", "#0c0f13")}
_WORDS = {Scheme.LIGHT: ("pale", "darker"), Scheme.DARK: ("dark", "lighter")}


class NotAColour(ValueError):
    """What was typed is no colour, or one that can't be read; the message says what to enter."""


def parse(text: str, scheme: Scheme) -> str:
    """The colour in lower case, empty where nothing was typed. Raises NotAColour."""
    typed = text.strip()
    if not typed:
        return ""
    found = _HEX.fullmatch(typed)
    if found is None:
        raise NotAColour(ENTER)
    colour = f"#{found[1].lower()}"
    least = least_contrast(colour, scheme)
    if least < LEAST_CONTRAST:
        too, rather = _WORDS[scheme]
        shown = int(least * 10) / 10  # never rounded up to what would do
        raise NotAColour(
            f"This colour is too {too} to read: its contrast is {shown} to 1, and text needs {LEAST_CONTRAST} to 1. "
            f"Choose a {rather} one."
        )
    return colour


def least_contrast(colour: str, scheme: Scheme) -> float:
    """The lowest contrast with anything that the colour stands on, or that stands on it."""
    return min(contrast(colour, ground) for ground in GROUNDS[scheme])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return float(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
