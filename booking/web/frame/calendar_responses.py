"""Answer calendars: headers, ETag and 304, the same for every feed and file."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

FEEDS = "/feeds/"
PUBLIC = (("Cache-Control", "public, max-age=900, stale-while-revalidate=86400"),)
PRIVATE = (
    ("Cache-Control", "private, max-age=900"),
    ("X-Robots-Tag", "noindex"),
    ("Referrer-Policy", "no-referrer"),
)


class NoSessionForFeeds(SecureCookieSessionInterface):
    """Sessions as Flask has them, but no cookie is read or set for calendars, and none is set for static files."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(FEEDS):
            return None  # Flask then makes one that can hold nothing and is never saved
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint == "static" and response.status_code < 400:
            return  # the same for everybody: no cookie, and no Vary for one
        super().save_session(app, session, response)


@dataclass(frozen=True, slots=True)
class CalendarResponse:
    """The bytes of one calendar with the headers of its 200 and of its 304."""

    etag: str
    content: bytes
    headers: list[tuple[str, str]]
    unchanged_headers: list[tuple[str, str]]


def headers(etag: str, *, is_private: bool) -> list[tuple[str, str]]:
    """Headers that a 200 and a 304 have in common; `etag` comes without its quotes."""
    return [("ETag", f'"{etag}"'), *(PRIVATE if is_private else PUBLIC)]


def answer(etag: str, content: bytes, file_name: str, *, is_private: bool) -> CalendarResponse:
    """The whole of an answer, for now or to be held."""
    common = headers(etag, is_private=is_private)
    whole = [
        ("Content-Type", "text/calendar; charset=utf-8"),
        ("Content-Disposition", f'inline; filename="{file_name}"'),
        ("X-Content-Type-Options", "nosniff"),
        *common,
    ]
    return CalendarResponse(etag, content, whole, common)


def is_unchanged(etag: str) -> bool:
    """Whether the client has these bytes: its If-None-Match names the tag, weakly or not, in a list or as `*`."""
    asked = request.headers.get("If-None-Match")
    if asked is None:
        return False
    return asked == f'"{etag}"' or request.if_none_match.contains_weak(etag)


def respond(found: CalendarResponse) -> Response:
    """200 with the bytes, or 304 without."""
    if is_unchanged(found.etag):
        return Response(status=304, headers=found.unchanged_headers)
    return Response(found.content, headers=found.headers)


def unchanged(etag: str, *, is_private: bool) -> Response:
    """304."""
    return Response(status=304, headers=headers(etag, is_private=is_private))


def absent() -> Response:
    """404, the same for an address that was never made, has been renewed, or is misspelt."""
    return refused(404, "There is no calendar at this address.")


def is_asked() -> bool:
    """Whether the request is for what calendars fetch, be there such a calendar or not."""
    return request.path.startswith(FEEDS) or request.path.endswith(".ics")


def refused(status: int, words: str, *more: tuple[str, str]) -> Response:
    """One line of text with that status: no page, no cookie, nothing to keep; `more` headers."""
    return Response(
        f"{words}\n",
        status=status,
        headers=[
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Robots-Tag", "noindex"),
            ("Referrer-Policy", "no-referrer"),
            *more,
        ],
    )
