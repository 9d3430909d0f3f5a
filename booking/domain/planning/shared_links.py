"""A finding of a plan: analysts of one bookable date who have one meeting link."""

from __future__ import annotations

from collections.abc import Mapping

from booking.domain import wording, zones
from booking.domain.bookings import join_links
from booking.domain.planning.plan import Changes, StoredProgramme
from booking.domain.planning.schedule import PlanFinding


def shared(found: Changes, world: StoredProgramme, links: Mapping[int, str]) -> list[PlanFinding]:
    """One finding a series, for the first of the dates that it adds or gives other analysts; `links` are analysts' own.

    A link that is set for one analyst on one date is not looked at: a date that is added has none yet.
    """
    findings: dict[str, PlanFinding] = {}
    for step in found.steps:
        definition = found.definitions[step.series][1] if step.series in found.definitions else None
        is_new = step.what in {"appears", "returns"} or "analysts" in step.fields
        if definition is None or not is_new or step.what == "goes" or step.series in findings:
            continue
        kind = world.kinds.get(definition.kind)
        if kind is None or not kind.bookable:
            continue
        rest = step.after.meeting_url or definition.meeting_url
        team = ((world.names.get(a, f"analyst {a}"), links.get(a) or rest) for a in step.after.analysts)
        names = join_links.sharing(team)
        if names:
            text = (
                f"{wording.listed(names)} use the same meeting link, "
                "so members booked at the same time would end up in the same call"
            )
            day = zones.today(step.after.starts_at, definition.rule.zone)
            findings[step.series] = PlanFinding("same-link", step.series, f"{definition.title}: {text}", day)
    return list(findings.values())
