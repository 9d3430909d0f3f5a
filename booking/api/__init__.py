"""What programs read and do: the same deeds as the pages, in JSON. `booking/api/document.py` describes all of it."""

from booking.api.document import init_app

__all__ = ["init_app"]
