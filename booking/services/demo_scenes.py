"""What the demo shows on any day beside its bookings, each made as its people would make it: by the services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from booking.domain import errors, zones
from booking.domain.bookings.slots import free
from booking.domain.bookings.timetable import Timetable
from booking.domain.enums.people import RoleName
from booking.domain.people.actor import Actor
from booking.domain.people.people_table import read_one
from booking.domain.planning.words.statement import SourcePlace, StatedException, Statement
from booking.domain.rules import rule_set
from booking.services.accounts import trials
from booking.services.accounts.import_people import import_people
from booking.services.accounts.sign_in import Browser
from booking.services.action_context import ActionContext
from booking.services.bookings import attend, waitlist
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.enrol import enrol
from booking.services.bookings.notes import write_note
from booking.services.bookings.waitlist import Wish
from booking.services.organisation.save_rules import save_rules
from booking.services.publishing import planning
from booking.services.publishing.meeting_links import set_links
from booking.services.publishing.publish import publish
from booking.services.transaction import transactional
from booking.store.bookings.bookings import CAME, CONFIRMED, Booking
from booking.store.db.base import table_of
from booking.store.people.people import Person, Role
from booking.store.programme.programme import SCHEDULED, Occurrence, Series
from booking.store.queries.bookings import timetables

TRIAL_DAYS = 7
UID_DOMAIN = "demo.example.org"
ROOM = "https://meet.example.org/{}"
AGREED = (
    "Use one naming scheme for source and medium, and share it with the agencies by Friday.",
    "Move the generate_lead event to the thank-you page, then check it in DebugView.",
    "Report conversions from GA4 to the board, and Meta’s own figures beside them.",
)


@dataclass(frozen=True, slots=True)
class Cast:
    """The demo's people by what they are here for, as internal ids: who coordinates, and the members in order."""

    coordinator: int
    members: Sequence[int]

    @property
    def at_limit(self) -> int:
        """The member who has as many bookings as one may: not the first whom somebody tries."""
        return self.members[4]

    @property
    def waiting(self) -> Sequence[int]:
        """Those who wait for a slot in a full clinic, and have booked nothing."""
        return self.members[-2:]

    @property
    def free(self) -> int:
        """The first member of the list, who can book at once."""
        return self.members[0]


_CAST = (
    select(Person.id, Role.role)
    .join(Role, Role.person_id == Person.id)
    .where(Person.is_demo, Person.id.not_in(select(Role.person_id).where(Role.role == RoleName.ANALYST)))
    .order_by(Person.id)
)
_MARK = update(table_of(Person)).where(Person.is_demo.is_(False)).values(is_demo=True)


def cast(session: Session) -> Cast:
    """The demo's people; those who are analysts as well are left out."""
    rows = session.execute(_CAST).all()
    session.rollback()
    coordinators = [row.id for row in rows if row.role == RoleName.COORDINATOR]
    return Cast(coordinators[-1], [row.id for row in rows if row.role == RoleName.MEMBER])


def show_everything(context: ActionContext, statements: Sequence[Statement]) -> None:
    """Add everything that the bookings alone don't show; `statements` are those of the programme as published."""
    who = cast(context.session)
    end_a_membership(context)
    give_links(context, who)
    enrol_some(context, who)
    agree(context)
    reach_the_limit(context, who)
    fill_a_clinic(context, who)
    change_the_programme(context, who, statements)
    offer_trials(context, who)
    mark_as_made_up(context.session)


@transactional
def mark_as_made_up(session: Session) -> None:
    """Mark those whom an import or a trial has added, so that the demo knows its own database again."""
    session.connection().execute(_MARK)


def offer_trials(context: ActionContext, who: Cast) -> None:
    """Offer free trials among the rules, and let somebody begin one two days ago."""
    rules = rule_set.of(context.organisation)
    general = replace(rules.general, trial_days=TRIAL_DAYS)
    save_rules(_as(context, Actor.staff(who.coordinator)), replace(rules, general=general), 0, context.organisation)
    offering = replace(context.organisation, policy=general)
    then = replace(context, organisation=offering, now=context.now - timedelta(days=2))
    asked = trials.sign_up(then, trials.SignUp("una.byrne@example.org", "Una Byrne", "Australia/Perth", "demo"))
    trials.confirm(replace(then, actor=Actor.link()), asked, Browser("demo", "Firefox on Linux"))


def end_a_membership(context: ActionContext) -> None:
    """Add somebody whose membership ended ten days ago, by the import that coordinators use."""
    last = zones.today(context.now, context.organisation.zone) - timedelta(days=10)
    found, _ = read_one("gus.fairley@example.org", "Gus Fairley", "member", "Australia/Hobart", f"{last}", "")
    import_people(context, [found])


_DATES = (
    select(Occurrence.public_id, Occurrence.starts_at, Occurrence.ends_at, Series.kind, Series.slug)
    .join(Series, Series.id == Occurrence.series_id)
    .where(Occurrence.status == SCHEDULED, Occurrence.starts_at >= bindparam("since"))
    .order_by(Occurrence.starts_at, Occurrence.id)
    .limit(500)
)


