"""The demo's contents: the real programme rolled forward, a team, members, and bookings made by the services."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from booking.domain import errors, zones
from booking.domain.bookings.slots import Slot, free
from booking.domain.bookings.timetable import Timetable
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import VisitOutcome
from booking.domain.enums.people import RoleName
from booking.domain.enums.refusals import RefusalCode
from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.domain.planning.words.statement import Named, Statement
from booking.services import demo_scenes
from booking.services.action_context import ActionContext
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.mark_attendance import mark
from booking.services.publishing import planning
from booking.services.publishing.publish import publish
from booking.services.transaction import transactional
from booking.store import audit_log
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.db import locks
from booking.store.people.people import Person, Role, holds_real_people
from booking.store.programme.programme import Occurrence, Series
from booking.store.queries.bookings import timetables

WEEKS_BACK = 2
WEEKS_AHEAD = 2
ROLLED_DAYS = 28
TEAM = (
    ("Ada Reyes", "Australia/Brisbane", (RoleName.ANALYST,), "GA4, reporting"),
    ("Ben Noor", "Australia/Sydney", (RoleName.ANALYST,), "tagging, events"),
    ("Jo Kirby", "Australia/Perth", (RoleName.ANALYST,), "Meta, paid social"),
    ("Lena Ortiz", "Australia/Melbourne", (RoleName.ANALYST, RoleName.COORDINATOR), "campaign tracking"),
    ("Sam Whitlock", "Australia/Adelaide", (RoleName.ANALYST, RoleName.MEMBER), "attribution"),
    ("Cora Daly", "Australia/Brisbane", (RoleName.COORDINATOR,), ""),
)
MEMBERS = (
    ("Mia Moss", "Australia/Sydney"),
    ("Noah Ferris", "Australia/Perth"),
    ("Isla Grant", "Australia/Brisbane"),
    ("Theo Banks", "Australia/Melbourne"),
    ("Ruby Lang", "Australia/Adelaide"),
    ("Max Oduya", "Australia/Darwin"),
    ("Zara Petit", "Pacific/Auckland"),
    ("Leo Marsh", None),
    ("Ivy Calder", "Australia/Hobart"),
    ("Finn Sato", "Asia/Singapore"),
    ("Nell Archer", "Europe/London"),
    ("Otis Hale", "Australia/Sydney"),
    ("Kit Farrow", "Australia/Brisbane"),
    ("Pia Nolan", "Australia/Melbourne"),
    ("Wes Tran", "Australia/Perth"),
    ("Ana Prior", "Australia/Sydney"),
)
TOPICS = (
    "Newsletter links arrive in GA4 as direct traffic. Which tags should we use, and where?",
    "The form’s thank-you step sends no generate_lead event since the site moved.",
    "Three agencies, each with its own names for source and medium: we want one scheme.",
    "Our Meta ads report twice the conversions that GA4 does. Whom do we believe?",
    "What to look at first in the December report, before it goes to the board.",
    "Consent banner: how much of the traffic are we missing?",
    "Is our Looker Studio page honest about the attribution window?",
)


class HoldsRealPeople(errors.Refusal):
    """The database holds people who are not the demo's; the demo leaves it alone."""

    code = RefusalCode.HOLDS_REAL_PEOPLE


_COUNT = select(func.count()).select_from(Person)


@transactional
def people(session: Session, now: datetime) -> bool:
    """Add the team and the members, once; whether they were added. Raises HoldsRealPeople."""
    if holds_real_people(session):
        raise HoldsRealPeople("the database holds people who are not the demo's: the demo does not touch it")
    programme = locks.programme(session)
    if session.scalar(_COUNT):
        return False
    programme.is_demo = True
    rows = [(name, zone, roles, about) for name, zone, roles, about in TEAM]
    rows += [(name, zone or "", (RoleName.MEMBER,), "") for name, zone in MEMBERS]
    for name, zone, roles, about in rows:
        email = f"{name.lower().replace(' ', '.')}@example.org"
        meeting_url = f"https://meet.example.org/{name.split()[0].lower()}" if RoleName.ANALYST in roles else None
        session.add(
            Person(
                email=email,
                name=name,
                time_zone=zone or None,
                about=about,
                meeting_url=meeting_url,
                is_demo=True,
                created_at=now,
                roles=[Role(role=role) for role in roles],
            )
        )
    audit_log.write(session, AuditAction.FILLED, AuditSubject.DEMO, None, now)
    return True


