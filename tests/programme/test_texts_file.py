"""The organisation's texts in organisation.yaml: read, written and read again, every mistake named with its line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from booking import resources
from booking.domain.texts import text_set
from booking.programme import organisation_file, texts_file
from booking.programme.nodes import Unreadable


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copytree(resources.folder("data"), tmp_path / "data")
    return tmp_path / "data"


def test_what_is_written_reads_back_the_same(data: Path) -> None:
    found = organisation_file.load(data)
    texts = {
        **text_set.of(found),
        "name": 'Acme "& Sons": #1',
        "contact_email": "help@example.org",
        "contact_phone": "+61 7 3000 0000",
        "contact_page": "https://example.org/contact",
        "join_page": "https://example.org/join",
        "accent_light": "#0b5394",
        "accent_dark": "#8ab4f8",
        "greeting": "Hello {name}: 'welcome'",
        "footer": "",
        "paragraph.booked": "One.\n\n- two: {website} 𐍈\\n",
        "paragraph.sign-in": "%s <b>",
    }
    set_so = text_set.applied(texts, found)
    (data / "organisation.yaml").write_text(texts_file.text(set_so), encoding="utf-8")
    assert organisation_file.load(data) == set_so
    (data / "organisation.yaml").write_text(texts_file.text(found), encoding="utf-8")
    assert organisation_file.load(data) == found


def test_the_settings_stand_in_for_the_name_and_the_join_page(data: Path) -> None:
    found = organisation_file.load(data, "Acme", "https://example.org/join")
    assert (found.name, found.texts.join_page) == ("Acme", "https://example.org/join")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("join_page: nowhere", "'join_page': Enter an address that begins with https://"),
        ("contact: {email: nobody}", "'email': Enter an email address"),
        ("contact: {phone: [1]}", "'phone' must be a text"),
        ('colours: {light: "#ffee00"}', "'light': This colour is too pale"),
        ('emails: {greeting: "{{ 7*7 }}"}', "'greeting': “{{ 7\\*7 }}” isn’t a placeholder"),
        ('emails: {paragraphs: {booked: "{name}"}}', "'booked': “{name}” isn’t a placeholder"),
        ('emails: {footer: "{contact_phone}"}', "Footer: There is no telephone yet"),
    ],
)
def test_a_mistake_is_named_with_its_line(data: Path, line: str, said: str) -> None:
    with (data / "organisation.yaml").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(Unreadable, match=said):
        organisation_file.load(data)
