"""Save the rules of booking: they hold from the next booking on, in every process within a second or two."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.organisation import OrganisationPart
from booking.domain.organisation import Organisation
from booking.domain.rules import rule_set
from booking.domain.rules.rule_set import RuleSet
from booking.services.action_context import ActionContext
from booking.services.steps import permission
from booking.services.transaction import transactional
from booking.store import organisation_versions


@transactional
def save_rules(context: ActionContext, rules: RuleSet, seen: int, default: Organisation) -> bool:
    """Make `rules` the ones that hold; False where they already do.

    `seen` is the number of the version that the coordinator had before them, 0 for the data folder's, which `default`
    is. Raises NotAllowed, and ChangedMeanwhile where somebody has saved another version since.
    """
    coordinator_id = permission.check_coordinator(context)
    number, stored = organisation_versions.newest(context.session, OrganisationPart.RULES)
    if number != seen:
        raise errors.ChangedMeanwhile()
    before = rule_set.from_json(stored, default) if stored else rule_set.of(default)
    after = rules.without_what_is_general()
    if before == after:
        return False
    by = {"person_id": coordinator_id, "created_at": context.now}
    try:
        organisation_versions.add(context.session, OrganisationPart.RULES, number + 1, rule_set.as_json(after), **by)
    except IntegrityError as error:
        raise errors.ChangedMeanwhile() from error  # saved by somebody else since it was looked up
    titles = organisation_versions.series_titles(context.session, before.series.keys() | after.series.keys())
    changed = rule_set.differences(before, after, titles)
    context.record(AuditAction.RULES_SAVED, AuditSubject.RULES, None, by=coordinator_id, changed=changed[:20])
    return True
