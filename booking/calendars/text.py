"""What may stand in a calendar's text: no control characters, line ends as LF."""

from __future__ import annotations

import re

_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ufeff\ud800-\udfff]")


def block(text: str) -> str:
    """Several lines: every kind of line end as LF, tabs as spaces, other control characters gone."""
    return _CONTROL.sub("", _LINE_ENDS.sub("\n", text).replace("\t", " ")).strip()


def line(text: str) -> str:
    """One line: as `block`, line ends and runs of spaces as one space."""
    return " ".join(block(text).split())


def parameter(text: str) -> str:
    """As `line`, for a parameter's value, which cannot hold a double quote (RFC 5545, 3.2).

    A caret becomes another that looks like it: half of the readers know that RFC 6868 doubles it, half show it twice.
    """
    return line(text).replace('"', "'").replace("^", "\N{MODIFIER LETTER CIRCUMFLEX ACCENT}")
