"""CSRF protection: a form is accepted from a page of this site, shown in this browser to the person who sends it.

Two checks. The browser's own word about where the form comes from: `Sec-Fetch-Site`, else `Origin`. And a signed token
in the form that names the browser, the reader and the page. `Referer` is never needed: pages opened from an email send
none, and neither do some browsers and company proxies. SameSite cookies are a third line of defence.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import current_app, request, session
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.exceptions import RequestEntityTooLarge

from booking.web.frame import context
from booking.web.frame.current_reader import current_user

View = TypeVar("View", bound=Callable[..., Any])

FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_AGE = timedelta(days=7)
SIGNED_OUT = "You've been signed out since you opened this page."
NOT_SENT = "Your form wasn’t sent"
_NONCE = "form"  # the key in the session cookie
_CACHED = "booking.csrf_token"  # the key in the request's environment
_MAX_PAGE_LENGTH = 1500  # characters


class Reason(StrEnum):
    """Why a form is refused; the value is the code that the page carries."""

    OTHER_SITE = "form-from-another-site"
    OTHER_ADDRESS = "form-at-another-address"
    NO_COOKIE = "form-without-cookie"
    INCOMPLETE = "form-incomplete"
    TOO_OLD = "form-too-old"
    SIGNED_OUT = "form-signed-out"
    SIGNED_IN = "form-signed-in"
    OTHER_PERSON = "form-other-person"
    OTHER_SESSION = "form-other-session"


#: Nothing is wrong with the form itself: sent once more from a fresh page, it is accepted.
RECOVERABLE = frozenset(
    {Reason.TOO_OLD, Reason.SIGNED_OUT, Reason.SIGNED_IN, Reason.OTHER_PERSON, Reason.OTHER_SESSION}
)


@dataclass(frozen=True, slots=True)
class Token:
    """The parts of a form's token: the browser's nonce, the reader ("" for a visitor), when and on which page."""

    nonce: str
    reader: str
    issued_at: datetime
    page: str


def is_exempt(view: Callable[..., Any]) -> bool:
    """Whether a view takes forms without a token."""
    return bool(getattr(view, "is_csrf_exempt", False))


def exempt(view: View) -> View:
    """A view that takes forms without a token; the comment beside it says why that is safe."""
    view.is_csrf_exempt = True  # type: ignore[attr-defined]
    return view


def token() -> str:
    """The token of every form on the page that this request renders.

    It begins with random characters, so that its signature differs in every answer: pages are compressed, and nobody
    can find it out by comparing their lengths (BREACH).
    """
    found: str | None = request.environ.get(_CACHED)
    if found is None:
        if _NONCE not in session:
            renew()
        issued_at = int(context.now().timestamp())
        found = request.environ[_CACHED] = _serializer().dumps(
            [secrets.token_urlsafe(6), session[_NONCE], _reader(), issued_at, _page()]
        )
    return found


def renew() -> None:
    """Give this browser a new nonce: forms that are open in it are refused from now on."""
    session[_NONCE] = secrets.token_urlsafe(12)


def sent_token() -> Token | None:
    """The token of the form that this request sends; None where it has none that was made here."""
    try:
        *_, nonce, reader, issued_at, page = _serializer().loads(request.form.get(FIELD, ""))
        return Token(nonce, reader, datetime.fromtimestamp(issued_at, UTC), page)
    except (BadData, TypeError, ValueError, RequestEntityTooLarge):  # the page that says "too large" asks too
        return None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(context.settings().secret_key, salt="csrf")


def _reader() -> str:
    """Returns the signed-in person in few characters; "" for a visitor. The nonce decides; this only tells people
    why.
    """
    return current_user.public_id.hex[:8] if current_user.is_authenticated else ""


def _page() -> str:
    """The path and query of the page that a form stands on, also where it is shown in answer to a form."""
    if request.method not in SAFE_METHODS:
        sent = sent_token()
        return sent.page if sent is not None else ""
    full = request.full_path.rstrip("?")
    return full if len(full) <= _MAX_PAGE_LENGTH else request.path


@lru_cache(maxsize=64)
def _origin_of(url: str) -> str | None:
    """Scheme, host and port of a URL as browsers write an origin; None where it has no host."""
    try:
        parts = urlsplit(url[:300])
        port = "" if parts.port in {None, {"http": 80, "https": 443}.get(parts.scheme)} else f":{parts.port}"
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else None


def _origin() -> str | None:
    """Returns the origin of the form: `Origin`, else that of `Referer`; None where the browser sends neither.

    A browser that hides where a form comes from says "null" (Fetch, "Origin" header). What no browser sends is returned
    as it is, so that it is no address of this site.
    """
    for sent in (request.headers.get("Origin", ""), request.headers.get("Referer", "")):
        if sent not in {"", "null"}:
            return _origin_of(sent) or sent[:300]
    return None


def _public() -> str:
    """The origin of the site's public address."""
    return _origin_of(context.settings().base_url) or ""


