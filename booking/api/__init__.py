"""The JSON API: the same service functions as the pages. `booking/api/document.py` describes all of it."""

from booking.api.blueprint import blueprint
from booking.api.document import init_app

BLUEPRINT = blueprint.name

__all__ = ["BLUEPRINT", "init_app"]
