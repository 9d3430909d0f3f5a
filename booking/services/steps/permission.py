"""Who may act: checked by a service before it reads or writes anything else."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select

from booking.domain import errors
from booking.domain.enums.people import RoleName
from booking.services.action_context import ActionContext
from booking.store.people.people import Person, Role

_IS_COORDINATOR = select(
    exists().where(
        Role.person_id == bindparam("person_id"),
        Role.role == RoleName.COORDINATOR,
        Person.id == Role.person_id,
        Person.closed_at.is_(None),
    )
)


def check_coordinator(context: ActionContext) -> int:
    """The coordinator who acts, by internal id. Raises NotAllowed for other staff, PermissionError for anybody else."""
    staff_id = context.actor.staff_id
    if not context.session.scalar(_IS_COORDINATOR, {"person_id": staff_id}):
        raise errors.NotAllowed()
    return staff_id
