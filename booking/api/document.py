"""The OpenAPI document of /api/v1, its readable page, and how all of it joins the application."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_smorest import Api

from booking import version
from booking.api import bookings, slots
from booking.api.blueprint import blueprint
from booking.domain.organisation import Policy
from booking.web import access

PAGES = (bookings, slots)


class Described(Api):  # type: ignore[misc]
    """flask-smorest's description of the API; errors are our own problem documents."""

    def _register_error_handlers(self) -> None:
        """None: the blueprint and the pages have theirs."""


def init_app(app: Flask, policies: Sequence[Policy]) -> None:
    """Register /api/v1 and its description. No CSRF token is asked: another site's page cannot send an API token."""
    app.config.update(API_TITLE="Booking", API_VERSION=version.current(), OPENAPI_VERSION="3.0.3")
    api = Described(app)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    api.spec.options["security"] = [{"token": []}]
    api.DEFAULT_ERROR_RESPONSE_NAME = None
    blueprint.DEFAULT_ERROR_RESPONSE_NAME = None
    api.register_blueprint(blueprint)
    described = api.spec.to_dict()
    lengths = {length for policy in policies for length in policy.slot_minutes}
    for parameter in described["paths"]["/api/v1/slots"]["get"]["parameters"]:
        if parameter["name"] == "minutes":
            parameter["schema"]["enum"] = sorted(lengths)

    @access.public
    def document() -> ResponseReturnValue:
        """The OpenAPI document."""
        return jsonify(described)

    @access.public
    def page() -> ResponseReturnValue:
        """The same, to be read."""
        return render_template("api/docs.html", document=described)

    app.add_url_rule("/api/v1/openapi.json", "api_document", document)
    app.add_url_rule("/api/docs", "api_docs", page)
