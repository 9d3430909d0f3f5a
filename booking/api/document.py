"""The OpenAPI document of /api/v1, its readable page, and how all of it joins the application."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from flask import Flask, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_smorest import Api

from booking import version
from booking.api import bookings, slots
from booking.api.blueprint import blueprint
from booking.store.queries.bookings import timetables
from booking.web.frame import access, context

PAGES = (bookings, slots)


class Described(Api):  # type: ignore[misc]
    """flask-smorest's description of the API; errors are our own problem documents."""

    def _register_error_handlers(self) -> None:
        """None: the blueprint and the pages have theirs."""


def init_app(app: Flask) -> None:
    """Register /api/v1 and its description. No CSRF token is asked: another site's page cannot send an API token."""
    app.config.update(API_TITLE="Booking", API_VERSION=version.current(), OPENAPI_VERSION="3.0.3")
    api = Described(app)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    api.spec.options["security"] = [{"token": []}]
    api.DEFAULT_ERROR_RESPONSE_NAME = None
    blueprint.DEFAULT_ERROR_RESPONSE_NAME = None
    api.register_blueprint(blueprint)
    described = api.spec.to_dict()

    def as_it_is() -> dict[str, Any]:
        """With the organisation's name and the lengths offered now: either may change at any time."""
        offered = slots.lengths_offered(context.organisation(), timetables.own_lengths(context.db()))
        now: dict[str, Any] = deepcopy(described)
        now["info"]["title"] = f"{context.organisation().name}: booking"
        for parameter in now["paths"]["/api/v1/slots"]["get"]["parameters"]:
            if parameter["name"] == "minutes":
                parameter["schema"] = {"type": "integer", "enum": list(offered)}
        return now

    @access.public
    def document() -> ResponseReturnValue:
        """The OpenAPI document."""
        return jsonify(as_it_is())

    @access.public
    def page() -> ResponseReturnValue:
        """The same, to be read."""
        return render_template("api/docs.html", document=as_it_is())

    app.add_url_rule("/api/v1/openapi.json", "api_document", document)
    app.add_url_rule("/api/docs", "api_docs", page)
