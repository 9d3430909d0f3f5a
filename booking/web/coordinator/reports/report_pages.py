"""The reports: charts that a screen reader and grey paper show too, each with its table and its CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import zones
from booking.domain.reports import report_tables
from booking.domain.reports.figures import BadPeriod, ReportPeriod
from booking.domain.reports.report_tables import NAMES, ReportTable
from booking.store.queries.reports import report_figures
from booking.web.coordinator import filter_fields, tables
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.filter_fields import FieldMistake
from booking.web.frame import access, context

WEEKS = 5  # shown at first: the last four and this one
LABELS = {"from": "From", "to": "To"}


@dataclass(frozen=True, slots=True)
class PeriodForm:
    """The period as it was typed, by field; where `errors` has words for a field there is no `period`."""

    typed: dict[str, str]
    period: ReportPeriod | None
    errors: dict[str, str]


@blueprint.get("/reports")
@access.viewer
def reports() -> ResponseReturnValue:
    """Every report of a period: the last four weeks and this one, unless `?from=` and `?to=` say otherwise."""
    form = _read(request.args)
    page = render_template(
        "coordinator/reports.html", form=form, tables=[] if form.period is None else _tables(form.period)
    )
    return page, 422 if form.errors else 200


@blueprint.get("/reports/<name>.csv")
@access.viewer
def report_table(name: str) -> ResponseReturnValue:
    """One table of the same period."""
    if name not in NAMES:
        abort(404)
    form = _read(request.args)
    if form.period is None:
        return render_template("coordinator/reports.html", form=form, tables=[]), 422
    found = report_tables.with_name(_tables(form.period))[name]
    return tables.table(name, found.header, iter([found.rows]))


def _tables(period: ReportPeriod) -> list[ReportTable]:
    organisation = context.organisation()
    return report_tables.tables(report_figures.figures(context.db(), period, organisation.bookable, context.now()))


def _read(arguments: Mapping[str, str]) -> PeriodForm:
    zone = context.organisation().zone
    today = zones.today(context.now(), zone)
    monday = today - timedelta(days=today.weekday())
    first = {"from": monday - timedelta(weeks=WEEKS - 1), "to": monday + timedelta(days=6)}
    typed = {name: arguments.get(name, "").strip()[:20] or first[name].isoformat() for name in LABELS}
    days: dict[str, date] = {}
    errors: dict[str, str] = {}
    for name, label in LABELS.items():
        try:
            filter_fields.midnight(typed[name], label)
            days[name] = date.fromisoformat(typed[name])
        except FieldMistake as mistake:
            errors[name] = str(mistake)
    typed = {name: filter_fields.shown_day(text) for name, text in typed.items()}
    if errors:
        return PeriodForm(typed, None, errors)
    period = ReportPeriod(days["from"], days["to"], zone)
    try:
        period.check()
    except BadPeriod as mistake:
        return PeriodForm(typed, None, {"to": str(mistake)})
    return PeriodForm(typed, period, {})
