"""All emails to one person, whatever became of them, the latest first."""

from __future__ import annotations

import uuid

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from booking.domain.enums.emails import EmailName
from booking.store.queries.outbox import email_log
from booking.web.coordinator.people.blueprint import blueprint, person_of
from booking.web.frame import access, context, list_places

NEWEST = 10**list_places.MAX_DIGITS  # above any internal id


@blueprint.get("/<uuid:public_id>/emails")
@access.coordinator
def emails(public_id: uuid.UUID) -> ResponseReturnValue:
    """The emails to the person, fifty a page; `?before=` is the last one read."""
    person, before = person_of(public_id), request.args.get("before", "")
    if before and not (before.isdecimal() and len(before) <= list_places.MAX_DIGITS):
        abort(404)
    found = email_log.of_person(context.db(), person.id, int(before) if before else NEWEST)
    shown = found[: email_log.PAGE]
    return render_template(
        "people/emails.html",
        person=person,
        emails=shown,
        more=shown[-1].id if len(found) > len(shown) else None,
        kept_days=email_log.KEPT_DAYS,
        titles={one.value: one.label for one in EmailName},
        zone=context.organisation().zone,
    )
