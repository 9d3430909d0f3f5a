"""The blueprint of /api/v1: who is asked for, how errors look, what is documented for each address."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Response, abort, g, request
from flask_smorest import Blueprint
from werkzeug.exceptions import HTTPException

from booking.api import problems
from booking.api.schemas import ProblemSchema
from booking.domain import errors
from booking.web.frame import error_pages

View = TypeVar("View", bound=Callable[..., Any])

blueprint = Blueprint("api", __name__, url_prefix="/api/v1", description="Slots and bookings")
WORDS = {
    400: "the query can't be read as text",
    401: "no valid token",
    403: "not allowed for this person",
    404: "not found, or not this person's",
    409: "not possible now; `code` and `detail` say why",
    422: "the request isn't valid; `detail` says why",
}


def may_answer(*statuses: int) -> Callable[[View], View]:
    """Document the problems that an address answers with; a query that nobody can mean is 400 everywhere."""

    def mark(view: View) -> View:
        for status in (400, *statuses):
            view = blueprint.alt_response(
                status, schema=ProblemSchema, description=WORDS[status], content_type="application/problem+json"
            )(view)
        return view

    return mark


@blueprint.before_request
def by_token_only() -> None:
    """Require a token for every change: a cookie alone could be used from another site's page."""
    if request.method not in {"GET", "HEAD", "OPTIONS"} and not g.get("by_token"):
        abort(HTTPStatus.UNAUTHORIZED)


@blueprint.errorhandler(errors.Refusal)
def refused(refusal: errors.Refusal) -> Response:
    return problems.of(refusal)


@blueprint.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response:
    """Everything else that ends a request, the words of the schemas included."""
    status = HTTPStatus(error.code or 500)
    if status == HTTPStatus.UNAUTHORIZED:
        answer = problems.problem(status, "not-signed-in", "Send a token: Authorization: Bearer …")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    messages = getattr(error, "data", {}).get("messages", {})
    if messages:
        return problems.problem(HTTPStatus.UNPROCESSABLE_ENTITY, "not-accepted", said(messages), errors=messages)
    answer = problems.problem(status, error.name.lower().replace(" ", "-"), error_pages.detail(int(status)))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            answer.headers[name] = value
    return answer


def said(messages: dict[str, Any]) -> str:
    """ "starts_at: Not a valid aware datetime." for each field."""
    found = []
    for fields in messages.values():
        for name, words in fields.items() if isinstance(fields, dict) else [("body", fields)]:
            text = " ".join(map(str, words)) if isinstance(words, list) else str(words)
            found.append(f"{name}: {text}")
    return "; ".join(found)[:500]
