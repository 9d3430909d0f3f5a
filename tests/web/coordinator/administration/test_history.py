"""Lists of what was saved and published: newest first, a page at a time, with a way to the rest."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.domain.enums.organisation import OrganisationPart
from booking.domain.rules import rule_set
from booking.domain.texts import text_set
from booking.programme import organisation_file
from booking.resources import folder
from booking.store import organisation_versions
from booking.store.programme.changes import Change, StoredDraft
from booking.store.programme.closures import StoredClosure
from tests.builders import NOW, a_person
from tests.databases import Database
from tests.web.client import client_of, make_app

DEFAULT = organisation_file.load(folder("data"))
CONTENT = {
    OrganisationPart.RULES: rule_set.as_json(rule_set.of(DEFAULT)),
    OrganisationPart.TEXTS: text_set.as_json(text_set.of(DEFAULT), DEFAULT),
}


@pytest.fixture
def coordinator(database: Database, session: Session) -> FlaskClient:
    return client_of(make_app(database), a_person(session, "Cora Ord", roles=["coordinator"]))


def listed(client: FlaskClient, path: str, more: str, item: str) -> list[list[str]]:
    """What stands on each page, following the link of that name to the end."""
    pages: list[list[str]] = []
    following: str | None = path
    while following is not None:
        page = unescape(client.get(following).text)
        pages.append(re.findall(item, page))
        link = re.search(rf'href="([^"]+)">{more}</a>', page)
        following = None if link is None else link[1]
    return pages


@pytest.mark.parametrize("part", list(OrganisationPart))
def test_every_version_is_reached_from_the_history(
    coordinator: FlaskClient, session: Session, part: OrganisationPart
) -> None:
    cora = a_person(session, "Ada Old")
    for number in range(1, 46):
        organisation_versions.add(session, part, number, CONTENT[part], person_id=cora.id, created_at=NOW)
    session.commit()
    path = f"/coordinator/{part.value}"
    pages = listed(coordinator, path, "Earlier versions", r": version (\d+)<")
    assert [len(one) for one in pages] == [19, 20, 5]  # the version in effect has no link to bring it back
    assert [int(number) for one in pages for number in one] == list(range(44, 0, -1))
    for beyond in ("1", "0"):
        assert "There are no earlier versions." in coordinator.get(f"{path}?before={beyond}").text
    assert len(re.findall(r": version \d+<", coordinator.get(f"{path}?before=-1x").text)) == 19


def test_every_publish_is_reached_from_the_list(coordinator: FlaskClient, session: Session) -> None:
    for number in range(120):
        at = NOW - timedelta(days=number // 2)  # two of one instant
        session.add(
            Change(public_id=uuid.UUID(int=number), published_at=at, due_at=at, fingerprint="", plan={}, before={})
        )
    session.commit()
    pages = listed(
        coordinator, "/coordinator/changes", "Earlier publishes", r'href="/coordinator/changes/([0-9a-f-]+)"'
    )
    assert [len(one) for one in pages] == [50, 50, 20]
    assert {uuid.UUID(one).int for page in pages for one in page} == set(range(120))
    assert coordinator.get("/coordinator/changes?after=nonsense").status_code == 404


def test_every_draft_is_reached_from_the_list(coordinator: FlaskClient, session: Session) -> None:
    cora = a_person(session, "Ada Old")
    for number in range(45):
        at = NOW - timedelta(days=number // 2)
        values = {"source": f"Text {number}.", "answers": {}, "created_at": at, "updated_at": at}
        session.add(StoredDraft(coordinator_id=cora.id, **values))
    session.commit()
    pages = listed(coordinator, "/coordinator/drafts/", "Earlier drafts", r">Text (\d+)\.</a>")
    assert [len(one) for one in pages] == [20, 20, 5]
    assert {int(one) for page in pages for one in page} == set(range(45))


def test_every_closure_is_reached_from_the_list(coordinator: FlaskClient, session: Session) -> None:
    change = Change(published_at=NOW, due_at=NOW, fingerprint="", plan={}, before={})
    session.add(change)
    session.flush()
    for number in range(70):
        day = NOW.date() - timedelta(days=2 + number // 2)
        values = {"first_on": day, "last_on": day, "closes_all": True, "created_at": NOW}
        session.add(StoredClosure(reason=f"Reason {number}.", change_id=change.id, **values))
    session.commit()
    pages = listed(coordinator, "/coordinator/closures/", "Earlier closures", r"Reason (\d+)\.")
    assert [len(one) for one in pages] == [30, 30, 10]
    assert {int(one) for page in pages for one in page} == set(range(70))
