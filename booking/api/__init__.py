"""What programs read and do: the same deeds as the pages, in JSON. `booking/api/document.py` describes all of it."""

from booking.api.blueprint import blueprint
from booking.api.document import init_app

BLUEPRINT = blueprint.name

__all__ = ["BLUEPRINT", "init_app"]
