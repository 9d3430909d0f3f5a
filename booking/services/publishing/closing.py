"""Ask for a closure, or for a stored one to be lifted: changes of the programme like any other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from booking.domain.planning.closures import Closure, ClosureChanges
from booking.domain.planning.plan import StoredProgramme
from booking.domain.planning.resolve import ResolvedRequest
from booking.services.publishing.planning import Asking


def close(closure: Closure, slugs: Collection[str] | None) -> Asking:
    """Ask for that period to be closed for the series of these short names, None for every series.

    One that is in force already asks for nothing; a series that does not exist is a problem.
    """

    def asking(world: StoredProgramme, _analysts: Mapping[str, int], _now: datetime) -> ResolvedRequest:
        found = ResolvedRequest()
        missing = sorted(set(slugs or ()) - world.definitions.keys())
        found.problems += [f"There is no series {slug!r} any more." for slug in missing]
        ids = None
        if slugs is not None:
            known = (world.definitions[slug].id for slug in slugs if slug in world.definitions)
            ids = frozenset(series_id for series_id in known if series_id is not None)
        wanted = closure._replace(series_ids=ids)
        if wanted not in {stored.content for stored in world.closures}:
            found.closures = ClosureChanges(added=(wanted,))
        return found

    return asking


def lift(closure_id: int) -> Asking:
    """Ask for a stored closure to be lifted; for one that is not in force this is nothing."""

    def asking(world: StoredProgramme, _analysts: Mapping[str, int], _now: datetime) -> ResolvedRequest:
        lifted = tuple(closure for closure in world.closures if closure.id == closure_id)
        return ResolvedRequest(closures=ClosureChanges(lifted=lifted))

    return asking
