"""Closures: which dates go, which stay, what is skipped later, and what comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

from booking.domain.enums.planning import FindingCode, StepKind
from booking.domain.planning import edits, planner
from booking.domain.planning.adjustments import Adjustments, DateException, Definition, Extra, Moved
from booking.domain.planning.closures import Closure, ClosureChanges, closed_days
from booking.domain.planning.occurrences import Period, StoredOccurrence
from booking.domain.planning.plan import Changes, StoredProgramme
from booking.domain.planning.resolve import ResolvedRequest
from tests.builders import NOW
from tests.domain.planning.builders import a_definition, a_masterclass, a_programme, asking, at, december

BREAK = Closure(december(11), december(17), "Office closed")


def closing(world: StoredProgramme, closure: Closure = BREAK) -> Changes:
    return planner.changes(world, ResolvedRequest(closures=ClosureChanges(added=(closure,))), Period(NOW))


def lifting(world: StoredProgramme, closure: Closure) -> Changes:
    return planner.changes(world, ResolvedRequest(closures=ClosureChanges(lifted=(closure,))), Period(NOW))


def done(world: StoredProgramme, found: Changes, *closures: Closure) -> StoredProgramme:
    """The programme once these changes are published."""
    rows = {slug: {row.key: row for row in listed} for slug, listed in world.rows.items()}
    for n, step in enumerate(found.steps, 900):
        rows[step.series][step.key] = StoredOccurrence(step.occurrence_id or n, step.key, step.after)
    return replace(world, rows={slug: list(listed.values()) for slug, listed in rows.items()}, closures=closures)


def steps(found: Changes) -> list[tuple[str, str, str | None]]:
    return [(step.what, step.key, step.after.reason) for step in found.steps]


def test_the_dates_in_the_period_go_with_its_reason_and_nothing_of_the_series_itself_changes() -> None:
    found = closing(a_programme(a_definition()))
    assert steps(found) == [(StepKind.GOES, "2023-12-11", "Office closed")]
    assert (found.series, found.findings, found.problems) == ([], [], [])


def test_the_first_and_the_last_day_are_closed_too() -> None:
    for first, last in ((11, 11), (5, 11), (11, 17)):
        found = closing(a_programme(a_definition()), Closure(december(first), december(last), "Closed"))
        assert [step.key for step in found.steps] == ["2023-12-11"]


def test_a_closure_of_some_series_leaves_the_others_alone() -> None:
    world = a_programme(a_definition(), a_definition("other", id=2))
    assert {step.series for step in closing(world, BREAK._replace(series_ids=frozenset({2}))).steps} == {"other"}
    assert {step.series for step in closing(world).steps} == {"clinic", "other"}


def test_a_closure_in_which_nothing_meets_is_still_a_change() -> None:
    found = closing(a_programme(a_definition()), Closure(december(12), december(13), "Staff days"))
    assert (found.steps, bool(found.closures)) == ([], True)


def test_modules_move_to_the_dates_after_the_period() -> None:
    found = closing(a_programme(a_masterclass()))
    assert [(step.what, step.key, step.after.on) for step in found.steps] == [
        (StepKind.MOVES, "2", december(18)),
        (StepKind.MOVES, "3", december(25)),
        (StepKind.MOVES, "4", date(2024, 1, 1)),
    ]


def test_a_date_that_was_moved_out_of_the_period_stays_and_one_that_was_moved_into_it_goes() -> None:
    out = DateException(moved=Moved(december(19), time(13), time(14)))
    into = DateException(moved=Moved(december(12), time(13), time(14)))
    world = a_programme(a_definition(exceptions={"2023-12-11": out, "2023-12-18": into}))
    assert steps(closing(world)) == [(StepKind.GOES, "2023-12-18", "Office closed")]


def test_an_extra_date_in_the_period_goes_and_a_cancelled_one_keeps_its_own_reason() -> None:
    extra = Extra(december(13), time(10), time(11))
    own = {"2023-12-11": DateException(cancelled="Ada is ill")}
    world = a_programme(a_definition(extras=(extra,), exceptions=own))
    assert steps(closing(world)) == [(StepKind.GOES, extra.key, "Office closed")]


def test_a_date_that_a_coordinator_holds_all_the_same_stays() -> None:
    assert closing(a_programme(a_definition(keeps=frozenset({december(11)})))).steps == []


def test_once_it_is_lifted_the_dates_come_back() -> None:
    stored = BREAK._replace(id=7)
    world = a_programme(a_definition())
    closed = done(world, closing(world), stored)
    assert steps(lifting(closed, stored)) == [(StepKind.RETURNS, "2023-12-11", None)]


def test_where_another_closure_still_holds_the_dates_stay_away() -> None:
    first, second = BREAK._replace(id=7), Closure(december(10), december(12), "Move", None, 8)
    world = a_programme(a_definition())
    closed = done(world, closing(world), first, second)
    assert lifting(closed, first).steps == []


def test_modules_move_back_once_it_is_lifted() -> None:
    stored = BREAK._replace(id=7)
    world = a_programme(a_masterclass())
    closed = done(world, closing(world), stored)
    back = lifting(closed, stored)
    assert [(step.what, step.after.on) for step in back.steps] == [
        (StepKind.MOVES, december(11)),
        (StepKind.MOVES, december(18)),
        (StepKind.MOVES, december(25)),
    ]


def test_a_series_that_is_published_later_skips_the_closed_dates_and_the_plan_says_why() -> None:
    world = a_programme(closures=(BREAK._replace(id=7),))
    found = planner.changes(world, asking(a_definition(id=None)), Period(NOW))
    assert [step.key for step in found.steps] == ["2023-12-04", "2023-12-18"]
    (note,) = found.findings
    assert (note.code, note.on, note.is_question) == (FindingCode.CLOSED, december(11), False)
    assert note.message.endswith("closed (Office closed), so nothing is added then")


def test_dates_left_out_of_a_later_publish_appear_once_it_is_lifted() -> None:
    stored = BREAK._replace(id=7)
    empty = a_programme(closures=(stored,))
    new = a_definition()
    found = planner.changes(empty, asking(new), Period(NOW))
    rows = [StoredOccurrence(n, step.key, step.after) for n, step in enumerate(found.steps, 1)]
    world = replace(empty, definitions={"clinic": new}, rows={"clinic": rows})
    assert steps(lifting(world, stored)) == [(StepKind.APPEARS, "2023-12-11", None)]


def test_an_edit_of_a_closed_series_leaves_the_closed_dates_closed() -> None:
    stored = BREAK._replace(id=7)
    world = a_programme(a_definition())
    closed = done(world, closing(world), stored)
    edited = edits.one(world.definitions["clinic"], "2023-12-18", title="Special")
    found = planner.changes(closed, asking(edited), Period(NOW))
    assert [(step.what, step.key) for step in found.steps] == [(StepKind.CHANGES, "2023-12-18")]


def test_the_far_end_of_a_series_that_has_no_end_is_filled_around_a_closure() -> None:
    endless = a_definition(ends_on=None)
    world = a_programme(endless)
    last = max(row.setting.starts_at for row in world.rows["clinic"]).date()
    cut = [row for row in world.rows["clinic"] if row.setting.on is not None and row.setting.on < date(2024, 6, 1)]
    closure = Closure(date(2024, 6, 1), date(2024, 6, 30), "Closed", None, 7)
    world = replace(world, rows={"clinic": cut}, closures=(closure,))
    found = planner.changes(world, ResolvedRequest(), Period(NOW), extends=True)
    days = [step.after.on for step in found.far if step.after.on is not None]
    assert days[0] == date(2024, 7, 1)
    assert max(days) == last
    assert found.steps == []


def test_what_has_begun_stays() -> None:
    world = a_programme(a_definition())
    request = ResolvedRequest(closures=ClosureChanges(added=(BREAK,)))
    assert planner.changes(world, request, Period(at(11, 13, 5))).steps == []


def test_where_two_closures_meet_the_first_says_why() -> None:
    other = Closure(december(17), december(19), "Staff days")
    found = closed_days((BREAK, other), 1)
    assert (found[december(17)], found[december(18)], len(found)) == ("Office closed", "Staff days", 9)


def test_taking_a_closure_back_lifts_it_and_taking_a_lift_back_closes_again() -> None:
    stored = BREAK._replace(id=7)
    assert ClosureChanges(added=(BREAK,)).reversed((stored,)) == ClosureChanges(lifted=(stored,))
    assert ClosureChanges(lifted=(BREAK,)).reversed(()) == ClosureChanges(added=(BREAK,))
    assert not ClosureChanges(added=(BREAK,)).reversed(())


def test_a_closure_leaves_the_definition_of_a_series_as_it_is() -> None:
    definition = a_definition()
    found = closing(a_programme(definition))
    before, after = found.definitions["clinic"]
    assert isinstance(before, Definition)
    assert before.terms == after.terms == Adjustments()
