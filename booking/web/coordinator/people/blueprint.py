"""The blueprint that the pages of people share, and whose page an address names."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from booking.store.people.people import Person
from booking.store.queries.people import account_holdings
from booking.web.frame import context

blueprint = Blueprint("people", __name__, url_prefix="/coordinator/people")


def id_of(text: str) -> uuid.UUID:
    """The public id that an argument of an address or a form holds; else 404."""
    try:
        return uuid.UUID(text)
    except ValueError:
        abort(404)


def person_of(public_id: uuid.UUID) -> Person:
    """The person whose page this is, also with a closed account; else 404."""
    found = account_holdings.with_public_id(context.db(), public_id)
    return found if found is not None else abort(404)


def back(public_id: uuid.UUID) -> ResponseReturnValue:
    """To the person's page."""
    return redirect(url_for("people.one", public_id=public_id), 303)
