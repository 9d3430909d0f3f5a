"""Calendars: the addresses one subscribes to, with a button for each client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from booking.calendars import catalogue
from booking.calendars import subscribe as subscriptions
from booking.calendars.subscribe import Links
from booking.domain import tokens
from booking.services import profile as deeds
from booking.store.people import Person
from booking.store.queries import fetches as queries
from booking.web import access, context

blueprint = Blueprint("calendars", __name__, url_prefix="/calendars")


@dataclass(frozen=True, slots=True)
class Own:
    """One private address of the reader."""

    purpose: str
    title: str
    holds: str
    links: Links
    fetched_at: datetime | None


@blueprint.get("")
@access.public
def subscribe() -> ResponseReturnValue:
    """One's own address first, the public ones folded below."""
    base = context.settings().base_url
    found = catalogue.public(context.organisation())
    public = [(feed, subscriptions.links(f"{base}/feeds/{key}.ics")) for key, feed in found.items()]
    return render_template("calendars/subscribe.html", own=own_addresses(), public=public)


def own_addresses() -> list[Own]:
    """The reader's private addresses: members have one, analysts have one."""
    if not current_user.is_authenticated:
        return []
    person = context.db().get_one(Person, current_user.id)
    last = queries.last(context.db(), [f"member/{person.id}", f"analyst/{person.id}"])
    found = []
    if "member" in current_user.roles:
        holds = "Your bookings, and the labs and masterclasses of the programme, each once. Clinic hours are left out."
        generation, fetched = person.member_feed_generation, last.get(f"member/{person.id}")
        found.append(_own("member-feed", "My calendar: this one is enough", holds, person, generation, fetched))
    if "analyst" in current_user.roles:
        holds = "One entry for each clinic hour that you staff, with its bookings as lines, and what else you give."
        generation, fetched = person.analyst_feed_generation, last.get(f"analyst/{person.id}")
        found.append(_own("analyst-feed", "My clinics", holds, person, generation, fetched))
    return found


def _own(purpose: str, title: str, holds: str, person: Person, generation: int, fetched_at: datetime | None) -> Own:
    token = tokens.sign(context.settings().feed_key, purpose, str(person.public_id), generation)
    address = f"{context.settings().base_url}/feeds/{purpose.removesuffix('-feed')}/{token}.ics"
    return Own(purpose, title, holds, subscriptions.links(address), fetched_at)


@blueprint.post("/<any('member-feed', 'analyst-feed'):purpose>/new-address")
@access.signed_in
def new_address(purpose: str) -> ResponseReturnValue:
    """End the old private address at once; a new one stands in its place."""
    deeds.new_feed_address(context.db(), current_user.id, purpose, context.now())
    flash("The old address has ended. Subscribe to the new one.")
    return redirect(url_for("calendars.subscribe"), 303)
