"""The roles of dates: what the words around a date make of it.

A role that the words don't give stays `UNKNOWN`, and is asked about. Nothing here looks further than the text between
two dates, so the work is linear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from booking.programme.announcements.grammar.vocabulary import DAY


class DateRole(StrEnum):
    """What a date is for a series."""

    UNKNOWN = "unknown"
    LISTED = "listed"
    STARTS = "starts"
    ENDS = "ends"
    SKIPPED = "skipped"
    SKIPPED_FROM = "skipped from"
    SKIPPED_TO = "skipped to"
    EXTRA = "extra"
    MOVED = "moved"
    MOVED_TO = "moved to"
    DEADLINE = "deadline"
    OF_TEXT = "of the text"


#: Roles of dates on which nothing meets, whatever the series: they are explained by their own words.
EXPLAINED = frozenset({DateRole.DEADLINE, DateRole.OF_TEXT})

MEETING = (
    r"(?:clinics?|labs?|masterclass(?:es)?|workshops?|webinars?|class(?:es)?|sessions?|courses?|lessons?|meetings?"
    r"|seminars?|trainings?|tutorials?|meet-?ups?|drop-?ins?|office hours?|help ?desks?)"
)
_ON = rf"(?:\s*[,:(-])*(?:\s+(?:on|for|the|of|date|dates|is|are|in|be|held))*\s*(?:(?:{DAY})\b\.?,?\s*)?(?:the\s+)?$"
_BEFORE = tuple(
    (role, re.compile(rf"(?:{words}){_ON}"))
    for role, words in (
        (DateRole.OF_TEXT, r"\b(?:posted|published|(?:last\s+)?updated|issued|written)"),
        (
            DateRole.DEADLINE,
            r"\b(?:regist\w+|rsvp|book(?:ings?)?|enrol\w*|appl(?:y|ications?)|tickets?|early[- ]bird|sign[- ]?up"
            r"|deadline|nominat\w+|pay(?:ment)?|entries|numbers|let us know)\b[^.;\n]{0,40}?"
            r"\b(?:by|before|close[sd]?|closing|until|till|due|opens?|opening|from|ends?)"
            r"|\b(?:deadline|rsvp|register|apply|enrol|book)",
        ),
        (DateRole.UNKNOWN, r"[(,]\s*(?:a[ec][sd]t|aet)\s+(?:until|till|to|from|after)"),
        (
            DateRole.MOVED_TO,
            r"\b(?:move[sd]?|postponed|rescheduled|shift(?:s|ed)?|brought forward|pushed)\b[^.;\n]{0,12}\bto",
        ),
        (DateRole.MOVED, r"\b(?:moved|moving|shifted|rescheduled)\s+from|\binstead\s+of"),
        (DateRole.ENDS, rf"\b(?:last|final)\s+(?:{MEETING}|one|date)\s+before\s+[\w ]{{1,25}}"),
        (
            DateRole.SKIPPED,
            rf"\bno\s+(?:\w+\s+){{0,2}}?{MEETING}(?:\s+will\s+be\s+held)?|\b(?:except|excluding|excl\.?|skipp?(?:ing|s)?|closed|cancelled"
            r"|apart\s+from|other\s+than|with\s+the\s+exception\s+of|minus|(?:half[\s-]?term\s+)?(?:break|holidays?)|half[\s-]?term|nothing)(?:\s+from)?"
            r"|\bnot?\s+(?:held|running|run|meeting|meet)|\b(?:but\s+)?not|\bno",
        ),
        (
            DateRole.EXTRA,
            rf"\b(?:plus|also|and\s+also|as\s+well\s+as|additional(?:\s+{MEETING})?|(?:an\s+)?extra(?:\s+{MEETING})?|bonus(?:\s+{MEETING})?)",
        ),
        (
            DateRole.STARTS,
            rf"\b(?:starting|starts?|commencing|commences?|beginning|begins?|from|since|as\s+of|first(?:\s+{MEETING}|\s+one|\s+date)?)(?:\s+from)?",
        ),
        (
            DateRole.ENDS,
            rf"\b(?:until|till?|through|thru|ending|ends?|finishing|finishes|concluding|concludes|up\s+to"
            rf"|(?:last|final)(?:\s+{MEETING}|\s+one|\s+date|\s+day)?|to)(?:\s+to)?",
        ),
    )
)
_AFTER = tuple(
    (
        role,
        re.compile(
            rf"^[\s,:(=-]*(?:(?:is|are|was|has\s+been|have\s+been|will\s+be|there\s+is|we\s+are)\s+)*(?:{words})"
        ),
    )
    for role, words in (
        (
            DateRole.SKIPPED,
            rf"cancelled|canceled|closed|excluded|skipped|left\s+out|off\b|no\s+(?:\w+\s+){{0,2}}?{MEETING}|not\s+(?:on|held|running)"
            r"|(?:a\s+)?public\s+holiday|(?:a\s+)?holiday|break\b",
        ),
        (
            DateRole.DEADLINE,
            r"(?:the\s+)?(?:deadline|rsvp)\b|(?:regist\w+|bookings?|enrol\w*|applications?|entries)\s+(?:close|open|end)s?\b",
        ),
        (DateRole.LISTED, r"only\b"),
        (DateRole.MOVED, r"moves?\b|moved|postponed|rescheduled|shifted|shifts"),
        (DateRole.ENDS, rf"(?:the\s+)?(?:last|final)\s+(?:{MEETING}|one|date|day)"),
        (DateRole.STARTS, rf"(?:the\s+)?first\s+(?:{MEETING}|one|date|day)"),
    )
)
#: Why nothing meets on a day: "(public holiday)", ", King's Birthday holiday".
_REASON = re.compile(r"\s*[(,-]\s*(?:[\w']+\s+){0,3}holidays?\b")
_JOINED = re.compile(r"\s*(?:,|and|or|&|\+|,\s*and)\s*")
_RANGE = re.compile(r"\s*(?:-{1,3}|to|until|till|through|thru|up\s+to)\s*(?:and\s+including\s+)?")
_LABEL = re.compile(r"\bdates?\s*(?::|are)\s*$")
_RANGED = {
    DateRole.UNKNOWN: (DateRole.STARTS, DateRole.ENDS),
    DateRole.STARTS: (DateRole.STARTS, DateRole.ENDS),
    DateRole.SKIPPED: (DateRole.SKIPPED_FROM, DateRole.SKIPPED_TO),
    DateRole.MOVED: (DateRole.MOVED, DateRole.MOVED_TO),
    DateRole.DEADLINE: (DateRole.DEADLINE, DateRole.DEADLINE),
    DateRole.OF_TEXT: (DateRole.OF_TEXT, DateRole.OF_TEXT),
}


def of_dates(low: str, places: Sequence[tuple[int, int]]) -> list[tuple[DateRole, int, int]]:
    """The role of each place of a date in a line, and the stretch of it with the words that give the role."""
    found: list[tuple[DateRole, int, int]] = []
    for n, (start, end) in enumerate(places):
        since = places[n - 1][1] if n else 0
        gap = low[since:start]
        rest = low[end : places[n + 1][0] if n + 1 < len(places) else len(low)]
        if n and _RANGE.fullmatch(gap) and found[-1][0] in _RANGED:
            first, last = _RANGED[found[-1][0]]
            found[-1] = (first, *found[-1][1:])
            found.append((last, since, end))
        elif n and _JOINED.fullmatch(gap):
            found.append(_joined(found, since, end))
        else:
            found.append(_by_words(gap, rest, start, end))
    return found


def _joined(found: list[tuple[DateRole, int, int]], since: int, end: int) -> tuple[DateRole, int, int]:
    """A further date of a list has the role of the one before it; two without one are a list of dates."""
    role, *place = found[-1]
    if role is DateRole.UNKNOWN:
        role = DateRole.LISTED
        found[-1] = (role, place[0], place[1])
    return (role if role not in {DateRole.STARTS, DateRole.ENDS} else DateRole.UNKNOWN), since, end


def _by_words(gap: str, rest: str, start: int, end: int) -> tuple[DateRole, int, int]:
    if _LABEL.search(gap):
        return DateRole.LISTED, start, end
    for role, pattern in _BEFORE:
        match = pattern.search(gap[-90:])
        if match is not None:
            reason = _REASON.match(rest) if role is DateRole.SKIPPED else None
            return role, start - len(gap[-90:]) + match.start(), end + (reason.end() if reason else 0)
    for role, pattern in _AFTER:
        match = pattern.match(rest)
        if match is not None:
            return role, start, end + match.end()
    return DateRole.UNKNOWN, start, end
