"""Names matched to known analysts; one that nobody has, or that several have, is asked about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.draft import Doubts
from booking.programme.announcements.people import naming

NOBODY = "Nobody"
_MOST_CHOICES = 12


@dataclass(frozen=True, slots=True)
class Presenters:
    """The names of a line, where in it the first of them stands, and whether they are apart, as for different days."""

    line: int
    at: int
    names: tuple[str, ...]
    are_apart: bool = False


@dataclass(slots=True)
class Matching:
    """Finds the analysts that names mean. `analysts` are names by email address."""

    analysts: Mapping[str, str]
    doubts: Doubts
    labels: dict[str, str] = field(default_factory=dict)  # what an answer says -> the address
    by_word: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = list(self.analysts.values())
        for email, name in self.analysts.items():
            self.labels[name if names.count(name) == 1 else f"{name} ({email})"] = email
            words = name.casefold().split()
            for word in dict.fromkeys([*words, " ".join(words)]):
                self.by_word.setdefault(word, []).append(email)

    def read(self, lines: Sequence[SourceLine]) -> tuple[list[SourceLine], dict[SourceLine, Presenters]]:
        """The lines without the names of analysts, and who is named on each. Other names stay part of their line."""
        kept: list[SourceLine] = []
        named: dict[SourceLine, Presenters] = {}
        people_of = dict(naming.by_line(lines))
        for line in lines:
            people = people_of.get(line, [])
            known = [one for one in people if all(self.could_be(name) for name in one.names)]
            shorter = SourceLine(line.number, naming.without(line.text, known), line.is_item) if known else line
            kept.append(shorter)
            if people:
                names = tuple(name for one in people for name in one.names)
                named[shorter] = Presenters(line.number, people[0].start, names, are_apart=len(people) > 1)
        return kept, named

    def could_be(self, name: str) -> list[str]:
        """The addresses of the analysts that a name may mean: by the whole name, else by one part of it."""
        return self.by_word.get(" ".join(name.casefold().split()), [])

    def emails(self, title: str, presenters: Sequence[Presenters], lines: Sequence[SourceLine]) -> list[str]:
        """The addresses of those who lead a series; whoever isn't clear is asked about and left out.

        A name of an analyst on its lines that no word leads to is asked about as well.
        """
        found: list[str] = []
        for line in lines if self.analysts else ():
            said = {name for one in naming.find(line.text) for name in one.names}
            bare = [name for name in naming.bare(line.text) if name not in said]
            words = [word for name in bare for word in ([name] if self.could_be(name) else name.split())]
            known = tuple(dict.fromkeys(word for word in words if self.could_be(word)))
            if known:
                self.ask_whether(Presenters(line.number, 0, known), title)
        for one in presenters:
            if one.are_apart:
                self.ask_whether(one, title)
                continue
            for name in one.names:
                email = self.email(name, one.line)
                if email is not None and email not in found:
                    found.append(email)
        return found

    def email(self, name: str, line: int) -> str | None:
        """The address of one name; None where it isn't clear and was not answered."""
        could_be = self.could_be(name)
        if len(could_be) == 1:
            return could_be[0]
        several = [label for label, email in self.labels.items() if email in could_be]
        choices = several or list(self.labels)[:_MOST_CHOICES]
        if several:
            text = f"{len(several)} analysts are called “{name}”: which one is meant? We left the name out"
        else:
            text = f"who is “{name}”? No analyst has that name, so we left it out"
        word = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
        answer = self.doubts.ask(line, f"who-{word}", text, (NOBODY, *choices))
        return self.labels.get(answer or "")

    def is_only_names(self, line: SourceLine, named: Presenters | None) -> bool:
        """Whether a line says who leads something, and nothing else."""
        return named is not None and not re.search(r"\w", naming.without(line.text, naming.find(line.text)))

    def ask_whether(self, named: Presenters, title: str) -> None:
        """Ask whether those who are named in a sentence lead a series."""
        shown = " and ".join(f"“{name}”" for name in named.names)
        what = "lead" if len(named.names) > 1 else "leads"
        text = f"it isn’t clear whether {shown} {what} all of {title!r}. We left the name out"
        self.doubts.ask(named.line, "who-leads", text)
