"""A file of people in two steps: look at what it would do, then import exactly that."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people import people_table
from booking.domain.people.people_table import Listed
from booking.services.accounts import import_plan
from booking.services.accounts.import_plan import ImportPlan
from booking.services.accounts.put_people import PutRules, put
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.people import importing, people_imports
from booking.store.people.people_imports import PeopleImport

FILE_NAME_CHARACTERS = 100  # that are kept of a name


@transactional
def keep(context: ActionContext, file_name: str, people: Sequence[Listed], notes: Sequence[str]) -> uuid.UUID:
    """Keep the people of a file that has no mistakes, for a preview; returns its public id. Nobody is changed."""
    people_imports.forget(context.session, context.now)
    made = PeopleImport(
        coordinator_id=context.actor.staff_id,
        file_name=file_name,
        rows=[[one.line, people_table.cells(one)] for one in people],
        notes=list(notes),
        created_at=context.now,
    )
    context.session.add(made)
    context.session.flush()
    return made.public_id


def found(session: Session, public_id: uuid.UUID) -> PeopleImport:
    """A file that was kept. Raises NotFound."""
    kept = people_imports.with_public_id(session, public_id)
    if kept is None:
        raise errors.NotFound()
    return kept


def people_of(kept: PeopleImport) -> list[Listed]:
    """The people of a file as they were read."""
    rows = [(1, people_table.COLUMNS), *((int(line), tuple(cells)) for line, cells in kept.rows)]
    listed, _ = people_table.read_rows(rows)
    return listed


def preview(context: ActionContext, people: Sequence[Listed]) -> ImportPlan:
    """What importing these people would do now."""
    known = importing.stored(context.session, [one.email_key for one in people])
    return import_plan.plan(context.session, people, known, context.organisation, context.now)


@transactional
def confirm(context: ActionContext, public_id: uuid.UUID, fingerprint: str, *, force: bool = False) -> PeopleImport:
    """Import a file, exactly as its preview with that fingerprint showed it. Twice is once.

    Raises NotFound, PeopleChanged, LastCoordinator, WouldOrphan; nothing is written then.
    """
    session = context.session
    locks.programme(session)
    kept = people_imports.with_public_id(session, public_id, locked=True)
    if kept is None:
        raise errors.NotFound()
    if kept.imported_at is not None:
        return kept
    done = put(context, people_of(kept), PutRules(force=force, expected=fingerprint))
    kept.rows, kept.imported_at, kept.result = [], context.now, asdict(done)
    return kept
