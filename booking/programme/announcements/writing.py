"""A draft as a programme file; its doubts stand beside what they are about, as comments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from booking.programme import writing
from booking.programme.announcements.draft import AnnouncementDraft, Doubt, DraftSeries


def slug(title: str, taken: set[str]) -> str:
    """A short name from a title: small letters, digits and dashes, at most 50, and none of `taken`."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    found = (words if len(words) <= 50 else words[:51].rpartition("-")[0] or words[:50]).strip("-") or "series"
    number, name = 1, found
    while name in taken:
        number += 1
        name = f"{found}-{number}"
    return name


def file_of(draft: AnnouncementDraft) -> str:
    """The programme file. It passes `check` whatever the announcement held."""
    lines = [f"# Read from an announcement for {draft.month:%B %Y}."]
    shown = {number for series in draft.series for number in series.lines}
    lines += [_doubt(doubt) for doubt in draft.doubts if doubt.line not in shown]
    lines += ["", f"month: {draft.month:%Y-%m}", "", "series:"]
    taken: set[str] = set()
    for series in draft.series:
        name = slug(series.title, taken)
        taken.add(name)
        lines += ["", *(f"  {_doubt(d)}" for d in draft.doubts if d.line in series.lines), f"  {name}:"]
        lines += _series(series)
    return "\n".join(lines) + "\n"


def _doubt(doubt: Doubt) -> str:
    return f"# line {doubt.line}: {' '.join(doubt.message.split())}"


def _series(series: DraftSeries) -> Sequence[str]:
    if series.start is None or series.end is None:
        return []
    every = writing.every(series.rrule)
    found = [f"    kind: {writing.text(series.kind)}", f"    title: {writing.text(series.title)}"]
    found.append(f"    every: {every}" if every else f"    repeat: {series.rrule}")
    found.append(f"    time: {writing.hours(series.start, series.end)}")
    if series.starts_on is not None:
        found.append(f"    from: {series.starts_on}")
    if series.ends_on is not None and not series.modules:
        found.append(f"    until: {series.ends_on}")
        if series.is_over_then:
            found.append(f"    ends: {series.ends_on}")
    found.append(f"    zone: {writing.zone_name(series.zone)}")
    if series.slot_minutes:
        found.append(f"    slots: [{', '.join(map(str, series.slot_minutes))}]")
    if series.summary:
        found.append(f"    summary: {writing.text(series.summary)}")
    if series.analysts:
        found += ["    analysts:", *(f"      - {writing.text(email)}" for email in series.analysts)]
    if series.modules:
        found += ["    modules:", *(f"      - {writing.text(module.title[:200])}" for module in series.modules)]
    if series.skips:
        found += ["    skip:", *(f"      - {on}" for on in series.skips)]
    if series.extras:
        clock = writing.hours(series.start, series.end)
        found += ["    extra:", *(f"      - on: {on}\n        time: {clock}" for on in series.extras)]
    return found
