"""The context of an action: what every service that changes something is told before anything else."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor, ActorKind
from booking.store import audit_log


@dataclass(frozen=True, slots=True)
class ActionContext:
    """Where an action is stored, whose rules hold, when it happens (UTC) and who acts.

    None of them has a default: a caller without a person says `Actor.system()`.
    """

    session: Session
    organisation: Organisation
    now: datetime
    actor: Actor

    def record(
        self,
        action: AuditAction,
        subject: AuditSubject,
        subject_id: uuid.UUID | None,
        *,
        by: int | None,
        **details: Any,
    ) -> None:
        """Write a line into the audit log; `by` is the person who did it, None for the service itself.

        What was done with the signed link of an email is written down as such.
        """
        is_by_link = self.actor.kind is ActorKind.LINK
        audit_log.write(
            self.session, action, subject, subject_id, self.now, actor_id=by, is_by_link=is_by_link, **details
        )

    def record_each(
        self,
        action: AuditAction,
        subject: AuditSubject,
        several: Iterable[tuple[uuid.UUID, dict[str, Any]]],
        *,
        by: int | None,
    ) -> None:
        """Write a line about each of several things, given as (public id, details), in one statement."""
        common: dict[str, Any] = {"at": self.now, "actor_id": by, "action": action, "subject": subject}
        common["is_by_link"] = self.actor.kind is ActorKind.LINK
        lines = [{**common, "subject_id": subject_id, "details": details} for subject_id, details in several]
        audit_log.write_each(self.session, lines)
