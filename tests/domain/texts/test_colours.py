"""Colours that people can read, against the grounds that site.css has."""

from __future__ import annotations

import re

import pytest

from booking.domain.texts import colours
from booking.domain.texts.colours import GROUNDS, NotAColour, Scheme
from booking.mail.render import BUTTON_DARK, BUTTON_LIGHT
from booking.resources import PACKAGE


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    sheet = (PACKAGE / "static" / "site.css").read_text(encoding="utf-8")
    light, dark = sheet.split("@media (prefers-color-scheme: dark)", 1)
    for scheme, part in ((Scheme.LIGHT, light), (Scheme.DARK, dark)):
        found = [re.search(rf"--{name}: (#\w+)", part) for name in ("paper", "wash", "on-accent")]
        assert tuple(one[1] for one in found if one) == GROUNDS[scheme]


def test_contrast_is_as_wcag_reckons_it() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#ffffff", "#ffffff") == 1
    assert colours.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize(("typed", "found"), [(" 0B5394 ", "#0b5394"), ("#0B5394", "#0b5394"), ("", ""), ("  ", "")])
def test_a_colour_is_read_however_it_is_written(typed: str, found: str) -> None:
    assert colours.parse(typed, Scheme.LIGHT) == found


@pytest.mark.parametrize("typed", ["red", "#fff", "#12345g", "#0b5394;}", "url(x)", "rgb(0,0,0)", "#0b539４"])
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(NotAColour, match="six digits"):
        colours.parse(typed, Scheme.LIGHT)


@pytest.mark.parametrize(
    ("typed", "scheme", "said"),
    [("#767676", Scheme.LIGHT, "too pale .* 4.2 to 1"), ("#3a3a3a", Scheme.DARK, "too dark .* 1.5 to 1")],
)
def test_a_colour_that_cannot_be_read_is_refused_with_its_contrast(typed: str, scheme: Scheme, said: str) -> None:
    with pytest.raises(NotAColour, match=said):
        colours.parse(typed, scheme)


def test_the_buttons_of_emails_can_be_read() -> None:
    assert colours.parse(BUTTON_LIGHT, Scheme.LIGHT) == BUTTON_LIGHT
    assert colours.parse(BUTTON_DARK, Scheme.DARK) == BUTTON_DARK
