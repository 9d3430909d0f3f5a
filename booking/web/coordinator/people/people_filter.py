"""The filter of the coordinator's list of people: read from an address, each mistake beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from booking.domain import zones
from booking.domain.enums.people import MembershipState, RoleName
from booking.store.queries.people.people_list import PeopleFilter
from booking.web.coordinator import filter_fields
from booking.web.coordinator.filter_fields import Readers
from booking.web.frame import context

MAX_CHARACTERS = {"q": 254, "role": 20, "membership": 20}
ROLES = {one.value: one.capitalize() for one in RoleName}
MEMBERSHIPS = {
    MembershipState.CURRENT: "Current",
    MembershipState.ENDING: "Ends within 30 days",
    MembershipState.ENDED: "Ended",
    MembershipState.CLOSED: "Account closed",
}


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
    values, errors = filter_fields.read(_READERS, typed)
    today = zones.today(context.now(), context.organisation().zone)
    return PeopleFilterForm(typed, PeopleFilter(today=today, **values), errors)


_READERS: Readers = {
    "q": lambda text: {"text": text},
    "role": lambda text: {"role": filter_fields.chosen({one.value: one for one in RoleName}, text, "role")},
    "membership": lambda text: {
        "membership": filter_fields.chosen({one.value: one for one in MembershipState}, text, "membership")
    },
}
