"""The programme for a coordinator: every series, and one series with its dates by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import wording, zones
from booking.domain.bookings import lengths
from booking.domain.planning import series_edits
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.words import rule_words
from booking.store.queries.bookings import agenda_rows
from booking.store.queries.programme import coordinator_overview, series_list
from booking.store.queries.programme.coordinator_overview import UpcomingOccurrence
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.programme import group_post
from booking.web.frame import access, context, list_places, template_globals

MOST_DATES = 60  # on one page
DATES_BEFORE_TODAY = 6  # on the page that opens first


@dataclass(slots=True)
class Month:
    """One month of the list: each date, and None where today stands between two of them."""

    first: date
    rows: list[UpcomingOccurrence | None] = field(default_factory=list)


@blueprint.get("/programme")
@access.viewer
def series() -> ResponseReturnValue:
    """Every series: those with upcoming dates by the next of them, the finished ones folded."""
    now, place = context.now(), list_places.read(request.args.get("after", ""))
    is_finished = "finished" in request.args
    found = series_list.page(context.db(), now, place, is_finished=is_finished, most=series_list.PAGE + 1)
    is_first = not is_finished and place is None
    finished = series_list.page(context.db(), now, is_finished=True, most=series_list.PAGE + 1) if is_first else []
    return render_template(
        "coordinator/series.html",
        found=found[: series_list.PAGE],
        more=_place_after(found),
        finished=finished[: series_list.PAGE],
        more_finished=_place_after(finished),
        is_finished=is_finished,
        is_empty=is_first and not found and not finished,
        when=_when,
        names={analyst.id: analyst.name for analyst in agenda_rows.analysts(context.db())},
        last_day=series_edits.last_day,
        has_analysts=bool(agenda_rows.analysts(context.db())) if is_first and not found else True,
    )


def _place_after(found: Sequence[series_list.ListedSeries]) -> str:
    """The place after a page that is full, for the address of the next; empty where there is none."""
    return list_places.written(found[series_list.PAGE - 1].place) if len(found) > series_list.PAGE else ""


def _when(definition: Definition) -> str:
    """Its days and hours: "Monday and Tuesday, 1:00 pm – 2:00 pm, Brisbane time"."""
    fields = series_edits.fields_of(definition, zones.today(context.now(), definition.rule.zone))
    said = rule_words.in_words(fields.rrule)
    start, end = (wording.wall_clock(wall).replace(wording.NBSP, " ") for wall in (fields.start_wall, fields.end_wall))
    return f"{said[0].upper()}{said[1:]}, {start} – {end}, {zones.city(definition.rule.zone)} time"


@blueprint.get("/programme/<slug>")
@access.viewer
def one_series(slug: str) -> ResponseReturnValue:
    """One series: what it is, and a page of its dates, today in sight."""
    found = series_list.with_slug(context.db(), slug)
    if found is None or found.id is None:
        abort(404)
    dates, earlier, later = _dates(found.id, found.rule.zone)
    today = zones.today(context.now(), found.rule.zone)
    fields = series_edits.fields_of(found, today)
    names = {analyst.id: analyst.name for analyst in agenda_rows.analysts(context.db())}
    return render_template(
        "coordinator/one_series.html",
        definition=found,
        fields=fields,
        when_it_is=_when(found),
        analysts=wording.listed([names[one] for one in fields.analysts if one in names]),
        slots=lengths.in_words(fields.slot_minutes) if fields.slot_minutes else "",
        months=_months(dates, today, found.rule.zone),
        earlier=earlier,
        later=later,
        today=today,
        is_elsewhere="before" in request.args or "after" in request.args,
        kept=group_post.exceptions(found),
        gaps=gaps,
        is_bookable=template_globals.is_bookable(found.kind),
        may_edit=found.kind in context.organisation().kinds,
    )


def _dates(series_id: int, zone: str) -> tuple[list[UpcomingOccurrence], str, str]:
    """One page of the dates, and the places before and after it for the links to more; empty where there are none."""
    session = context.db()
    before, after = (list_places.read(request.args.get(name, "")) for name in ("before", "after"))
    midnight = (zones.day_starts_at(zones.today(context.now(), zone), zone), 0)
    if before is not None:
        found = coordinator_overview.beyond(session, series_id, before, MOST_DATES + 1, is_earlier=True)
        has_earlier, dates, has_later = len(found) > MOST_DATES, found[-MOST_DATES:], True
    elif after is not None:
        found = coordinator_overview.beyond(session, series_id, after, MOST_DATES + 1)
        has_earlier, dates, has_later = True, found[:MOST_DATES], len(found) > MOST_DATES
    else:
        past = coordinator_overview.beyond(session, series_id, midnight, DATES_BEFORE_TODAY + 1, is_earlier=True)
        has_earlier, past = len(past) > DATES_BEFORE_TODAY, past[-DATES_BEFORE_TODAY:]
        found = coordinator_overview.beyond(session, series_id, midnight, MOST_DATES - len(past) + 1)
        has_later, dates = len(found) > MOST_DATES - len(past), past + found[: MOST_DATES - len(past)]
    places = [list_places.written((one.starts_at, one.id)) for one in dates[:1] + dates[-1:]]
    return dates, places[0] if has_earlier and places else "", places[-1] if has_later and places else ""


def _months(dates: Sequence[UpcomingOccurrence], today: date, zone: str) -> list[Month]:
    """The dates by month, with a mark for today where no date is on that day and it lies among them."""
    days = [zones.today(one.starts_at, zone) for one in dates]
    is_in_sight = bool(days) and "before" not in request.args and "after" not in request.args
    is_marked = today in days or not (is_in_sight or (bool(days) and days[0] < today < days[-1]))
    found: list[Month] = []

    def month(day: date) -> Month:
        if not found or found[-1].first != day.replace(day=1):
            found.append(Month(day.replace(day=1)))
        return found[-1]

    for day, one in zip(days, dates, strict=True):
        if not is_marked and day > today:
            month(today).rows.append(None)
            is_marked = True
        month(day).rows.append(one)
    if not is_marked:
        month(today).rows.append(None)
    return found


def gaps(one: UpcomingOccurrence) -> list[str]:
    """What is missing on a date that is upcoming, a line each."""
    if one.is_cancelled or one.ends_at <= context.now():
        return []
    found = []
    if not one.analysts:
        found.append("No analyst")
    is_bookable = template_globals.is_bookable(one.kind)
    if not one.has_meeting_link(is_bookable=is_bookable):
        who = one.unlinked if is_bookable and len(one.analysts) > 1 else ()
        found.append(f"No meeting link for {wording.listed(who)}" if who else "No meeting link")
    if one.uncovered:
        found.append(f"{one.uncovered} {'booking needs' if one.uncovered == 1 else 'bookings need'} cover")
    if one.sharing and is_bookable:
        found.append(f"{wording.listed(one.sharing)} use the same meeting link")
    return found
