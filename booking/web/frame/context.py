"""The context of every view: settings, organisation, one database session and one instant a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask, current_app, g
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.services import demo_clock
from booking.services.action_context import ActionContext
from booking.settings import Settings
from booking.web.frame.current_organisation import KnownOrganisation


@dataclass(frozen=True, slots=True)
class State:
    """The parts that `create_app` put together; one an application. `organisation` is the data folder's."""

    settings: Settings
    organisation: Organisation
    engine: Engine
    sessions: sessionmaker[Session]
    clock: Callable[[], datetime]
    known: KnownOrganisation = field(default_factory=KnownOrganisation)


def state() -> State:
    """The running application's state."""
    found: State = current_app.extensions["booking"]
    return found


def settings() -> Settings:
    return state().settings


def organisation() -> Organisation:
    """The organisation as it is in this request: the data folder's, with what coordinators have set."""
    if "organisation" not in g:
        g.organisation = state().known.now(state().organisation, db())
    found: Organisation = g.organisation
    return found


def default_organisation() -> Organisation:
    """The organisation as the data folder has it."""
    return state().organisation


def organisation_changed() -> None:
    """Let this request and this process see what was just saved."""
    state().known.forget()
    g.pop("organisation", None)


def db() -> Session:
    """The request's one session, opened when first asked for and closed at the request's end."""
    if "db" not in g:
        g.db = state().sessions()
    opened: Session = g.db
    return opened


def now() -> datetime:
    """The request's one instant (UTC): it stays the same until the answer is out."""
    if "now" not in g:
        g.now = real_now()
        if settings().is_demo:
            g.now += demo_clock.ahead(db())
    instant: datetime = g.now
    return instant


def real_now() -> datetime:
    """What the clock says; in the demo, whose own clock can be set, another time than `now`."""
    return state().clock()


def acting(actor: Actor) -> ActionContext:
    """The request as service functions are told of it, with who acts in it."""
    return ActionContext(db(), organisation(), now(), actor)


def init_app(app: Flask) -> None:
    """Close the session at the end of each request."""

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        opened: Session | None = g.pop("db", None)
        if opened is not None:
            opened.close()
