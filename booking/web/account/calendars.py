"""Calendars: the addresses one subscribes to, with a button for each client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.calendars import catalogue, subscriptions
from booking.calendars.catalogue import Feed
from booking.calendars.subscriptions import SubscriptionLinks
from booking.domain import tokens
from booking.domain.enums.people import RoleName
from booking.domain.organisation import Kind
from booking.services.accounts import profile
from booking.store import feed_fetches
from booking.store.people.people import Person
from booking.store.queries.feeds import calendar_fetches, feed_versions
from booking.store.queries.feeds.calendar_fetches import Invited
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("calendars", __name__, url_prefix="/calendars")


@dataclass(frozen=True, slots=True)
class Own:
    """One private address of the reader. `choices` are the kinds that may be ticked, with whether they are.

    `invited` are upcoming bookings that were emailed as invitations: a calendar that subscribes shows them twice.
    """

    purpose: str
    title: str
    holds: str
    links: SubscriptionLinks
    fetched_at: datetime | None
    choices: Sequence[tuple[Kind, bool]]
    invited: Sequence[Invited]


@blueprint.get("")
@access.public
def subscribe() -> ResponseReturnValue:
    """One's own address first, the public ones folded below."""
    base = context.settings().base_url
    found = catalogue.public(context.organisation())
    public = [(feed, subscriptions.links(f"{base}/feeds/{key}.ics")) for key, feed in found.items()]
    last = calendar_fetches.last(context.db(), found)
    return render_template("calendars/subscribe.html", own=own_addresses(), public=public, last=last)


def own_addresses() -> list[Own]:
    """The reader's private addresses: one for each of their roles that has a feed."""
    if not current_user.is_authenticated:
        return []
    person = context.db().get_one(Person, current_user.id)
    found = catalogue.private(context.organisation())
    generations = {
        role: getattr(person, feed_versions.GENERATION[role].key) for role in found if role in current_user.roles
    }
    addresses = {role: feed_fetches.private(role, person.id, n) for role, n in generations.items()}
    last = calendar_fetches.last(context.db(), addresses.values())
    return [_own(role, found[role], person, n, last.get(addresses[role])) for role, n in generations.items()]


def _own(role: RoleName, feed: Feed, person: Person, generation: int, fetched_at: datetime | None) -> Own:
    purpose = f"{role}-feed"
    token = tokens.sign(context.settings().feed_key, purpose, str(person.public_id), generation)
    links = subscriptions.links(f"{context.settings().base_url}/feeds/{role}/{token}.ics")
    kinds = context.organisation().kinds.values() if feed.kinds is not None else ()
    ticked = (feed.kinds if person.feed_kinds is None else person.feed_kinds) or ()
    choices = [(kind, kind.name in ticked) for kind in kinds]
    invited = calendar_fetches.invited(context.db(), person.id, context.now()) if role == RoleName.MEMBER else []
    return Own(purpose, feed.title, feed.holds, links, fetched_at, choices, invited)


@blueprint.post("/member-feed/holds")
@access.member
def choose() -> ResponseReturnValue:
    """Tick what one's calendar holds beside what is one's own."""
    profile.choose_feed(
        context.db(), current_user.id, request.form.getlist("kinds"), context.organisation(), context.now()
    )
    flash("Saved. Your calendar will show this the next time it updates.")
    return redirect(url_for("calendars.subscribe"), 303)


@blueprint.post("/<any('member-feed', 'analyst-feed'):purpose>/new-address")
@access.signed_in
def new_address(purpose: str) -> ResponseReturnValue:
    """End the old private address at once; a new one stands in its place."""
    profile.new_feed_address(context.db(), current_user.id, purpose, context.now())
    flash("The old address no longer works. Subscribe to the new one.")
    return redirect(url_for("calendars.subscribe"), 303)
