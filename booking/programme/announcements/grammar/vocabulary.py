"""The vocabulary of announcements: tables of words, and patterns with named parts made of them.

Every pattern is for text as `folded` returns it.
"""

from __future__ import annotations

import re
from functools import lru_cache

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
#: Words for a meeting that name no kind: which one is asked.
UNSURE = ("class", "session", "seminar", "lecture", "meetup", "meet-up", "lesson", "rehearsal", "group")

DAY = "|".join(sorted((re.escape(word) for word in DAYS), key=len, reverse=True))
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_CLOCK = r"(?:noon|midday|midnight|\d{1,2}(?:[:.h]\d{2})?\s?(?:[ap]\.?\s?m\b\.?)?)"
_AFTER_LENGTH = r"(?!\s*(?:-\s*)?(?:m|min|mins|minute|minutes|weeks?|%|people|members|places|years?|st|nd|rd|th)\b)"
HOURS = re.compile(
    rf"(?<![\d/$.:])\b(?P<start>{_CLOCK})\s*(?:-{{1,3}}|\bto\b|\buntil\b|\btill\b|\btil\b|\bthrough\b|\band\b)\s*(?P<end>{_CLOCK})"
    rf"(?![\d/:]){_AFTER_LENGTH}"
)
ONE_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?\s?(?P<half>[ap])?")
#: "1300-1430", by the 24-hour clock; no years, which stand alone.
FOUR_DIGITS = re.compile(
    r"(?<![\d/$.:-])\b(?P<start>[01]\d[0-5][05]|2[0-3][0-5][05])\s*(?:-{1,3}|\bto\b)\s*(?P<end>[01]\d[0-5][05]|2[0-3][0-5][05])\b(?![\d/:-])"
)
_NUMBER = r"(?:\d{1,3}|" + "|".join(word for word in NUMBERS if len(word) > 2) + r"|an|half\s+an)"
#: One hour, and how long it lasts: "6pm for 90 minutes", "6 pm (1.5 hours)".
ONE_HOUR = re.compile(
    r"(?<![\d:.])\b(?P<start>noon|midday|\d{1,2}(?:[:.]\d{2})?\s?[ap]\.?\s?m\b\.?|\d{1,2}:\d{2})(?!\s*(?:-|to\b)\s*\d)"
)
LASTING = re.compile(
    rf"(?<![\d.])\b(?:for\s+)?(?P<number>\d\.5|{_NUMBER})[\s-]*(?P<unit>m|mins?|minutes?|h|hrs?|hours?)\b"
)
#: A number of weeks or of meetings.
COUNT = re.compile(
    rf"\b(?P<for>for\s+(?:the\s+next\s+)?|over\s+)?(?P<number>{_NUMBER})(?:\s+|-)(?P<unit>weeks?(?![\s-]+(?:break|notice|ago|before|later|off))|weekly\s+sessions?|sessions?|classes|meetings?|lessons?|occurrences)\b"
)
#: A number of weekdays: "three Fridays".
COUNT_DAYS = re.compile(rf"\b(?P<number>{_NUMBER})\s+(?=(?:mon|tues|wednes|thurs|fri|satur|sun)days\b)")
#: A weekday on which a series met before: "moves from Mondays to Tuesdays".
FORMER_DAY = re.compile(
    rf"\b(?:move[sd]?|moving|change[sd]?|changing|shift(?:s|ed)?)\s+from\s+(?:{DAY})\b\s+to\b"
    rf"|\b(?:used\s+to\s+(?:be|run|meet)|previously|formerly|instead\s+of|rather\s+than|no\s+longer)\s+(?:held\s+)?(?:on\s+)?(?:{DAY})\b"
)
FORMER = re.compile(
    r"\b(?:previously|formerly|instead\s+of|rather\s+than|no\s+longer|used\s+to\s+be|(?:moved|changed|moves)\s+from)\s+(?:at\s+|from\s+|on\s+)?$"
)
WEEKDAY = re.compile(rf"\b(?:{DAY})\b\.?")
IS_PLURAL = re.compile(r"days$|'s$")
WEEKDAY_SETS = {
    "weekdays": ORDER[:5],
    "weekends": ORDER[5:],
    "daily": ORDER,
    "every day": ORDER,
    "every weekday": ORDER[:5],
}
WEEKDAY_SET = re.compile(r"\b(?:every weekday|every day|weekdays|weekends|daily)\b")
DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<month>{MONTH})\b\.?|(?P<month2>{MONTH})\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b"
    rf"(?!\s*(?:[:.]\d|[ap]\.?m)))(?:,?\s+(?P<year>20\d\d)\b)?"
)
#: Days of the month that one month's name stands behind: "6, 13 and 20 December", "Sat 10 and Sat 17 July".
DAY_LIST = re.compile(
    rf"(?:(?:\b(?:{DAY})\b\.?\s+)?(?<![:.\d])\b\d{{1,2}}(?:st|nd|rd|th)?(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s*&\s*))+$"
)
DAY_RANGE = re.compile(r"(?<![:.\d/])\b(?P<first>[12]?\d|3[01])(?:st|nd|rd|th)?\s*(?:-{1,3}|to|until|till|through)\s*$")
#: A few days on end: "Sat-Sun 10-11 July", "Monday to Thursday, 5-8 July", "Sat 5 - Sun 6 June".
_TH = r"(?:st|nd|rd|th)?"
_UNTIL = r"\s*(?:-{1,3}|to|and|&|/)\s*"
DAYS_ON_END = re.compile(
    rf"\b(?:(?P<first>{DAY})\.?(?P<join>{_UNTIL})(?P<last>{DAY})\b\.?,?\s*(?P<from>\d{{1,2}}){_TH}{_UNTIL}(?P<to>\d{{1,2}}){_TH}"
    rf"|(?P<first2>{DAY})\.?,?\s*(?P<from2>\d{{1,2}}){_TH}\s*(?:-{{1,3}}|to)\s*(?P<last2>{DAY})\.?,?\s*(?P<to2>\d{{1,2}}){_TH})"
    rf"\s+(?P<month>{MONTH})\b\.?(?:,?\s+(?P<year>20\d\d)\b)?"
)
MONTH_RANGE = re.compile(
    rf"\b(?P<first>{MONTH})\.?\s*(?:-{{1,3}}|to|until|through)\s*(?P<last>{MONTH})\b\.?(?:,?\s+(?P<year>20\d\d)\b)?"
)
#: "in June and July".
TWO_MONTHS = re.compile(
    rf"\b(?:in|during|throughout)\s+(?P<first>{MONTH})\s*(?:and|&)\s*(?P<last>{MONTH})\b\.?(?:,?\s+(?P<year>20\d\d)\b)?"
)
#: "during July": all of it.
ALL_MONTH = re.compile(
    rf"\b(?:during|throughout)\s+(?P<month>{MONTH})\b(?!\s*(?:and|&|to|-))(?:,?\s+(?P<year>20\d\d)\b)?"
)
#: "until the end of July".
END_OF_MONTH = re.compile(rf"\b(?:the\s+)?end\s+of\s+(?P<month>{MONTH})\b(?:,?\s+(?P<year>20\d\d)\b)?")
NUMERIC_DATE = re.compile(
    r"(?<![\d/.-])(?:(?P<iso>20\d\d ?- ?\d\d ?- ?\d\d)"
    r"|(?P<day>\d{1,2})(?P<sign>[/.-])(?P<month>\d{1,2})(?P=sign)(?P<year>20\d\d|\d\d))(?![\d/.-]\d|\d)"
)
#: "8/6" without a year, where a weekday, a list or a word for dates stands before it.
SHORT_DATE = re.compile(
    rf"(?:\b(?:{DAY})\b\.?,?\s*|\b(?:from|on|until|till|to|starting|starts|except|not|also|plus|and|dates?)\s+|[,&:]\s*)"
    r"(?P<day>\d{1,2})/(?P<month>\d{1,2})(?![\d/])"
)
MONTH_HEAD = re.compile(rf"\b(?P<month>{MONTH})\b(?:,?\s+(?P<year>20\d\d)\b)?")
MODULE = re.compile(
    r"^(?:module|part|week|lesson|unit|session|class|workshop)\s*(?:no\.?\s*|#)?(?P<number>\d{1,2}|[a-z]+)\b\s*(?P<rest>.*)$",
    re.DOTALL,
)
NUMBERED = re.compile(r"^(?P<number>\d{1,2})\s?[.)\t]\s*(?P<rest>\S.*)$", re.DOTALL)
LENGTHS = re.compile(
    r"(?<![\d:.])(?P<lengths>\d{2,3}(?:\s*-?\s*(?:m|min|mins|minutes?)?\s*(?:,|/|or|and|&|to|-)\s*(?:or\s+|and\s+)?\d{2,3})*)"
    r"\s*-?\s*(?:m|min|mins|minute|minutes)\b"
)
#: Words beside a length that make it the length of a slot.
BOOKED = re.compile(
    r"\b(?:book(?:ed|ing)?|reserve|slots?|appointments?|discussions?|conversations?|talks?|chats?|consult(?:s|ations?)?"
    r"|one[- ](?:on|to)[- ]one|1:1|1-on-1|one-on-ones|of\s+your\s+own|per\s+person|each\s+person)\b"
)
FREQUENCY = re.compile(
    rf"\b(?:fortnightly|alternate|(?:every|each)\s+fortnight|every\s+2\s+weeks|every\s+two\s+weeks"
    rf"|(?:every|each)\s+(?:second|other|2nd)\s+(?=week|{DAY}))"
)
_ORDINALS = "|".join(ORDINALS)
_SECOND = r"(?:(?<!every )(?<!each )(?:second|2nd)|(?!second|2nd)(?:" + _ORDINALS + r"))"
_BESIDE_DATE = r"\s+\d{1,2}(?:st|nd|rd|th)?\b(?!\s*[:.ap-])"
_OF_MONTH = r"\s+(?:of|in)\s+(?:the|each|every)\s+month"
MONTHLY = re.compile(
    rf"\b(?P<which>{_SECOND}(?:\s*(?:,|and|&)\s*(?:{_ORDINALS}))*)\s+(?P<day>{DAY})\b(?!{_BESIDE_DATE})(?:{_OF_MONTH})?"
    rf"|\b(?P<which2>{_ORDINALS})\s+(?P<day2>{DAY})\b{_OF_MONTH}"
)
#: Words that join the parts of a clause, and labels before them.
GLUE = re.compile(
    r"\s+|[,;:|()\[\]/&+\t.-]|\b(?:every|each|on|at|from|between|and|to|the|of|month|week|weekly|fortnightly|weekdays?"
    r"|when|time|times|days?|date|dates|(?<![a-z] )hours|now|all|local|is|are|held|running|runs|starting|starts|start"
    r"|commencing|beginning|begins|until|till|ending|both|evenings?|mornings?|afternoons?|nights?|lunchtimes?|live"
    r"|repeats?|second|other|first|third|fourth|last|1st|2nd|3rd|4th|two|weeks)\b"
)
#: A folded line without any of these says nothing of a schedule.
POSSIBLE = re.compile(
    rf"\d|\b(?:{DAY}|{MONTH}|weekdays|weekends|weekly|daily|noon|midday|midnight|time|weeks?|sessions?|classes|meetings?"
    r"|lessons?|occurrences|a[ecw][sd]t|aet|utc|gmt|nz[sd]?t|sgt|hkt|jst|cest|cet|est|edt|cst|cdt|mst|mdt|pst|pdt|ist|bst"
    r"|brisbane|queensland|qld|sydney|melbourne|adelaide|perth|darwin|hobart|canberra)\b"
)
_FOLD = {ord(dash): "-" for dash in "‐‑‒–—―−"} | {ord(quote): "'" for quote in "‘’‛`´"} | {ord("＆"): "&"}


@lru_cache(maxsize=16_384)
def folded(text: str) -> str:
    """Return the text in small letters with plain dashes and quotes, as long as before, sign for sign."""
    plain = text.translate(_FOLD)
    low = plain.lower()
    if len(low) == len(plain):
        return low
    return "".join(small if len(small := sign.lower()) == 1 else sign for sign in plain)
