"""Edit a series: the form, its plan and the publish, all at one address; nothing is overwritten unseen."""

from __future__ import annotations

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import zones
from booking.domain.planning import series_edits
from booking.domain.planning.adjustments import Definition
from booking.services.publishing import planning
from booking.store.queries.programme import series_list
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.programme import plans
from booking.web.coordinator.programme.plans import PlanRequest
from booking.web.coordinator.series import form_reading, form_values, series_form
from booking.web.coordinator.series.form_reading import FormChoices
from booking.web.coordinator.series.form_values import Merged, Values
from booking.web.coordinator.series.series_form import SeriesForm
from booking.web.frame import access, context


@blueprint.get("/programme/<slug>/edit")
@access.coordinator
def edit_series(slug: str) -> ResponseReturnValue:
    """The form, filled from what is stored."""
    stored = stored_series(slug)
    offered = series_form.offered(stored.kind, stored)
    values = _values(stored, offered)
    return _page(SeriesForm(offered, values, form_values.written(values), stored))


@blueprint.post("/programme/<slug>/edit")
@access.coordinator
def change_series(slug: str) -> ResponseReturnValue:
    """The plan of what was changed in the form, its publish, or the form again, as the button says."""
    stored = stored_series(slug)
    offered = series_form.offered(stored.kind, stored)
    typed, now = form_values.sent(request.form), _values(stored, offered)
    before = form_values.opened(request.form.get("opened", ""), now)
    merged = form_values.merged(before, typed, now)
    shown = SeriesForm(offered, merged.values, form_values.written(now), stored)
    if merged.conflicts:
        return _page(shown, merged)
    today = zones.today(context.now(), stored.rule.zone)
    found = form_reading.read(merged.values, offered, series_edits.fields_of(stored, today))
    shown.mistakes = found.mistakes
    if found.fields is None or request.form.get("do") == "edit":
        shown.opened = form_values.written(before)
        return _page(shown, merged)

    def edit(definition: Definition) -> Definition:
        """What the form changes, on top of the series as it is when that is planned."""
        again = form_values.merged(before, typed, _values(definition, offered)).values
        read = form_reading.read(again, offered, series_edits.fields_of(definition, today))
        return series_edits.change(definition, read.fields, today, read.since) if read.fields else definition

    asked = PlanRequest(
        planning.page(slug, edit),
        f"Edit {stored.title}",
        action=url_for("coordinator.change_series", slug=slug),
        back=url_for("coordinator.one_series", slug=slug),
        fields=[*fields_of(typed), ("opened", form_values.written(before))],
        is_posted=True,
    )
    return plans.publish_as_shown(asked) if request.form.get("do") == "publish" else plans.show(asked)


def stored_series(slug: str) -> Definition:
    """The series of that short name, of a kind that still exists; 404 for any other."""
    found = series_list.with_slug(context.db(), slug)
    if found is None or found.kind not in context.organisation().kinds:
        abort(404)
    return found


def fields_of(values: Values) -> list[tuple[str, str]]:
    """The values as the fields of a form that sends them again."""
    return [(name, one) for name, found in values.items() for one in found]


def _values(stored: Definition, offered: FormChoices) -> Values:
    today = zones.today(context.now(), stored.rule.zone)
    return form_values.of_fields(series_edits.fields_of(stored, today), offered.analysts, offered.lengths)


def _page(shown: SeriesForm, merged: Merged | None = None) -> ResponseReturnValue:
    slug = shown.stored.slug if shown.stored is not None else ""
    return series_form.page(
        shown,
        url_for("coordinator.change_series", slug=slug),
        url_for("coordinator.one_series", slug=slug),
        merged,
    )
