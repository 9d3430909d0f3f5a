"""The WSGI entry: any server that takes `wsgi:app` can run the service; `booking serve` does it with granian."""

from booking import settings
from booking.app import create_app

app = create_app(settings.load())
