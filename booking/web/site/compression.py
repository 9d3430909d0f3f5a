"""Compress answers with gzip for clients that accept it.

`docs/decisions/0022-compression-by-the-service.md` says why a library was not used, and what keeps tokens safe.

A compressed answer has other bytes, so its ETag becomes a weak one (RFC 9110, 8.8.1). If-None-Match compares weakly:
a client is answered 304 with either form.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request

ENCODING = "gzip"
LEAST_BYTES = 500  # of a body that is worth it
_LEVEL = 5  # 6 to 9 take up to twice as long for 2 % less
_TYPES = frozenset(
    {"text/html", "text/calendar", "text/css", "text/csv", "text/javascript", "text/plain"}
    | {"application/json", "application/javascript", "image/svg+xml"}
)


def is_accepted() -> bool:
    """Whether the client takes gzip."""
    return ENCODING in request.headers.get("Accept-Encoding", "") and bool(request.accept_encodings[ENCODING])


def is_worth_it(content_type: str | None) -> bool:
    """Whether bodies of that type become smaller."""
    return content_type in _TYPES


def packed(content: bytes, level: int = _LEVEL) -> bytes:
    """The same bytes whenever and wherever they are made: without a time in them."""
    return gzip.compress(content, level, mtime=0)


#: Of public answers whose bytes are held elsewhere (feeds), so that nobody waits for the same work twice.
_held = lru_cache(maxsize=64)(packed)


def init_app(app: Flask) -> None:
    """Compress what is left to send once everything else has been done to it: to be registered first."""

    @app.after_request
    def compress(answer: Response) -> Response:
        if answer.status_code == 304:
            return _unchanged(answer)
        if answer.is_streamed or answer.direct_passthrough or not is_worth_it(answer.mimetype):
            return answer
        if "Content-Encoding" in answer.headers or "Content-Range" in answer.headers:
            return answer
        content = answer.get_data()
        if len(content) < LEAST_BYTES:
            return answer
        answer.vary.add("Accept-Encoding")
        if not is_accepted():
            return answer
        pack = _held if answer.cache_control.public else packed
        answer.set_data(pack(content))
        answer.headers["Content-Encoding"] = ENCODING
        weaken(answer)
        return answer


def weaken(answer: Response) -> None:
    """Give the answer the weak form of its ETag, if it has one."""
    tag, is_weak = answer.get_etag()
    if tag is not None and not is_weak:
        answer.set_etag(tag, weak=True)


def _unchanged(answer: Response) -> Response:
    """A 304 with the tag and the `Vary` that the 200 would have."""
    if "ETag" in answer.headers:
        answer.vary.add("Accept-Encoding")
        if is_accepted():
            weaken(answer)
    return answer