def give_links(context: ActionContext, who: Cast) -> None:
    """Give every series that one enrols in a meeting link, and what is over a recording and slides."""
    seen: set[str] = set()
    staff = _as(context, Actor.staff(who.coordinator))
    for one in context.session.execute(_DATES, {"since": context.now - timedelta(days=60)}).all():
        if one.kind in context.organisation.bookable:
            continue
        if one.slug not in seen:
            seen.add(one.slug)
            set_links(staff, one.public_id, {"meeting_url": ROOM.format(one.slug)}, whole_series=True)
        if one.ends_at <= context.now:
            file = f"https://files.example.org/{one.slug}-{one.starts_at:%Y%m%d}"
            set_links(staff, one.public_id, {"recording": f"{file}.mp4", "slides": f"{file}.pdf"})


def enrol_some(context: ActionContext, who: Cast) -> None:
    """Enrol members in each masterclass from its first date on; of what is over, say who came."""
    session, modular = context.session, {n for n, kind in context.organisation.kinds.items() if kind.modular}
    first: dict[str, datetime] = {}
    for one in session.execute(_DATES, {"since": context.now - timedelta(days=60)}).all():
        if one.kind not in modular:
            continue
        members = who.members[1:6]
        if one.slug not in first:
            first[one.slug] = one.starts_at
            before = min(context.now, one.starts_at) - timedelta(days=3)
            for member in members:
                enrol(replace(context, now=before, actor=Actor.member(member)), one.public_id, whole=True)
        if one.ends_at <= context.now:
            came = [session.get_one(Person, member).public_id for member in members[:-1]]
            attend.mark(_as(replace(context, now=one.ends_at), Actor.staff(who.coordinator)), one.public_id, came)


_VISITED = (
    select(Booking.public_id, Booking.analyst_id, Booking.ends_at)
    .where(Booking.status == CONFIRMED, Booking.outcome == CAME)
    .order_by(Booking.starts_at.desc(), Booking.id)
    .limit(len(AGREED))
)


def agree(context: ActionContext) -> None:
    """Write down what was agreed in the latest visits."""
    visits = context.session.execute(_VISITED).all()
    for visit, agreed in zip(visits, AGREED, strict=False):
        write_note(
            replace(context, now=visit.ends_at, actor=Actor.staff(visit.analyst_id)), visit.public_id, "", agreed
        )


def fill_a_clinic(context: ActionContext, who: Cast) -> None:
    """Book the next clinic but one until nothing is free, by the coordinator for members, and let some wait for it."""
    coming = timetables.coming(
        context.session, context.organisation, context.now + timedelta(hours=20), context.now + timedelta(weeks=2)
    )
    context.session.rollback()
    if len(coming) < 2:
        return
    clinic = coming[1]
    others = [one for one in who.members[1:] if one not in (who.at_limit, *who.waiting)]
    while any([_book_for(context, who, clinic, member) for member in others]):
        pass
    for member in who.waiting:
        _try(partial(waitlist.join, _as(context, Actor.member(member)), clinic.public_id, Wish(15)))


def _book_for(context: ActionContext, who: Cast, clinic: Timetable, member: int) -> bool:
    """Book the longest slot that is free for that member, as the coordinator; False where none is."""
    found = timetables.timetable(context.session, clinic.public_id, context.organisation, member)
    context.session.rollback()
    policy = clinic.policy(context.organisation)
    for minutes in sorted(policy.slot_minutes, reverse=True):
        slots = free(found.hours, minutes, policy, context.now) if found is not None else []
        if slots:
            request = BookingRequest(clinic.public_id, slots[0].starts_at, minutes, topic="A look at our reports")
            book(_as(context, Actor.staff(who.coordinator, for_member=member)), request)
            return True
    return False


def reach_the_limit(context: ActionContext, who: Cast) -> None:
    """Let one member book as many slots as the rules allow."""
    session, now = context.session, context.now
    coming = timetables.coming(session, context.organisation, now + timedelta(hours=1), now + timedelta(weeks=4))
    session.rollback()
    for clinic in coming:
        found = timetables.timetable(session, clinic.public_id, context.organisation, who.at_limit)
        session.rollback()
        policy = clinic.policy(context.organisation)
        slots = free(found.hours, policy.shortest, policy, now) if found is not None else []
        if slots:
            request = BookingRequest(clinic.public_id, slots[0].starts_at, policy.shortest, topic="Which report first?")
            _try(partial(book, _as(context, Actor.member(who.at_limit)), request))


def change_the_programme(context: ActionContext, who: Cast, statements: Sequence[Statement]) -> None:
    """Publish another title for the next date of something that isn't a masterclass or a clinic."""
    organisation = context.organisation
    plain = [one for one in statements if not organisation.kinds[one.kind].bookable and not one.rule.modules]
    for one in context.session.execute(_DATES, {"since": context.now + timedelta(days=1)}).all():
        stated = next((s for s in plain if s.slug == one.slug), None)
        if stated is None:
            continue
        day = zones.today(one.starts_at, stated.rule.zone)
        other = StatedException(SourcePlace("demo", 1), on=day, title=f"{stated.title}, with your own questions")
        wanted = replace(stated, exceptions=(*stated.exceptions, other))
        publish(_as(context, Actor.staff(who.coordinator)), planning.files([wanted]), uid_domain=UID_DOMAIN)
        return


def _as(context: ActionContext, actor: Actor) -> ActionContext:
    return replace(context, actor=actor)


def _try(act: Callable[[], object]) -> None:
    """Do what the rules allow; which of it they refuse depends on the day."""
    try:
        act()
    except errors.Refusal:
        return
