"""Errors as application/problem+json (RFC 9457), with the stable codes of domain/errors.py."""

from __future__ import annotations

import json
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import Response

from booking.domain.enums.refusals import RefusalCode
from booking.domain.errors import Refusal
from booking.web.frame import error_pages

#: Where a program needs other words than somebody at a page.
SENTENCES = {RefusalCode.KEY_REUSED: "This Idempotency-Key was sent before with a different request."}
#: The instants and numbers that a refusal turns on, by the names of its attributes.
TURNS_ON = (
    *("offered", "closed_at", "opens_at", "started_at", "ended_at", "scope", "limit", "last_hour_at", "member_until"),
    *("own", "field", "reason", "retry_at"),
)


def problem(status: HTTPStatus, code: str, detail: str, **more: Any) -> Response:
    """One problem document; its title is the status's, as RFC 9457 (4.2.1) wants it of about:blank."""
    body = {
        "type": "about:blank",
        "status": int(status),
        "code": code,
        "title": status.phrase,
        "detail": detail,
        **more,
    }
    return Response(json.dumps(body, default=str), status=int(status), mimetype="application/problem+json")


def of(refusal: Refusal, **more: Any) -> Response:
    """The problem document of a refusal: the words of the page, and what it turns on."""
    status = HTTPStatus(error_pages.status(refusal))
    turns_on = {name: plain(getattr(refusal, name)) for name in TURNS_ON if getattr(refusal, name, None) is not None}
    words = SENTENCES.get(refusal.code) or error_pages.sentence(refusal)
    return problem(status, refusal.code, words, **turns_on, **more)


def plain(value: Any) -> Any:
    """A value as JSON has it: instants in UTC with a Z."""
    if isinstance(value, datetime):
        return utc(value)
    return value.isoformat() if isinstance(value, date) else value


def utc(instant: datetime) -> str:
    """An instant of the store (UTC, whole seconds) as RFC 3339 with a Z."""
    return instant.isoformat().replace("+00:00", "Z")
