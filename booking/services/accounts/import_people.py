"""Import people from a table: all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from booking.domain.people.people_table import Listed
from booking.services.accounts.put_people import Imported, PutRules, put
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional


@transactional
def import_people(context: ActionContext, people: Sequence[Listed], *, force: bool = False) -> Imported:
    """Add or update everybody in the table; an empty cell leaves what is stored, what people set themselves wins.

    Raises LastCoordinator, and WouldOrphan, unless forced, where a member with an upcoming booking would lose the role
    or the membership that it stands on; then nothing is written.
    """
    return put(context, people, PutRules(force=force))
