"""`booking programme plan`, `publish`, `undo`: what would change, changing it, and taking it back."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import datetime

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import clock, settings
from booking.cli import store_session
from booking.cli.programme.programme_args import FILES, read, the_organisation
from booking.domain import errors
from booking.domain.organisation import Organisation
from booking.domain.planning.plan import Plan, facts
from booking.domain.planning.words import in_words, publish_words
from booking.services.publishing import planning
from booking.services.publishing.planning import Asking
from booking.services.publishing.publish import PlanChanged, PlanHurts
from booking.services.publishing.publish import publish as publish_plan
from booking.services.publishing.undo import CannotUndo
from booking.services.publishing.undo import undo as undo_publish
from booking.store import organisation_versions
from booking.store.programme import plan_inputs
from booking.store.programme.changes import Change

SAME = click.option(
    "--same",
    "same",
    multiple=True,
    metavar="NEW=STORED",
    help="say that the series NEW is the published series STORED; NEW= for a new one",
)


def _asking(names: tuple[str, ...], same: tuple[str, ...]) -> Asking:
    answers = {}
    for answer in same:
        new, sign, old = answer.partition("=")
        if not sign or not new:
            raise click.BadParameter(f"{answer!r}: write NEW=STORED, or NEW= for a new series", param_hint="--same")
        answers[new] = old
    return planning.files(read(names, the_organisation()).statements, answers)


@click.command()
@FILES
@SAME
@click.option("--json", "as_json", is_flag=True, help="print the plan as JSON, with times in UTC")
@click.option("--with-past", is_flag=True, help="include dates that have begun, as publish --with-past does")
def plan(names: tuple[str, ...], same: tuple[str, ...], as_json: bool, with_past: bool) -> None:
    """Show what publishing the files would change, and who is affected. Without FILE it plans all of them."""
    found = settings.load()
    asking = _asking(names, same)
    organisation = the_organisation()
    with store_session.session(found) as session:
        organisation, now = organisation_versions.in_effect(session, organisation), clock.now()
        planned = planning.read_plan(session, asking, organisation, now, with_past=with_past)
        if as_json:
            more = {"emails_leave_at": planned.due_at(now).isoformat(), "fingerprint": planned.fingerprint}
            print(json.dumps({**facts(planned), **more}, indent=2, ensure_ascii=False))
        else:
            _show(session, planned, organisation, now)
    for problem in planned.changes.problems:
        click.echo(problem, err=True)
    for question in planned.questions:
        place = f"{question.place}: " if question.place else ""
        click.echo(f"{place}{question.series}: {question.message}", err=True)
    if planned.changes.problems or planned.questions:
        sys.exit(1)
    if not as_json:
        if planned.is_empty:
            click.echo("no changes")
        else:
            click.echo(f"to publish exactly this: booking programme publish … --plan {planned.fingerprint}")


def _show(session: Session, planned: Plan, organisation: Organisation, now: datetime) -> None:
    world = plan_inputs.world(session, {}, now)
    for line in in_words.as_text(planned, world.names, world.definitions, now, organisation.zone):
        click.echo(line)


@click.command()
@FILES
@SAME
@click.option("--plan", "fingerprint", metavar="FINGERPRINT", help="publish only if the plan is still this one")
@click.option("--with-past", is_flag=True, help="include dates that have begun; nobody is emailed about them")
def publish(names: tuple[str, ...], same: tuple[str, ...], fingerprint: str | None, with_past: bool) -> None:
    """Publish the files. Without FILE it publishes all of them. It is safe to run again.

    A change that moves or cancels somebody's booking needs --plan: run `booking programme plan` first to see it.
    """
    found = settings.load()
    asking = _asking(names, same)
    organisation = the_organisation()
    with store_session.session(found) as session:
        now = clock.now()
        try:
            done = publish_plan(
                store_session.acting(session, organisation, now),
                asking,
                uid_domain=found.host,
                fingerprint=fingerprint,
                with_past=with_past,
            )
        except errors.CannotPublish as refusal:
            for problem in refusal.problems:
                click.echo(problem, err=True)
            sys.exit(1)
        except (PlanChanged, PlanHurts) as refusal:
            session.rollback()
            _show(session, refusal.plan, organisation, now)
            why = (
                "the plan has changed since you saw it; the new one is above"
                if isinstance(refusal, PlanChanged)
                else "this affects people's bookings, as shown above"
            )
            click.echo(f"{why}. To publish exactly this, add --plan {refusal.plan.fingerprint}", err=True)
            sys.exit(1)
        _show(session, done.plan, organisation, now)
    begun = done.plan.changes.begun
    if begun:
        click.echo(f"{len(begun)} dates have begun and were left as they are")
    if done.change is None or done.due_at is None:
        click.echo("no changes")
        return
    click.echo("published")
    said = publish_words.after(now, done.due_at, now, organisation.zone, done.plan.emailed)
    click.echo(said)
    if now < done.due_at:
        click.echo(f"to undo: booking programme undo {done.change}")


_LATEST = select(Change.public_id).where(Change.undone_at.is_(None)).order_by(Change.id.desc()).limit(1)


@click.command()
@click.argument("change", required=False, type=click.UUID)
def undo(change: uuid.UUID | None) -> None:
    """Undo a publish before its emails go out, within 10 minutes. Without CHANGE it undoes the latest."""
    found = settings.load()
    with store_session.session(found) as session:
        if change is None:
            change = session.scalars(_LATEST).one_or_none()
            if change is None:
                raise click.ClickException("nothing has been published yet")
        try:
            undo_publish(store_session.acting(session, the_organisation(), clock.now()), change)
        except errors.NotFound:
            raise click.ClickException(f"there is no publish {change}") from None
        except CannotUndo as refusal:
            raise click.ClickException(f"this can't be undone: {refusal.why}") from None
    click.echo(publish_words.UNDONE)
