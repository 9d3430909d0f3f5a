"""The demo's own pages: people to sign in as, and a mailbox that shows the emails which leave nobody."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import bindparam, select
from sqlalchemy.orm import selectinload

from booking.domain import errors, zones
from booking.domain.enums.people import RoleName
from booking.domain.people.actor import Actor
from booking.mail.render import Rendered
from booking.services import demo_clock
from booking.services.accounts import sessions
from booking.services.outbox import render_email
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.queries.outbox import reminder_rows
from booking.web.account import sign_in as sign_in_pages
from booking.web.frame import access, context, current_reader

blueprint = Blueprint("demo", __name__, url_prefix="/demo")

PAGE = 30
AN_HOUR = timedelta(hours=1)
EMAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups; frame-ancestors 'self'"


_PEOPLE = select(Person).where(Person.is_demo).options(selectinload(Person.roles)).order_by(Person.id).limit(100)


@blueprint.get("")
@access.demo
def people() -> ResponseReturnValue:
    """Everybody in the demo, one press each."""
    rows = context.db().scalars(_PEOPLE)
    groups: dict[str, list[Person]] = {"Members": [], "Analysts": [], "Coordinators": []}
    for person in sorted(rows, key=lambda one: (len(one.role_names) > 1, one.id)):
        for heading, role in (
            ("Members", RoleName.MEMBER),
            ("Analysts", RoleName.ANALYST),
            ("Coordinators", RoleName.COORDINATOR),
        ):
            if role in person.role_names:
                groups[heading].append(person)
    today = zones.today(context.now(), context.organisation().zone)
    return render_template("demo/people.html", groups=groups, today=today)


@blueprint.post("/clock")
@access.demo
def clock() -> ResponseReturnValue:
    """Set the demo's clock: an hour on or back, to shortly before the next clinic, or to the real time."""
    acting, real = context.acting(Actor.system()), context.real_now()
    where = {
        "now": real,
        "back": context.now() - AN_HOUR,
        "on": context.now() + AN_HOUR,
        "clinic": demo_clock.next_clinic(acting),
    }
    wanted = where.get(request.form.get("to", ""))
    if wanted is None:
        abort(400)
    try:
        demo_clock.set_to(acting, wanted, real)
    except errors.TextNotAccepted:
        flash("The demo’s clock goes no farther.")
    return redirect(sign_in_pages.safe_path(request.form.get("back")), 303)


_PERSON_ID = select(Person.id).where(Person.public_id == bindparam("public_id"), Person.is_demo)


@blueprint.post("/sign-in/<uuid:public_id>")
@access.demo
def sign_in(public_id: uuid.UUID) -> ResponseReturnValue:
    """Sign in as one of the demo's people; nobody else can be had this way."""
    found = context.db().execute(_PERSON_ID, {"public_id": public_id}).scalar_one_or_none()
    if found is None:
        abort(404)
    device, replaces = current_reader.device(), current_reader.session_id()
    current_reader.sign_in(sessions.begin(context.db(), found, device, context.now(), replaces=replaces))
    return redirect(url_for("programme.week"), 303)


_MAILBOX = (
    select(OutgoingEmail)
    .where(OutgoingEmail.due_at <= bindparam("now"))
    .order_by(OutgoingEmail.id.desc())
    .limit(PAGE + 1)
)
_MAILBOX_BEFORE = _MAILBOX.where(OutgoingEmail.id < bindparam("before"))


@blueprint.get("/mailbox")
@access.demo
def mailbox() -> ResponseReturnValue:
    """Every email that is due, newest first, thirty a page."""
    before = request.args.get("before", type=int)
    if before is None:
        found = list(context.db().scalars(_MAILBOX, {"now": context.now()}))
    else:
        found = list(context.db().scalars(_MAILBOX_BEFORE, {"now": context.now(), "before": before}))
    shown = [(email, made.subject) for email in found[:PAGE] if (made := _rendered(email)) is not None]
    return render_template("demo/mailbox.html", emails=shown, older=found[PAGE - 1].id if len(found) > PAGE else None)


@blueprint.get("/mailbox/<uuid:public_id>")
@access.demo
def email(public_id: uuid.UUID) -> ResponseReturnValue:
    """One email, as its reader sees it."""
    found = _email(public_id)
    return render_template("demo/email.html", email=found, rendered=_rendered(found) or abort(404))


@blueprint.get("/mailbox/<uuid:public_id>/html")
@access.demo
def html(public_id: uuid.UUID) -> ResponseReturnValue:
    """The HTML part alone, in a sandbox."""
    made = _rendered(_email(public_id)) or abort(404)
    answer = Response(made.html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = EMAIL_POLICY
    return answer


_EMAIL = select(OutgoingEmail).where(OutgoingEmail.public_id == bindparam("public_id"))


def _email(public_id: uuid.UUID) -> OutgoingEmail:
    found = context.db().scalars(_EMAIL, {"public_id": public_id}).one_or_none()
    return found or abort(404)


def _rendered(email: OutgoingEmail) -> Rendered | None:
    """Returns its text; None for a reminder of something over or cancelled."""
    person = context.db().get(Person, email.person_id) if email.person_id is not None else None
    facts = email.facts
    if email.name in reminder_rows.NAMES:
        told = reminder_rows.looked_at_again(context.db(), email, context.organisation(), context.now())
        if told is None:
            return None
        facts = told
    return render_email.render_email(email, person, context.settings(), context.organisation(), facts)
