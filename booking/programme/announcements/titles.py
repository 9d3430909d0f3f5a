"""Titles: the words of a line around its schedule, or of the heading above it."""

from __future__ import annotations

import re

from booking.programme.announcements.grammar import dates, items, tokens
from booking.programme.announcements.grammar.clauses import Clause
from booking.programme.announcements.grammar.vocabulary import MONTH, folded

LONGEST_HEADING = 120
_LONG = 60
_BEHIND = re.compile(
    r"(?i)[\s,:–—-]*(?:\b(?:every|each|on|at|from|is|are|runs?|held|weekly|we meet|meets?)"
    rf"|\b(?:on\s+)?(?:in|during|throughout|for)\s+(?:{MONTH})(?:\s+20\d\d)?|:)$"
)
_LABEL = re.compile(r"(?i)^(?:dates?|days?|times?|when|where|hours|cost|price|zone)\s*:")


def of_line(text: str, clause: Clause) -> str:
    """The text before the schedule, else the text behind it."""
    before, after = (clean(clause.before), clean(clause.after)) if clause.span[1] else (clean(text), "")
    if before and (items.role_of(before) or not items.role_of(after)):
        return shortened(before)
    return shortened(after or before)


def shortened(text: str) -> str:
    """A title; of a paragraph the first phrase that names a kind of meeting."""
    if len(text) <= _LONG:
        return text
    phrases = [clean(phrase) for phrase in re.split(r"[,;.!?](?=\s)|\s[–—-]\s", text)]
    return next((phrase for phrase in phrases if len(phrase) <= _LONG and items.role_of(phrase)), text)


def may_be_heading(text: str) -> bool:
    """Whether a line can be the title of what stands below it: it is short, no sentence and no label."""
    return not _LABEL.match(text) and len(text) <= LONGEST_HEADING and not text.rstrip().endswith((".", "!", "?"))


def balanced(text: str) -> str:
    """The text without a bracket that nothing opens or closes."""
    for opening, closing in ("()", "[]"):
        while text.count(closing) > text.count(opening):
            text = text.replace(closing, "", 1)
        while text.count(opening) > text.count(closing):
            at = text.rindex(opening)
            text = text[:at] + text[at + 1 :]
    return re.sub(r"\s+", " ", text).strip()


def clean(text: str, *, keep_end: bool = False) -> str:
    """A title without the signs and joining words around it."""
    found = re.sub(r"\s+", " ", text).strip(' \t-–—:;,|•·*_#[]"“”')
    found = re.sub(
        r"(?i)^(?:(?:when|what|title|session|topic)\s*:\s*|join us for\s+(?:our|the|a)?\s*|our\s+)", "", found
    )
    if keep_end:
        return re.sub(r"\s+", " ", text).strip(" \t-–—•·*")
    before = ""
    while found != before:
        before, found = found, _BEHIND.sub("", found)
    found = re.sub(r"(?:,\s*20\d\d|\s*\(20\d\d\))$", "", found)
    return balanced(found.strip(" -–—:;,|·•")).strip(" -–—:;,|·•")[:200]


def without_dates(text: str) -> str:
    """The line without dates, the weekdays before them and brackets that held nothing else."""
    kept = list(text)
    for place in dates.find(folded(text)):
        kept[place.start : place.end] = "\0" * (place.end - place.start)
    found = "".join(kept).replace("\0", "")
    found = re.sub(r"\(\s*\)|\[\s*\]", "", found)
    return re.sub(r"^[\s:,;–—|-]+", "", found).strip()


def of_module(text: str) -> str:
    """A module's title without its dates and without brackets that hold its hours."""
    found = re.sub(r"[(\[][^()\[\]]*\d[^()\[\]]*[)\]]", lambda m: "" if tokens.of(m[0]) else m[0], without_dates(text))
    return clean(found) or clean(text)
