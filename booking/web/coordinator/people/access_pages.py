"""How somebody gets in: a sign-in email, their sessions and their API tokens, each ended or sent by a coordinator."""

from __future__ import annotations

import uuid

from flask import flash
from flask.typing import ResponseReturnValue

from booking.domain import errors, wording
from booking.domain.people.actor import Actor
from booking.domain.people.sign_in import VALID_MINUTES
from booking.services.accounts import sessions, tokens
from booking.services.accounts.send_sign_in import send_sign_in as send
from booking.services.action_context import ActionContext
from booking.web.coordinator.people.blueprint import back, blueprint, person_of
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user


def _context() -> ActionContext:
    return context.acting(Actor.staff(current_user.id))


@blueprint.post("/<uuid:public_id>/sign-in-email")
@access.coordinator
def send_sign_in(public_id: uuid.UUID) -> ResponseReturnValue:
    """Email them a code and a link to sign in with."""
    person = person_of(public_id)
    try:
        send(_context(), public_id)
    except errors.NotFound:
        flash("The account is closed. Reopen it first.")
    except errors.TooManyRequests as refusal:
        at = wording.own_time(refusal.retry_at, current_user.zone, context.organisation().zone)
        flash(
            f"You've sent {person.name} as many sign-in emails as we send in an hour. You can send the next from {at}."
        )
    else:
        flash(f"We're emailing {person.email} a sign-in link. It works for {VALID_MINUTES} minutes.")
    return back(public_id)


@blueprint.post("/<uuid:public_id>/sign-out")
@access.coordinator
def sign_out(public_id: uuid.UUID) -> ResponseReturnValue:
    """End all of the person's sessions."""
    ended = sessions.end_all(_context(), person_of(public_id).id)
    flash(f"Signed out on {ended} {'device' if ended == 1 else 'devices'}.")
    return back(public_id)


@blueprint.post("/<uuid:public_id>/sessions/<uuid:session_id>/end")
@access.coordinator
def end_session(public_id: uuid.UUID, session_id: uuid.UUID) -> ResponseReturnValue:
    """End one of the person's sessions."""
    try:
        sessions.end_of(_context(), person_of(public_id).id, session_id)
    except errors.NotFound:
        flash("That device was already signed out.")
    else:
        flash("Signed out on that device.")
    return back(public_id)


@blueprint.post("/<uuid:public_id>/tokens/end")
@access.coordinator
def end_tokens(public_id: uuid.UUID) -> ResponseReturnValue:
    """End all of the person's API tokens."""
    ended = tokens.end_all(_context(), person_of(public_id).id)
    flash(f"{ended} API {'token' if ended == 1 else 'tokens'} ended.")
    return back(public_id)


@blueprint.post("/<uuid:public_id>/tokens/<handle>/end")
@access.coordinator
def end_token(public_id: uuid.UUID, handle: str) -> ResponseReturnValue:
    """End one of the person's API tokens."""
    is_ended = tokens.end_one(_context(), person_of(public_id).id, handle)
    flash("API token ended." if is_ended else "That API token was already ended.")
    return back(public_id)
