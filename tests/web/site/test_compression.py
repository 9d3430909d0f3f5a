"""Compressed answers: what is sent, to whom, and that caches and ETags stay right."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.resources import PACKAGE
from booking.web.site import static_files
from tests.databases import Database
from tests.web.client import client_of, token_of
from tests.web.house import a_house

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
FEED = "/feeds/programme.ics"
VISIT_BYTES = 25_000
NEXT_PAGE_BYTES = 8_000


@pytest.fixture
def client(database: Database, session: Session) -> FlaskClient:
    return client_of(a_house(database, session).app)


def sheet_url(client: FlaskClient) -> str:
    page = client.get("/").text
    return page.partition('rel="stylesheet" href="')[2].partition('"')[0]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/calendars", FEED, "/help"])
def test_a_client_that_takes_gzip_gets_the_same_words_in_fewer_bytes(client: FlaskClient, path: str) -> None:
    packed = client.get(path, headers=GZIP)
    assert (packed.status_code, packed.headers["Content-Encoding"]) == (200, "gzip")
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    whole = gzip.decompress(packed.data)
    assert len(packed.data) < len(whole) * 0.6
    assert whole.startswith(b"BEGIN:VCALENDAR" if path == FEED else b"<!doctype html>")


@pytest.mark.parametrize("accepted", [None, "", "identity", "gzip;q=0", "br", "*;q=0"])
def test_a_client_that_takes_no_gzip_gets_plain_bytes(client: FlaskClient, accepted: str | None) -> None:
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    for path in ("/sign-in", FEED, sheet_url(client)):
        answer = client.get(path, headers=headers)
        assert "Content-Encoding" not in answer.headers, path
        assert "Accept-Encoding" in answer.headers["Vary"], path  # a cache must not give it the other form


@pytest.mark.parametrize("path", [FEED, "/static/site.css"])
def test_either_form_of_the_etag_is_answered_304(client: FlaskClient, path: str) -> None:
    plain, packed = client.get(path).headers["ETag"], client.get(path, headers=GZIP).headers["ETag"]
    assert packed == f"W/{plain}"
    for known in (plain, packed, f'"other", {packed}'):
        for headers, expected in (({}, plain), (GZIP, packed)):
            answer = client.get(path, headers={**headers, "If-None-Match": known})
            assert (answer.status_code, answer.data) == (304, b"")
            assert answer.headers["ETag"] == expected
            assert "Accept-Encoding" in answer.headers["Vary"]
    assert client.get(path, headers={**GZIP, "If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", [FEED, "/static/site.css"])
def test_head_says_what_get_sends(client: FlaskClient, path: str) -> None:
    for headers in ({}, GZIP):
        got, head = client.get(path, headers=headers), client.head(path, headers=headers)
        assert head.data == b""
        for name in ("Content-Length", "Content-Encoding", "ETag", "Vary", "Content-Type"):
            assert head.headers.get(name) == got.headers.get(name), name


def test_a_range_of_a_static_file_is_of_its_plain_bytes(client: FlaskClient) -> None:
    whole = client.get("/static/site.css").data
    part = client.get("/static/site.css", headers={**GZIP, "Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert "Content-Encoding" not in part.headers


def test_static_files_are_kept_for_a_year_by_everybody_at_their_own_address_only(client: FlaskClient) -> None:
    for headers in ({}, GZIP):
        answer = client.get(sheet_url(client), headers=headers)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert not {"Set-Cookie", "Last-Modified"} & set(answer.headers.keys())
    for path in ("/static/site.css", "/static/site.css?v=other"):
        assert client.get(path).headers["Cache-Control"] == "no-cache"
    for path in ("/static/none.css", "/static/../app.py"):
        assert client.get(path).status_code == 404


def test_static_files_are_equal_on_all_hosts_whenever_they_were_copied(tmp_path: Path) -> None:
    for folder, copied_at in (("one", 1_000_000_000), ("two", 1_700_000_000)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.css").write_text("a{color:red}" * 100)
        os.utime(tmp_path / folder / "a.css", (copied_at, copied_at))
    assert static_files.read(tmp_path / "one") == static_files.read(tmp_path / "two")
    assert all(file.content for file in static_files.read(PACKAGE / "static").values())


def test_a_first_visit_and_the_next_page_are_small(client: FlaskClient) -> None:
    page = client.get("/", headers=GZIP)
    text = gzip.decompress(page.data).decode()
    parts = {part.partition('"')[0] for part in text.split('="') if part.startswith("/static/")}
    assert len(parts) >= 3
    total = len(page.data) + sum(len(client.get(part, headers=GZIP).data) for part in parts)
    assert total < VISIT_BYTES
    assert len(client.get("/calendars", headers=GZIP).data) < NEXT_PAGE_BYTES


def test_the_token_of_a_form_has_another_signature_in_every_answer(client: FlaskClient) -> None:
    tokens = [token_of(client.get("/sign-in").text) for _ in range(3)]
    assert len({token.rpartition(".")[2] for token in tokens}) == 3
    for token in tokens:  # and each is accepted
        assert client.post("/sign-in", data={"csrf_token": token, "email": "mia@example.org"}).status_code == 303
