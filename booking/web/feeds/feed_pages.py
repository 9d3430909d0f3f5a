"""The addresses that calendars fetch: public feeds, private feeds, and single entries.

Public bytes are held in this process; which version they should be is looked up once a second at the most.
"""

from __future__ import annotations

import uuid
from typing import cast

from flask import Blueprint, Flask, Response, abort, current_app, request
from flask.blueprints import BlueprintSetupState

from booking import clock
from booking.calendars import catalogue, entries, feeds
from booking.calendars.catalogue import Feed, Window
from booking.calendars.parts import Part
from booking.domain import tokens
from booking.domain.enums.people import RoleName
from booking.domain.meetings import Appointment
from booking.services.records.note_fetch import note_fetch
from booking.store import feed_fetches
from booking.store.queries.feeds import feed_versions
from booking.store.queries.programme import meeting_rows
from booking.web.feeds import fetches, private
from booking.web.feeds.cache import Cached, FeedCache, Press
from booking.web.frame import access, calendar_responses, context
from booking.web.frame.current_reader import current_user
from booking.web.member import signed_links

HOLD_SECONDS = 1.0

blueprint = Blueprint("feeds", __name__)


@blueprint.record_once
def prepare(state: BlueprintSetupState) -> None:
    """Give the application its cache, and feeds no session."""
    app = cast(Flask, state.app)
    app.extensions["feeds"] = FeedCache()
    fetches.init_app(app)
    app.session_interface = calendar_responses.NoSessionForFeeds()


@blueprint.get("/feeds/<key>.ics")
@access.public
def public(key: str) -> Response:
    return _public(key)


@blueprint.get("/feeds/series/<slug>.ics")
@access.public
def series(slug: str) -> Response:
    return _public(f"series/{slug}")


def _public(key: str) -> Response:
    cache: FeedCache = current_app.extensions["feeds"]
    held = cache.held.get(key)
    if held is None or clock.monotonic() >= held.until:
        held = _looked_up(cache, key)
        if held is None:
            return calendar_responses.absent()
    if _is_calendar():
        fetches.note(key, None)
    return calendar_responses.respond(held.answer)


def _looked_up(cache: FeedCache, key: str) -> Cached | None:
    """The feed as it is now, rendered only if it has changed; None if there is no such feed."""
    with cache.lock:
        held = cache.held.get(key)
        if held is not None and clock.monotonic() < held.until:
            return held  # another thread has just looked
        until = clock.monotonic() + HOLD_SECONDS
        shown = _feed(key)
        if shown is None:
            cache.held.pop(key, None)
            return None
        published = feed_versions.published(context.db())
        press, window = _press(cache, published), _window()
        etag = feeds.digest(press.fingerprint, (published.edition, shown.name), key, window)
        if held is None or held.answer.etag != etag:
            edition = cache.edition_of(context.db(), published, window)
            made = [
                press.render(entries.public, meeting)
                for meeting in edition.meetings
                if published.uid_domain and shown.shows(meeting.kind, meeting.series_slug)
            ]
            content = feeds.feed(press.publisher, shown, window, made)
            found = calendar_responses.answer(etag, content, shown.file_name, is_private=False)
        else:
            found = held.answer
        return cache.put(key, found, until)


def _feed(key: str) -> Feed | None:
    organisation = context.organisation()
    head, _, slug = key.partition("/")
    if head != "series" or not slug:
        return catalogue.public(organisation).get(key)
    found = feed_versions.series(context.db(), slug)
    return None if found is None else catalogue.of_series(organisation, *found)


@blueprint.get("/feeds/member/<token>.ics")
@access.token
def member(token: str) -> Response:
    return _private(feed_versions.MEMBER, token)


@blueprint.get("/feeds/analyst/<token>.ics")
@access.token
def analyst(token: str) -> Response:
    return _private(feed_versions.ANALYST, token)


