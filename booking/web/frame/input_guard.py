"""Refuse input that no page, feed or program can mean before anything reads it: NUL, surrogates, endless numbers.

PostgreSQL stores no NUL, no driver encodes a lone surrogate, and Python reads no number of thousands of digits; a check
beside each field would forget one. A path is answered 404, a query or form 400, JSON 422.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import Flask, abort, request
from werkzeug.exceptions import UnprocessableEntity

MAX_DIGITS = 300  # in a row, in any text
MAX_INTEGER = 2**63 - 1  # what a database stores
_UNREADABLE = re.compile(rf"[\x00\ud800-\udfff]|\d{{{MAX_DIGITS + 1}}}")


def is_readable(text: str) -> bool:
    """Whether a text can be stored and read again."""
    return _UNREADABLE.search(text) is None


def is_readable_json(value: Any) -> bool:
    """The same for every name, text and number of a JSON document, however deep."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            left += one
        elif (isinstance(one, str) and not is_readable(one)) or (isinstance(one, int) and abs(one) > MAX_INTEGER):
            return False
    return True


def check_json() -> None:
    """Raise 422, with the field, where the body of this request is no JSON or holds what nobody can mean."""
    try:
        value = json.loads(request.get_data(cache=True) or b"null")
    except (ValueError, RecursionError):
        raise _unprocessable("body", "This is no JSON that can be read.") from None
    for name, one in value.items() if isinstance(value, dict) else [("body", value)]:
        if not is_readable(name) or not is_readable_json(one):
            raise _unprocessable(
                name if is_readable(name) else "body", "Not text or a number that can be stored and read again."
            )


def _unprocessable(name: str, words: str) -> UnprocessableEntity:
    error = UnprocessableEntity()
    error.data = {"messages": {"json": {name: [words]}}}  # type: ignore[attr-defined]  # as the API's schemas say it
    return error


def _texts() -> Iterable[str]:
    """Every text of the form that this request sends, the names of its files included."""
    for name, value in request.form.items(multi=True):
        yield from (name, value)
    for name, file in request.files.items(multi=True):
        yield from (name, file.filename or "")


def before_anything(app: Flask) -> None:
    """Check path and query of each request before anything else looks at them."""

    @app.before_request
    def check_address() -> None:
        if not is_readable(request.path):
            abort(HTTPStatus.NOT_FOUND)
        if request.query_string and not all(map(is_readable, (t for pair in request.args.items(True) for t in pair))):
            abort(HTTPStatus.BAD_REQUEST)


def init_app(app: Flask) -> None:
    """Check the body of each form, and of whatever is sent as JSON, once its size is allowed."""

    @app.before_request
    def check_body() -> None:
        if request.endpoint is None:
            return  # no such address or method: the router answers, and the body is not read
        if request.is_json:
            check_json()
        elif request.content_length and not all(map(is_readable, _texts())):
            abort(HTTPStatus.BAD_REQUEST)
