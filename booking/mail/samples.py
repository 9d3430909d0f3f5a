"""An example of every email, with made-up people: what a page shows of an email before anybody gets it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from booking.domain import zones
from booking.domain.enums.bookings import AfterOffer
from booking.domain.enums.emails import EmailName
from booking.domain.enums.people import TrialAnswer
from booking.domain.enums.planning import LineKind
from booking.domain.organisation import Kind, Organisation
from booking.mail.render import Recipient, Rendered, render

READER = "Mia Moss"
ANALYST, COLLEAGUE = "Ada Reyes", "Ben Noor"
CODE = "012345"
_OLD, _NEW = "mia@example.org", "mia.moss@example.org"
_ANY = Kind("date", "dates", "Date", "Dates")


def rendered(name: EmailName, organisation: Organisation, base_url: str, now: datetime) -> Rendered:
    """The example of that email, a week from `now`, to a reader of the programme's own zone; its links are made up."""
    links: Mapping[str, str] = defaultdict(
        lambda: f"{base_url}/…", site=base_url, join=organisation.texts.join_page, code=CODE
    )
    to = Recipient(_NEW, READER, organisation.zone)
    return render(name, facts(name, organisation, now), to, links, organisation)


def facts(name: EmailName, organisation: Organisation, now: datetime) -> dict[str, Any]:
    """What the example tells: the facts that the service functions queue with that email."""
    at = _Times(organisation.zone, now)
    bookable = next((kind for kind in organisation.kinds.values() if kind.bookable), _ANY)
    enrolled = next((kind for kind in organisation.kinds.values() if not kind.bookable), _ANY)
    about = enrolled if name in _OF_ENROLMENTS else bookable
    common = {
        "zone": organisation.zone,
        "title": about.title,
        "starts_at": at.day(7, 13),
        "ends_at": at.day(7, 13, 15),
        "minutes": organisation.policy.shortest,
        "analyst": ANALYST,
        "member": READER,
        "topic": "Our events don’t fire",
        "link": "",
        "is_invited": False,
        "count": 1,
        "reason": "",
        "hours": 24,
        "meeting_url": "",
        "lapses_at": at.day(6, 18),
        "was_at": at.day(6, 13),
        "was_minutes": organisation.policy.shortest,
        "was_with": ANALYST,
    }
    return {**common, **_own(name, about, at)}


class _Times:
    """Instants some days ahead, as the facts have them."""

    def __init__(self, zone: str, now: datetime) -> None:
        self.zone, self.today = zone, zones.today(now, zone)

    def day(self, days: int, hour: int, minute: int = 0) -> str:
        local = datetime.combine(self.today + timedelta(days=days), time(hour, minute))
        return zones.localize(local, self.zone).isoformat()


_OF_ENROLMENTS = frozenset(
    {EmailName.ENROLLED, EmailName.UNENROLLED, EmailName.REMINDER_ENROLLED, EmailName.PROGRAMME_CHANGED}
    | {EmailName.PLACE_OFFERED, EmailName.PLACE_LAPSED}
)


def _own(name: EmailName, about: Kind, at: _Times) -> dict[str, Any]:
    """The facts that this email has of its own."""
    of_date = {"title": about.title, "starts_at": at.day(7, 13), "number": None, "module": ""}
    moved = {**of_date, "what": LineKind.MOVES, "was_at": at.day(6, 13), "ends_at": at.day(7, 14)}
    booking = {**of_date, "kind": about.name, "count": 1, "minutes": 15, "analyst": ANALYST, "member": READER}
    own: dict[EmailName, dict[str, Any]] = {
        EmailName.CANCELLED: {"is_late": False},
        EmailName.CANCELLED_BY_US: {"reason": f"{ANALYST} is ill, and nobody else is free."},
        EmailName.AGREED: {"agreed": "Rename the events to lower case."},
        EmailName.PROGRAMME_CHANGED: {"lines": [moved]},
        EmailName.ENROLLED: {"lines": [of_date]},
        EmailName.REMINDER_ENROLLED: {"number": None, "module": ""},
        EmailName.OFFER: {"has_next": True, "replaces": False},
        EmailName.OFFER_LAPSED: {"became": AfterOffer.OFFERED},
        EmailName.FREE_TO_BOOK: {"lines": [booking]},
        EmailName.LAST_HOUR_CALL: {"lines": [booking]},
        EmailName.COVER_OFFER: {"offered_at": at.day(7, 14), "offered_with": COLLEAGUE},
        EmailName.COVER_NOBODY: {"others": [{"starts_at": at.day(8, 13)}, {"starts_at": at.day(9, 13)}]},
        EmailName.COVER_WANTED: {"lines": [booking]},
        EmailName.SOMEONE_AWAY: {"ends_at": at.day(8, 13), "note": "", "handed": 0, "offered": 0, "asked": 0}
        | {"cancelled": 0},
        EmailName.HANDED_OVER: {"handed_over": [booking]},
        EmailName.MESSAGE: {"subject": "Bring your numbers", "text": "Please have your last report at hand."},
        EmailName.DAILY_AGENDA: {"lines": [{**booking, "topic": "Tags", "is_new": True, "agreed": ""}]},
        EmailName.EMAILS_FAILING: {"error": "550 5.1.1 no such user"},
        EmailName.ADDRESS_CONFIRM: {"is_taken": False, "old": _OLD},
        EmailName.ADDRESS_CHANGED: {"old": _OLD, "new": _NEW},
        EmailName.ACCOUNTS_MERGED: {"old": _OLD, "new": _NEW},
        EmailName.TRIAL_SIGN_UP: {"answer": TrialAnswer.CONFIRM, "days": 7},
        EmailName.TRIAL_ENDING: {"trial_until": (at.today + timedelta(days=2)).isoformat()},
    }
    return own.get(name, {})
