"""Drafts: an announcement kept as it was typed, with the answers given so far, until it is published."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.db.base import Id, UTCDateTime
from booking.store.programme.changes import Change, StoredDraft

MAX_TEXT_LENGTH = 600_000
PAGE = 20  # drafts on one page
SAME_WITHIN = timedelta(minutes=1)  # a form that is sent twice
_PASTED = select(StoredDraft.public_id).where(
    StoredDraft.coordinator_id == bindparam("coordinator_id"),
    StoredDraft.created_at >= bindparam("since"),
    StoredDraft.source == bindparam("source"),
    StoredDraft.change_id.is_(None),
)


@transactional
def begin(context: ActionContext, source: str, month: str) -> uuid.UUID:
    """Keep a text; its id. The same one that they pasted a moment ago is kept once.

    Raises TextNotAccepted for an empty or endless one.
    """
    session, now = context.session, context.now
    _check(source)
    coordinator_id = context.actor.staff_id
    if coordinator_id is not None:
        locks.person(session, coordinator_id)
        since = now - SAME_WITHIN
        pasted = session.scalars(_PASTED, {"coordinator_id": coordinator_id, "since": since, "source": source})
        if (same := pasted.first()) is not None:
            return same
    draft = StoredDraft(
        coordinator_id=context.actor.staff_id, source=source, month=month, answers={}, created_at=now, updated_at=now
    )
    session.add(draft)
    session.flush()
    context.record(AuditAction.BEGAN, AuditSubject.DRAFT, draft.public_id, by=context.actor.staff_id)
    return draft.public_id


def _check(source: str) -> None:
    if not source.strip():
        raise errors.TextNotAccepted("source", "paste the announcement here")
    if "\x00" in source:
        raise errors.TextNotAccepted("source", "this isn't text: copy all of it and paste it here as text")
    if len(source) > MAX_TEXT_LENGTH:
        raise errors.TextNotAccepted(
            "source", f"paste at most {MAX_TEXT_LENGTH:,} characters: only the programme is needed"
        )


@transactional
def change(
    context: ActionContext,
    draft_id: uuid.UUID,
    *,
    source: str | None = None,
    month: str | None = None,
    answers: dict[str, Any] | None = None,
) -> None:
    """Keep another text, another month, or more answers; an answer of None is taken back. Raises NotFound."""
    draft = with_id(context.session, draft_id, lock=True)
    if source is not None and source != draft.source:
        _check(source)
        draft.source = source
        draft.answers = {}  # lines have moved: what was answered may be about another one
    if month is not None:
        draft.month = month
    if answers:
        merged = {**draft.answers, **answers}
        draft.answers = {name: value for name, value in merged.items() if value is not None}
    draft.updated_at = context.now


_CHANGE_ID = select(Change.id).where(Change.public_id == bindparam("change_id"))


@transactional
def published(context: ActionContext, draft_id: uuid.UUID, change_id: uuid.UUID) -> None:
    """Note which publish a draft became; what AEST was said to mean in it holds from now on."""
    session = context.session
    programme = locks.programme(session)
    draft = with_id(session, draft_id, lock=True)
    draft.change_id = session.scalars(_CHANGE_ID, {"change_id": change_id}).one()
    draft.updated_at = context.now
    if draft.answers.get("aest"):
        programme.aest_zone = draft.answers["aest"]


@transactional
def discard(context: ActionContext, draft_id: uuid.UUID) -> None:
    """Throw a draft away."""
    session = context.session
    session.delete(with_id(session, draft_id, lock=True))


_DRAFT = select(StoredDraft).where(StoredDraft.public_id == bindparam("draft_id"))
_LOCKED_DRAFT = _DRAFT.with_for_update()


def with_id(session: Session, draft_id: uuid.UUID, *, lock: bool = False) -> StoredDraft:
    """The draft of that id; raises NotFound."""
    found = session.scalars(_LOCKED_DRAFT if lock else _DRAFT, {"draft_id": draft_id}).one_or_none()
    if found is None:
        raise errors.NotFound()
    return found


_LATEST = (
    select(StoredDraft)
    .where(
        StoredDraft.change_id.is_(None),
        tuple_(StoredDraft.updated_at, StoredDraft.id)
        < tuple_(bindparam("after_at", type_=UTCDateTime()), bindparam("after_id", type_=Id)),
    )
    .order_by(StoredDraft.updated_at.desc(), StoredDraft.id.desc())
    .limit(bindparam("most"))
)


def latest(session: Session, after: tuple[datetime, int] | None = None) -> list[StoredDraft]:
    """The drafts that were touched last and are not published, newest first, beyond that place: a page and one more."""
    at, draft_id = after or (datetime.max.replace(tzinfo=UTC), 0)
    return list(session.scalars(_LATEST, {"after_at": at, "after_id": draft_id, "most": PAGE + 1}))
