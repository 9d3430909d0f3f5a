"""What every template keeps to, whatever it shows."""

from __future__ import annotations

import re

import pytest

from booking import resources
from booking.domain.enums.emails import EmailName

TEMPLATES = sorted(path for path in resources.folder("templates").rglob("*") if path.is_file())
#: Whoever branches on whether a name exists shows the wrong words as soon as somebody passes it always, or never.
EXISTENCE = re.compile(r"\bis\s+(?:not\s+)?(?:un)?defined\b|\|\s*d(?:efault)?\b")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_template_asks_whether_a_name_exists(template: object) -> None:
    assert EXISTENCE.findall(template.read_text(encoding="utf-8")) == []  # type: ignore[attr-defined]


def test_every_email_has_a_name_that_people_read() -> None:
    emails = {path.name for path in (resources.folder("templates") / "mail").iterdir() if path.is_dir()}
    assert emails == {one.value for one in EmailName}
    assert all(one.label and one.label != one.value for one in EmailName)


def test_the_pattern_finds_each_way_of_asking() -> None:
    for asked in ("x is defined", "x is not defined", "x is undefined", "x|default([])", "x | d('')"):
        assert EXISTENCE.search(asked)
    assert not EXISTENCE.search("x|day")


#: A sentence that ends in a tag at the end of a line, and the first word of the next: the tag takes the space between.
SWALLOWED_SPACE = re.compile(r"[.!?”…]\{% end\w+ %\}\n[A-Z“]")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_two_sentences_run_into_each_other(template: object) -> None:
    if template.suffix == ".html":  # type: ignore[attr-defined]
        assert SWALLOWED_SPACE.findall(template.read_text(encoding="utf-8")) == []  # type: ignore[attr-defined]


#: A space before a tag at the beginning of a line is taken away with the line's end before it.
LOST_SPACE = re.compile(r"\n[ \t]+\{[%#]")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_space_stands_where_it_is_lost(template: object) -> None:
    if template.suffix == ".html":  # type: ignore[attr-defined]
        assert LOST_SPACE.findall(template.read_text(encoding="utf-8")) == []  # type: ignore[attr-defined]
