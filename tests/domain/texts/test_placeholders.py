"""Placeholders: a closed list, filled once, and everything else in braces a mistake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.texts import placeholders
from booking.domain.texts.placeholders import BLOCK, GREETING


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ 7*7 }}", "{{ 7*7 }}"),
        ("{name.__class__}", "{name.__class__}"),
        ("{{name}}", "{{name}}"),
        ("{name} and }", "}"),
        ("{", "{"),
        ("{Name}", "{Name}"),
        ("{0}", "{0}"),
        ("{name!r}", "{name!r}"),
        ("{name:>1000000000}", "{name:>1000000000}"),
        ("{% include 'x' %}", "{% include 'x' %}"),
        ("{website}", "{website}"),
    ],
)
def test_whatever_else_stands_in_braces_is_named_with_the_placeholders_there_are(text: str, shown: str) -> None:
    said = placeholders.mistake(f"Hello {text}", GREETING)
    assert (
        said == f"“{shown}” isn’t a placeholder. The placeholders here are {{name}}, {{organisation}}, {{short_name}}."
    )


def test_every_placeholder_of_the_list_is_taken_and_filled_once() -> None:
    text = placeholders.listed(BLOCK)
    assert placeholders.mistake(text, BLOCK) == ""
    values = {name: f"{{{BLOCK[0]}}}" for name in BLOCK}
    assert placeholders.filled(text, values) == ", ".join([f"{{{BLOCK[0]}}}"] * len(BLOCK))


@pytest.mark.parametrize("text", ["%s", "%(name)s", "$name", "<script>alert(1)</script>", "\\{", "#{name}", "50 %"])
def test_other_signs_mean_nothing(text: str) -> None:
    values = dict.fromkeys(placeholders.MEANINGS, "x")
    assert placeholders.filled(text, values) == text.replace("{name}", "x")


@given(st.text(alphabet="{}name_. %\n", max_size=40))
def test_a_text_without_mistakes_has_no_brace_once_it_is_filled(text: str) -> None:
    if not placeholders.mistake(text, GREETING):
        filled = placeholders.filled(text, dict.fromkeys(GREETING, "x"))
        assert not {"{", "}"} & set(filled)
