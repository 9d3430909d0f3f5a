"""The contents of a private feed, and their version, which is known before any of them is read."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from booking.calendars import entries
from booking.calendars.catalogue import Feed, Window
from booking.calendars.parts import Part
from booking.domain import zones
from booking.domain.enums.bookings import CancelledBy
from booking.domain.enums.people import RoleName
from booking.domain.meetings import Appointment
from booking.store.queries.feeds import feed_versions
from booking.store.queries.feeds.feed_versions import Owner
from booking.store.queries.programme import meeting_rows
from booking.web.feeds.cache import Edition, Press
from booking.web.frame import context

Staffed = Sequence[uuid.UUID]


class OwnFeed(NamedTuple):
    """Somebody's private feed: what it shows by the catalogue, whose it is, and the occurrences that they staff."""

    shown: Feed
    owner: Owner
    staffed: Staffed


Contents = Callable[[Session, Press, Edition, OwnFeed], list[Part]]


def staffed(session: Session, role: RoleName, window: Window, owner: Owner) -> Staffed:
    """The occurrences that the owner of an analyst's feed staffs; for a member none."""
    if role != feed_versions.ANALYST:
        return ()
    return feed_versions.rostered(session, owner.person_id, window.start, window.end)


def version(role: RoleName, shown: Feed, owner: Owner, given: Staffed) -> tuple[object, ...]:
    """The version of the contents; it rises or changes with every change that its owner's calendar shows."""
    known = (owner.published.edition, shown.name, owner.changes)
    return (
        (*known, given) if role == feed_versions.ANALYST else (*known, sorted(followed(shown, owner)), ended_on(owner))
    )


def ended_on(owner: Owner) -> date | None:
    """The last day of a membership that has ended; None for one that goes on."""
    last = owner.member_until
    return last if last is not None and zones.today(context.now(), context.organisation().zone) > last else None


def followed(shown: Feed, owner: Owner) -> frozenset[str]:
    """The kinds whose every occurrence the owner wants to see: what they ticked, or what is ticked at first."""
    return owner.kinds if owner.kinds is not None else shown.kinds or frozenset()


def member(session: Session, press: Press, edition: Edition, feed: OwnFeed) -> list[Part]:
    """Bookings, but for those the member gave up; what the member is enrolled in; and the kinds that are ticked.

    Each occurrence once: where a booking lies in it, the booking stands for it. Of a membership that has ended its own
    bookings stay, and what took place until its last day; nothing of the programme after it.
    """
    owner = feed.owner
    booked = [
        one
        for one in meeting_rows.appointments(
            session, member_id=owner.person_id, start=edition.window.start, end=edition.window.end
        )
        if not (one.is_cancelled and one.cancelled_by == CancelledBy.MEMBER)
    ]
    whole, single = feed_versions.places(session, owner.person_id)
    stood_for = {one.meeting.public_id for one in booked if one.meeting.is_cancelled or not one.is_cancelled}
    kinds, last = followed(feed.shown, owner), ended_on(owner)
    zone = context.organisation().zone
    found = [press.render(entries.booked, one) for one in booked]
    found += [
        press.render(entries.followed, meeting)
        for meeting in edition.meetings
        if (meeting.kind in kinds or meeting.series_slug in whole or meeting.public_id in single)
        and meeting.public_id not in stood_for
        and (last is None or zones.today(meeting.starts_at, zone) <= last)
    ]
    return found


def analyst(session: Session, press: Press, edition: Edition, feed: OwnFeed) -> list[Part]:
    """One entry for each occurrence the analyst staffs, or is booked in, with the bookings in it."""
    window, owner = edition.window, feed.owner
    booked = meeting_rows.appointments(session, analyst_id=owner.person_id, start=window.start, end=window.end)
    ids = frozenset(feed.staffed)
    departed = feed_versions.departed(session, owner.person_id, window.start, window.end)
    found = {meeting.public_id: meeting for meeting in edition.meetings if meeting.public_id in ids}
    in_meeting: dict[uuid.UUID, list[Appointment]] = {}
    for one in booked:
        in_meeting.setdefault(one.meeting.public_id, []).append(one)
        if not one.is_cancelled:
            found.setdefault(one.meeting.public_id, one.meeting)
    return [
        press.render(entries.given, meeting, tuple(in_meeting.get(key, ())), departed.get(key))
        for key, meeting in found.items()
    ]


#: By the key of the catalogue's private feeds.
CONTENTS: Mapping[str, Contents] = {RoleName.MEMBER: member, RoleName.ANALYST: analyst}