def rolled(
    statements: Sequence[Statement], organisation: Organisation, anchor: date, *, is_first: bool
) -> list[Statement]:
    """The shipped programme as of the Monday `anchor`: what is endless goes on, the rest runs for four weeks."""
    staff = tuple(
        f"{name.lower().replace(' ', '.')}@example.org" for name, _, roles, _ in TEAM if RoleName.ANALYST in roles
    )
    found = []
    for stated in statements:
        kind = organisation.kinds[stated.kind]
        named = tuple(Named(email, stated.place) for email in (staff if kind.bookable else staff[:1]))
        is_endless = stated.rule.ends_on is None and not stated.rule.modules
        if is_endless:
            rule = replace(stated.rule, starts_on=anchor - timedelta(weeks=WEEKS_BACK))
            if is_first:
                found.append(replace(stated, rule=rule, analysts=named))
            continue
        ends_on = None if stated.rule.modules else anchor + timedelta(days=ROLLED_DAYS - 1)
        starts_on = anchor - timedelta(weeks=1) if is_first and stated.rule.modules else anchor  # under way on any day
        rule = replace(stated.rule, starts_on=starts_on, ends_on=ends_on)
        slug = f"{stated.slug}-{anchor:%Y%m%d}"
        found.append(replace(stated, slug=slug, rule=rule, analysts=named, month=None))
    return found


_LATEST = (
    select(func.max(Occurrence.ends_at).label("ends_at"), func.max(Series.starts_on).label("starts_on"))
    .join(Series, Series.id == Occurrence.series_id)
    .where(Series.kind.in_(bindparam("modular", expanding=True)))
)


def roll(context: ActionContext, statements: Sequence[Statement]) -> list[Statement]:
    """Publish the programme from this week on, unless what was rolled before still runs; returns what was published."""
    organisation, now = context.organisation, context.now
    today = zones.today(now, organisation.zone)
    monday = today - timedelta(days=today.weekday())
    modular = [name for name, kind in organisation.kinds.items() if kind.modular]
    latest = context.session.execute(_LATEST, {"modular": list(modular)}).one()
    if latest.ends_at is not None and latest.ends_at > now:
        return []
    anchor = monday if latest.starts_on is None else max(monday, latest.starts_on + timedelta(days=ROLLED_DAYS))
    stated = rolled(statements, organisation, anchor, is_first=latest.starts_on is None)
    publish(context, planning.files(stated), uid_domain=demo_scenes.UID_DOMAIN, with_past=True)
    return stated


_IS_BOOKED_SOON = select(
    exists().where(
        Booking.starts_at > bindparam("now"), Booking.starts_at < bindparam("until"), Booking.status == CONFIRMED
    )
)


def is_quiet(session: Session, now: datetime) -> bool:
    """Whether nobody has booked anything in the coming week: the bookings that were made are all over."""
    found = not session.scalar(_IS_BOOKED_SOON, {"now": now, "until": now + timedelta(days=7)})
    session.rollback()
    return found


_MEMBERS = select(Person.id).join(Role).where(Role.role == RoleName.MEMBER, Person.is_demo).order_by(Person.id)


def fill(context: ActionContext) -> int:
    """Make bookings in the clinics around now, each by the service function and at its own time. Returns how many."""
    session, now = context.session, context.now
    start, end = now - timedelta(weeks=WEEKS_BACK, days=1), now + timedelta(weeks=WEEKS_AHEAD)
    members = list(session.scalars(_MEMBERS))
    session.rollback()
    who = demo_scenes.cast(session)
    dice = random.Random(20231201)
    made = 0
    for found in timetables.coming(session, context.organisation, start, end):
        asked_at = min(now, found.hours.starts_at - timedelta(hours=30))
        dice.shuffle(members)
        wanted = 7 if found.hours.starts_at <= now else 5
        kept_free = {who.free, who.at_limit, *who.waiting} if found.hours.starts_at > now else set()
        chosen = [member for member in members if member not in kept_free][:wanted]
        made += sum(_one(context, found, member, dice, asked_at) for member in chosen)
    return made


def _one(context: ActionContext, found: Timetable, member: int, dice: random.Random, asked_at: datetime) -> bool:
    """One booking by one member, marked as come or not where it is over; False where the rules refuse it."""
    current = timetables.timetable(context.session, found.public_id, context.organisation, member)
    policy = found.policy(context.organisation)
    minutes = dice.choice(policy.slot_minutes)
    choices: list[Slot] = free(current.hours, minutes, policy, asked_at) if current is not None else []
    if not choices:
        return False
    slot = dice.choice(choices)
    analyst = next(a.public_id for a in found.analysts if a.id == slot.analyst_id) if dice.random() < 0.6 else None
    request = BookingRequest(found.public_id, slot.starts_at, minutes, analyst, dice.choice(TOPICS))
    try:
        booking = book(replace(context, now=asked_at, actor=Actor.member(member)), request).booking
    except errors.Refusal:
        return False
    if booking.ends_at <= context.now:
        outcome = VisitOutcome.NO_SHOW if dice.random() < 0.12 else VisitOutcome.CAME
        afterwards = replace(context, now=booking.ends_at, actor=Actor.staff(booking.analyst_id))
        mark(afterwards, booking.public_id, outcome)
    return True
