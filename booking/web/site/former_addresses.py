"""Addresses that pages had before, which stand in emails and bookmarks: each leads on to the page of today."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from booking.web.frame import access

blueprint = Blueprint("former_addresses", __name__)


@blueprint.get("/coordinator/letters")
@access.coordinator
def emails() -> ResponseReturnValue:
    """Lead on to the emails."""
    return redirect(f"{url_for('emails.listed')}?{request.query_string.decode()}", 301)


@blueprint.get("/analyst/away")
@access.staff
def time_off() -> ResponseReturnValue:
    """Lead on to time off."""
    return redirect(f"{url_for('time_off.ask')}?{request.query_string.decode()}", 301)
