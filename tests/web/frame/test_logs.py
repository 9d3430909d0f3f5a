"""What a request that fails leaves in the log: where and why, and neither whose it was nor what opens it."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.logs import MASKING
from booking.services.transaction import transactional
from booking.web.frame import access
from tests.builders import a_person
from tests.databases import Database
from tests.web.client import FEED_KEY, client_of, make_app

ROOT = Path(__file__).resolve().parents[3]
NAME, EMAIL = "Mia Moss", "mia.moss@example.org"


def the_view(app: Flask) -> None:
    def view(**_arguments: object) -> Any:
        raise LookupError(f"{EMAIL} at {request.path}")

    view.access = "token"  # type: ignore[attr-defined]
    app.view_functions["feeds.member"] = view


def after_the_view(app: Flask) -> None:
    @app.after_request
    def fail(_answer: object) -> Any:
        raise LookupError(f"{EMAIL} at {request.path}")


@pytest.mark.parametrize(
    ("what", "words"), [(the_view, "a request failed"), (after_the_view, "Exception on /feeds/member/….ics [GET]")]
)
def test_an_error_is_logged_with_its_traceback_and_without_the_address_it_happened_at(
    database: Database, session: Session, caplog: pytest.LogCaptureFixture, what: Any, words: str
) -> None:
    mia = a_person(session, NAME)
    session.commit()
    app = make_app(database)
    app.testing = False
    what(app)
    token = tokens.sign(FEED_KEY, "member-feed", str(mia.public_id))
    try:
        assert client_of(app).get(f"/feeds/member/{token}.ics").status_code == 500
    except LookupError:
        assert what is after_the_view  # then it fails for the error's own answer too, and the server has it
    assert words in caplog.text
    assert "Traceback" in caplog.text
    assert "LookupError: …@example.org at /feeds/member/….ics" in caplog.text
    assert EMAIL not in caplog.text
    assert token.partition(".")[2] not in caplog.text


def test_the_mask_of_the_shipped_nginx_site_covers_every_signed_address(database: Database) -> None:
    mask = re.search(r"\(\?<family>(.+?/\))\"", (ROOT / "deploy" / "nginx" / "booking.conf").read_text("utf-8"))
    assert mask is not None
    app = make_app(database)
    for path in access.signed_paths(app):
        assert re.match(mask[1].removesuffix(")"), path), path


@transactional
def twice(session: Session) -> None:
    for _ in range(2):
        a_person(session, NAME)


def test_an_error_of_the_database_names_the_statement_and_no_parameter(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(IntegrityError) as raised:
        twice(session)
    assert "INSERT INTO person" in str(raised.value)
    assert NAME not in str(raised.value)
    log = logging.getLogger("a-test")
    log.addFilter(MASKING)
    log.error("failed", exc_info=raised.value)
    assert "IntegrityError" in caplog.text
    assert EMAIL not in caplog.text
    assert NAME not in caplog.text
