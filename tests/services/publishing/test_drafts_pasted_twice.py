"""An announcement that is sent twice is one draft."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.services.publishing import drafts
from tests.builders import NOW, a_person, acting

TEXT = "Technical Lab: every Wednesday, 3:00 - 4:00 pm AEST"


def test_the_same_text_from_the_same_coordinator_within_a_minute_is_kept_once(session: Session) -> None:
    cora, dora = (a_person(session, roles=["coordinator"]) for _ in range(2))
    session.commit()

    def paste(who: int, text: str = TEXT, seconds: int = 0) -> object:
        return drafts.begin(acting(session, Actor.staff(who), NOW + timedelta(seconds=seconds)), text, "")

    first = paste(cora.id)
    assert paste(cora.id, seconds=2) == first
    others = [paste(dora.id), paste(cora.id, TEXT + "."), paste(cora.id, seconds=61)]
    assert len({first, *others}) == 4
