"""One person, for coordinators: everything about them, and the way to everything that is done with their account."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from booking.domain import wording, zones
from booking.domain.bookings import policy_words
from booking.domain.enums.emails import EmailName
from booking.domain.enums.people import ROLES_THAT_SEE_OTHERS, RoleName
from booking.domain.people.sign_in import VALID_MINUTES
from booking.store.people.people import Person
from booking.store.queries.bookings import booking_list, holdings
from booking.store.queries.bookings.booking_list import BookingFilter, ListedBooking
from booking.store.queries.outbox import email_log
from booking.store.queries.people import account_holdings, current_readers, person_details
from booking.store.queries.records import audit_list
from booking.store.queries.records.audit_list import AuditFilter
from booking.web.coordinator.administration import audit_pages
from booking.web.coordinator.bookings import booking_words
from booking.web.coordinator.people.blueprint import blueprint, person_of
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user

MOST_ACTIONS = 50


@blueprint.get("/<uuid:public_id>")
@access.coordinator
def one(public_id: uuid.UUID) -> ResponseReturnValue:
    """One person: roles, membership, what they have booked, emails, sessions, and what was done."""
    return page(person_of(public_id))


def page(
    person: Person, mistakes: dict[str, str] | None = None, values: dict[str, str] | None = None
) -> ResponseReturnValue:
    """The person's page, with mistakes beside their fields and what was typed in them."""
    db, now = context.db(), context.now()
    sees_others = not person.role_names.isdisjoint(ROLES_THAT_SEE_OTHERS)
    is_analyst = RoleName.ANALYST in person.role_names
    lines = audit_list.page(db, AuditFilter(about_ids=(person.id,)), None, MOST_ACTIONS)
    shown = render_template(
        "people/one.html",
        person=person,
        has=person.role_names,
        account=account_holdings.account(db, person.id, now),
        details=person_details.of(db, person.id, now),
        time_off=wording.time_off,
        most=person_details.MOST,
        booked=_bookings(BookingFilter(member_ids=(person.id,))),
        staffed=_bookings(BookingFilter(analyst_id=person.id, since=now)) if is_analyst else [],
        missed=_missed(person),
        sessions=current_readers.open_sessions(db, person.id, now, sees_others=sees_others),
        titles={name.value: name.label for name in EmailName},
        kept_days=email_log.KEPT_DAYS,
        valid_minutes=VALID_MINUTES,
        actions=audit_pages.lines_of(lines),
        values={"email": "", "other": "", **(values or {})},
        errors=mistakes or {},
        is_over=person.member_until is not None and zones.today(now, context.organisation().zone) > person.member_until,
        is_self=person.id == current_user.id,
        this_year=zones.today(now, context.organisation().zone).year,
    )
    return shown, 422 if mistakes else 200


def _bookings(narrowed: BookingFilter) -> list[tuple[ListedBooking, str]]:
    """The next or latest few, one more than is shown, each with how it stands."""
    now = context.now()
    found = booking_list.page(context.db(), narrowed, None, person_details.MOST + 1)
    return [(one, booking_words.state(one, now)) for one in found]


def _missed(person: Person) -> dict[str, Any]:
    """How many visits they missed lately, in how many days, and what follows by the policy."""
    organisation, now = context.organisation(), context.now()
    policy = organisation.policy
    held = holdings.of_member(context.db(), person.id, organisation, now)
    count = sum((now - at).days < policy.no_show_days for at in held.missed)
    is_limited = bool(policy.no_shows) and count >= policy.no_shows
    return {
        "count": count,
        "days": policy.no_show_days,
        "rule": policy_words.missed(policy),
        "is_limited": is_limited,
    }
