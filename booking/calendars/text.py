"""Clean the text of a calendar: no control characters, line ends as LF."""

from __future__ import annotations

import re

from icalendar import vText

_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ufeff\ud800-\udfff]")
_IN_PARAMETER = str.maketrans({'"': "'", "^": "\N{MODIFIER LETTER CIRCUMFLEX ACCENT}", "\\": "/", ";": ","})
_IN_NAME = str.maketrans({",": " ·", ";": " ·", "\\": "/"})
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class TypedText(vText):
    r"""TEXT (RFC 5545, 3.3.11) as it was typed: icalendar alone would take a typed \N for the end of a line."""

    def to_ical(self) -> bytes:
        return self.translate(_ESCAPED).encode()


def block(text: str) -> str:
    """Several lines: every kind of line end as LF, tabs as spaces, other control characters gone."""
    return _CONTROL.sub("", _LINE_ENDS.sub("\n", text).replace("\t", " ")).strip()


def line(text: str) -> str:
    """One line: as `block`, line ends and runs of spaces as one space."""
    return " ".join(block(text).split())


def parameter(text: str) -> str:
    """As `line`, for a parameter's value, without what some readers take for more than it is.

    A double quote ends it (RFC 5545, 3.2); a caret is doubled where RFC 6868 is known and shown twice where it is not;
    ical.js undoes backslashes that nobody wrote; node-ical ends it at a semicolon.
    """
    return line(text).translate(_IN_PARAMETER)


def name(text: str) -> str:
    """As `line`, for the name of a calendar or a category, without what would have to be escaped.

    Half of the readers show a name with its escapes; libical and others divide a category at an escaped comma.
    """
    return line(line(text).translate(_IN_NAME))
