"""The pages of the back office in the order in which they are listed, and which one the reader is on."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, request, url_for

from booking.web.frame import access
from booking.web.frame.current_reader import current_user


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One page of the menu; `about` are the beginnings of further addresses that belong to it."""

    endpoint: str
    words: str
    about: tuple[str, ...] = ()


_PROGRAMME = ("/coordinator/occurrences", "/coordinator/new-series", "/coordinator/copy-month")
ENTRIES = (
    NavigationEntry("coordinator.next_days", "Next 14 days"),
    NavigationEntry("coordinator.today", "Today"),
    NavigationEntry("coordinator.series", "Programme", about=_PROGRAMME),
    NavigationEntry("closures.listed", "Closures", about=("/coordinator/holidays",)),
    NavigationEntry("drafts.begin", "Paste an announcement"),
    NavigationEntry("coordinator.changes", "Published"),
    NavigationEntry("coordinator.bookings", "Bookings", about=("/analyst/bookings",)),
    NavigationEntry("coordinator.waitlists", "Waitlists"),
    NavigationEntry("people.search", "People"),
    NavigationEntry("coordinator.reports", "Reports"),
    NavigationEntry("emails.listed", "Emails"),
    NavigationEntry("coordinator.rules", "Rules"),
    NavigationEntry("coordinator.texts", "Texts"),
    NavigationEntry("coordinator.audit", "Audit log"),
)


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """An entry as it is shown: `is_current` on its own page, `is_within` on a page that belongs to it."""

    url: str
    words: str
    is_current: bool
    is_within: bool


def links() -> list[NavigationLink]:
    """The entries that the reader may open. At most one of them is where the reader is."""
    may = [(entry, url_for(entry.endpoint)) for entry in ENTRIES if may_open(entry.endpoint)]
    places = [(place, entry) for entry, url in may for place in (url.rstrip("/"), *entry.about) if _is_at(place)]
    here = max(places, key=lambda found: len(found[0]))[1] if places else None
    return [
        NavigationLink(url, entry.words, entry is here and request.endpoint == entry.endpoint, entry is here)
        for entry, url in may
    ]


def _is_at(place: str) -> bool:
    return request.path.rstrip("/") == place or request.path.startswith(f"{place}/")


def may_open(endpoint: str) -> bool:
    """Whether the reader may open the pages of that endpoint."""
    level = access.level_of(current_app, endpoint)
    return level is not None and access.allows(level, current_user.roles if current_user.is_authenticated else None)


def init_app(app: Flask) -> None:
    """Give templates the menu, and whether its reader may open a page before they link to it."""
    app.jinja_env.globals.update(coordinator_links=links, may_open=may_open)
