"""What was typed stands in its field again, whatever the field, and nothing else of the page changes."""

from __future__ import annotations

import pytest

from booking.web.frame.form_refill import refill

FIELDS = {
    "text": ('<input name="a" value="old">', "new", '<input name="a" value="new">'),
    "text without a value": ('<input name="a" required>', "new", '<input name="a" required value="new">'),
    "markup": ('<input name="a" value="">', '"><b>', '<input name="a" value="&#34;&gt;&lt;b&gt;">'),
    "empty": ('<input name="a" value="old">', "", '<input name="a" value="">'),
    "a text area": (
        '<textarea name="a" rows="2">old\n</textarea>',
        "\nnew",
        '<textarea name="a" rows="2">\n\nnew</textarea>',
    ),
    "a radio button": (
        '<input type="radio" name="a" value="x" checked><input type="radio" name="a" value="y">',
        "y",
        '<input type="radio" name="a" value="x"><input type="radio" name="a" value="y" checked>',
    ),
    "a choice that is gone": ('<input type="radio" name="a" value="x" checked>', "y", None),
    "a box": ('<input type="checkbox" name="a">', "on", '<input type="checkbox" name="a" checked>'),
    "a box that was left out": ('<input type="checkbox" name="b" checked>', "x", '<input type="checkbox" name="b">'),
    "a list": (
        '<select name="a"><option value="x" selected>X</option><option value="y">Y</option></select>',
        "y",
        '<select name="a"><option value="x">X</option><option value="y" selected>Y</option></select>',
    ),
    "a list without it": ('<select name="a"><option value="x" selected>X</option></select>', "z", None),
    "a hidden field": ('<input type="hidden" name="a" value="old">', "new", None),
    "a password": ('<input type="password" name="a">', "new", None),
    "a button": ('<button name="a" value="old">Send</button>', "new", None),
    "another field": ('<input name="b" value="old">', "new", None),
}


@pytest.mark.parametrize("what", FIELDS)
def test_each_kind_of_field_holds_what_was_typed(what: str) -> None:
    before, typed, after = FIELDS[what]
    page = '<p>&amp; é</p>\n<form method="post" action="/x">\n{}\n</form>\n<input name="a" value="elsewhere">'
    assert refill(page.format(before), "/page", "/x", [("a", typed)]) == page.format(before if after is None else after)


@pytest.mark.parametrize(
    ("form", "is_it"),
    [
        ('<form method="post">', True),
        ('<form action="?to=1">', True),
        ('<form action="/page/y">', False),
        ('<form action="/page/y"><button formaction="/page/x">', True),
        ('<form action="x">', True),
    ],
)
def test_the_form_is_found_by_where_it_or_one_of_its_buttons_leads(form: str, is_it: bool) -> None:
    page = f'{form}<input name="a" value="old"></form>'
    changed = refill(page, "/page/x?y=1", "/page/x", [("a", "new")]) != page
    assert changed is is_it


def test_of_forms_that_lead_to_the_same_address_the_one_with_the_same_hidden_fields_is_filled() -> None:
    form = '<form action="/x"><input type="hidden" name="card" value="{}"><input name="a" value="old"></form>'
    page = form.format("one") + form.format("two")
    filled = refill(page, "/", "/x", [("card", "two"), ("a", "new")])
    assert filled == form.format("one") + form.format("two").replace("old", "new")


def test_fields_of_one_name_are_filled_in_their_order() -> None:
    page = '<form action="/x"><input name="a" value=""><input name="a" value=""></form>'
    filled = refill(page, "/", "/x", [("a", "one"), ("a", "two")])
    assert filled == '<form action="/x"><input name="a" value="one"><input name="a" value="two"></form>'
