"""Set up a new series: choose its kind, or copy one, fill in the form, and publish its plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import zones
from booking.domain.enums.planning import FindingCode
from booking.domain.planning import series_edits
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.plan import StoredProgramme
from booking.domain.planning.resolve import ResolvedRequest
from booking.domain.planning.schedule import PlanFinding
from booking.domain.planning.series_edits import SeriesFields
from booking.programme.announcements import writing
from booking.services.publishing.planning import Asking
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.programme import plans
from booking.web.coordinator.programme.plans import PlanRequest
from booking.web.coordinator.series import edit_series, form_reading, form_values, series_form
from booking.web.coordinator.series.form_reading import FormChoices
from booking.web.coordinator.series.form_values import Values
from booking.web.coordinator.series.series_form import SeriesForm
from booking.web.frame import access, context


@blueprint.get("/new-series")
@access.coordinator
def new_series() -> ResponseReturnValue:
    """The form for a kind, filled from the series that is copied; without either the choice of kinds."""
    copied, kinds = request.args.get("copy", ""), context.organisation().kinds
    if copied:
        stored = edit_series.stored_series(copied)
        offered = replace(series_form.offered(stored.kind), rrule=stored.rule.rrule)
        return _page(SeriesForm(offered, _copy_of(stored, offered), copied=copied))
    kind = request.args.get("kind", "")
    if kind not in kinds:
        return render_template("series/kinds.html", kinds=kinds.values(), has_analysts=bool(series_form.analysts()))
    offered = series_form.offered(kind)
    values = form_values.blank()
    values["slot"] = tuple(map(str, offered.lengths))
    return _page(SeriesForm(offered, values))


@blueprint.post("/new-series")
@access.coordinator
def set_up_series() -> ResponseReturnValue:
    """The plan of the new series, its publish, or the form again, as the button says."""
    kind = request.form.get("kind", "")
    if kind not in context.organisation().kinds:
        return new_series()
    offered, values, copied = series_form.offered(kind), form_values.sent(request.form), request.form.get("copied", "")
    if copied:
        offered = replace(offered, rrule=edit_series.stored_series(copied).rule.rrule)
    found = form_reading.read(values, offered)
    if found.fields is None or request.form.get("do") == "edit":
        return _page(SeriesForm(offered, values, mistakes=found.mistakes, copied=copied))
    asked = PlanRequest(
        asking_for(kind, offered.zone, found.fields),
        f"New {offered.kind.noun}: {found.fields.title}",
        action=url_for("coordinator.set_up_series"),
        back=url_for("coordinator.series"),
        fields=[("kind", kind), ("copied", copied), *edit_series.fields_of(values)],
        is_posted=True,
    )
    return plans.publish_as_shown(asked) if request.form.get("do") == "publish" else plans.show(asked)


def asking_for(kind: str, zone: str, fields: SeriesFields) -> Asking:
    """Ask for a new series; its short name follows from its title, and one that is called the same is pointed out."""

    def asking(world: StoredProgramme, _analysts: Mapping[str, int], now: datetime) -> ResolvedRequest:
        slug = writing.slug(fields.title, set(world.definitions))
        found = ResolvedRequest({slug: series_edits.new(slug, kind, zone, fields)})
        alike = [one for one in world.definitions.values() if one.title.casefold() == fields.title.casefold()]
        if any(_goes_on(one, zones.today(now, zone)) for one in alike):
            message = f"There is already a series called “{fields.title}”. This will be another one beside it"
            found.findings.append(PlanFinding(FindingCode.SAME_TITLE, slug, message))
        return found

    return asking


def _goes_on(series: Definition, today: date) -> bool:
    last_on = series_edits.last_day(series)
    return last_on is None or last_on >= today


def _copy_of(stored: Definition, offered: FormChoices) -> Values:
    """The values of a copy: as many weeks later as it takes to begin after the series, and today, are over."""
    today = zones.today(context.now(), stored.rule.zone)
    found = series_edits.fields_of(stored, today)
    begins_after = max(today, found.ends_on or today)
    weeks = max(0, (begins_after - found.starts_on).days // 7 + 1)
    moved = replace(
        found,
        starts_on=found.starts_on + timedelta(weeks=weeks),
        ends_on=found.ends_on + timedelta(weeks=weeks) if found.ends_on else None,
    )
    return form_values.of_fields(moved, offered.analysts, offered.lengths)


def _page(shown: SeriesForm) -> ResponseReturnValue:
    return series_form.page(shown, url_for("coordinator.set_up_series"), url_for("coordinator.series"))