def _seen() -> str:
    """The origin that this request was sent to, as far as the proxy tells."""
    return _origin_of(f"{request.scheme}://{request.host}") or ""


def _site_reason() -> Reason | None:
    """Why the form cannot come from a page of this site; None if it can."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return None if fetch_site in {"same-origin", "none"} else Reason.OTHER_SITE
    if _origin() in {None, _public(), _seen()}:
        return None
    return Reason.OTHER_SITE if _seen() == _public() else Reason.OTHER_ADDRESS


def _token_reason() -> Reason | None:
    """Why the form's token is not accepted; None if it is."""
    nonce, sent, reader = session.get(_NONCE, ""), sent_token(), _reader()
    has_cookie = current_app.config["SESSION_COOKIE_NAME"] in request.cookies
    if not has_cookie and (sent is None or sent.reader == reader):
        return Reason.NO_COOKIE if _origin() in {None, _public()} else Reason.OTHER_ADDRESS
    if sent is None:
        return Reason.INCOMPLETE
    if hmac.compare_digest(nonce, sent.nonce) and sent.reader == reader:
        return None if context.now() < sent.issued_at + MAX_AGE else Reason.TOO_OLD
    if sent.reader == reader:
        return Reason.OTHER_SESSION
    if not reader:
        return Reason.SIGNED_OUT
    return Reason.OTHER_PERSON if sent.reader else Reason.SIGNED_IN


def origins() -> tuple[str, str | None, str]:
    """The public address, what the browser says and what the proxy says: for the operator's log."""
    return _public(), _origin(), _seen()


def typed_fields() -> list[tuple[str, str]]:
    """The fields of the form that this request sends, in their order, without its token."""
    return [(name, value) for name, value in request.form.items(multi=True) if name != FIELD]


def reason() -> Reason | None:
    """Why this request's form is refused; None if it is accepted."""
    return _site_reason() or _token_reason()


def sentence(why: Reason) -> str:
    """The reason as people read it, and what to do."""
    base_url = context.settings().base_url
    who = current_user.email if current_user.is_authenticated else ""
    return {
        Reason.OTHER_SITE: f"Another website sent it, not a page of {base_url}. Nothing was changed.",
        Reason.OTHER_ADDRESS: f"You opened this site at {_origin()}, but its address is {base_url}. Open it there. "
        "If you run this site: set BOOKING_BASE_URL to the address that people open, set BOOKING_TRUSTED_PROXIES to "
        "the number of proxies in front, and let them pass on Host and X-Forwarded-Proto.",
        Reason.NO_COOKIE: f"Your browser didn't send this site's cookie. Allow cookies for {base_url}, open the page "
        "again and send the form once more.",
        Reason.INCOMPLETE: "It was incomplete, or the page is out of date. Open the page again and send it once more.",
        Reason.TOO_OLD: f"You opened this page more than {MAX_AGE.days} days ago. Check the form, then send it again.",
        Reason.SIGNED_OUT: f"{SIGNED_OUT} Check the form, then send it again.",
        Reason.SIGNED_IN: f"You've signed in as {who} since you opened this page. Check the form, then send it again.",
        Reason.OTHER_PERSON: f"You're signed in as {who} now, and opened this page as somebody else. "
        "Check the form, then send it again.",
        Reason.OTHER_SESSION: "You've signed in or out in another tab since you opened this page. "
        "Check the form, then send it again.",
    }[why]


def status(why: Reason) -> int:
    """The HTTP status that goes with the reason."""
    return 403 if why is Reason.OTHER_SITE else 409 if why in RECOVERABLE else 400
