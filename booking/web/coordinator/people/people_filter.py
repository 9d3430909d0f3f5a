"""The filter of the coordinator's list of people: read from an address, each mistake beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from booking.domain import zones
from booking.domain.enums.people import MembershipState, RoleName
from booking.store.queries.people.people_list import PeopleFilter
from booking.web.frame import context

MAX_CHARACTERS = {"q": 254, "role": 20, "membership": 20}
ROLES = {one.value: one.capitalize() for one in RoleName}
MEMBERSHIPS = {
    MembershipState.CURRENT: "Current",
    MembershipState.ENDING: "Ends within 30 days",
    MembershipState.ENDED: "Ended",
    MembershipState.CLOSED: "Account closed",
}
_NO_SUCH = "There's no such {}. Choose one from the list."


@dataclass(frozen=True, slots=True)
class PeopleFilterForm:
    """A filter as it was typed, by field, with what it means; with words in `errors` nobody is listed."""

    typed: dict[str, str]
    wanted: PeopleFilter
    errors: dict[str, str]

    @property
    def address(self) -> dict[str, str]:
        """Returns the arguments that lead here again."""
        return {name: text for name, text in self.typed.items() if text}


def read(arguments: Mapping[str, str]) -> PeopleFilterForm:
    """The filter of those arguments."""
    typed = {name: arguments.get(name, "")[:most].strip() for name, most in MAX_CHARACTERS.items()}
    errors = {}
    if typed["role"] and typed["role"] not in ROLES:
        errors["role"] = _NO_SUCH.format("role")
    if typed["membership"] and typed["membership"] not in list(MembershipState):
        errors["membership"] = _NO_SUCH.format("membership")
    if errors:
        return PeopleFilterForm(typed, PeopleFilter(), errors)
    role = RoleName(typed["role"]) if typed["role"] else None
    membership = MembershipState(typed["membership"]) if typed["membership"] else None
    today = zones.today(context.now(), context.organisation().zone)
    return PeopleFilterForm(typed, PeopleFilter(typed["q"], role, membership, today), {})
