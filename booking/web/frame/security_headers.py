"""Headers that keep others out, and the proxy's word about who is asking."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from functools import lru_cache

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from booking.settings import Settings
from booking.web.frame import access, calendar_responses
from booking.web.frame.current_reader import current_user

POLICY = "; ".join(
    f"{name} {value}"
    for name, value in {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }.items()
)


def sender(settings: Settings) -> str:
    """Returns the client as a keyed digest of the network address: of IPv6 the first 64 bits."""
    return _digest(settings.secret_key, request.remote_addr or "0.0.0.0")


@lru_cache(maxsize=1024)
def _digest(key: str, address_text: str) -> str:
    try:
        address = ipaddress.ip_address(address_text)
    except ValueError:
        address = ipaddress.ip_address("0.0.0.0")
    bits = 64 if address.version == 6 else 32
    network = ipaddress.ip_network(f"{address}/{bits}", strict=False)
    return hmac.new(key.encode(), f"sender\n{network}".encode(), hashlib.sha256).hexdigest()[:32]


def init_app(app: Flask, settings: Settings) -> None:
    """Set the headers on every page; feeds and static files keep their own."""
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]

    @app.after_request
    def headers(answer: Response) -> Response:
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        if calendar_responses.is_asked() or request.blueprint == "robots" or request.endpoint == "static":
            return answer
        is_signed = access.is_signed(app, request.path)
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        answer.headers.setdefault("Referrer-Policy", "no-referrer" if is_signed else "same-origin")
        answer.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if is_signed:
            answer.headers.setdefault("X-Robots-Tag", "noindex")
        if is_signed or current_user.is_authenticated:
            answer.headers.setdefault("Cache-Control", "private, no-store")
        if settings.is_https:
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return answer
