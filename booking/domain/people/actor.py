"""Who acts: what a service needs to know before it lets somebody change a thing, and what the audit log records."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """In which capacity somebody acts."""

    MEMBER = "member"
    STAFF = "staff"
    LINK = "link"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts, made by one of the four constructors.

    `person_id` (internal) is None for a signed link, which stands for whoever owns what it names, and for the service
    itself: the worker and the command line.
    """

    kind: ActorKind
    person_id: int | None
    for_member: int | None = None

    @classmethod
    def member(cls, person_id: int) -> Actor:
        """A member, on their own behalf."""
        return cls(ActorKind.MEMBER, person_id)

    @classmethod
    def staff(cls, person_id: int, *, for_member: int | None = None) -> Actor:
        """An analyst or a coordinator; `for_member` is for whom they book."""
        return cls(ActorKind.STAFF, person_id, for_member)

    @classmethod
    def link(cls) -> Actor:
        """Whoever holds the signed address of the thing; whoever calls has verified the signature."""
        return cls(ActorKind.LINK, None)

    @classmethod
    def system(cls) -> Actor:
        """The service itself."""
        return cls(ActorKind.SYSTEM, None)

    def may_act_for(self, owner_id: int) -> bool:
        """Whether what belongs to that member is this actor's to change: it is theirs, or they hold its link."""
        return self.kind is ActorKind.LINK or (self.kind is ActorKind.MEMBER and self.person_id == owner_id)

    def recorded(self, owner_id: int) -> int | None:
        """The person for the audit log: a signed link acts as the owner of what it names."""
        return owner_id if self.kind is ActorKind.LINK else self.person_id

    @property
    def staff_id(self) -> int:
        """The person who acts as staff. Raises PermissionError for anybody else: no page or command lets them."""
        if self.kind is not ActorKind.STAFF or self.person_id is None:
            raise PermissionError(f"only staff do this, not a {self.kind}")
        return self.person_id

    @property
    def staff_or_system_id(self) -> int | None:
        """The person who acts as staff, None for the service itself. Raises PermissionError for anybody else."""
        return None if self.kind is ActorKind.SYSTEM else self.staff_id

    @property
    def is_staff(self) -> bool:
        return self.kind is ActorKind.STAFF

    @property
    def present_id(self) -> int:
        """The person who is signed in, in whichever capacity. Raises PermissionError where nobody is."""
        if self.person_id is None:
            raise PermissionError(f"only somebody who is signed in does this, not a {self.kind}")
        return self.person_id

    @property
    def for_member_id(self) -> int:
        """Whose booking it is to be: the member's who acts, or the one whom staff book for. Else PermissionError."""
        if self.is_staff and self.for_member is not None:
            return self.for_member
        return self.member_id

    @property
    def member_id(self) -> int:
        """The person who acts for themselves. Raises PermissionError for anybody else."""
        if self.kind is not ActorKind.MEMBER or self.person_id is None:
            raise PermissionError(f"only members do this, not a {self.kind}")
        return self.person_id
