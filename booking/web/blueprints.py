"""The list of the pages: one blueprint a reader."""

from __future__ import annotations

from flask import Flask

from booking.web import feeds


def init_app(app: Flask) -> None:
    """Register every blueprint."""
    for module in (feeds,):
        app.register_blueprint(module.blueprint)
