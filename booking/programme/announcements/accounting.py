"""The account of an announcement: every token that no series used is a question on its line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.dating import Dating
from booking.programme.announcements.draft import AnnouncementDraft, Doubts, DraftSeries
from booking.programme.announcements.grammar import tokens
from booking.programme.announcements.grammar.tokens import ScheduleToken
from booking.programme.announcements.grammar.vocabulary import WEEKDAY, folded

Stretch = tuple[int, int]
_MOST_SHOWN = 4


@dataclass(slots=True)
class TokenAccount:
    """What has been used of each line, and which lines belong to a series."""

    used: dict[SourceLine, list[Stretch]] = field(default_factory=dict)
    of_series: set[SourceLine] = field(default_factory=set)

    def use(self, line: SourceLine, stretches: Iterable[Stretch]) -> None:
        """These stretches of a line are used, or explain themselves."""
        self.used.setdefault(line, []).extend(stretches)

    def ask(self, lines: Sequence[SourceLine], doubts: Doubts, month: date) -> None:
        """Ask about all tokens that are left over, in one question for each line; `month` is the one announced."""
        for line in dict.fromkeys(lines):
            left = self.left_over(line, month.month)
            if left:
                shown = _listed([f"“{text}”" for text in left[:_MOST_SHOWN]], more=len(left) > _MOST_SHOWN)
                are_they = "Is it" if len(left) == 1 else "Are they"
                what = "what changes" if line in self.of_series else "what meets then"
                text = f"we didn’t use {shown}: the line doesn’t say clearly {what}. {are_they} part of the programme?"
                doubts.ask(line.number, "left-over", text)

    def left_over(self, line: SourceLine, month: int) -> list[str]:
        """The tokens of a line, as they are written, that nothing has used.

        A weekday in front of the same one that is used is part of a title: "Tuesday Clinic on Tuesdays".
        """
        used = self.used.get(line, [])
        found = tokens.of(line.text)
        taken = {one for one in found if any(start < one.end and one.start < end for start, end in used)}
        days = {day: one.start for one in taken if (day := _weekday(line.text, one))}
        return [
            line.text[token.start : token.end].strip(" ,.(:-–—")
            for token in found
            if token not in taken
            and token.month != month
            and (not token.is_change or line in self.of_series or used)
            and not token.start < days.get(_weekday(line.text, token), 0)
        ]


def ask_scope(
    closed: Sequence[tuple[SourceLine, DraftSeries]], draft: AnnouncementDraft, dating: Dating, doubts: Doubts
) -> None:
    """Ask whether a sentence that leaves dates out of one series is about the others as well."""
    meeting: dict[date, list[DraftSeries]] = {}  # on a day: the first few are enough to ask
    for line, series in closed:
        for on in series.skips:
            if on not in meeting:
                meeting[on] = list(islice((one for one in draft.series if dating.meets_on(one, on)), 4))
        on_them = {id(one): one for on in series.skips for one in meeting[on] if one is not series}
        if on_them:
            names = " and ".join(repr(one.title) for one in list(on_them.values())[:3])
            text = f"we left these dates out of {series.title!r} only: does this line hold for {names} as well?"
            doubts.ask(line.number, "skip-scope", text)


def _weekday(text: str, token: ScheduleToken) -> str:
    """The weekday that the token is, by its first letters; empty where it is something else."""
    match = WEEKDAY.fullmatch(folded(text[token.start : token.end]).strip(" ,.(:-–—"))
    return match[0][:3] if match else ""


def _listed(texts: list[str], *, more: bool) -> str:
    if more:
        return f"{', '.join(texts)} and more"
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
