"""Enrol somebody in one date, or remove them; hold a slot for somebody who waits, or take them off the waitlist."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, wording
from booking.domain.errors import Refusal
from booking.domain.people.actor import Actor
from booking.services.bookings.enrol import enrol
from booking.services.dates import enrolments, waitlist
from booking.services.enrolling import place_waitlist
from booking.store.people.people import Person
from booking.store.queries.people import account_holdings
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.dates import date_page, lookup
from booking.web.frame import access, context, error_pages
from booking.web.frame.current_reader import current_user


def _back(public_id: uuid.UUID, anchor: str) -> ResponseReturnValue:
    return redirect(url_for("coordinator.occurrence", public_id=public_id, _anchor=anchor), 303)


def _id(text: str) -> uuid.UUID:
    """The public id that a form names. Raises NotFound."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise errors.NotFound() from None


@blueprint.post("/occurrences/<uuid:public_id>/enrol")
@access.coordinator
def enrol_person(public_id: uuid.UUID) -> ResponseReturnValue:
    """Enrol a member in this date, or in all that are still to come of its series."""
    found = lookup.occurrence_of(public_id)
    whole = request.form.get("whole") == "1"
    person = account_holdings.with_public_id(context.db(), _id(request.form.get("person", "")))
    if person is None:
        raise errors.NotFound()
    try:
        enrol(context.acting(Actor.staff(current_user.id, for_member=person.id)), public_id, whole=whole)
    except Refusal as refusal:
        return date_page.page(found, {"enrol": _why_not(refusal, person)}, status=error_pages.status(refusal))
    flash(f"{person.name} is enrolled. We’ve emailed them.")
    return _back(public_id, "enrolled")


def _why_not(refusal: Refusal, person: Person) -> str:
    """Why that person can't be enrolled, for a coordinator."""
    match refusal:
        case errors.NotAMember():
            return f"{person.name} isn’t a member, or their account is closed."
        case errors.MembershipEnded(member_until=last):
            return f"{person.name}’s membership ends on {wording.long_day(last)} {last.year}, before this date."
        case errors.Full(limit=limit):
            return f"All {limit} places are taken, or held for the waitlist. Remove somebody first."
    return error_pages.sentence(refusal)


@blueprint.post("/occurrences/<uuid:public_id>/enrolments/<uuid:enrolment>/remove")
@access.coordinator
def remove_enrolment(public_id: uuid.UUID, enrolment: uuid.UUID) -> ResponseReturnValue:
    """End somebody's enrolment; they are emailed the reason."""
    try:
        enrolments.remove(context.acting(Actor.staff(current_user.id)), enrolment, request.form.get("reason", ""))
    except errors.TextNotAccepted as refusal:
        return _refused(public_id, f"enrolment-{enrolment}", refusal)
    flash("Removed. If a date is still ahead, we’ve emailed them.")
    return _back(public_id, "enrolled")


@blueprint.post("/occurrences/<uuid:public_id>/waiting/<uuid:place>/remove")
@access.coordinator
def remove_waiting(public_id: uuid.UUID, place: uuid.UUID) -> ResponseReturnValue:
    """Take somebody off the waitlist; they are emailed the reason."""
    try:
        waitlist.remove(context.acting(Actor.staff(current_user.id)), place, request.form.get("reason", ""))
    except errors.TextNotAccepted as refusal:
        return _refused(public_id, f"place-{place}", refusal)
    return _taken_off(public_id)


@blueprint.post("/occurrences/<uuid:public_id>/place-waits/<uuid:place>/remove")
@access.coordinator
def remove_place_wait(public_id: uuid.UUID, place: uuid.UUID) -> ResponseReturnValue:
    """Take somebody off the waitlist of a lab or masterclass; they are emailed the reason."""
    try:
        place_waitlist.remove(context.acting(Actor.staff(current_user.id)), place, request.form.get("reason", ""))
    except errors.TextNotAccepted as refusal:
        return _refused(public_id, f"wait-{place}", refusal)
    return _taken_off(public_id)


def _taken_off(public_id: uuid.UUID) -> ResponseReturnValue:
    flash("Taken off the waitlist. We’ve emailed them.")
    if request.form.get("back", "") == "waitlists":
        return redirect(url_for("coordinator.waitlists"), 303)
    return _back(public_id, "waiting")


def _refused(public_id: uuid.UUID, field: str, refusal: errors.TextNotAccepted) -> ResponseReturnValue:
    found = lookup.occurrence_of(public_id)
    words = f"Shorten the reason: {refusal.reason}."
    return date_page.page(found, {field: words}, {field: request.form.get("reason", "")})


@blueprint.post("/occurrences/<uuid:public_id>/waiting/<uuid:place>/offer")
@access.coordinator
def offer_waiting(public_id: uuid.UUID, place: uuid.UUID) -> ResponseReturnValue:
    """Hold a free slot for somebody who waits, whoever is ahead of them."""
    try:
        waitlist.offer_now(context.acting(Actor.staff(current_user.id)), place)
    except (errors.SlotTaken, errors.OfferLapsed):
        found = lookup.occurrence_of(public_id)
        words = "Nothing is held: no slot that suits them is free any more, or something is held for them already."
        return date_page.page(found, {f"place-{place}": words}, status=409)
    flash("A slot is held for them. We’ve emailed them until when.")
    return _back(public_id, "waiting")
