"""The vocabulary of announcements: tables of words, and patterns with named parts made of them.

Every pattern is for text as `folded` returns it.
"""

from __future__ import annotations

import re

from booking.programme.words import WEEKDAYS

DAYS = {word: code for code, names in WEEKDAYS.items() for word in (*names, f"{names[0]}'s", f"{names[-1]}s")}
ORDER = list(WEEKDAYS)
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *(("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun")),
            *(("july", "jul"), ("august", "aug"), ("september", "sep", "sept"), ("october", "oct")),
            *(("november", "nov"), ("december", "dec")),
        ),
        1,
    )
    for name in names
}
NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            *(("one", "i"), ("two", "ii"), ("three", "iii"), ("four", "iv"), ("five", "v"), ("six", "vi")),
            *(("seven", "vii"), ("eight", "viii"), ("nine", "ix"), ("ten", "x"), ("eleven", "xi"), ("twelve", "xii")),
        ),
        1,
    )
    for word in words
}
ORDINALS = ("first", "second", "third", "fourth", "last", "1st", "2nd", "3rd", "4th")
ORDINAL_NUMBER = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}
#: Words that name a kind of meeting: bookable, modular, or neither.
BOOKABLE = ("clinic", "help desk", "helpdesk", "q&a", "q & a", "q and a", "drop-in", "office hour", "one-on-one", "1:1")
MODULAR = ("masterclass", "master class", "course", "bootcamp", "short program")
PLAIN = ("lab", "workshop", "webinar", "tutorial", "demo hour", "training")

DAY = "|".join(sorted((re.escape(word) for word in DAYS), key=len, reverse=True))
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_CLOCK = r"(?:noon|midday|\d{1,2}(?:[:.h]\d{2})?\s?(?:[ap]\.?\s?m\b\.?)?)"
_ZONE = (
    r"\b(?P<zone>aest|aedt|aet|acst|acdt|awst"
    r"|(?:brisbane|queensland|qld|sydney|melbourne|adelaide|perth|darwin|hobart|canberra)(?:(?:'s)?\s+(?:local\s+)?time)?)\b"
)
_AFTER_LENGTH = r"(?!\s*(?:-\s*)?(?:m|min|mins|minute|minutes|weeks?|%|people|members|places|years?|st|nd|rd|th)\b)"
HOURS = re.compile(
    rf"(?<![\d/$.:])\b(?P<start>{_CLOCK})\s*(?:-|\bto\b|\buntil\b|\btill\b|\btil\b|\bthrough\b|\band\b)\s*(?P<end>{_CLOCK})"
    rf"(?![\d/:]){_AFTER_LENGTH}"
)
ONE_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?\s?(?P<half>[ap])?")
WEEKDAY = re.compile(rf"\b(?:{DAY})\b\.?")
ZONE = re.compile(_ZONE)
DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<month>{_MONTH})\b\.?|(?P<month2>{_MONTH})\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b"
    rf"(?!\s*(?:[:.]\d|[ap]\.?m)))(?:,?\s+(?P<year>20\d\d)\b)?"
)
#: Days of the month that one month's name stands behind: "6, 13 and 20 December".
DAY_LIST = re.compile(r"(?:\b\d{1,2}(?:st|nd|rd|th)?(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s*&\s*))+$")
MONTH_HEAD = re.compile(rf"\b(?P<month>{_MONTH})\b(?:,?\s+(?P<year>20\d\d)\b)?")
MODULE = re.compile(
    r"^(?:module|part|week|lesson|unit)\s*(?:no\.?\s*|#)?(?P<number>\d{1,2}|[a-z]+)\b\s*(?P<rest>.*)$", re.DOTALL
)
NUMBERED = re.compile(r"^(?P<number>\d{1,2})\s?[.)\t]\s*(?P<rest>\S.*)$", re.DOTALL)
LENGTHS = re.compile(
    r"(?<![\d:.])(?P<lengths>\d{2,3}(?:\s*-?\s*(?:m|min|mins|minutes?)?\s*(?:,|/|or|and|&|to|-)\s*(?:or\s+|and\s+)?\d{2,3})*)"
    r"\s*-?\s*(?:m|min|mins|minute|minutes)\b"
)
FREQUENCY = re.compile(rf"\b(?:fortnightly|(?:every|each)\s+(?:second|other|2nd)\s+(?=week|{DAY})|every\s+two\s+weeks)")
MONTHLY = re.compile(
    rf"\b(?P<which>(?:{'|'.join(ORDINALS)})(?:\s*(?:,|and|&)\s*(?:{'|'.join(ORDINALS)}))*)\s+(?P<day>{DAY})\b(?:\s+(?:of|in)\s+(?:the|each|every)\s+month|(?=.{{0,12}}\bmonth))"
)
#: Words that join the parts of a clause, and labels before them.
GLUE = re.compile(
    r"\s+|[,;:|()\[\]/&+\t.-]|\b(?:every|each|on|at|from|between|and|to|the|of|month|week|weekly|fortnightly|weekdays?|when|time|times"
    r"|days?|date|dates|hours|all|local|is|are|held|running|runs|starting|starts|start|commencing|beginning|begins|until|till|ending|both"
    r"|live|repeats?|second|other|first|third|fourth|last|1st|2nd|3rd|4th|two|weeks)\b"
)
STARTING = re.compile(
    r"(?:starting|starts|start|commencing|commences|beginning|begins|from|first)\W{0,3}(?:on\s+)?(?:the\s+)?(?:\w+day\s+)?$"
)
ENDING = re.compile(r"(?:until|till|ending|ends|to|last)\W{0,3}(?:on\s+)?(?:\w+day\s+)?$")
_FOLD = {ord(dash): "-" for dash in "‐‑‒–—―−"} | {ord(quote): "'" for quote in "‘’‛`´"} | {ord("＆"): "&"}


def folded(text: str) -> str:
    """Return the text in small letters with plain dashes and quotes, as long as before, sign for sign."""
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in text.translate(_FOLD))
