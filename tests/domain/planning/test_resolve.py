"""What a file's statements ask for: what they do not mention stays as it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time

import pytest

from booking.domain.enums.planning import FindingCode
from booking.domain.planning.adjustments import Adjustments, DateException, Definition, Extra, Guest, Moved
from booking.domain.planning.occurrences import StoredOccurrence
from booking.domain.planning.plan import StoredProgramme
from booking.domain.planning.resolve import ResolvedRequest, resolve
from booking.domain.planning.words.statement import (
    Named,
    SourcePlace,
    StatedException,
    StatedGuest,
    StatedTurn,
    Statement,
)
from booking.domain.recurrence import RuleChange
from tests.domain.planning.builders import ADA, BEN, DAN, a_definition, a_masterclass, december, published

PLACE = SourcePlace("clinics.yaml", 3)
ANALYSTS = {"ada@example.org": ADA, "ben@example.org": BEN, "dan@example.org": DAN}
TODAY = date(2023, 11, 27)
JANUARY = date(2024, 1, 1)


def named(*names: str) -> tuple[Named, ...]:
    return tuple(Named(f"{name}@example.org", PLACE) for name in names)


def a_statement(of: Definition | None = None, **fields: object) -> Statement:
    """A statement of that series as it is, the Monday clinic if None; summary, lengths and analysts not mentioned."""
    series = of or a_definition()
    values: dict[str, object] = {"summary": None, "slot_minutes": None, "analysts": None, "place": PLACE, **fields}
    known = {"slug": series.slug, "kind": series.kind, "title": series.title, "rule": series.rule}
    return Statement(**{**known, **values})  # type: ignore[arg-type]


def an_exception(on: date | None = None, **fields: object) -> StatedException:
    return StatedException(PLACE, on=on, **fields)  # type: ignore[arg-type]


def resolved(
    *statements: Statement,
    stored: Sequence[Definition] = (),
    rows: Mapping[str, Sequence[StoredOccurrence]] | None = None,
    same: Mapping[str, str] | None = None,
) -> ResolvedRequest:
    known = {one.slug: one for one in stored}
    kept = {slug: published(one) for slug, one in known.items()} if rows is None else rows
    return resolve(statements, StoredProgramme(known, kept, {}), ANALYSTS, TODAY, same)


def one(*exceptions: StatedException, stored: Definition | None = None, **fields: object) -> Definition:
    """What comes of the stored series when a file states it anew with these exceptions; no problem is allowed."""
    series = stored or a_definition()
    asked = resolved(a_statement(series, exceptions=exceptions, **fields), stored=[series])
    assert asked.problems == []
    return asked.definitions[series.slug]


def problems(*exceptions: StatedException, stored: Definition | None = None, **fields: object) -> list[str]:
    series = stored or a_definition()
    return resolved(a_statement(series, exceptions=exceptions, **fields), stored=[series]).problems


# -- what is not mentioned


def test_what_a_statement_does_not_mention_stays_as_it_is_stored() -> None:
    stored = a_definition(
        slot_minutes=(15, 30),
        meeting_url="https://m/1",
        on_holiday="skip",
        ends_on_day=december(20),
        skips={december(11): ""},
        guests=(Guest(DAN, december(4), december(4)),),
        turns=(RuleChange(december(11), title="Later"),),
    )
    assert one(stored=stored) == stored


def test_what_a_statement_mentions_replaces_what_is_stored() -> None:
    asked = one(
        summary="New",
        slot_minutes=(45,),
        analysts=named("ben"),
        on_holiday="move",
        ends_on=december(12),
        title="Drop-in",
    )
    assert (asked.summary, asked.slot_minutes, asked.analysts, asked.title) == ("New", (45,), (BEN,), "Drop-in")
    assert (asked.terms.on_holiday, asked.terms.ends_on, asked.id) == ("move", december(12), 1)


def test_an_empty_roster_is_stated_and_takes_everybody_off() -> None:
    assert one(analysts=()).analysts == ()


def test_somebody_who_is_not_an_analyst_is_a_problem_at_its_line_and_the_series_is_left_out() -> None:
    asked = resolved(a_statement(analysts=named("eve")))
    assert asked.definitions == {}
    assert asked.problems == ["clinics.yaml:3: eve@example.org is not an analyst; `booking people add` makes one"]


def test_a_new_series_has_no_id_and_stands_where_it_is_stated() -> None:
    asked = resolved(a_statement(analysts=named("ada")))
    assert asked.definitions == {"clinic": a_definition(id=None, summary="")}
    assert (asked.places, asked.came_from) == ({"clinic": "clinics.yaml:3"}, {})


# -- which stored series it is


def test_was_names_the_series_that_is_renamed() -> None:
    asked = resolved(a_statement(slug="drop-in", was="clinic"), stored=[a_definition()])
    assert asked.came_from == {"drop-in": "clinic"}
    assert (asked.definitions["drop-in"].id, asked.definitions["drop-in"].terms.was) == (1, ("clinic",))


def test_was_may_stay_in_the_file_once_the_series_is_renamed() -> None:
    renamed = a_definition("drop-in", was=("clinic",))
    asked = resolved(a_statement(renamed, was="clinic"), stored=[renamed])
    assert (asked.problems, asked.came_from, asked.definitions["drop-in"]) == ([], {}, renamed)


def test_was_that_names_no_series_is_a_problem() -> None:
    (problem,) = resolved(a_statement(slug="drop-in", was="clinics"), stored=[a_definition()]).problems
    assert "'clinics', and no series is called so" in problem


@pytest.mark.parametrize(
    ("title", "slug", "asks"),
    [
        ("Live Member Clinics", "clinic", False),
        ("Members Help Desk", "help-desk", False),
        ("Live Clinic Hour", "help-desk", True),
    ],
)
def test_a_month_finds_its_series_by_the_likeness_of_the_title(title: str, slug: str, asks: bool) -> None:
    stated = a_statement(slug="help-desk", title=title, month=JANUARY)
    stored = a_definition(ends_on=None, rrule="FREQ=WEEKLY;BYDAY=FR" if asks else "FREQ=WEEKLY;BYDAY=MO")
    if "Desk" in title:
        stated = replace(stated, rule=replace(stated.rule, rrule="FREQ=DAILY", start_wall=time(9), end_wall=time(10)))
    asked = resolved(stated, stored=[stored])
    assert list(asked.definitions) == [slug]
    assert [finding.is_question for finding in asked.findings] == ([True] if asks else [])
    if asks:
        assert asked.findings[0].answers == ("help-desk=clinic", "help-desk=")


@pytest.mark.parametrize(("answer", "slug"), [("clinic", "clinic"), ("", "help-desk")])
def test_an_answer_says_which_series_it_is(answer: str, slug: str) -> None:
    stated = a_statement(slug="help-desk", title="Live Clinic Hour", month=JANUARY)
    asked = resolved(stated, stored=[a_definition(ends_on=None)], same={"help-desk": answer})
    assert (list(asked.definitions), asked.findings) == ([slug], [])


def test_no_series_is_likely_that_is_over_or_of_another_kind_or_stated_itself() -> None:
    stated = a_statement(slug="clinics", month=JANUARY)
    over, lab = a_definition(), a_definition(kind="lab", ends_on=None)
    assert list(resolved(stated, stored=[over]).definitions) == ["clinics"]
    assert list(resolved(stated, stored=[lab]).definitions) == ["clinics"]
    both = resolved(stated, a_statement(month=JANUARY), stored=[a_definition(ends_on=None)])
    assert list(both.definitions) == ["clinics", "clinic"]


def test_modules_that_ran_before_the_month_make_the_stated_series_a_new_run_named_by_its_month() -> None:
    again = a_statement(a_masterclass(starts_on=date(2024, 1, 8)), month=JANUARY)
    asked = resolved(again, stored=[a_masterclass()])
    assert list(asked.definitions) == ["masterclass-2024-01"]
    assert asked.definitions["masterclass-2024-01"].id is None


# -- the rule


def test_a_monthly_file_changes_an_older_series_from_its_month_on() -> None:
    stored = a_definition(ends_on=None)
    stated = a_statement(stored, month=JANUARY, title="Drop-in")
    stated = replace(stated, rule=replace(stated.rule, start_wall=time(15), end_wall=time(16), starts_on=JANUARY))
    asked = resolved(stated, stored=[stored], same={"clinic": "clinic"}).definitions["clinic"]
    assert asked.rule.turns == (RuleChange(JANUARY, None, time(15), time(16), "Drop-in"),)
    assert (asked.rule.start_wall, asked.rule.starts_on, asked.title) == (time(13), december(4), stored.title)


def test_a_monthly_file_that_says_nothing_new_makes_no_turn() -> None:
    stored = a_definition(ends_on=None)
    stated = a_statement(stored, month=JANUARY, title="Live Member Clinics")
    asked = resolved(stated, stored=[stored]).definitions["clinic"]
    assert asked == stored


def test_of_two_ends_the_later_holds_in_a_monthly_file() -> None:
    stored = a_definition(ends_on=date(2024, 2, 5))
    shorter = a_statement(stored, month=JANUARY)
    shorter = replace(shorter, rule=replace(shorter.rule, ends_on=date(2024, 1, 29)))
    assert resolved(shorter, stored=[stored]).definitions["clinic"].rule.ends_on == date(2024, 2, 5)


@pytest.mark.parametrize("had", [None, date(2024, 2, 5)])
def test_the_last_date_of_a_month_ends_no_series_and_the_plan_says_so(had: date | None) -> None:
    stored = a_definition(ends_on=had)
    stated = a_statement(stored, month=JANUARY)
    asked = resolved(replace(stated, rule=replace(stated.rule, ends_on=date(2024, 1, 29))), stored=[stored])
    assert asked.definitions["clinic"].rule.ends_on == had
    assert [(finding.code, finding.on) for finding in asked.findings] == [(FindingCode.GOES_ON, date(2024, 1, 29))]


@pytest.mark.parametrize("had", [None, date(2024, 2, 5)])
def test_an_end_within_the_month_ends_the_series(had: date | None) -> None:
    stored = a_definition(ends_on=had)
    stated = a_statement(stored, month=JANUARY)
    asked = resolved(replace(stated, rule=replace(stated.rule, ends_on=date(2024, 1, 22))), stored=[stored])
    assert asked.definitions["clinic"].rule.ends_on == date(2024, 1, 22)
    assert asked.findings == []


def test_a_statement_without_a_month_states_the_whole_rule() -> None:
    stored = a_definition()
    stated = a_statement(stored)
    stated = replace(stated, rule=replace(stated.rule, start_wall=time(9), end_wall=time(10)))
    asked = resolved(stated, stored=[stored]).definitions["clinic"]
    assert (asked.rule.start_wall, asked.rule.turns) == (time(9), ())


def test_modules_that_are_not_stated_again_stay() -> None:
    stored = a_masterclass()
    stated = a_statement(stored)
    stated = replace(stated, rule=replace(stated.rule, modules=("First", "Two")))
    asked = resolved(stated, stored=[stored]).definitions["masterclass"]
    assert asked.rule.modules == ("First", "Two", "Three", "Four")


def test_a_stated_turn_holds_from_its_date_on() -> None:
    turn = StatedTurn(PLACE, december(11), hours=(time(15), time(16)), analysts=named("ben"))
    assert one(turns=(turn,)).rule.turns == (RuleChange(december(11), None, time(15), time(16), analysts=(BEN,)),)


# -- exceptions, extra dates, guests


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"is_skipped": True}, Adjustments(skips={december(11): ""})),
        ({"is_kept": True}, Adjustments(keeps=frozenset({december(11)}))),
        ({"postpone_weeks": 2}, Adjustments(postponements=frozenset({(december(11), 2)}))),
        (
            {"moved_to": december(13)},
            Adjustments(exceptions={"2023-12-11": DateException(moved=Moved(december(13), time(13), time(14)))}),
        ),
        (
            {"hours": (time(9), time(10))},
            Adjustments(exceptions={"2023-12-11": DateException(moved=Moved(december(11), time(9), time(10)))}),
        ),
        (
            {"cancelled": "Ill", "title": "Ask", "analysts": named("ben")},
            Adjustments(exceptions={"2023-12-11": DateException(cancelled="Ill", title="Ask", analysts=(BEN,))}),
        ),
    ],
    ids=["skip", "keep", "postpone", "move", "hours", "cancel and more"],
)
def test_an_exception_applies_to_its_date(stated: dict[str, object], expected: Adjustments) -> None:
    assert one(an_exception(december(11), **stated)).terms == expected


def test_an_exception_is_taken_back() -> None:
    stored = a_definition(
        skips={december(11): ""},
        keeps=frozenset({december(11)}),
        exceptions={"2023-12-11": DateException(title="Ask")},
    )
    assert one(an_exception(december(11), is_usual=True), stored=stored).terms == Adjustments()


def test_a_date_that_is_skipped_already_keeps_its_reason() -> None:
    stored = a_definition(skips={december(11): "Ada is ill"})
    assert one(an_exception(december(11), is_skipped=True), stored=stored).terms == stored.terms


def test_an_exception_finds_its_module_by_number() -> None:
    asked = one(an_exception(module=2, title="Two again"), stored=a_masterclass())
    assert asked.terms.exceptions == {"2": DateException(title="Two again")}


def test_an_exception_finds_what_was_moved_by_the_day_on_which_it_now_is() -> None:
    moved = a_definition(exceptions={"2023-12-11": DateException(moved=Moved(december(13), time(9), time(10)))})
    asked = one(an_exception(december(13), cancelled="Ill"), stored=moved)
    assert asked.terms.exceptions["2023-12-11"].cancelled == "Ill"


def test_an_extra_date_is_cancelled_and_never_skipped() -> None:
    extra = Extra(december(6), time(17), time(18))
    stored = a_definition(extras=(extra,))
    asked = one(an_exception(december(6), cancelled="Ill"), stored=stored)
    assert asked.terms.exceptions == {extra.key: DateException(cancelled="Ill")}
    (problem,) = problems(an_exception(december(6), is_skipped=True), stored=stored)
    assert "is not skipped: cancel it" in problem


def test_an_exception_for_a_day_or_a_module_that_is_not_there_is_a_problem() -> None:
    assert problems(an_exception(december(12), title="Ask")) == ["clinics.yaml:3: clinic has no date on 2023-12-12"]
    assert problems(an_exception(module=5, title="Ask"), stored=a_masterclass()) == [
        "clinics.yaml:3: masterclass has no module 5"
    ]


def test_a_module_that_the_rule_ends_before_has_no_date() -> None:
    short = a_masterclass(ends_on=december(11))
    assert problems(an_exception(module=2, title="Ask"), stored=short) == []
    assert problems(an_exception(module=3, title="Ask"), stored=short) == [
        "clinics.yaml:3: masterclass has no date for module 3"
    ]


def test_an_extra_date_is_added_but_not_where_the_series_meets_already() -> None:
    extra = Extra(december(6), time(17), time(18))
    assert one(extras=(extra,)).terms.extras == (extra,)
    (problem,) = problems(extras=(Extra(december(11), time(17), time(18)),))
    assert "meets on 2023-12-11 already" in problem


def test_guests_are_added_to_those_that_are_stored() -> None:
    stored = a_definition(guests=(Guest(DAN, december(4), december(4)),))
    more = StatedGuest(named("ben")[0], december(11), december(18))
    assert one(stored=stored, guests=(more,)).terms.guests == (
        Guest(DAN, december(4), december(4)),
        Guest(BEN, december(11), december(18)),
    )
