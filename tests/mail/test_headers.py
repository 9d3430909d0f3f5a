"""Headers as every reader decodes them: by the email package of this Python, and by RFC 2047 read anew here."""

from __future__ import annotations

import email
import email.policy
import re
from base64 import b64decode
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from booking.mail import headers

ENCODED = re.compile(r"=\?([\w-]+)\?([qbQB])\?([!-~]*?)\?=")
WHERE = "Booked: Mon 4 Dec 2023 2:00 pm Sydney (1:00 pm AEST), 15 minutes with "


def decoded(value: str) -> str:
    """RFC 2047, 6.2: folds undone, white space between encoded words left out, each word decoded by itself."""

    def word(found: re.Match[str]) -> str:
        charset, encoding, content = found.groups()
        assert len(found[0]) <= 75
        if encoding in "bB":
            return b64decode(content, validate=True).decode(charset)
        octets = content.replace("_", " ").encode()
        return re.sub(rb"=([0-9A-F]{2})", lambda hexed: bytes.fromhex(hexed[1].decode()), octets).decode(charset)

    unfolded = value.replace("\r\n", "")
    return ENCODED.sub(word, re.sub(r"(\?=)\s+(?==\?)", r"\1", unfolded))


def parsed(name: str, value: str) -> email.message.EmailMessage:
    raw = f"{name}: {value}\r\n\r\n".encode("ascii")
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=120).map(headers.one_line)
LOOKING_ENCODED = st.lists(
    st.sampled_from(
        ["=?", "?=", "=?utf-8?q?", "a=0Ab", "?b?", "é", " ", "_", "José", "Núñez", "李", "明", '"', "\\", ","]
    )
).map(lambda parts: headers.one_line("".join(parts)))


@given(LINES | LOOKING_ENCODED)
@example("=?utf-8?q?a=0Ab?=")
@example(f"{WHERE}José Núñez")
@example(f"{WHERE}李 明")
@example("Zoë O\N{RIGHT SINGLE QUOTATION MARK}Brien is ill")
@example("x" * 300)
@example("long " * 60 + "é")
@example("")
def test_a_subject_decodes_to_its_text_by_every_decoder(text: str) -> None:
    text = headers.one_line(text)
    value = headers.unstructured("Subject", text)
    assert decoded(value) == text
    assert parsed("Subject", value)["Subject"] == text
    assert str(make_header(decode_header(value.replace("\r\n", "")))) == text


@given(LINES | LOOKING_ENCODED)
@example("Moss, Mia")
@example('Mia "the" Moss')
@example("=?utf-8?q?a=0Ab?=")
@example("Zoë Ångström")
@example("José Núñez, Chair of the Society of Analysts and of Much Else in the Commonwealth")
@example("نوشین می\N{ZERO WIDTH NON-JOINER}خواهد")
def test_a_name_decodes_to_itself_and_adds_no_address(name: str) -> None:
    value = headers.mailbox("To", name, "mia@example.org")
    phrase, _, rest = value.rpartition("<")
    assert rest == "mia@example.org>" or value == "mia@example.org"
    unquoted = phrase.strip()
    if unquoted.startswith('"'):
        unquoted = re.sub(r"\\(.)", r"\1", unquoted[1:-1])
    assert decoded(unquoted).strip() == name
    (found,) = parsed("To", value)["To"].addresses
    assert found.addr_spec == "mia@example.org"
    if value.count("=?utf-8?") < 2:  # between two the email package keeps a space that RFC 2047 leaves out
        assert found.display_name == name


@given(st.sampled_from(["Subject", "To"]), LINES | LOOKING_ENCODED)
def test_a_header_starts_on_its_own_line_in_short_lines_of_seven_bits(name: str, text: str) -> None:
    value = headers.unstructured(name, text) if name == "Subject" else headers.mailbox(name, text, "mia@example.org")
    lines = f"{name}: {value}".split("\r\n")
    assert all(line.isascii() and line.isprintable() and len(line) <= 76 for line in lines)
    assert all(line.startswith(" ") and line.strip() for line in lines[1:])
    assert len(lines[0]) > len(name) + 2 or not text


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00", "\ud800"])
def test_no_text_starts_another_header(ending: str) -> None:
    for value in (headers.unstructured("Subject", f"a{ending}Bcc: b"), headers.mailbox("To", f"a{ending}b", "c@d.org")):
        assert "\n" not in value.replace(headers.FOLD, "")
        assert parsed("Subject", value).keys() == ["Subject"]


def test_an_international_domain_is_written_by_its_a_labels() -> None:
    assert headers.mailbox("To", "Mia", "mia@bücher.example") == "Mia <mia@xn--bcher-kva.example>"
    assert headers.addr_spec("o'brien+x@example.org") == "o'brien+x@example.org"
