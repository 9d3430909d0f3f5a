"""Add one person, or change what is stored about one, as a coordinator enters it."""

from __future__ import annotations

import uuid
from dataclasses import replace

from booking.domain import errors
from booking.domain.errors import AddressTaken
from booking.domain.people.people_table import Listed
from booking.services.accounts.put_people import Imported, PutRules, put
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.people.people import Person
from booking.store.queries.people import account_holdings


@transactional
def add_person(context: ActionContext, listed: Listed) -> Person:
    """Add somebody. Raises AddressTaken where an account has the address, a closed one too."""
    locks.programme(context.session)
    if account_holdings.with_email(context.session, listed.email) is not None:
        raise AddressTaken("another account has this address")
    put(context, [listed], PutRules())
    added = account_holdings.with_email(context.session, listed.email)
    if added is None:
        raise errors.NotFound()
    return added


@transactional
def edit_person(context: ActionContext, public_id: uuid.UUID, listed: Listed, seen: str) -> Imported:
    """Set what is stored about somebody, also what they have set themselves; the address stays as it is.

    `seen` is `import_plan.version_of` what the coordinator saw. Raises NotFound for a closed account, PeopleChanged
    where it is another by now, LastCoordinator, and WouldOrphan for bookings that would lose their member.
    """
    locks.programme(context.session)
    person = account_holdings.with_public_id(context.session, public_id)
    if person is None or person.closed_at is not None:
        raise errors.NotFound()
    return put(context, [replace(listed, email=person.email)], PutRules(own_wins=False, seen=seen))
