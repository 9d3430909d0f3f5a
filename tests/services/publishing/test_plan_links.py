"""A plan says when it puts two analysts with one meeting link on one bookable date."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.services.publishing.meeting_links import set_links
from tests.builders import a_person, acting
from tests.services.publishing.test_publish import run, stated, stored

SHARED, OWN = "https://zoom.example.com/j/1", "https://zoom.example.com/j/2"
TEAM = ("ada@example.org", "ben@example.org")


@pytest.mark.parametrize(
    ("links", "kind", "named"),
    [
        ((SHARED, SHARED), "clinic", True),
        ((SHARED, OWN), "clinic", False),
        ((SHARED, None), "clinic", False),
        ((None, None), "clinic", False),
        ((SHARED, SHARED), "lab", False),
    ],
)
def test_new_dates_whose_analysts_share_a_link_are_named(
    session: Session, links: tuple[str | None, str | None], kind: str, named: bool
) -> None:
    for name, link in zip(("Ada", "Ben"), links, strict=True):
        a_person(session, name, roles=["analyst"], meeting_url=link)
    session.commit()
    done = run(session, stated(TEAM, kind=kind))
    found = [one.message for one in done.plan.changes.findings if one.code == "same-link"]
    words = "Clinic: Ada and Ben use the same meeting link, "
    words += "so members booked at the same time would end up in the same call"
    assert found == ([words] if named else [])


def test_an_analyst_who_joins_and_falls_back_on_the_link_of_the_series_is_named(session: Session) -> None:
    for name in ("Ada", "Ben"):
        a_person(session, name, roles=["analyst"])
    session.commit()
    run(session, stated(TEAM[:1]))
    set_links(acting(session, Actor.system()), stored(session)[0].public_id, {"meeting_url": SHARED}, whole_series=True)
    again = run(session, stated(TEAM))
    assert [one.code for one in again.plan.changes.findings] == ["same-link"]
    assert [one.code for one in run(session, stated(TEAM)).plan.changes.findings] == [], "nothing changes, nothing new"
