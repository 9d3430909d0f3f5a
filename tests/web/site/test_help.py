"""The help pages: the guides of docs/, whose links and anchors work on a forge and on this site."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from booking import resources
from booking.web.site import help_pages
from tests.builders import a_person
from tests.databases import Database
from tests.web.client import client_of, make_app

DOCS = resources.folder("docs")
LINK_IN_GUIDE = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def headings(name: str) -> list[str]:
    """The headings of a guide, read from its text alone."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    return [line.lstrip("# ") for line in text.splitlines() if re.match("#+ ", line)]


@pytest.mark.parametrize("name", help_pages.GUIDES)
def test_a_guide_is_a_page_that_lists_its_tasks_and_has_an_anchor_for_each(database: Database, name: str) -> None:
    answer = client_of(make_app(database)).get(f"/help/{name}")
    page = answer.text
    assert answer.status_code == 200
    assert page.count("<h1>") == 1
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    tasks = [task.anchor for task in help_pages.read_guide(name).tasks]
    assert len(tasks) > 5
    assert set(tasks) <= set(ids)
    assert re.findall(r'<li><a href="#([^"]+)">', page)[: len(tasks)] == tasks
    assert re.search(r"<(script|style)[ >]|\sstyle=", page.split('<div class="guide">')[1]) is None


@pytest.mark.parametrize(
    ("roles", "title"),
    [
        (None, "Help for members"),
        (["member"], "Help for members"),
        (["member", "analyst"], "Help for analysts"),
        (["analyst", "coordinator"], "Help for coordinators"),
    ],
)
def test_help_opens_the_guide_for_the_readers_role(
    database: Database, session: Session, roles: list[str] | None, title: str
) -> None:
    person = a_person(session, "Ada", roles=roles) if roles else None
    session.commit()
    assert f"<h1>{title}</h1>" in client_of(make_app(database), person).get("/help").text


def test_every_page_links_to_help_and_no_other_guide_opens(database: Database) -> None:
    client = client_of(make_app(database))
    assert '<a href="/help">Help</a>' in client.get("/").text
    assert client.get("/help/architecture").status_code == 404


@pytest.mark.parametrize("name", help_pages.GUIDES)
def test_a_link_in_a_guide_leads_to_a_heading_that_is_there(database: Database, name: str) -> None:
    for file, anchor in LINK_IN_GUIDE.findall((DOCS / f"{name}.md").read_text(encoding="utf-8")):
        if file.startswith("https://"):
            continue
        target = file.removesuffix(".md") or name
        assert target in help_pages.GUIDES, file
        assert not anchor or anchor in map(help_pages.anchor_of, headings(target)), f"{file}#{anchor}"
    page = client_of(make_app(database)).get(f"/help/{name}").text
    assert re.findall(r'href="[^"]*\.md', page) == []


def test_a_page_links_to_the_task_that_it_is_about(database: Database) -> None:
    app = make_app(database)
    assert [endpoint for endpoint in help_pages.TASKS if endpoint not in app.view_functions] == []
    assert [(name, heading) for name, heading in help_pages.TASKS.values() if heading not in headings(name)] == []
    page = client_of(app).get("/calendars").text
    assert '<a href="/help/members#subscribe-to-your-calendar">Help: subscribe to your calendar</a>' in page