def _private(role: RoleName, token: str) -> Response:
    """A 304 asks the database once, for an analyst twice, and renders nothing; a 200 renders what has changed."""
    window = _window()
    owner = _owner(token, role, window)
    if owner is None:
        return calendar_responses.absent()
    cache: FeedCache = current_app.extensions["feeds"]
    shown = catalogue.private(context.organisation())[role]
    press = _press(cache, owner.published)
    address = feed_fetches.private(role, owner.person_id, owner.generation)
    staffed = private.staffed(context.db(), role, window, owner)
    version = private.version(role, shown, owner, staffed)
    etag = feeds.digest(press.fingerprint, version, address, window)
    if calendar_responses.is_unchanged(etag):
        response = calendar_responses.unchanged(etag, is_private=True)
    else:
        made: list[Part] = []
        if press.publisher.uid_domain:
            with cache.lock:
                edition = cache.edition_of(context.db(), owner.published, window)
            made = private.CONTENTS[role](context.db(), press, edition, private.OwnFeed(shown, owner, staffed))
        content = feeds.feed(press.publisher, shown, window, made)
        response = calendar_responses.respond(
            calendar_responses.answer(etag, content, shown.file_name, is_private=True)
        )
    if _is_calendar():
        fetches.note(address, owner.person_id)
        if owner.fetched_at is None:
            note_fetch(context.db(), owner.person_id, role, owner.generation, context.now())
    return response


def _owner(token: str, role: RoleName, window: Window) -> feed_versions.Owner | None:
    """Returns the owner of the token; None if it was never made, has been renewed, or its owner has gone."""
    public_id = _subject(token)
    if public_id is None:
        return None
    owner = feed_versions.owner(context.db(), public_id, role, window.start)
    if owner is None or not tokens.verify(context.settings().feed_key, f"{role}-feed", token, owner.generation):
        return None
    return owner


@blueprint.get("/occurrences/<uuid:public_id>.ics")
@access.public
def occurrence(public_id: uuid.UUID) -> Response:
    meeting = meeting_rows.meeting(context.db(), public_id)
    press = _press(current_app.extensions["feeds"], feed_versions.published(context.db()))
    if meeting is None or not press.publisher.uid_domain:
        abort(404)
    etag = feeds.digest(press.fingerprint, [repr(meeting)], "occurrence")
    content = feeds.single(entries.public(press.publisher, meeting))
    return calendar_responses.respond(
        calendar_responses.answer(etag, content, f"{meeting.series_slug}.ics", is_private=False)
    )


@blueprint.get("/bookings/<uuid:public_id>.ics")
@access.member
def booking(public_id: uuid.UUID) -> Response:
    appointment = meeting_rows.appointment(context.db(), public_id)
    if appointment is None or appointment.member_public_id != current_user.public_id:
        abort(404)
    return _booking(appointment)


@blueprint.get("/manage/<token>/booking.ics")
@access.token
def managed(token: str) -> Response:
    """The same for whoever has the booking's manage address, for as long as that opens."""
    return _booking(signed_links.appointment(token))


def _booking(appointment: Appointment) -> Response:
    press = _press(current_app.extensions["feeds"], feed_versions.published(context.db()))
    if not press.publisher.uid_domain:
        abort(404)
    etag = feeds.digest(press.fingerprint, [repr(appointment)], "booking")
    content = feeds.single(entries.booked(press.publisher, appointment))
    return calendar_responses.respond(calendar_responses.answer(etag, content, "booking.ics", is_private=True))


def _subject(token: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(tokens.subject(token) or "")
    except ValueError:
        return None


def _press(cache: FeedCache, published: feed_versions.ProgrammeVersion) -> Press:
    return cache.press_for(published.uid_domain or "", context.settings(), context.organisation())


def _window() -> Window:
    return catalogue.window(context.now(), context.organisation().zone)


def _is_calendar() -> bool:
    """Whether a calendar is fetching, and neither a HEAD nor somebody looking with a browser."""
    return request.method == "GET" and "text/html" not in request.environ.get("HTTP_ACCEPT", "")
