"""The public address, fetched as a reader's browser would: does the proxy pass on what the service relies on?"""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from booking.cli.install.findings import InstallationFinding
from booking.domain import tokens
from booking.programme.announcements import lines
from booking.settings import Settings

SECONDS = 20
PRETENDED = "203.0.113.77"  # an address for documentation (RFC 5737): no request comes from it
LARGEST = lines.MAX_BYTES + 1_000_000  # a document with its form, the largest that a page takes


@dataclass(frozen=True, slots=True)
class FetchedStatus:
    """The answer: a status, and the JSON of /healthz if it was that."""

    status: int
    told: dict[str, Any]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def examine(found: Settings) -> Iterator[InstallationFinding]:
    """Every finding about the public address, the well ones too."""
    try:
        answer = _fetch(found)
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        yield InstallationFinding(
            f"public address: {found.base_url} doesn't answer: {reason}",
            "start `booking serve`, then check the DNS name, the certificate and the proxy",
        )
        return
    seen = answer.told.get("seen")
    if not isinstance(seen, dict):
        yield InstallationFinding(
            f"public address: {found.base_url} {_instead(answer)}", "check BOOKING_BASE_URL and the proxy"
        )
        return
    yield InstallationFinding(f"public address: {found.base_url} answers, version {answer.told.get('version')}")
    yield _host(found, seen)
    yield _scheme(found, seen)
    yield _sender(found, seen)
    yield _size(found)


def _instead(answer: FetchedStatus) -> str:
    if "version" in answer.told:
        return "is a different installation: its BOOKING_SECRET_KEY isn't this one"
    return f"answers {answer.status}, but isn't this service"


def _fetch(found: Settings, body: bytes | None = None) -> FetchedStatus:
    """Ask for /healthz, signed, so that it says how the request arrived. Raises URLError and the like."""
    request = urllib.request.Request(f"{found.base_url}/healthz", data=body)
    request.add_header("X-Booking-Doctor", tokens.sign(found.secret_key, "doctor", secrets.token_hex(16)))
    request.add_header("X-Forwarded-For", PRETENDED)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            status, content = answer.status, answer.read(100_000)
    except HTTPError as error:
        with error:
            status, content = error.code, error.read(100_000)
    try:
        told = json.loads(content)
    except ValueError:
        told = {}
    return FetchedStatus(status, told if isinstance(told, dict) else {})


def _host(found: Settings, seen: dict[str, Any]) -> InstallationFinding:
    expected = urlsplit(found.base_url).netloc
    if seen.get("host") == expected:
        return InstallationFinding(f"Host: {expected}")
    return InstallationFinding(
        f"Host: the proxy passes on {seen.get('host')}, not {expected}",
        "make the proxy pass on the Host of each request (nginx: proxy_set_header Host $http_host;)",
    )


def _scheme(found: Settings, seen: dict[str, Any]) -> InstallationFinding:
    expected = urlsplit(found.base_url).scheme
    if seen.get("scheme") == expected:
        return InstallationFinding(f"scheme: {expected}")
    return InstallationFinding(
        f"scheme: the service sees {seen.get('scheme')}, not {expected}",
        "set BOOKING_TRUSTED_PROXIES to the number of proxies in front, and make them set X-Forwarded-Proto "
        "(nginx: proxy_set_header X-Forwarded-Proto $scheme;)",
    )


def _sender(found: Settings, seen: dict[str, Any]) -> InstallationFinding:
    """Returns whose limits count: the reader's own address, not the proxy's, and not one that anybody can make up."""
    added = [one.strip() for one in str(seen.get("forwarded_for", "")).split(",") if one.strip()]
    proxies = len(added) - 1 if PRETENDED in added else len(added)
    if seen.get("sender") == PRETENDED:
        adding = f"{proxies} proxies add" if proxies > 1 else f"{proxies or 'no'} proxy adds"
        return InstallationFinding(
            "sender: anybody can pretend to be at another address: "
            f"BOOKING_TRUSTED_PROXIES is {found.trusted_proxies}, and {adding} the sender’s address",
            "set BOOKING_TRUSTED_PROXIES to the number of proxies in front, and make each add to X-Forwarded-For "
            "(nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;)",
        )
    if proxies > found.trusted_proxies:
        return InstallationFinding(
            "sender: limits count everybody as one sender, the proxy: "
            f"BOOKING_TRUSTED_PROXIES is {found.trusted_proxies}",
            f"set BOOKING_TRUSTED_PROXIES={proxies}",
        )
    return InstallationFinding("sender: limits count each reader’s own address")


def _size(found: Settings) -> InstallationFinding:
    """Whether the largest form that a page takes gets past the proxy; the service itself answers 405, unread."""
    try:
        status = _fetch(found, b"x" * LARGEST).status
    except (URLError, HTTPException, OSError):
        status = 413  # cut off while it was being sent
    if status != 413:
        return InstallationFinding("size: the largest document gets through")
    return InstallationFinding(
        f"size: the proxy refuses {LARGEST // 1_000_000} MB, the largest document that a page accepts",
        f"raise its limit (nginx: client_max_body_size {LARGEST // 1_000_000 + 1}m;)",
    )
