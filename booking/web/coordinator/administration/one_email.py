"""One email, for a coordinator: as it was sent, without what is only its reader's, and what can be done about it."""

from __future__ import annotations

import uuid

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors
from booking.domain.enums.emails import NOT_RESENT
from booking.domain.people.actor import Actor
from booking.mail.render import Rendered
from booking.services.outbox import render_email, resend
from booking.services.outbox.render_email import EmailOrigin
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.queries.outbox import email_log, reminder_rows
from booking.store.queries.outbox.email_log import Outgoing
from booking.web.coordinator.administration.email_pages import TITLES, blueprint
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user

#: The email's own page: no script, nothing from elsewhere, and its links lead nowhere.
EMAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
Found = tuple[Outgoing, OutgoingEmail, Person | None]


@blueprint.get("/<uuid:public_id>")
@access.coordinator
def one(public_id: uuid.UUID) -> ResponseReturnValue:
    """One email: whom it went to, what became of it, and its words."""
    return _page(public_id)


@blueprint.get("/<uuid:public_id>/html")
@access.coordinator
def html(public_id: uuid.UUID) -> ResponseReturnValue:
    """The HTML part alone, in a sandbox."""
    made = _rendered(_found(public_id)) or abort(404)
    answer = Response(made.html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = EMAIL_POLICY
    return answer


@blueprint.post("/<uuid:public_id>/resend")
@access.coordinator
def again(public_id: uuid.UUID) -> ResponseReturnValue:
    """Put a failed or bounced email back into the outbox."""
    back = _list_of(public_id)
    email = resend.resend(context.acting(Actor.staff(current_user.id)), public_id)
    if email.name in NOT_RESENT:
        flash("We haven't sent it again: what it carries has expired. Ask them to try again from the website.")
    else:
        flash("We're sending it again.")
    return back


@blueprint.post("/<uuid:public_id>/dismiss")
@access.coordinator
def dismiss(public_id: uuid.UUID) -> ResponseReturnValue:
    """Take it off the list of what failed or bounced."""
    back = _list_of(public_id)
    resend.dismiss(context.acting(Actor.staff(current_user.id)), public_id)
    flash("Dismissed. The email isn't sent.")
    return back


@blueprint.post("/<uuid:public_id>/address")
@access.coordinator
def correct(public_id: uuid.UUID) -> ResponseReturnValue:
    """Correct the address of the email's reader, and send the email there if it wasn't delivered."""
    typed = request.form.get("email", "").strip()[:300]
    try:
        resend.correct_address(context.acting(Actor.staff(current_user.id)), public_id, typed)
    except errors.TextNotAccepted as refusal:
        return _page(public_id, f"{refusal.reason[0].upper()}{refusal.reason[1:]}.", typed)
    except errors.AddressTaken:
        return _page(public_id, "Another account has this address. Merge the two accounts on the person's page.", typed)
    flash("Address corrected.")
    return redirect(url_for("emails.one", public_id=public_id), 303)


def _page(public_id: uuid.UUID, mistake: str = "", typed: str = "") -> ResponseReturnValue:
    shown, email, person = found = _found(public_id)
    page = render_template(
        "coordinator/one_email.html",
        email=shown,
        to_email=email.to_email,
        person=person,
        title=TITLES.get(email.name, email.name),
        rendered=_rendered(found),
        has_secrets=email.name in NOT_RESENT,
        hidden_link=render_email.HIDDEN_LINK,
        errors={"email": mistake} if mistake else {},
        typed=typed,
        zone=context.organisation().zone,
    )
    return page, 422 if mistake else 200


def _found(public_id: uuid.UUID) -> Found:
    return email_log.one(context.db(), public_id) or abort(404)


def _rendered(found: Found) -> Rendered | None:
    """Returns its words; None for a reminder of something over or cancelled, and for an email of another version."""
    _, email, person = found
    told = email.facts
    if email.name not in TITLES:
        return None
    if email.name in reminder_rows.NAMES:
        now = reminder_rows.looked_at_again(context.db(), email, context.organisation(), context.now())
        if now is None:
            return None
        told = now
    origin = EmailOrigin(context.settings(), context.organisation(), None)
    return render_email.render_for_staff(email, person, origin, told)


def _list_of(public_id: uuid.UUID) -> ResponseReturnValue:
    """To the list in which the email stands now."""
    return redirect(url_for("emails.listed", show=_found(public_id)[0].state), 303)
