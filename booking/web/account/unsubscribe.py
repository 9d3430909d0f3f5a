"""Stop reminders and the morning email: by their List-Unsubscribe header in one click, or from the link in them."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from booking.domain.enums.emails import EmailPreference
from booking.services.accounts import profile
from booking.web.frame import access, context, csrf, template_globals
from booking.web.member import signed_links

blueprint = Blueprint("unsubscribe", __name__, url_prefix="/unsubscribe")
WORDS = {
    EmailPreference.REMINDERS: ("Reminders of your bookings and enrolments", "Stop reminders"),
    EmailPreference.DAILY_AGENDA: ("Daily agenda email", "Stop the daily agenda email"),
}
FORMER_NAMES = {"run-sheet": EmailPreference.DAILY_AGENDA}  # in the addresses of emails that left long ago


def _preference(what: str) -> EmailPreference:
    """What an address ends, by its name now or formerly."""
    return FORMER_NAMES.get(what) or EmailPreference(what)


def _person(what: str, token: str) -> uuid.UUID:
    """Returns whose address it is; 404 where it was not made here."""
    person = signed_links.subject(token, f"unsubscribe-{what}")
    template_globals.read_by(person)
    return person


@blueprint.get("/<any('reminders', 'daily-agenda', 'run-sheet'):what>/<token>")
@access.token
def ask(what: str, token: str) -> ResponseReturnValue:
    """A page with the one button: links in emails are opened by scanners too."""
    _person(what, token)
    return render_template("me/unsubscribe.html", what=WORDS[_preference(what)], is_done=False)


@blueprint.post("/<any('reminders', 'daily-agenda', 'run-sheet'):what>/<token>")
@access.token
@csrf.exempt  # its signed address is its token
def end(what: str, token: str) -> ResponseReturnValue:
    """End them. Mail programs press this without a page, so it takes no CSRF token (RFC 8058)."""
    person, preference = _person(what, token), _preference(what)
    profile.unsubscribe(context.db(), person, preference, context.organisation(), context.now())
    return render_template("me/unsubscribe.html", what=WORDS[preference], is_done=True)
