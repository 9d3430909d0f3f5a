"""Pictures for a logo: told by their content, made small and bare, refused with what to choose instead."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from booking.programme import logo_image
from booking.programme.logo_image import NotALogo
from tests.logos import a_picture


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_a_small_png(file_format: str) -> None:
    made = logo_image.read(a_picture(960, 240, file_format))
    with Image.open(io.BytesIO(made.content)) as opened:
        assert (opened.format, opened.size) == ("PNG", (made.width, made.height)) == ("PNG", (384, 96))


def test_nothing_of_the_file_itself_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "<script>at home</script>", 6  # a description, and turned by 90 degrees
    made = logo_image.read(a_picture(200, 100, "JPEG", exif=exif.tobytes(), comment=b"at home") + b"<script>")
    assert b"home" not in made.content
    assert b"script" not in made.content
    assert made.height > made.width
    chunks = set()
    rest = made.content[8:]
    while rest:
        length, name = struct.unpack(">I4s", rest[:8])
        chunks.add(name)
        rest = rest[12 + length :]
    assert chunks == {b"IHDR", b"IDAT", b"IEND"}


def test_many_colours_are_made_fewer_where_they_take_too_much() -> None:
    noise = Image.effect_noise((480, 96), 200).convert("RGB")
    written = io.BytesIO()
    Image.merge("RGB", (noise.getchannel(0), noise.getchannel(1).rotate(180), noise.getchannel(2))).save(written, "PNG")
    assert len(logo_image.read(written.getvalue()).content) < 60_000


def a_bomb() -> bytes:
    """A PNG that says it is 30,000 pixels each way."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 90_001)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "can’t be read as a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "Choose a PNG, JPEG or WebP file"),
        (b"GIF89a", "can’t be read"),
        (b"\x89PNG\r\n\x1a\n<script>", "can’t be read"),
        (b"RIFF\x00\x00\x00\x00WAVE", "can’t be read"),
        (a_picture()[:300], "can’t be read"),
        (a_picture(31, 31), "31 by 31 pixels. Choose one of 32 to 4,000"),
        (a_picture(4001, 40), "4001 by 40 pixels"),
        (a_bomb(), "30000 by 30000 pixels|can’t be read"),
        (b"\x89PNG\r\n\x1a\n" + bytes(logo_image.MAX_BYTES), "larger than 2 MB"),
    ],
)
def test_anything_else_is_refused_with_what_to_choose(data: bytes, said: str) -> None:
    with pytest.raises(NotALogo, match=said):
        logo_image.read(data)
