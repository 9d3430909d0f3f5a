"""The audit log, for a coordinator: who did what, and when; found by person, thing, action and date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import zones
from booking.domain.administration import audit_words
from booking.domain.administration.audit_words import LoggedSubject
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.store.queries.records import audit_list, audit_subjects
from booking.store.queries.records.audit_list import AuditFilter, LoggedAction
from booking.web.coordinator import tables
from booking.web.coordinator.administration import audit_filter
from booking.web.coordinator.administration.audit_filter import AuditForm
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.tables import Rows
from booking.web.frame import access, context, list_places

HEADER = (
    "Date",
    "Time",
    "Time zone",
    "Who",
    "Through a link in an email",
    "Action",
    "What",
    "Details",
    "Person",
    "Object",
)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line as the page shows it; `url` leads to what it is about, empty where there is nothing to see."""

    entry: LoggedAction
    about: LoggedSubject | None
    what: str
    why: str
    url: str


@blueprint.get("/audit")
@access.coordinator
def audit() -> ResponseReturnValue:
    """What was done, latest first, fifty a page."""
    form = audit_filter.read(request.args)
    after = list_places.read(request.args.get("after", ""))
    if form.errors:
        return _page(form), 422
    return _page(form, audit_list.page(context.db(), form.wanted, after, audit_list.PAGE + 1))


@blueprint.get("/audit.csv")
@access.coordinator
def audit_table() -> ResponseReturnValue:
    """Everything that the filter of the page finds."""
    form = audit_filter.read(request.args)
    if form.errors:
        return _page(form), 422
    return tables.table("audit-log", HEADER, _cells(form.wanted))


def _page(form: AuditForm, found: Sequence[LoggedAction] = ()) -> str:
    shown = found[: audit_list.PAGE]
    zone = context.organisation().zone
    return render_template(
        "coordinator/audit.html",
        form=form,
        lines=lines_of(shown),
        more=list_places.written(shown[-1].place) if len(found) > len(shown) else None,
        actions=audit_filter.ACTIONS,
        objects=audit_filter.OBJECTS,
        kept_days=context.organisation().policy.audit_days,
        service=audit_words.SERVICE,
        by_link=audit_words.BY_LINK,
        zone=zone,
        this_year=zones.today(context.now(), zone).year,
    )


def lines_of(entries: Sequence[LoggedAction]) -> list[AuditLine]:
    """The lines as pages show them; a fixed number of statements."""
    about = audit_subjects.of(context.db(), entries)
    slugs = {str(slug) for one in entries if one.action == AuditAction.PUBLISHED for slug in one.details["series"]}
    titles = audit_subjects.titles(context.db(), slugs)
    zone = context.organisation().zone
    lines = []
    for one in entries:
        found = about.get(one.subject_id) if one.subject_id is not None else None
        what = audit_words.sentence(one.action, one.subject, found, one.details, zone, titles)
        lines.append(AuditLine(one, found, what, audit_words.why(one.action, one.details), _url(one, found)))
    return lines


def _url(entry: LoggedAction, about: LoggedSubject | None) -> str:
    if entry.subject == AuditSubject.CHANGE:
        return url_for("coordinator.change", public_id=entry.subject_id)
    if about is None:
        return ""
    if entry.subject == AuditSubject.BOOKING:
        return url_for("visits.one", public_id=about.public_id)
    if entry.subject == AuditSubject.PERSON:
        return url_for("people.one", public_id=about.public_id)
    if about.occurrence is not None:
        return url_for("coordinator.occurrence", public_id=about.occurrence)
    return ""


def _cells(wanted: AuditFilter) -> Iterator[Rows]:
    """The rows for a spreadsheet, in the columns of HEADER; times in the organisation's zone."""
    zone = context.organisation().zone
    after = None
    while found := audit_list.page(context.db(), wanted, after, tables.CHUNK):
        yield [_row(line, zone) for line in lines_of(found)]
        after = found[-1].place


def _row(line: AuditLine, zone: str) -> tuple[object, ...]:
    entry = line.entry
    at = zones.wall(entry.at, zone)
    known = set(AuditAction)
    action = audit_words.WORDS[AuditAction(entry.action)].label if entry.action in known else entry.action
    thing = audit_words.OBJECTS[AuditSubject(entry.subject)] if entry.subject in set(AuditSubject) else entry.subject
    return (
        f"{at:%Y-%m-%d}",
        f"{at:%H:%M:%S}",
        zones.abbreviation(entry.at, zone),
        entry.actor or audit_words.SERVICE,
        "yes" if entry.is_by_link else "no",
        action,
        line.what,
        line.why,
        line.about.person if line.about is not None else "",
        thing,
    )
