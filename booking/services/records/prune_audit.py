"""Delete the lines of the audit log that are older than the policy keeps them."""

from __future__ import annotations

from datetime import timedelta

from booking.domain.people.actor import ActorKind
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store import audit_log

BATCH_SIZE = 5000  # lines that one round deletes: the worker comes again within a minute


@transactional
def prune_audit(context: ActionContext) -> int:
    """Delete the oldest lines that have had their time, a part of them at a time; how many they were.

    For the service itself. Raises PermissionError for anybody else.
    """
    if context.actor.kind is not ActorKind.SYSTEM:
        raise PermissionError("nobody deletes lines of the audit log")
    days = context.organisation.policy.audit_days
    if not days:
        return 0
    return audit_log.prune(context.session, context.now - timedelta(days=days), BATCH_SIZE)
