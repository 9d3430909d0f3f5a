"""Who may change what belongs to a member, and who the audit log says it was."""

from __future__ import annotations

import pytest

from booking.domain.people.actor import Actor

MIA, ADA = 1, 2


@pytest.mark.parametrize(
    ("actor", "may", "recorded"),
    [
        (Actor.member(MIA), True, MIA),
        (Actor.member(ADA), False, ADA),
        (Actor.link(), True, MIA),
        (Actor.staff(ADA), False, ADA),
        (Actor.staff(MIA), False, MIA),
        (Actor.system(), False, None),
    ],
)
def test_a_members_things_are_changed_by_themselves_or_by_their_link(
    actor: Actor, may: bool, recorded: int | None
) -> None:
    assert (actor.may_act_for(MIA), actor.recorded(MIA)) == (may, recorded)


@pytest.mark.parametrize("actor", [Actor.member(MIA), Actor.link(), Actor.system()])
def test_only_staff_act_as_staff(actor: Actor) -> None:
    assert Actor.staff(ADA).staff_id == ADA
    with pytest.raises(PermissionError):
        assert actor.staff_id


@pytest.mark.parametrize("actor", [Actor.staff(MIA), Actor.link(), Actor.system()])
def test_only_a_member_acts_as_a_member(actor: Actor) -> None:
    assert Actor.member(MIA).member_id == MIA
    with pytest.raises(PermissionError):
        assert actor.member_id
