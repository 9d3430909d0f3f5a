"""Programme files: the shipped ones mean December 2023 exactly, and every mistake is named at its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import pytest

from booking.domain.bookings import lengths
from booking.domain.people import email_addresses
from booking.domain.recurrence import expand, stored_until
from booking.programme import files, nodes, organisation_file
from booking.programme.words import rrule, times
from booking.resources import folder
from tests.builders import ORGANISATION

TODAY = date(2026, 11, 23)


def reading_of(text: str | bytes, name: str = "p.yaml") -> files.Reading:
    data = text.encode() if isinstance(text, str) else text
    return files.read_all([(name, data)], ORGANISATION, TODAY)


def one_series(**fields: str) -> str:
    """A file with one good series, some of its lines replaced; an empty value leaves a line out."""
    lines = {
        "kind": "clinic",
        "title": "Clinic",
        "every": "Monday",
        "time": "1 pm – 2 pm",
        "from": "2023-12-01",
        **{name.rstrip("_"): value for name, value in fields.items()},
    }
    return "series:\n  a-clinic:\n" + "".join(f"    {name}: {value}\n" for name, value in lines.items() if value)


def test_december_2023_comes_out_as_it_was_announced() -> None:
    shipped = files.read(files.in_folder(folder("data") / "programme"), ORGANISATION, TODAY)
    assert shipped.problems == []
    found = {
        stated.slug: [
            (i.starts_at.strftime("%a %d %H:%M"), i.ends_at.strftime("%H:%M"), i.module)
            for i in expand(stated.rule, date(2023, 12, 1), date(2024, 1, 1))
        ]
        for stated in shipped.statements
    }
    days = [4, 5, 11, 12, 18, 19, 25, 26]
    clinics = [(f"{'Mon' if day % 7 == 4 else 'Tue'} {day:02} 03:00", "04:00", None) for day in days]
    assert found == {
        "live-member-clinics": clinics,
        "lab-meta-business-suite": [(f"Wed {day:02} 03:00", "04:00", None) for day in (6, 13, 20, 27)],
        "ga4-masterclass": [(f"Thu {day:02} 00:00", "02:00", n) for n, day in enumerate((7, 14, 21, 28), 1)],
        "influencer-masterclass": [(f"Fri {day:02} 00:00", "02:00", n) for n, day in enumerate((1, 8, 15, 22), 1)],
    }


def test_aest_is_brisbane_and_the_reader_is_told() -> None:
    reading = reading_of("zone: AEST\n" + one_series())
    assert reading.statements[0].rule.zone == "Australia/Brisbane"
    assert [str(note) for note in reading.notes] == [
        "p.yaml:1: AEST is UTC+10 all year, which is Brisbane's time; for Sydney's write AEDT or Sydney"
    ]


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("AEDT", "Sydney"),
        ("AET", "Sydney"),
        ("Perth", "Perth"),
        ("brisbane time", "Brisbane"),
        ("Victoria", "Melbourne"),
    ],
)
def test_a_zone_is_an_abbreviation_a_city_or_a_state(written: str, zone: str) -> None:
    assert reading_of(one_series(zone=written)).statements[0].rule.zone == f"Australia/{zone}"


def test_without_a_zone_the_organisations_holds() -> None:
    assert reading_of(one_series()).statements[0].rule.zone == "Australia/Brisbane"


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("1 pm – 2 pm", time(13), time(14)),
        ("1pm-2pm", time(13), time(14)),
        ("1–2 pm", time(13), time(14)),
        ("11 – 1 pm", time(11), time(13)),
        ("13:00-14:00", time(13), time(14)),
        ("1.30 p.m. to 2.15 pm", time(13, 30), time(14, 15)),
        ("from 10 am to noon", time(10), time(12)),
        ("10 am — 12 pm", time(10), time(12)),
        ("12 am - 1 am", time(0), time(1)),
    ],
)
def test_times_of_day_as_people_write_them(written: str, start: time, end: time) -> None:
    assert times(written) == (start, end)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("Monday", "FREQ=WEEKLY;BYDAY=MO"),
        ("Mondays and Tuesdays", "FREQ=WEEKLY;BYDAY=MO,TU"),
        ("Mon, Tue & Fri", "FREQ=WEEKLY;BYDAY=MO,TU,FR"),
        ("first Tuesday of the month", "FREQ=MONTHLY;BYDAY=1TU"),
        ("second and last Friday", "FREQ=MONTHLY;BYDAY=2FR,-1FR"),
    ],
)
def test_days_as_people_write_them(written: str, rule: str) -> None:
    assert rrule(written) == rule


MONDAY_MODULES = one_series(kind="masterclass", until="2023-12-11") + "    modules: [One, Two, Three]\n"
BAD_FILES = {
    "unknown zone": (
        one_series(zone="Atlantis"),
        ["8: unknown time zone 'Atlantis': write AEST, AEDT or a city such as Sydney"],
    ),
    "end before start": (one_series(time="2 pm – 1 pm"), ["6: the end, 13:00, is not after the start, 14:00"]),
    "no am or pm": (one_series(time="1 – 2"), ["6: '2': am or pm? Write 1 pm, or 13:00"]),
    "off the quarter": (
        one_series(time="1:10 pm – 2 pm"),
        ["6: hours that members book must begin and end on :00, :15, :30 or :45"],
    ),
    "no dates": (one_series(from_="2023-12-05", until="2023-12-10"), ["5: the rule gives no dates"]),
    "modules outnumber dates": (MONDAY_MODULES, ["9: there are 3 modules but only 2 dates; the last is 2023-12-11"]),
    "modules of a clinic": (one_series(modules="[One]"), ["8: a clinic has no modules"]),
    "slots of a lab": (one_series(kind="lab", slots="[15]"), ["8: a lab has no slots"]),
    "a slot of 20 minutes": (
        one_series(slots="[15, 20]"),
        [f"8: a slot can't be '20' minutes: lengths are {lengths.RULE}"],
    ),
    "five slot lengths": (
        one_series(slots="[15, 30, 45, 60, 75]", time="1 pm – 3 pm"),
        ["8: 5 slot lengths: use at most 4"],
    ),
    "hours shorter than every slot": (
        one_series(slots="[60, 90]", time="1 pm – 1:45 pm"),
        ["6: 45 minutes: the shortest slot takes 60"],
    ),
    "one date shorter than every slot": (
        one_series(slots="[45]", extra="[{on: 2023-12-07, time: 1 pm – 1:30 pm}]"),
        ["9: 30 minutes: the shortest slot takes 45"],
    ),
    "duplicate slug": (
        one_series() + one_series().split("\n", 1)[1],
        ["8: 'a-clinic' is here twice; the first is in line 2"],
    ),
    "duplicate key": (one_series() + "    title: Twice\n", ["8: 'title' is here twice; the first is in line 4"]),
    "tab": (
        "series:\n\ta-clinic:\n\t\tkind: clinic\n",
        ["2: this is a tab: indent with spaces", "3: this is a tab: indent with spaces"],
    ),
    "empty file": ("", ["1: the file is empty"]),
    "only a comment": ("# nothing\n", ["1: a file must have fields such as `series:`"]),
    "a list": ("- a\n- b\n", ["1: a file must have fields such as `series:`"]),
    "no series": ("zone: AEST\n", ["1: `series:` holds each series under its short name"]),
    "10 MB": (b"#" * 10_000_000, ["1: larger than 1 MB: too large for a programme file"]),
    "not UTF-8": (b"series:\n  caf\xe9: x\n", ["2: this isn't UTF-8 text"]),
    "not YAML": ("series: [a\n", ["2: this isn't YAML: expected ',' or ']', but got '<stream end>'"]),
    "an alias": ("series: &a\n  x: *a\n", ["1: anchors (&) and aliases (*) aren't supported: write it out"]),
    "nested deeply": ("[" * 100 + "]" * 100, ["1: nested too deeply"]),
    "unknown field": (one_series(evry="Monday"), ["8: unknown field 'evry'; did you mean 'every'?"]),
    "unknown kind": (one_series(kind="party"), ["3: unknown kind 'party': use one of clinic, lab, masterclass"]),
    "missing fields": (
        "series:\n  a-clinic:\n    title: x\n",
        [
            "2: 'kind' is missing",
            "2: 'time' is missing",
            "2: `from:` is missing, and the file names no `month:`",
            "2: say when it meets with either `every:` (Monday and Tuesday) or `repeat:` (an RRULE)",
        ],
    ),
    "no day": (
        one_series(every="Someday"),
        ["5: 'Someday' has no day: write Monday, or Monday and Tuesday, or first Monday of the month"],
    ),
    "no date": (one_series(from_="1/12/2023"), ["7: '1/12/2023' isn't a date: write it as 2023-12-01"]),
    "ends before it begins": (
        one_series(until="2023-11-01"),
        ["8: it ends on 2023-11-01, before it begins on 2023-12-01"],
    ),
    "bad short name": (
        one_series().replace("a-clinic", "A Clinic"),
        ["2: the short name 'A Clinic' can have only lower-case letters, digits and single hyphens, at most 60"],
    ),
    "no address": (
        one_series(analysts="[someone]"),
        [f"8: 'someone' isn't an email address: {email_addresses.EXAMPLE}"],
    ),
    "an address twice": (one_series(analysts="[A@b.org, a@b.org]"), ["8: 'a@b.org' is listed twice"]),
    "a text for a series": ("series:\n  a: b\n", ["2: the series 'a' must have fields such as `kind:` and `every:`"]),
    "a list for a title": (one_series(title="[a, b]"), ["4: 'title' must be one piece of text"]),
    "a rule that counts": (
        one_series(every="", repeat="FREQ=DAILY;COUNT=3"),
        [
            "7: 'FREQ=DAILY;COUNT=3': write `until:` or `modules:` to end a series, not UNTIL or COUNT",
        ],
    ),
    "a time that the clocks skip": (
        one_series(kind="lab", zone="Sydney", every="Sunday", time="2:30–4:00", from_="2026-10-04", until="2026-10-04"),
        ["6: on 2026-10-04 clocks in Australia/Sydney skip 02:30"],
    ),
    "a time that happens twice": (
        one_series(kind="lab", zone="Sydney", every="Sunday", time="2:30–4:00", from_="2027-04-04", until="2027-04-04"),
        ["6: on 2027-04-04 clocks in Australia/Sydney show 02:30 twice"],
    ),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_bad_file_is_named_with_its_line_and_states_nothing(what: str) -> None:
    text, expected = BAD_FILES[what]
    reading = reading_of(text)
    assert sorted(str(problem) for problem in reading.problems) == sorted(f"p.yaml:{line}" for line in expected)
    assert reading.statements == []


def _bad_dates() -> dict[str, tuple[str, list[str]]]:
    """The table in bad_dates.txt: a name, indented lines of YAML, then the messages."""
    found: dict[str, tuple[str, list[str]]] = {}
    for block in (Path(__file__).parent / "bad_dates.txt").read_text(encoding="utf-8").split("\n# ")[1:]:
        name, *lines = block.splitlines()
        indented = [f"{line}\n" for line in lines if line.startswith(" ")]
        found[name] = ("".join(indented), [line for line in lines if line and not line.startswith(" ")])
    return found


BAD_DATES = _bad_dates()


@pytest.mark.parametrize("what", BAD_DATES)
def test_a_mistake_about_a_single_date_is_named_with_its_line(what: str) -> None:
    text, expected = BAD_DATES[what]
    reading = reading_of(one_series() + text)
    assert [str(problem) for problem in reading.problems] == [f"p.yaml:{line}" for line in expected]
    assert reading.statements == []
    assert expected


@pytest.mark.parametrize(("field", "most", "said"), [("cancel", 500, "a reason"), ("title", 200, "a title")])
def test_what_is_too_long_is_named_with_its_limit(field: str, most: int, said: str) -> None:
    text = f"    exceptions:\n      - on: 2023-12-11\n        {field}: {{}}\n"
    assert reading_of(one_series() + text.format("x" * most)).problems == []
    problems = reading_of(one_series() + text.format("x" * (most + 1))).problems
    assert [str(problem) for problem in problems] == [f"p.yaml:10: {said} can have at most {most} characters"]


def test_every_mistake_is_named_at_once() -> None:
    reading = reading_of(one_series(zone="Atlantis", time="9", every="Noday", kind="party", extra="1"))
    assert [problem.place.line for problem in reading.problems] == [3, 5, 6, 8, 9]


def test_two_files_may_not_state_one_series() -> None:
    sources = [("a.yaml", one_series().encode()), ("b.yaml", one_series().encode())]
    reading = files.read_all(sources, ORGANISATION, TODAY)
    assert [str(problem) for problem in reading.problems] == [
        "b.yaml:2: the series 'a-clinic' is here twice; the first is in a.yaml:2"
    ]


def test_missing_files_folders_and_large_files_are_told_by_name(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * 10_000_000)
    reading = files.read([tmp_path / "none.yaml", tmp_path, large], ORGANISATION, TODAY)
    assert [problem.message for problem in reading.problems] == [
        "this file doesn't exist",
        "this is a folder, not a file",
        "larger than 1 MB: too large for a programme file",
    ]


def test_no_and_colons_stay_what_was_written() -> None:
    stated = reading_of(one_series(title="NO", time="9:30–10:30")).statements[0]
    assert (stated.title, stated.rule.start_wall) == ("NO", time(9, 30))


def test_an_endless_series_is_stored_to_the_end_of_the_month_13_months_ahead() -> None:
    assert stored_until(date(2026, 11, 23)) == date(2028, 1, 1)
    assert stored_until(date(2026, 12, 31)) == date(2028, 2, 1)
    stated = reading_of(one_series()).statements[0]
    last = expand(stated.rule, date(2023, 12, 1), stored_until(TODAY))[-1]
    assert last.wall == datetime(2027, 12, 27, 13)


def test_the_shipped_organisation_is_the_one_of_the_tests() -> None:
    shipped = organisation_file.load(folder("data"))
    assert shipped.observe == ("QLD", "NSW", "VIC")
    assert shipped.policy.reminder_hours == (24, 1)
    assert replace(shipped, observe=(), policy=replace(shipped.policy, reminder_hours=())) == ORGANISATION
    assert organisation_file.load(folder("data"), "Another").name == "Another"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("policy.yaml", "upcoming: 2", "upcomming: 2", "unknown rule 'upcomming'"),
        ("policy.yaml", "[24, 1]", "[24, soon]", "reminder_hours must be a list such as [24, 1], or [] for none"),
        ("policy.yaml", "upcoming: 2", "upcoming: two", "'upcoming' must be a whole number"),
        (
            "policy.yaml",
            "[15, 30]",
            "[15, 20]",
            f"policy.yaml:7: slot_minutes must be a list such as [30, 60], {lengths.RULE}",
        ),
        ("kinds.yaml", "shape: circle", "shape: star", "shape must be one of circle, diamond, square"),
        ("kinds.yaml", "bookable: yes", "bookable: perhaps", "'bookable' must be yes or no"),
        ("kinds.yaml", "plural: labs", "plural: clinics", "kinds.yaml:10: plural 'clinics' is already the plural"),
        ("kinds.yaml", "plural: labs", "plural: programme", "kinds.yaml:10: plural 'programme' is reserved"),
        ("kinds.yaml", "plural: labs", "plural: member", "kinds.yaml:10: plural 'member' is reserved"),
        ("kinds.yaml", "plural: labs", "plural: Our labs", "kinds.yaml:10: plural 'Our labs': use lower-case letters"),
        ("organisation.yaml", "zone: AEST", "zone: Nowhere", "unknown time zone 'Nowhere'"),
        ("organisation.yaml", "name: Social Media Knowledge\n", "", "'name' is missing"),
    ],
)
def test_a_mistake_in_kinds_policy_or_organisation_is_named(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    for name in ("kinds.yaml", "policy.yaml", "organisation.yaml"):
        text = (folder("data") / name).read_text()
        assert name != file or old in text
        (tmp_path / name).write_text(text.replace(old, new, 1) if name == file else text)
    with pytest.raises(nodes.Unreadable) as unreadable:
        organisation_file.load(tmp_path)
    assert message in str(unreadable.value)
    assert f"{tmp_path / file}:" in str(unreadable.value)


def test_a_series_may_have_rules_of_its_own(tmp_path: Path) -> None:
    for name in ("kinds.yaml", "policy.yaml", "organisation.yaml"):
        (tmp_path / name).write_text((folder("data") / name).read_text())
    with (tmp_path / "policy.yaml").open("a") as file:
        file.write("\nseries:\n  a-clinic:\n    upcoming: 5\n")
    found = organisation_file.load(tmp_path)
    assert (found.policy_for("a-clinic").upcoming, found.policy_for("another").upcoming) == (5, 2)
    assert found.policy_for("a-clinic").notice_minutes == 10
