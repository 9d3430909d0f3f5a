"""The WSGI entry: any server that takes `wsgi:app` can run the service; `booking serve` does it with granian."""

from booking.app import from_environment

app = from_environment()
