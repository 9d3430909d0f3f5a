"""The coordinator's list of people: found by name or address, narrowed by role and membership."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import zones
from booking.store.queries.people import account_holdings, people_list
from booking.web.coordinator.people import people_filter
from booking.web.coordinator.people.blueprint import blueprint, id_of
from booking.web.coordinator.people.people_filter import PeopleFilterForm
from booking.web.frame import access, context


@blueprint.get("")
@access.viewer
def search() -> ResponseReturnValue:
    """People whom the filter finds, by name, one page at a time."""
    form = people_filter.read(request.args)
    return refused(form) if form.errors else _page(form)


def refused(form: PeopleFilterForm) -> ResponseReturnValue:
    """The page with each mistake of the filter beside its field, and nobody."""
    return _shown(form), 422


def _page(form: PeopleFilterForm) -> str:
    after = request.args.get("after")
    last = account_holdings.with_public_id(context.db(), id_of(after)) if after else None
    found = people_list.page(context.db(), form.wanted, (last.name, last.id) if last is not None else None)
    shown = found[: people_list.PAGE]
    more = shown[-1].public_id if len(found) > len(shown) else None
    return _shown(form, people=shown, more=more)


def _shown(form: PeopleFilterForm, **found: object) -> str:
    return render_template(
        "people/search.html",
        form=form,
        choices={"role": people_filter.ROLES.items(), "membership": people_filter.MEMBERSHIPS.items()},
        today=zones.today(context.now(), context.organisation().zone),
        **found,
    )
