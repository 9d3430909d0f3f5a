"""Globals of every template: the organisation, the reader, times in words, addresses of static files."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import Flask, g
from markupsafe import Markup, escape

from booking.domain import wording, zones
from booking.domain.bookings import cover_words, lengths, policy_words, waitlist_words
from booking.domain.enums.bookings import AwaitedKind, VisitOutcome, WaitlistOutcome
from booking.domain.enums.emails import EmailState
from booking.domain.enums.planning import CoverFate, FindingCode
from booking.domain.enums.refusals import RefusalCode
from booking.domain.organisation import Kind
from booking.domain.people import email_addresses, free_trials
from booking.store.people import people
from booking.web.frame import access, context, current_reader
from booking.web.frame.current_reader import current_user


def read_by(person: uuid.UUID | int) -> None:
    """For the rest of this request times are those of the person a signed link belongs to, whoever is signed in."""
    g.link_zone = people.zone_of(context.db(), person)


def times_at(instant: datetime) -> None:
    """Name zones on this page as they are called at `instant`, which the page is about: AEST or AEDT."""
    g.times_at = instant


def reader_zone() -> str | None:
    """The reader's IANA zone: of their profile, else what this browser keeps; on a page of a signed link its owner's.

    None while unknown.
    """
    if "link_zone" in g:
        link_zone: str | None = g.link_zone
        return link_zone
    return current_user.zone or current_reader.chosen_zone()


def own_zone(programme_zone: str) -> str:
    """The zone in which the reader is shown what is their own: theirs, while unknown the programme's."""
    return reader_zone() or programme_zone


def yours(start: datetime, end: datetime | None, programme_zone: str) -> str:
    """The reader's own clock at that time, the weekday with it where it differs; empty where it says the same."""
    zone = reader_zone()
    if zone is None or wording.same_clock(start, zone, programme_zone):
        return ""
    there = zones.today(start, zone)
    weekday = f"{there:%a} " if there != zones.today(start, programme_zone) else ""
    return weekday + (wording.span(start, end, zone) if end is not None else wording.clock(start, zone))


def when(start: datetime, end: datetime | None, zone: str) -> Markup:
    """A time pair for the programme's pages: its time with the abbreviation, the reader's beside it."""
    shown = wording.span(start, end, zone) if end is not None else wording.clock(start, zone)
    own = yours(start, end, zone)
    return Markup(
        f'<span class="when line"><span class="t">{stamp(start, shown, zone)}</span>'
        + (f'<span class="yours">{escape(own)} yours</span>' if own else "")
        + "</span>"
    )


def stamp(instant: datetime, shown: str, zone: str) -> Markup:
    """`<time>` with its zone's abbreviation."""
    local = zones.local(instant, zone)
    abbreviation = zones.abbreviation(instant, zone)
    return Markup(
        f'<time datetime="{local.isoformat(timespec="minutes")}">{escape(shown)}</time> '
        f'<abbr title="{escape(zones.city(zone))}, {local:UTC%z}">{abbreviation}</abbr>'
    )


def mine(instant: datetime, programme_zone: str) -> str:
    """One's own start in words, the reader's time first: "Mon 30 Nov 11:15 am Perth (1:15 pm AEST)"."""
    return wording.when(instant, reader_zone(), programme_zone)


def elsewhere(instant: datetime, programme_zone: str) -> str:
    """For a reader whose zone is unknown: what other cities' clocks show; else empty."""
    return wording.elsewhere(instant, programme_zone) if reader_zone() is None else ""


def zone_line() -> str:
    """Returns how to read the page's times: "Times in AEST, Brisbane. Yours: Sydney, 1 hour ahead of AEST."

    They are those of the time that the page is about (`times_at`), of now where it is about none.
    """
    zone, at = context.organisation().zone, g.get("times_at", context.now())
    line = f"Times in {zones.abbreviation(at, zone)}, {zones.city(zone)}."
    own = reader_zone()
    if own is not None and own != zone:
        line += f" Yours: {zones.city(own)}, {wording.ahead(at, own, zone)}."
    return line


def contact_address() -> str:
    """The email address that people are told to write to: the organisation's own, else where replies go."""
    return context.organisation().texts.contact_email or context.settings().reply_address


def kind(name: str) -> Kind:
    """The kind of that name; one that data/ no longer holds keeps its name."""
    return context.organisation().kinds.get(name) or Kind(name, name, name.title(), name.title())


def is_bookable(kind: str) -> bool:
    """Whether members book slots in occurrences of that kind."""
    found = context.organisation().kinds.get(kind)
    return found is not None and found.bookable


def init_app(app: Flask) -> None:
    """Give every template these names."""

    @app.context_processor
    def names() -> dict[str, Any]:
        return {"organisation": context.organisation(), "settings": context.settings(), "reader": current_user}

    app.jinja_env.globals.update(
        RefusalCode=RefusalCode,
        is_signed=partial(access.is_signed, app),  # such an address is put into no other
        when=when,
        mine=mine,
        own_zone=own_zone,
        yours=yours,
        stamp=stamp,
        elsewhere=elsewhere,
        zone_line=zone_line,
        contact_address=contact_address,
        kind_of=kind,
        today=lambda zone: zones.today(context.now(), zone),
        now=context.now,
        one_second=timedelta(seconds=1),
        confirm_within=email_addresses.CONFIRM_WORDS,
        trial_ends=lambda last: free_trials.sentence(last, zones.today(context.now(), context.organisation().zone)),
        cover_words=cover_words,
        policy_words=policy_words,
        waitlist_words=waitlist_words,
        city=zones.city,
        zone_abbreviation=zones.abbreviation,
        EmailState=EmailState,
        CoverFate=CoverFate,
        FindingCode=FindingCode,
        VisitOutcome=VisitOutcome,
        WaitlistOutcome=WaitlistOutcome,
        AwaitedKind=AwaitedKind,
    )
    app.jinja_env.filters.update(day=wording.day, long_day=wording.long_day, length_of_time=wording.length_of_time)
    app.jinja_env.filters["lengths"] = lengths.in_words
    app.jinja_env.filters["loose"] = lambda text: text.replace(wording.NBSP, " ")  # for headings, which must wrap
    app.jinja_env.filters["on"] = zones.today
    app.jinja_env.filters["at"] = wording.clock
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
