"""Time zones in a line: Australian and other abbreviations, "UTC+8", "London time", a city beside hours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from booking.domain import zones

_ELSEWHERE = {
    **dict.fromkeys(("nzst", "nzdt", "nzt"), "Pacific/Auckland"),
    "sgt": "Asia/Singapore",
    "hkt": "Asia/Hong_Kong",
    "jst": "Asia/Tokyo",
    "cet": "Europe/Paris",
    "cest": "Europe/Paris",
    "gmt": "UTC",
    "utc": "UTC",
}
#: Offsets that are no whole hours, each with a zone whose clock never changes.
_UNEVEN = {
    "+330": "Asia/Tehran",
    "+430": "Asia/Kabul",
    "+530": "Asia/Kolkata",
    "+545": "Asia/Kathmandu",
    "+630": "Asia/Yangon",
    "+845": "Australia/Eucla",
    "+930": "Australia/Darwin",
    "-930": "Pacific/Marquesas",
}
#: Letters that are the zones of several countries.
_SEVERAL = r"est|edt|cst|cdt|mst|mdt|pst|pdt|ist|bst"
ZONE = re.compile(
    r"\b(?P<zone>(?:utc|gmt)\s?[+-]\s?\d{1,2}(?::?\d\d)?"
    rf"|a[ec][sd]t|aet|awst|{'|'.join(_ELSEWHERE)}"
    r"|(?:brisbane|queensland|qld|sydney|melbourne|adelaide|perth|darwin|hobart|canberra)(?:(?:'s)?\s+(?:local\s+)?time)?)\b"
)
_TIME_OF = re.compile(r"\b(?:(?P<two>[a-z]+\s[a-z]+)|(?P<one>[a-z]+))(?:'s)?\s+(?:local\s+)?time\b")
_BEHIND_HOURS = re.compile(rf"[\s(,]{{0,3}}(?P<zone>{_SEVERAL})\b")


def find(unread: str, hours_at: tuple[int, int] | None) -> tuple[re.Match[str], str] | None:
    """The zone of a folded line and its place; a city alone, and letters with several meanings, only beside hours."""
    return next(find_all(unread, hours_at), None)


def find_all(unread: str, hours_at: tuple[int, int] | None) -> Iterator[tuple[re.Match[str], str]]:
    """Every zone of a folded line, as `find` does: abbreviations first, then "London time"."""
    ends: set[int] = set()
    for match in ZONE.finditer(unread):
        word = match["zone"]
        if hours_at is not None or word.endswith("time") or len(word) <= 4 or re.match(r"utc|gmt", word):
            ends.add(match.end())
            yield match, re.sub(r"(?:'s)?(?: local)? time$", "", word)
    for match in _TIME_OF.finditer(unread) if "time" in unread else ():
        for word in (match["two"], (match["two"] or match["one"]).split()[-1]):
            if word and match.end() not in ends and is_known(word):
                yield match, word
                break
    if hours_at is not None and (beside := _BEHIND_HOURS.match(unread, hours_at[1])):
        yield beside, beside["zone"]


def is_known(word: str) -> bool:
    """Whether a word is one zone."""
    try:
        name(word)
    except zones.UnknownZone:
        return False
    return True


def name(word: str) -> str:
    """The IANA name of a zone as it is written. Raises UnknownZone for one that means several, or none."""
    if word in _ELSEWHERE:
        return _ELSEWHERE[word]
    uneven = re.fullmatch(r"(?:utc|gmt)\s?([+-])\s?0?(\d{1,2}):?(30|45)", word)
    if uneven is not None and (fixed := _UNEVEN.get("".join(uneven.groups()))):
        return fixed
    offset = re.fullmatch(r"(?:utc|gmt)\s?([+-])\s?(\d{1,2})(?::?00)?", word)
    if offset is not None and int(offset[2]) <= 12:
        sign = "-" if offset[1] == "+" else "+"  # the names of these zones have the sign turned round
        return f"Etc/GMT{sign}{int(offset[2])}" if int(offset[2]) else "UTC"
    if re.fullmatch(_SEVERAL, word):
        raise zones.UnknownZone(word)
    return zones.named(word)
