"""Everybody, as a coordinator looks through them: found by words, role and membership, by name, page after page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, or_, select, tuple_
from sqlalchemy.orm import Session, selectinload

from booking.domain.enums.people import MembershipState, RoleName
from booking.domain.people import email_addresses
from booking.store.db import folding
from booking.store.db.base import Id, table_of
from booking.store.people.people import Person, Role

PAGE = 50  # people on one page
MAX_WORDS = 5  # of a search; the others are passed over
ENDS_SOON = timedelta(days=30)
Place = tuple[str, int]  # of a person in the list: the name and the internal id


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Whom to list; what is empty or None does not narrow it.

    Every word of `text` occurs in the name or the address; neither case nor accents count. `today` is the
    organisation's, for `membership`.
    """

    text: str = ""
    role: RoleName | None = None
    membership: MembershipState | None = None
    today: date | None = None

    def values(self) -> dict[str, Any]:
        """Returns the parameters of the statement that finds them."""
        found: dict[str, Any] = {}
        for number, word in enumerate(self.text.split()[:MAX_WORDS]):
            found[f"name_{number}"] = _escaped(folding.folded(word))
            found[f"email_{number}"] = _escaped(email_addresses.key(word))
        if self.role is not None:
            found["role"] = self.role
        if self.membership is not None and self.membership != MembershipState.CLOSED:
            found["today"] = self.today
        if self.membership == MembershipState.ENDING and self.today is not None:
            found["soon"] = self.today + ENDS_SOON
        return found


_person, _role = table_of(Person), table_of(Role)
_HERE = tuple_(_person.c.name, _person.c.id)
_AFTER = tuple_(bindparam("after_name"), bindparam("after_id", type_=Id))
_IS_MEMBER = and_(
    _person.c.closed_at.is_(None), exists().where(_role.c.person_id == _person.c.id, _role.c.role == RoleName.MEMBER)
)
_WITH_ROLE = _person.c.id.in_(select(_role.c.person_id).where(_role.c.role == bindparam("role")))
_last_day = _person.c.member_until
_MEMBERSHIP = {
    MembershipState.CURRENT: and_(_IS_MEMBER, or_(_last_day.is_(None), _last_day >= bindparam("today"))),
    MembershipState.ENDING: and_(_IS_MEMBER, _last_day.between(bindparam("today"), bindparam("soon"))),
    MembershipState.ENDED: and_(_IS_MEMBER, _last_day < bindparam("today")),
    MembershipState.CLOSED: _person.c.closed_at.is_not(None),
}


def _escaped(text: str) -> str:
    """The pattern of LIKE for what contains the text, with / before its wildcards."""
    for sign in "/%_":
        text = text.replace(sign, f"/{sign}")
    return f"%{text}%"


@cache
def _ids(words: int, membership: MembershipState | None, *, has_role: bool, is_after: bool) -> Select[Any]:
    """The statement for so many words and these conditions: its columns are in one index, in the order of the list."""
    found = select(_person.c.id).order_by(_person.c.name, _person.c.id).limit(bindparam("most"))
    for number in range(words):
        in_name = folding.of(_person.c.name).like(bindparam(f"name_{number}"), escape="/")
        in_email = _person.c.email_key.like(bindparam(f"email_{number}"), escape="/")
        found = found.where(or_(in_name, in_email))
    if has_role:
        found = found.where(_WITH_ROLE)
    if membership is not None:
        found = found.where(_MEMBERSHIP[membership])
    return found.where(_HERE > _AFTER) if is_after else found


_PEOPLE = (
    select(Person)
    .options(selectinload(Person.roles))
    .where(Person.id.in_(bindparam("ids", expanding=True)))
    .order_by(Person.name, Person.id)
)


def ids(session: Session, narrowed: PeopleFilter, after: Place | None, most: int) -> list[int]:
    """The internal ids of up to `most` people beyond that place, by name; one statement."""
    values = narrowed.values()
    words = sum(name.startswith("name_") for name in values)
    statement = _ids(words, narrowed.membership, has_role=narrowed.role is not None, is_after=after is not None)
    if after is not None:
        values["after_name"], values["after_id"] = after
    return [row[0] for row in session.connection().execute(statement, {**values, "most": most})]


def page(session: Session, narrowed: PeopleFilter, after: Place | None = None, most: int = PAGE + 1) -> list[Person]:
    """Up to `most` people beyond that place, by name, with their roles; three statements."""
    found = ids(session, narrowed, after, most)
    return list(session.scalars(_PEOPLE, {"ids": found})) if found else []
