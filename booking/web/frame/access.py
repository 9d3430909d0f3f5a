"""Control access. Every view declares its readers with one of these decorators; without one it opens to nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.routing import Rule

from booking.domain.enums.people import RoleName
from booking.store.programme.programme import Programme
from booking.web.frame import context, current_reader
from booking.web.frame.current_reader import current_user

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"  # anybody
TOKEN = "token"  # whoever holds a signed address; the view checks it
SIGNED_IN = "signed-in"  # any person
MEMBER = RoleName.MEMBER
ANALYST = RoleName.ANALYST
COORDINATOR = RoleName.COORDINATOR
VIEWER = RoleName.VIEWER  # viewers, and coordinators: the lists and reports, which change nothing
STAFF = "staff"  # analysts and coordinators
DEMO = "demo"  # anybody, in demo mode only; elsewhere there is no such address
LEVELS = (PUBLIC, TOKEN, SIGNED_IN, MEMBER, ANALYST, COORDINATOR, VIEWER, STAFF, DEMO)


def _declare(level: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access = level  # type: ignore[attr-defined]
        return view

    return mark


public = _declare(PUBLIC)
token = _declare(TOKEN)
signed_in = _declare(SIGNED_IN)
member = _declare(MEMBER)
analyst = _declare(ANALYST)
coordinator = _declare(COORDINATOR)
viewer = _declare(VIEWER)
staff = _declare(STAFF)
demo = _declare(DEMO)


def takes(most_bytes: int) -> Callable[[View], View]:
    """A view whose forms may be larger than others', for those who may open it only."""

    def mark(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return mark


def level_of(app: Flask, rule: Rule | str) -> str | None:
    """Returns what the view behind a rule or endpoint declares; None if it declares nothing."""
    endpoint = rule if isinstance(rule, str) else rule.endpoint
    found: str | None = getattr(app.view_functions[endpoint], "access", None)
    return found


def signed_paths(app: Flask) -> tuple[str, ...]:
    """Returns what the paths of signed addresses begin with; computed once, when every address is known."""
    found: tuple[str, ...] | None = app.extensions.get("signed_paths")
    if found is None:
        rules = (rule for rule in app.url_map.iter_rules() if level_of(app, rule) == TOKEN)
        found = app.extensions["signed_paths"] = tuple(sorted({rule.rule.partition("<")[0] for rule in rules}))
    return found


def is_signed(app: Flask, path: str) -> bool:
    """Whether a path lies where signed addresses do, be there one or not: both are answered alike."""
    return path.startswith(signed_paths(app))


_IS_DEMO = select(Programme.is_demo)


def _holds_the_demo() -> bool:
    """Whether the database is one that the demo filled; a setting alone opens nothing on a real one."""
    return bool(context.db().scalar(_IS_DEMO))


def allows(level: str, roles: frozenset[str] | None) -> bool:
    """Whether a person with these roles (None: not signed in) may open an address of that level."""
    if level in {PUBLIC, TOKEN, DEMO}:
        return True
    if roles is None:
        return False
    if level == STAFF:
        return not roles.isdisjoint({ANALYST, COORDINATOR})
    if level == VIEWER:
        return not roles.isdisjoint({VIEWER, COORDINATOR})
    return level == SIGNED_IN or level in roles


def init_app(app: Flask) -> None:
    """Check each request before its view runs."""
    setattr(app.view_functions["static"], "access", PUBLIC)  # noqa: B010 (a function has no such attribute for mypy)

    @app.before_request
    def check() -> ResponseReturnValue | None:
        if request.endpoint is None:
            return None  # no such address: the router answers
        level = level_of(current_app, request.endpoint)
        if level is None:
            abort(404)
        if level in {PUBLIC, TOKEN}:
            return None
        if level == DEMO:
            return None if context.settings().is_demo and _holds_the_demo() else abort(404)
        if not current_user.is_authenticated:
            return current_reader.ask_to_sign_in()
        if not allows(level, current_user.roles):
            abort(403)
        most_bytes = getattr(current_app.view_functions[request.endpoint], "most_bytes", None)
        if most_bytes is not None:
            request.max_content_length = request.max_form_memory_size = most_bytes
        return None
