"""Add somebody, or edit what is stored about them; what somebody else changed meanwhile is shown beside it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import refusal_words, zones
from booking.domain.enums.people import RoleName
from booking.domain.enums.refusals import RefusalCode
from booking.domain.errors import AddressTaken
from booking.domain.people import people_table
from booking.domain.people.actor import Actor
from booking.services.accounts import edit_person, import_plan
from booking.services.accounts.close_account import LastCoordinator
from booking.services.accounts.import_plan import COLUMNS, ROLE
from booking.services.accounts.put_people import Imported, PeopleChanged, WouldOrphan
from booking.store.people import importing
from booking.store.people.people import Person
from booking.store.queries.people import account_holdings
from booking.web.coordinator.people import person_form, person_words
from booking.web.coordinator.people.blueprint import back, blueprint, person_of
from booking.web.coordinator.people.person_form import PersonForm
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user

NOT_YOURSELF = "You can't remove your own coordinator role. Ask another coordinator."


@blueprint.route("/new", methods=["GET", "POST"])
@access.coordinator
def add() -> ResponseReturnValue:
    """Add somebody."""
    return _add() if request.method == "POST" else _page(None, person_form.empty())


def _add() -> ResponseReturnValue:
    form = person_form.read(request.form)
    if form.errors:
        return _page(None, form), 422
    try:
        added = edit_person.add_person(context.acting(Actor.staff(current_user.id)), form.listed)
    except AddressTaken:
        form.errors["email"] = refusal_words.SENTENCES[RefusalCode.ADDRESS_TAKEN]
        return _page(None, form, taken=account_holdings.with_email(context.db(), form.listed.email)), 422
    flash(f"{added.name} is added. They can sign in with their email address.")
    return back(added.public_id)


@blueprint.route("/<uuid:public_id>/edit", methods=["GET", "POST"])
@access.coordinator
def edit(public_id: uuid.UUID) -> ResponseReturnValue:
    """Edit name, roles, membership, zone and meeting link."""
    person = person_of(public_id)
    if person.closed_at is not None:
        flash("The account is closed. Reopen it to edit it.")
        return back(public_id)
    return _edit(person) if request.method == "POST" else _page(person, person_form.of(person))


def _edit(person: Person) -> ResponseReturnValue:
    form = person_form.read(request.form, person)
    if person.id == current_user.id and RoleName.COORDINATOR not in form.roles:
        form.errors.setdefault(ROLE, NOT_YOURSELF)
    if form.errors:
        return _page(person, form, seen=request.form.get("seen", "")), 422
    return _save(person, form)


def _save(person: Person, form: PersonForm) -> ResponseReturnValue:
    acting, seen = context.acting(Actor.staff(current_user.id)), request.form.get("seen", "")
    try:
        done = edit_person.edit_person(acting, person.public_id, form.listed, seen)
    except PeopleChanged:
        return _page(person_of(person.public_id), form, is_stale=True), 409
    except WouldOrphan as refusal:
        form.errors["member_until"] = f"{'; '.join(refusal.problems)}. Move or cancel these bookings first."
    except LastCoordinator:
        form.errors[ROLE] = refusal_words.SENTENCES[RefusalCode.LAST_COORDINATOR]
    else:
        flash(_saved(done))
        return back(person.public_id)
    return _page(person_of(person.public_id), form, seen=seen), 422


def _saved(done: Imported) -> str:
    count = sum(count for _, count in done.left)
    if not done.changed:
        return "Nothing has changed."
    if not count:
        return "Saved."
    handed = "1 upcoming booking goes" if count == 1 else f"{count} upcoming bookings go"
    return f"Saved. {handed} to other analysts where they're free. We're emailing everyone affected."


def _page(person: Person | None, form: PersonForm, *, seen: str = "", is_stale: bool = False, **more: Any) -> str:
    """The form; `seen` is the version that the reader began with, else it begins with what is stored now."""
    stored = importing.stored(context.db(), [person.email_key]).get(person.email_key) if person is not None else None
    return render_template(
        "people/edit.html",
        person=person,
        form=form,
        errors=form.errors,
        roles=people_table.ROLES,
        role_field=ROLE,
        seen=seen or (import_plan.version_of(stored) if stored is not None else ""),
        differences=_differences(person, form) if person is not None and is_stale else [],
        zones=zones.choices(form.values["time_zone"] or None),
        **more,
    )


def _differences(person: Person, form: PersonForm) -> list[tuple[str, str, str]]:
    """(field, what is stored now, what was entered), in words, where the two differ."""
    now = person_form.of(person)
    pairs: list[tuple[str, object, object]] = [(ROLE, sorted(now.roles), sorted(form.roles))]
    pairs += [(name, now.values[name], form.values[name]) for name in COLUMNS]
    return [
        (person_words.FIELDS[name], person_words.typed(name, before), person_words.typed(name, entered))
        for name, before, entered in pairs
        if before != entered
    ]
