"""An announcement read into a draft: its lines, the month that it speaks for, its names, then series by series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from booking.domain.organisation import Organisation
from booking.programme.announcements import documents, months
from booking.programme.announcements.assembling.assembler import Assembler
from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.completing import Completion
from booking.programme.announcements.dating import Dating
from booking.programme.announcements.draft import AnnouncementDraft, Doubts
from booking.programme.announcements.grammar import splitting
from booking.programme.announcements.people.matching import Matching


def read(
    source: bytes | str,
    organisation: Organisation,
    today: date,
    month: date | None = None,
    answers: Mapping[str, str] | None = None,
    analysts: Mapping[str, str] | None = None,
) -> AnnouncementDraft:
    """Read an announcement into a draft. Raises CannotRead for a source that is no text.

    `month` is the month it speaks for, where it is known; `answers` are those given to doubts, by `code:line`;
    `analysts` are the names of those who can be named, by email address.
    """
    return read_lines(documents.lines_of(source), organisation, today, month, answers, analysts)


def read_lines(
    found: Sequence[SourceLine],
    organisation: Organisation,
    today: date,
    month: date | None = None,
    answers: Mapping[str, str] | None = None,
    analysts: Mapping[str, str] | None = None,
) -> AnnouncementDraft:
    """Read lines into a draft, as `read` does."""
    doubts = Doubts(answers or {})
    matching = Matching(analysts or {}, doubts)
    found, named = matching.read(found)
    schedules = [splitting.split(line.text) for line in found]
    draft = AnnouncementDraft(months.announced(found, today, month, doubts), splitting.zone_of_all(schedules, found))
    dating = Dating(today, draft, doubts, is_month_given=month is not None)
    completion = Completion(organisation, draft, doubts, dating)
    sections = months.sections(found, draft.month, doubts) if month is None else {}
    return Assembler(found, schedules, draft, doubts, completion, matching, named, sections).read()
