"""Save the organisation's texts: pages, calendars and emails have them within a second or two, in every process."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.organisation import OrganisationPart
from booking.domain.organisation import Organisation
from booking.domain.texts import text_set
from booking.domain.texts.organisation_texts import Logo
from booking.domain.texts.text_fields import LOGO
from booking.domain.texts.text_set import Texts
from booking.services.action_context import ActionContext
from booking.services.steps import permission
from booking.services.transaction import transactional
from booking.store import logos, organisation_versions
from booking.store.db.base import new_public_id

NO_LOGO = "This picture is no longer here. Choose it again."
MOST_LINES = 20


@transactional
def save_texts(context: ActionContext, texts: Texts, seen: int, default: Organisation) -> bool:
    """Make `texts` the ones in effect; False where they already are.

    `seen` is the number of the version that the coordinator had before them, 0 for the data folder's, which `default`
    is. Raises NotAllowed, TextNotAccepted for what an email or a page could fail on, and ChangedMeanwhile where
    somebody has saved another version since.
    """
    coordinator_id = permission.check_coordinator(context)
    for field, words in text_set.mistakes(texts).items():
        raise errors.TextNotAccepted(field, words)
    number, stored = organisation_versions.newest(context.session, OrganisationPart.TEXTS)
    if number != seen:
        raise errors.ChangedMeanwhile()
    before = text_set.from_json(stored, default)
    changed = text_set.differences(before, texts)
    if not changed:
        return False
    _keep_logo(context, Logo.parse(texts[LOGO]))
    by = {"person_id": coordinator_id, "created_at": context.now}
    content = text_set.as_json(texts, default)
    try:
        organisation_versions.add(context.session, OrganisationPart.TEXTS, number + 1, content, **by)
    except IntegrityError as error:
        raise errors.ChangedMeanwhile() from error  # saved by somebody else since it was looked up
    lines = changed[:MOST_LINES]
    context.record(AuditAction.TEXTS_SAVED, AuditSubject.TEXTS, None, by=coordinator_id, changed=lines)
    return True


def _keep_logo(context: ActionContext, logo: Logo | None) -> None:
    if logo is None:
        return
    if logos.logo(context.session, logo.public_id) != logo:
        raise errors.TextNotAccepted(LOGO, NO_LOGO)
    logos.save(context.session, logo.public_id, context.now)


@transactional
def upload_logo(context: ActionContext, content: bytes, width: int, height: int) -> Logo:
    """Keep a PNG that `logo_image.read` has made, so that its coordinator can look at it. No page has it before it is
    saved with the texts. Raises NotAllowed."""
    coordinator_id = permission.check_coordinator(context)
    logo = Logo(new_public_id(), width, height)
    logos.add(context.session, logo, content, coordinator_id, context.now)
    return logo
