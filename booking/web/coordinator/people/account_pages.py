"""What is done with one account as a whole: another address, closed, opened again, merged with another."""

from __future__ import annotations

import uuid

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.accounts import change_email, close_account, merge_accounts
from booking.store.people.people import Person
from booking.store.queries.people import account_holdings
from booking.web.coordinator.people.blueprint import back, blueprint, id_of, person_of
from booking.web.coordinator.people.one_page import page
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user

KEEP, CANCEL = "keep", "cancel"


@blueprint.post("/<uuid:public_id>/address")
@access.coordinator
def address(public_id: uuid.UUID) -> ResponseReturnValue:
    """Change the person's email address at once."""
    person, typed = person_of(public_id), request.form.get("email", "").strip()[:300]
    told = "the new address" if person.email_failing_at is not None else "both addresses"
    try:
        change_email.change(context.acting(Actor.staff(current_user.id)), public_id, typed)
    except errors.TextNotAccepted as refusal:
        return page(person, {"email": f"{refusal.reason[0].upper()}{refusal.reason[1:]}."}, {"email": typed})
    except errors.AddressTaken:
        words = "Another account has this address. If both are the same person, merge them below."
        return page(person, {"email": words}, {"email": typed, "other": typed})
    flash(f"Email address changed. We've emailed {told}.")
    return back(public_id)


@blueprint.get("/<uuid:public_id>/close")
@access.coordinator
def ask_close(public_id: uuid.UUID) -> ResponseReturnValue:
    """Show what closing the account would end, and what becomes of the bookings."""
    person = person_of(public_id)
    if person.closed_at is not None:
        return back(public_id)
    found = account_holdings.account(context.db(), person.id, context.now())
    return render_template("people/close.html", person=person, account=found, has=person.role_names)


@blueprint.post("/<uuid:public_id>/close")
@access.coordinator
def close(public_id: uuid.UUID) -> ResponseReturnValue:
    """Close the account."""
    person = person_of(public_id)
    if person.id == current_user.id:
        return page(person, {"close": "You can't close your own account. Ask another coordinator."})
    cancels = request.form.get("bookings", CANCEL) != KEEP
    close_account.close(context.acting(Actor.staff(current_user.id)), public_id, cancels=cancels)
    flash(f"{person.name}'s account is closed.")
    return back(public_id)


@blueprint.post("/<uuid:public_id>/reopen")
@access.coordinator
def reopen(public_id: uuid.UUID) -> ResponseReturnValue:
    """Open a closed account again."""
    person_of(public_id)
    close_account.reopen(context.acting(Actor.staff(current_user.id)), public_id)
    flash("Account reopened.")
    return back(public_id)


@blueprint.get("/<uuid:public_id>/merge")
@access.coordinator
def ask_merge(public_id: uuid.UUID) -> ResponseReturnValue:
    """Show what merging another account into this one would do, or why it can't be done now."""
    person, typed = person_of(public_id), request.args.get("other", "").strip()[:300]
    other = account_holdings.with_email(context.db(), typed)
    if other is None:
        return page(person, {"other": "No account has this address."}, {"other": typed})
    if other.id in {person.id, current_user.id}:
        words = "Enter the address of another account. Your own account can only be the one you keep."
        return page(person, {"other": words}, {"other": typed})
    return _merge_page(person, other)


def _merge_page(person: Person, other: Person) -> ResponseReturnValue:
    found = merge_accounts.problems(context.db(), person, other, context.organisation(), context.now())
    account = account_holdings.account(context.db(), other.id, context.now())
    shown = render_template("people/merge.html", person=person, other=other, account=account, problems=found)
    return shown, 409 if found else 200


@blueprint.post("/<uuid:public_id>/merge")
@access.coordinator
def merge(public_id: uuid.UUID) -> ResponseReturnValue:
    """Merge the other account into this one."""
    person, other = person_of(public_id), person_of(id_of(request.form.get("other", "")))
    if other.id == current_user.id:
        return page(person, {"other": "Your own account can only be the one you keep."})
    try:
        merge_accounts.merge(context.acting(Actor.staff(current_user.id)), public_id, other.public_id)
    except merge_accounts.CannotMerge:
        return _merge_page(person, other)
    flash("Accounts merged.")
    return back(public_id)
