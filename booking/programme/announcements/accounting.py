"""The account of an announcement: every token that no series used is a question on its line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.draft import Doubts
from booking.programme.announcements.grammar import tokens

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
                they = "it is" if len(left) == 1 else "they are"
                what = "what changes" if line in self.of_series else "what meets then"
                text = f"we didn’t use {shown}: the line doesn’t say clearly {what}. Is {they} part of the programme?"
                text = text.replace("Is they are", "Are they").replace("Is it is", "Is it")
                doubts.ask(line.number, "left-over", text)

    def left_over(self, line: SourceLine, month: int) -> list[str]:
        """The tokens of a line, as they are written, that nothing has used."""
        used = self.used.get(line, [])
        return [
            line.text[token.start : token.end].strip(" ,.(:-–—")
            for token in tokens.of(line.text)
            if token.month != month
            and (not token.is_change or line in self.of_series or used)
            and not any(start < token.end and token.start < end for start, end in used)
        ]


def _listed(texts: list[str], *, more: bool) -> str:
    if more:
        return f"{', '.join(texts)} and more"
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
