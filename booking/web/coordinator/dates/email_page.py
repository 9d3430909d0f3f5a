"""Email everybody of one date: typed, previewed with the count of people and one example, then sent."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, zones
from booking.domain.enums.emails import DateGroup, EmailName
from booking.domain.people import messages
from booking.domain.people.actor import Actor
from booking.domain.people.messages import DateMessage
from booking.mail.render import Rendered
from booking.services.dates import email_everyone
from booking.services.dates.email_everyone import RecipientsChanged
from booking.services.outbox import render_email
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from booking.store.queries.programme import date_people
from booking.store.queries.programme.date_people import MessageRecipient
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.dates import lookup
from booking.web.frame import access, context, template_globals
from booking.web.frame.current_reader import current_user

WORDS = {
    DateGroup.BOOKED: "Booked",
    DateGroup.ENROLLED: "Enrolled",
    DateGroup.WAITING: "On the waitlist",
    DateGroup.ROSTER: "Analysts",
}


@blueprint.get("/occurrences/<uuid:public_id>/email")
@access.coordinator
def write_email(public_id: uuid.UUID) -> ResponseReturnValue:
    """The form: who gets it, the subject and the text."""
    found = lookup.occurrence_of(public_id)
    everybody = tuple(group for group, count in _counts(found).items() if count)
    return _form(found, DateMessage("", "", everybody), {}, str(uuid.uuid4()))


@blueprint.post("/occurrences/<uuid:public_id>/email")
@access.coordinator
def email_date(public_id: uuid.UUID) -> ResponseReturnValue:
    """The preview of what was typed, or the form with what is wrong beside its field; from the preview it is sent."""
    found = lookup.occurrence_of(public_id)
    message = _sent()
    if "send" in request.form:
        return _send(found, message)
    wrong = messages.mistakes(message)
    if "again" in request.form or wrong:
        return _form(found, message, {} if "again" in request.form else wrong, _key())
    return _preview(found, message)


def _send(found: Occurrence, message: DateMessage) -> ResponseReturnValue:
    """Send what was previewed; if the people have changed meanwhile, the preview is shown again first."""
    public_id = found.public_id
    try:
        count = email_everyone.email_everyone(
            context.acting(Actor.staff(current_user.id)),
            public_id,
            message,
            seen=request.form.get("seen", "")[:64],
            key=_key(),
        )
    except RecipientsChanged:
        return _preview(found, message, is_again=True)
    except errors.KeyReused:
        return _form(
            found, message, {"text": "This was sent before with other words. Preview it again."}, str(uuid.uuid4())
        )
    except errors.TextNotAccepted:
        return _form(found, message, messages.mistakes(message), _key())
    flash(f"Emailed {count} {'person' if count == 1 else 'people'}.")
    return redirect(url_for("coordinator.occurrence", public_id=public_id), 303)


def _key() -> str:
    """What makes a second click of the same form harmless."""
    return request.form.get("key", "")[:64] or str(uuid.uuid4())


def _sent() -> DateMessage:
    form = request.form
    chosen = set(form.getlist("group"))
    groups = tuple(group for group in DateGroup if group in chosen)
    return messages.tidy(DateMessage(form.get("subject", ""), form.get("text", ""), groups))


def _counts(found: Occurrence) -> dict[DateGroup, int]:
    """How many people each group that this date can have holds now."""
    is_bookable = template_globals.is_bookable(found.series.kind)
    unused = DateGroup.ENROLLED if is_bookable else DateGroup.BOOKED
    counts = date_people.counts(context.db(), found)
    return {group: count for group, count in counts.items() if group != unused}


def _form(found: Occurrence, message: DateMessage, mistakes: dict[str, str], key: str) -> ResponseReturnValue:
    counts = _counts(found)
    page = render_template(
        "dates/email.html",
        occurrence=found,
        title=found.title or found.series.title,
        day=zones.today(found.starts_at, found.series.zone),
        message=message,
        counts=counts,
        words=WORDS,
        errors=mistakes,
        key=key,
        nobody=not any(counts.values()),
        most=(messages.SUBJECT_CHARACTERS, messages.TEXT_CHARACTERS),
    )
    return page, 422 if mistakes else 200


def _preview(found: Occurrence, message: DateMessage, *, is_again: bool = False) -> ResponseReturnValue:
    people = date_people.recipients(context.db(), found, message.groups)
    if not people:
        return _form(found, message, {"group": "Nobody is in these groups now. Choose another one."}, _key())
    page = render_template(
        "dates/email_preview.html",
        occurrence=found,
        title=found.title or found.series.title,
        day=zones.today(found.starts_at, found.series.zone),
        message=message,
        people=people,
        example=_example(found, message, people[0]),
        words=WORDS,
        seen=email_everyone.fingerprint(people),
        key=_key(),
        is_again=is_again,
    )
    return page, 409 if is_again else 200


def _example(found: Occurrence, message: DateMessage, first: MessageRecipient) -> Rendered:
    """The email as the first of them gets it."""
    facts = email_everyone.facts(found, message)
    email = OutgoingEmail(name=EmailName.MESSAGE, to_email=first.email, facts=facts)
    person = context.db().get(Person, first.id)
    return render_email.render_email(email, person, context.settings(), context.organisation())
