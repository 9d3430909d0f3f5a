"""The page on which a slot is booked: the grid, what the reader has already, what else is free, the waitlist."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from flask import abort, render_template

from booking.domain import errors
from booking.domain.bookings import policy_words, slots, suggestions, waitlist_words
from booking.domain.bookings.slots import Slot
from booking.domain.bookings.suggestions import Asker
from booking.domain.bookings.timetable import Timetable
from booking.domain.errors import Refusal
from booking.domain.meetings import Appointment, Meeting
from booking.domain.organisation import Policy
from booking.services.bookings.book import history_of
from booking.store.queries.bookings import slot_search, timetables, waitlist_queue
from booking.store.queries.bookings.slot_search import Search
from booking.store.queries.bookings.visit_history import History
from booking.store.queries.bookings.waitlist_queue import Waits
from booking.web.frame import access, context, error_pages
from booking.web.frame.current_reader import current_user
from booking.web.member import booking_limits, bookings, membership, slot_grid, waitlist_pages
from booking.web.member.booking_limits import BookingLimit
from booking.web.member.booking_pages import BookingLinks
from booking.web.member.slot_grid import Chosen, Grid


@dataclass(frozen=True, slots=True)
class Wished:
    """The waitlist's fields as they were sent."""

    minutes: str = ""
    analyst: str = ""
    earliest: str = ""
    latest: str = ""


@dataclass(frozen=True, slots=True)
class BookingForm:
    """The booking form's fields. `replaces` is the booking (a public id) that is to move here."""

    chosen: Chosen = field(default_factory=Chosen)
    topic: str = ""
    link: str = ""
    member: str = ""  # whom staff book for, by address
    replaces: str = ""
    wished: Wished = field(default_factory=Wished)


@dataclass(frozen=True, slots=True)
class View:
    """One reader's view of one occurrence: its timetable as they see it, and what limits them."""

    meeting: Meeting
    found: Timetable
    rules: Policy
    limit: BookingLimit
    is_visitor: bool

    @property
    def may_book(self) -> bool:
        """Whether a slot here can be booked, or a booking moved to one."""
        return self.limit.refusal is None or bool(self.limit.replaceable)

    @property
    def asker(self) -> Asker:
        """Returns the asker for whom slots are searched; of several bookings that could move here, any one."""
        asker, instead = self.limit.asker, self.limit.replaceable
        if asker.holdings is None or asker.moving is not None or not instead:
            return asker
        first = next(one.id for one in asker.holdings.bookings if one.public_id == instead[0].public_id)
        return Asker(asker.holdings, first)

    def free(self, minutes: int) -> list[Slot]:
        """Returns the slots of that length that the reader can book or move to."""
        rules = self.found.rules(context.organisation(), context.now())
        return suggestions.bookable(self.asker, self.found.id, self.found.hours, minutes, rules)


def is_staff() -> bool:
    """Whether the reader may book for others."""
    return current_user.is_authenticated and not current_user.roles.isdisjoint({access.ANALYST, access.COORDINATOR})


def page(meeting: Meeting, typed: BookingForm, refusal: Refusal | None = None) -> str:
    """The page as it stands now, with what was typed and why it was refused."""
    view, now = _view(meeting), context.now()
    found, rules, limit = view.found, view.rules, view.limit
    history = None if view.is_visitor else history_of(context.db(), found, current_user.id, context.organisation(), now)
    made = _grids(view, history, replace(typed.chosen, is_lost=_is_lost(refusal)))
    minutes = slot_grid.length_of(typed.chosen, rules.slot_minutes, rules.shortest)
    has_free = any(grid.has_free for grid in made)
    can_wait = _can_wait(view, made, now)
    place = _place(view)
    gap = membership.gap(found.hours.starts_at)
    return render_template(
        "member/clinic.html",
        meeting=meeting,
        found=found,
        rules=policy_words.rules(rules),
        policy=rules,
        grids=made,
        minutes=minutes,
        typed=typed,
        refusal=refusal,
        words=error_pages.sentence(refusal) if refusal is not None else "",
        nearest=_suggested(view, typed, refusal) if view.may_book else [],
        elsewhere_free=[] if has_free or gap else _elsewhere(view, minutes),
        has_free=has_free,
        membership=gap,
        limit=limit,
        limit_words=error_pages.sentence(limit.refusal) if limit.refusal is not None and not gap else "",
        held=[_held(one, now) for one in limit.held],
        may_book=view.may_book and has_free,
        replaces=_replaced(limit, typed),
        is_staff=is_staff(),
        key=str(uuid.uuid4()),
        is_visitor=view.is_visitor,
        can_wait=can_wait and place is None,
        starts=_starts(view) if can_wait else [],
        how_waiting_works=waitlist_words.how_it_works() if can_wait else "",
        queue=waitlist_queue.count(context.db(), found.id) if can_wait else 0,
        last=None if history is None else history.last,
        place=place,
    )


def _is_lost(refusal: Refusal | None) -> bool:
    """Whether somebody else was quicker."""
    return isinstance(refusal, errors.SlotTaken) and not refusal.own


