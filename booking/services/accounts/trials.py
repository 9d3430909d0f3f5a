"""Free trials: sign up by email, confirm by its link, once each; the end is told two days before."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain import errors, zones
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import EmailName
from booking.domain.enums.people import RoleName, TrialAnswer
from booking.domain.enums.refusals import RefusalCode
from booking.domain.people import email_addresses, free_trials, person_names
from booking.services.accounts.sign_in import Browser, count
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.outbox import emails
from booking.store.people import rate_limits, sessions, trial_sign_ups
from booking.store.people.people import Person, Role
from booking.store.people.rate_limits import RateLimitRule
from booking.store.people.trial_sign_ups import TrialSignUp
from booking.store.queries.people import account_holdings

#: In the order in which they are locked.
EMAILS_TO_AN_ADDRESS = RateLimitRule("trial-address", 3, timedelta(days=1))
SIGN_UPS_OF_A_NETWORK = RateLimitRule("trial-network", 20, timedelta(hours=1))
TRIALS_OF_AN_ADDRESS = RateLimitRule("trial-begun", 1, timedelta(seconds=1))  # locks an address; never refuses
MAX_TOLD = 200  # emails of one transaction


class NoTrials(errors.Refusal):
    """The organisation offers no free trials."""

    code = RefusalCode.NO_TRIALS


class TrialLinkExpired(errors.Refusal):
    """The link of a sign-up was used or is too old, or its address has an account or has had a trial meanwhile."""

    code = RefusalCode.TRIAL_LINK_EXPIRED


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody types to sign up; `time_zone` an IANA name, empty for none. `sender` is a keyed digest of the
    network address."""

    email: str
    name: str
    time_zone: str
    sender: str


@transactional
def sign_up(context: ActionContext, wanted: SignUp) -> uuid.UUID:
    """Ask for a free trial; returns the sign-up's id. Nothing begins before the link in the email is used.

    An address that has an account or has had a trial gets an email that says so, and the answer here is the same.
    Raises NoTrials, TextNotAccepted, TooManyRequests.
    """
    session, now = context.session, context.now
    if not context.organisation.policy.trial_days:
        raise NoTrials()
    email, name, zone = _accepted(wanted)
    count(session, EMAILS_TO_AN_ADDRESS, free_trials.key(email), now)
    count(session, SIGN_UPS_OF_A_NETWORK, wanted.sender, now)
    row = TrialSignUp(
        email=email,
        key=free_trials.key(email),
        name=name,
        time_zone=zone,
        answer=_answer(session, email),
        requested_at=now,
        expires_at=now + free_trials.CONFIRM_WITHIN,
    )
    session.add(row)
    session.flush()
    told = {"trial": str(row.public_id), "answer": row.answer, "days": context.organisation.policy.trial_days}
    emails.enqueue(session, EmailName.TRIAL_SIGN_UP, email, told, now)
    return row.public_id


def _accepted(wanted: SignUp) -> tuple[str, str, str | None]:
    try:
        name = person_names.parse(wanted.name)
    except person_names.NotAName as error:
        raise errors.TextNotAccepted("name", str(error)) from None
    try:
        email = email_addresses.parse(wanted.email)
    except email_addresses.NotAnAddress as error:
        raise errors.TextNotAccepted("email", str(error)) from None
    try:
        return email, name, zones.named(wanted.time_zone) if wanted.time_zone else None
    except zones.UnknownZone:
        raise errors.TextNotAccepted("time_zone", "choose a time zone from the list") from None


def _answer(session: Session, email: str) -> TrialAnswer:
    """What the email to that address says now."""
    if account_holdings.with_email(session, email) is not None:
        return TrialAnswer.HAS_ACCOUNT
    had_one = trial_sign_ups.has_had_one(session, free_trials.key(email))
    return TrialAnswer.HAD_TRIAL if had_one else TrialAnswer.CONFIRM


def waiting(session: Session, sign_up_id: uuid.UUID, now: datetime) -> TrialSignUp | None:
    """The sign-up that a link stands for, while it can be confirmed; else None."""
    row = trial_sign_ups.with_public_id(session, sign_up_id)
    if row is None or row.answer != TrialAnswer.CONFIRM or row.confirmed_at is not None or row.expires_at <= now:
        return None
    return row if _answer(session, row.email) == TrialAnswer.CONFIRM else None


@dataclass(frozen=True, slots=True)
class BegunTrial:
    """A trial that has begun: the new session's token."""

    token: str


@transactional
def confirm(context: ActionContext, sign_up_id: uuid.UUID, browser: Browser) -> BegunTrial:
    """Begin the trial by the link of the email, whose MAC the caller has checked: an account, and a session in it.

    Raises NoTrials, TrialLinkExpired.
    """
    session, organisation, now = context.session, context.organisation, context.now
    if not organisation.policy.trial_days:
        raise NoTrials()
    seen = trial_sign_ups.with_public_id(session, sign_up_id)
    if seen is None:
        raise TrialLinkExpired()
    rate_limits.lock(session, TRIALS_OF_AN_ADDRESS, seen.key, now)
    row = waiting(session, sign_up_id, now)
    if row is None:
        raise TrialLinkExpired()
    last = free_trials.last_day(zones.today(now, organisation.zone), organisation.policy.trial_days)
    person = Person(
        email=row.email,
        name=row.name,
        name_is_own=True,
        time_zone=row.time_zone,
        time_zone_is_own=row.time_zone is not None,
        member_until=last,
        trial_until=last,
        created_at=now,
        roles=[Role(role=RoleName.MEMBER)],
    )
    session.add(person)
    try:
        session.flush()
    except IntegrityError as error:  # a coordinator has added the address in the same moment
        raise TrialLinkExpired() from error
    row.confirmed_at, row.person_id = now, person.id
    context.record(AuditAction.TRIAL_BEGUN, AuditSubject.PERSON, person.public_id, by=person.id, until=f"{last}")
    if browser.replaces is not None:
        sessions.end(session, browser.replaces, now)
    return BegunTrial(sessions.begin(session, person.id, browser.device, now))


_ENDING = (
    select(Person.id)
    .where(
        Person.trial_until.is_not(None),
        Person.trial_until >= bindparam("today"),
        Person.trial_until <= bindparam("until"),
        Person.member_until == Person.trial_until,
        Person.trial_ending_told_at.is_(None),
        Person.closed_at.is_(None),
    )
    .order_by(Person.trial_until, Person.id)
    .limit(bindparam("most"))
)


def ending(context: ActionContext) -> list[int]:
    """Those whose trial ends within two days and who have not been told; one read, for the worker."""
    today = zones.today(context.now, context.organisation.zone)
    values = {"today": today, "until": today + free_trials.TOLD_BEFORE, "most": MAX_TOLD}
    return list(context.session.scalars(_ENDING, values))


@transactional
def tell_ending(context: ActionContext, person_id: int) -> bool:
    """Queue the email about the end of a trial, once; whether there was anything to tell.

    A trial of two days or less tells of its end on the page alone.
    """
    session, now = context.session, context.now
    person = locks.person(session, person_id)
    if not person.is_trial or person.trial_until is None or person.trial_ending_told_at or person.closed_at:
        return False
    person.trial_ending_told_at = now
    if zones.today(person.created_at, context.organisation.zone) + free_trials.TOLD_BEFORE >= person.trial_until:
        return False
    told = {"trial_until": f"{person.trial_until}"}
    emails.enqueue(session, EmailName.TRIAL_ENDING, person.email, told, now, person_id=person.id)
    return True
