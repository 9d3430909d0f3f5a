"""Lifetimes of signed-in sessions, and the name of the device of one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

STAFF_IDLE = timedelta(hours=24)
MEMBER_IDLE = timedelta(days=90)
MAX_AGE = timedelta(days=365)
SEEN_EVERY = timedelta(minutes=5)  # `last_seen_at` is written no more often than this

#: The first that a User-Agent header matches is its browser: most browsers also name the ones they imitate.
_BROWSERS = (
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Opera", r"\b(OPR|OPX|OPT)/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(Firefox|FxiOS)/"),
    ("Chrome", r"\b(Chrome|Chromium|HeadlessChrome|CriOS)/"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Mac", r"\bMacintosh\b"),
    ("Linux", r"\bLinux\b"),
)


def is_over(created_at: datetime, last_seen_at: datetime, now: datetime, *, sees_others: bool) -> bool:
    """Whether a session that nobody ended has ended by itself: idle too long, or a year old."""
    idle = STAFF_IDLE if sees_others else MEMBER_IDLE
    return now >= last_seen_at + idle or now >= created_at + MAX_AGE


def idle_rule(*, sees_others: bool) -> str:
    """After how long without use a session ends, in a sentence."""
    hours = int(STAFF_IDLE.total_seconds() // 3600)
    if sees_others:
        return f"Analysts, coordinators and viewers are signed out after {hours} hours without use."
    return f"You're signed out after {MEMBER_IDLE.days} days without use."


def device(user_agent: str) -> str:
    """A User-Agent header in words: "Chrome on Windows", "Safari on iPhone", "Unknown device"."""
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown device"


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for name, pattern in names if re.search(pattern, user_agent)), "")
