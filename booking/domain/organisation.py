"""One organisation: its kinds of meeting, its policy, its clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from booking.domain.texts.organisation_texts import OrganisationTexts
from booking.domain.wording import listed

STAFF_HORIZON = 3660  # days: as far ahead as there is a programme
MIN_AUDIT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of meeting, and what it allows; code asks this and never the name.

    `plural` stands in addresses; `shape` is the mark drawn for it (circle, diamond, square).
    """

    name: str
    plural: str
    title: str
    title_plural: str
    bookable: bool = False
    modular: bool = False
    shape: str = "circle"

    @property
    def nouns(self) -> str:
        """Its plural title within a sentence: clinics; Q&As keep their capitals."""
        return _within_a_sentence(self.title_plural)

    @property
    def noun(self) -> str:
        """Its title within a sentence: clinic, Q&A."""
        return _within_a_sentence(self.title)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of when, how often and how far ahead members book. Minutes and days are whole numbers; of a limit 0
    means none.

    notice_minutes      a slot is booked at the latest so long before it starts
    late_minutes        a cancellation closer to the start than this is marked late
    per_occurrence      bookings a member may hold in one occurrence
    upcoming            bookings a member may hold that have not started
    per_week            bookings a member may hold from a Monday to its Sunday, in the programme's zone
    no_shows            so many times not coming within `no_show_days` leaves a member the last hour only
    no_show_days        how long a time of not coming counts
    last_hour_minutes     so long before a clinic, limits no longer count for what is free
    horizon_days        how far ahead a slot may be booked
    join_minutes        a join link opens so long before its slot
    slot_minutes        the lengths offered, ascending, at least one
    reminder_hours      so many hours before what a member has booked or enrolled in an email reminds of it
    near_hours          a change of what begins within so many hours is told by email, not by calendar alone
    capacity            places in each date of what members enrol in
    trial_days          a free trial lasts so many days, 0 for no trials; of the whole organisation, of no series
    audit_days          lines of the audit log are kept for so many days; likewise
    """

    notice_minutes: int = 10
    late_minutes: int = 120
    per_occurrence: int = 1
    upcoming: int = 2
    per_week: int = 0
    no_shows: int = 0
    no_show_days: int = 90
    last_hour_minutes: int = 60
    horizon_days: int = 28
    join_minutes: int = 10
    slot_minutes: tuple[int, ...] = (15, 30)
    reminder_hours: tuple[int, ...] = (24, 1)
    near_hours: int = 48
    capacity: int = 0
    trial_days: int = 0
    audit_days: int = 730

    def offering(self, slot_minutes: tuple[int, ...]) -> Policy:
        """The same policy with other lengths, ascending."""
        return replace(self, slot_minutes=tuple(sorted(slot_minutes)))

    @property
    def shortest(self) -> int:
        """The shortest length offered, in minutes."""
        return self.slot_minutes[0]

    def nearest_length(self, minutes: int) -> int:
        """The length that a booking of so many minutes gets here: its own, else the next longer, else the longest."""
        return next((offered for offered in self.slot_minutes if offered >= minutes), self.slot_minutes[-1])


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything in `data/` but the programme itself. `zone` is an IANA name: the programme's own clock.

    `observe` lists the Australian states whose public holidays count, `closed` the organisation's own closed days,
    `texts` its contact, colours and own words in emails.
    """

    name: str
    short_name: str
    zone: str
    kinds: Mapping[str, Kind]
    policy: Policy = field(default_factory=Policy)
    series_policies: Mapping[str, Policy] = field(default_factory=dict)
    observe: tuple[str, ...] = ()
    closed: Mapping[date, str] = field(default_factory=dict)
    texts: OrganisationTexts = field(default_factory=OrganisationTexts)

    @property
    def bookable(self) -> frozenset[str]:
        """The kinds in which one books slots."""
        return frozenset(name for name, kind in self.kinds.items() if kind.bookable)

    @property
    def without_slots(self) -> frozenset[str]:
        """The kinds that nobody books slots in: one enrols."""
        return frozenset(name for name, kind in self.kinds.items() if not kind.bookable)

    @property
    def bookables(self) -> str:
        """Returns what members book slots in, as a sentence names it: "clinics", or "clinics and help desks"."""
        return listed([kind.nouns for kind in self.kinds.values() if kind.bookable])

    @property
    def enrollables(self) -> str:
        """Returns what members enrol in, likewise: "labs and masterclasses"."""
        return listed([kind.nouns for kind in self.kinds.values() if not kind.bookable])

    def noun(self, kind: str) -> str:
        """Returns the noun for one of that kind within a sentence; "date" for a kind that no longer exists."""
        return self.kinds[kind].noun if kind in self.kinds else "date"

    def counted(self, kinds: Iterable[str]) -> str:
        """Returns how many there are of each kind, in the order in which they come: "2 clinics and 1 lab"."""
        counts = Counter(name if name in self.kinds else "" for name in kinds)
        return listed([f"{count} {self._nouns(name, count)}" for name, count in counts.items()])

    def _nouns(self, kind: str, count: int) -> str:
        if count == 1:
            return self.noun(kind)
        return self.kinds[kind].nouns if kind in self.kinds else "dates"

    def policy_for(self, slug: str) -> Policy:
        """The policy of one series: the general one where nothing is said of it."""
        return self.series_policies.get(slug, self.policy)

    def for_staff(self) -> Organisation:
        """The same without notice and horizon: staff may book whatever is free and still ahead."""
        policies = {slug: _for_staff(policy) for slug, policy in self.series_policies.items()}
        return replace(self, policy=_for_staff(self.policy), series_policies=policies)


def _within_a_sentence(title: str) -> str:
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def _for_staff(policy: Policy) -> Policy:
    return replace(policy, notice_minutes=0, horizon_days=STAFF_HORIZON)
