"""The organisation's own words in emails: where they stand, and that none of them can break or change one."""

from __future__ import annotations

import re
import uuid
from html import unescape

import pytest

from booking.domain.enums.emails import EmailName
from booking.domain.organisation import Organisation
from booking.domain.texts import text_set
from booking.domain.texts.text_fields import FIELDS, PARAGRAPH, TextNotRead
from booking.mail import samples
from booking.mail.compose import Sender, compose
from booking.mail.render import Recipient, Rendered, render
from tests.builders import NOW, ORGANISATION
from tests.mail.test_golden import FACTS, LINKS

HOSTILE = [
    "{{ 7*7 }}",
    "{% for x in ().__class__.__mro__ %}{% endfor %}",
    "{name.__class__}",
    "{0}",
    "<script>alert(1)</script>",
    "</p></main><img src=x onerror=alert(1)>",
    "%s %(name)s %d",
    "x\r\nBcc: thief@example.org\r\n\r\nHello",
    "x\nSubject: other",
    "--\n.\n",
    "=41=0D=0A",
    "'\"`;&lt;",
    "\u202egnp.exe",
    "𐍈" * 500,
    "a" * 100_000,
]


def with_texts(**texts: str) -> Organisation:
    return text_set.applied({**text_set.of(ORGANISATION), **texts}, ORGANISATION)


def of(organisation: Organisation, name: str = "Mia Moss") -> Rendered:
    return render(EmailName.BOOKED, FACTS, Recipient("mia@example.org", name, None), LINKS, organisation)


def test_greeting_paragraph_and_footer_stand_in_both_parts() -> None:
    organisation = with_texts(
        greeting="Hello {name}, from {short_name}",
        footer="Call {contact_phone}.\n{organisation}",
        contact_phone="07 3000 0000",
        **{f"{PARAGRAPH}booked": "One.\nTwo at {website}.\n\nThree."},
    )
    made = of(organisation)
    assert made.subject == of(ORGANISATION).subject
    first, rest = made.text.split("\n\n", 1)
    assert first == f"Hello Mia Moss, from {ORGANISATION.short_name}"
    assert rest.startswith("Booked: ")
    assert made.text.endswith(
        f"\n\nOne.\nTwo at {LINKS['site']}.\n\nThree.\n\n--\n{ORGANISATION.name} · {LINKS['site']}\n"
        f"Call 07 3000 0000.\n{ORGANISATION.name}\n"
    )
    assert f'<p class="own">Hello Mia Moss, from {ORGANISATION.short_name}</p>\n<h1>' in made.html
    assert (
        f'<p class="own">One.<br>Two at {LINKS["site"]}.</p>\n<p class="own">Three.</p>\n<p class="end">' in made.html
    )
    assert f"<br>Call 07 3000 0000.<br>{ORGANISATION.name}</p>" in made.html


def test_without_own_words_nothing_is_left_of_them() -> None:
    made = of(with_texts(footer=""))
    assert made.text.endswith(f"--\n{ORGANISATION.name} · {LINKS['site']}\n")
    assert "own" not in re.findall(r'class="(\w+)"', made.html)


def test_a_greeting_by_a_name_that_is_not_known_is_left_out() -> None:
    assert of(with_texts(greeting="Hello {name}"), name="").text == of(ORGANISATION, name="").text
    assert of(with_texts(greeting="Hello"), name="").text.startswith("Hello\n\nBooked: ")


def test_a_name_that_looks_like_a_placeholder_stays_a_name() -> None:
    assert of(with_texts(greeting="Hello {name}"), name="{organisation} {{ 7*7 }}").text.startswith(
        "Hello {organisation} {{ 7*7 }}\n"
    )


def test_the_button_has_the_organisations_colours() -> None:
    made = of(with_texts(accent_light="#0b5394", accent_dark="#8ab4f8")).html
    assert 'bgcolor="#0b5394"' in made
    assert ".go td { background: #0b5394; border: 1px solid #0b5394;" in made
    assert ".go td { background: #8ab4f8; border-color: #8ab4f8; }" in made


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("field", ["name", "short_name", "greeting", "footer", f"{PARAGRAPH}sign-in"])
def test_a_hostile_text_is_refused_or_stands_there_as_it_was_typed(field: str, hostile: str) -> None:
    """Also in what is stored without having been read, as by an older version: nothing in it is understood."""
    for text in (hostile, read(field, hostile)):
        if text is None or len(text) > 5_000:
            continue
        organisation = with_texts(**{field: text})
        for email in (EmailName.SIGN_IN, EmailName.TEST):
            made = samples.rendered(email, organisation, "https://b.example.org", NOW)
            plain = samples.rendered(email, ORGANISATION, "https://b.example.org", NOW)
            assert "\n" not in made.subject
            assert tags(made.html) - {"<br>"} <= tags(plain.html) | {'<p class="own">'}
            words = " ".join(text.split())
            if words in " ".join(made.text.split()):
                assert words in " ".join(unescape(re.sub("<[^>]+>", " ", made.html)).split()) or "<" in text
            message = compose(
                made, Recipient("mia@example.org", "Mia"), sender(organisation), uuid.UUID(int=1), NOW
            ).as_bytes()
            head = message.partition(b"\r\n\r\n")[0].decode("ascii")
            names = [line.partition(":")[0] for line in head.split("\r\n") if line[:1].strip()]
            assert "Bcc" not in names
            assert len(names) == len(set(names))


def read(field: str, text: str) -> str | None:
    try:
        return FIELDS[field].read(text)
    except TextNotRead:
        return None


def sender(organisation: Organisation) -> Sender:
    name = read("name", organisation.name)
    return Sender(name or "x", "clinics@example.org", "people@example.org", "b.example.org")


def tags(html: str) -> set[str]:
    return set(re.findall(r"<[a-z/][^>]*>", html.partition("<body>")[2]))


@pytest.mark.parametrize("email", EmailName)
def test_there_is_an_example_of_every_email_and_it_shows_its_own_words(email: EmailName) -> None:
    organisation = with_texts(greeting="Hello {name}", **{f"{PARAGRAPH}{email}": "Our own words."})
    made = samples.rendered(email, organisation, "https://b.example.org", NOW)
    assert made.text.startswith("Hello Mia Moss\n\n")
    assert "\nOur own words.\n\n--\n" in made.text
    assert '<p class="own">Our own words.</p>' in made.html
    assert "None" not in made.text
    other = next(one for one in EmailName if one is not email)
    assert "Our own words" not in samples.rendered(other, organisation, "https://b.example.org", NOW).text
