"""create_app: the one place that puts settings, store, pages and API together."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import datetime

from flask import Flask

from booking import api, clock, logs, resources
from booking import settings as settings_module
from booking.programme import organisation_file
from booking.settings import Settings, SettingsError
from booking.store.db import engines, limits
from booking.web import blueprints
from booking.web.frame import (
    access,
    context,
    current_reader,
    error_pages,
    forms,
    input_guard,
    security_headers,
    template_globals,
    token_guessing,
)
from booking.web.site import compression, descriptions, static_files

MAX_BODY_BYTES = 256 * 1024  # of a request's body


def create_app(settings: Settings, now: Callable[[], datetime] = clock.now) -> Flask:
    """The WSGI application; raises SettingsError where keys are missing, and names what data/ has wrong."""
    settings_module.require_keys(settings)
    app = Flask(
        "booking", template_folder=str(resources.folder("templates")), static_folder=str(resources.PACKAGE / "static")
    )
    engine = engines.make(settings.database_url, within=limits.PAGE)
    found = organisation_file.load(settings.data, settings.organisation or None, settings.join_url)
    app.extensions["booking"] = context.State(settings, found, engine, engines.page_sessions(engine), now)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        SESSION_COOKIE_NAME="__Host-booking" if settings.is_https else "booking",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.url_map.merge_slashes = False  # an address is one string: whoever guesses at it is redirected nowhere
    app.logger.addFilter(logs.MASKING)
    compression.init_app(app)  # first, so that it runs last
    context.init_app(app)
    current_reader.init_app(app)
    template_globals.init_app(app)
    descriptions.init_app(app)
    static_files.init_app(app, resources.PACKAGE / "static")
    error_pages.init_app(app)
    security_headers.init_app(app, settings)
    token_guessing.init_app(app, settings)
    input_guard.before_anything(app)
    forms.ask_visitors(app)
    access.init_app(app)  # before CSRF: whoever is signed out is asked to sign in, not told of a missing token
    input_guard.init_app(app)
    forms.init_app(app, exempt_blueprints=frozenset({api.BLUEPRINT}))
    blueprints.init_app(app)
    api.init_app(app)
    return app


def from_environment() -> Flask:
    """The application as the environment's settings say: what servers are pointed at.

    Where a setting is missing or wrong, the process ends with one line that names it.
    """
    logs.begin(logging.WARNING)
    try:
        return create_app(settings_module.load())
    except SettingsError as error:
        sys.exit(f"booking: {error}")