def _view(meeting: Meeting) -> View:
    session, is_visitor = context.db(), not current_user.is_authenticated
    member_id = None if is_visitor or is_staff() else current_user.id  # staff book for others here
    organisation = context.organisation()
    found = timetables.timetable(session, meeting.public_id, organisation, member_id)
    if found is None:
        abort(404)
    limit = (
        BookingLimit() if is_visitor or is_staff() else booking_limits.of(current_user.id, found, found.hours.starts_at)
    )
    if limit.asker.moving is not None:  # its own quarters are free for it
        moving = limit.asker.moving
        found = timetables.timetable(session, meeting.public_id, organisation, member_id, moving) or found
    return View(meeting, found, found.policy(organisation), limit, is_visitor)


def _grids(view: View, history: History | None, chosen: Chosen) -> list[Grid]:
    found, now, instead = view.found, context.now(), view.limit.replaceable
    preference = None
    if history is not None:
        kept = None
        if len(instead) == 1:
            kept = next((a.id for a in found.analysts if a.public_id == instead[0].analyst_public_id), None)
        preference = history.preference.keeping(kept)
    verb = "Move to" if instead else "Book"
    made = slot_grid.grids(found, found.rules(context.organisation(), now), chosen, verb, preference)
    if view.is_visitor:
        _without_names(made)
    return made


def _without_names(made: list[Grid]) -> None:
    """A visitor sees that starts are free, and not with whom."""
    for grid in made:
        grid.blocks = [[replace(rows[0], about="")] for rows in grid.blocks]
        for rows in grid.blocks:
            for cell in rows[0].cells:
                cell.with_whom = ""


def _can_wait(view: View, made: list[Grid], now: datetime) -> bool:
    """Whether the reader may wait, and there is something to wait for: a slot that is taken, while booking is open."""
    starts = slots.starts(view.found.hours, view.rules.shortest)
    if not starts or now < starts[0] - timedelta(days=view.rules.horizon_days):
        return False
    if now > starts[-1] - timedelta(minutes=view.rules.notice_minutes):
        return False
    if view.limit.refusal is not None and not view.limit.is_reached:
        return False
    return any(cell.is_taken for grid in made for rows in grid.blocks for line in rows for cell in line.cells)


def _starts(view: View) -> list[tuple[str, datetime]]:
    """Every start that one can still wait for: what the form sends, and when it is."""
    rules, now = view.rules, context.now()
    notice = timedelta(minutes=rules.notice_minutes)
    return [(slot_grid.stamp(at), at) for at in slots.starts(view.found.hours, rules.shortest) if now <= at - notice]


def _place(view: View) -> tuple[Waits, int] | None:
    """The reader's place on the waitlist, and how many are ahead; a member's holdings say whether there is one."""
    holdings = view.limit.asker.holdings
    if view.is_visitor or (holdings is not None and not holdings.is_waiting):
        return None
    waits = waitlist_queue.of_member(context.db(), current_user.id, view.found.public_id)
    return (waits[0], waitlist_pages.ahead(waits).get(waits[0].id, 0)) if waits else None


def _held(one: Appointment, now: datetime) -> tuple[Appointment, BookingLinks | None]:
    """A booking of the reader's with its addresses; None once it has started."""
    return one, bookings.links(one.public_id) if now < one.starts_at else None


def _replaced(limit: BookingLimit, typed: BookingForm) -> str:
    """Returns the booking chosen to move here, else the first that can."""
    offered = [str(one.public_id) for one in limit.replaceable]
    return typed.replaces if typed.replaces in offered else next(iter(offered), "")


def _suggested(view: View, typed: BookingForm, refusal: Refusal | None) -> list[tuple[str, Slot, list[str]]]:
    """Up to three starts that the reader can book at once: what the button sends, the slot, and who is free.

    After a lost race the nearest ones; for whoever wanted to wait for what is free, that.
    """
    found = view.found
    names = {} if view.is_visitor else {analyst.id: analyst.name for analyst in found.analysts}
    if isinstance(refusal, errors.StillFree):
        chosen = slots.nearest(refusal.slots, refusal.slots[0].starts_at)
        ids = {analyst.id: str(analyst.public_id) for analyst in found.analysts}
        return [
            (slot_grid.value_of(one.starts_at, one.minutes, ids[one.analyst_id]), one, [names[one.analyst_id]])
            for one in chosen
            if one.analyst_id in ids
        ]
    if not _is_lost(refusal):
        return []
    try:
        wanted = slot_grid.request_of(found.public_id, typed.chosen, "", "", "")
    except slot_grid.NoSlotChosen:
        return []
    free = view.free(wanted.minutes)
    return [
        (
            slot_grid.value_of(slot.starts_at, slot.minutes, "any"),
            slot,
            [names[other.analyst_id] for other in free if other.starts_at == slot.starts_at and names],
        )
        for slot in slots.nearest(slots.offered(found.hours, free, view.rules), wanted.starts_at)
    ]


def _elsewhere(view: View, minutes: int) -> list[tuple[str, Timetable, Slot]]:
    """The next three occurrences with a start that the reader can book, where this one has none."""
    session, organisation, now = context.db(), context.organisation(), context.now()
    if view.is_visitor or view.limit.asker.holdings is None:
        search = slot_search.past_limits(session, None if view.is_visitor else current_user.id, organisation, now)
    else:
        search = Search(session, organisation, now, view.limit.asker, current_user.id)
    return [
        (slot_grid.value_of(slot.starts_at, slot.minutes, "any"), other, slot)
        for other, slot in search.elsewhere(view.found.public_id, minutes)
    ]
