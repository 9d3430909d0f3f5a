"""Errors as application/problem+json (RFC 9457), with the stable codes of domain/errors.py."""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import Response

from booking.domain.errors import Refusal

#: Refusals that are no conflict; every other one is 409.
STATUSES = {
    "not-found": HTTPStatus.NOT_FOUND,
    "not-allowed": HTTPStatus.FORBIDDEN,
    "not-a-member": HTTPStatus.FORBIDDEN,
    "length-not-offered": HTTPStatus.UNPROCESSABLE_ENTITY,
    "outside-hours": HTTPStatus.UNPROCESSABLE_ENTITY,
    "text-not-accepted": HTTPStatus.UNPROCESSABLE_ENTITY,
}


def problem(status: HTTPStatus, code: str, title: str) -> Response:
    """One problem document."""
    body = {"type": "about:blank", "status": int(status), "code": code, "title": title}
    return Response(json.dumps(body), status=int(status), mimetype="application/problem+json")


def of(refusal: Refusal) -> Response:
    """The problem document of a refusal."""
    status = STATUSES.get(refusal.code, HTTPStatus.CONFLICT)
    return problem(status, refusal.code, str(refusal) or refusal.code)
