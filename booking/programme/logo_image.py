"""A picture that somebody uploads as a logo, made into a small PNG of our own: nothing of the file itself is kept.

Read in a child process with limits: whatever the bytes are, the worst that happens is that they can't be read.
"""

from __future__ import annotations

import io
import sys
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps

from booking.programme import child_process
from booking.programme.child_process import ChildFailed

MAX_BYTES = 2_000_000
MOST_PIXELS, LEAST_PIXELS = 4_000, 32
WIDTH, HEIGHT = 480, 96  # at most; pages show it at a third of that
MOST_STORED = 60_000
FORMATS = ("PNG", "JPEG", "WEBP")
_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")  # nothing else is worth a process of its own
NO_PICTURE = "This file can’t be read as a picture. Choose a PNG, JPEG or WebP file."
TOO_LARGE = f"This file is larger than {MAX_BYTES // 1_000_000} MB. Choose a smaller one."
WRONG_SIZE = (
    f"This picture is {{width}} by {{height}} pixels. Choose one of {LEAST_PIXELS} to {MOST_PIXELS:,} pixels each way."
)


class NotALogo(ValueError):
    """The file can't be a logo; the message says what to choose instead."""


@dataclass(frozen=True, slots=True)
class LogoImage:
    """A PNG and its size in pixels."""

    content: bytes
    width: int
    height: int


def read(data: bytes) -> LogoImage:
    """The picture of a PNG, JPEG or WebP file, made to fit. Raises NotALogo."""
    if len(data) > MAX_BYTES:
        raise NotALogo(TOO_LARGE)
    if not data.startswith(_BEGINNINGS):
        raise NotALogo(NO_PICTURE)
    try:
        found = child_process.ask(["-m", "booking.programme.logo_image"], data)
    except ChildFailed as error:
        raise NotALogo(NO_PICTURE) from error
    if "mistake" in found:
        raise NotALogo(found["mistake"])
    return LogoImage(b64decode(found["content"]), found["width"], found["height"])


def _answer(data: bytes) -> dict[str, Any]:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            width, height = opened.size
            if not LEAST_PIXELS <= min(width, height) <= max(width, height) <= MOST_PIXELS:
                return {"mistake": WRONG_SIZE.format(width=width, height=height)}
            made = _made(opened)
    except Exception:  # whatever the library says of bytes like these, they are no picture
        return {"mistake": NO_PICTURE}
    return {"content": b64encode(_as_png(made)).decode(), "width": made.width, "height": made.height}


def _made(opened: Image.Image) -> Image.Image:
    """The picture upright, in plain pixels, in the size that is kept."""
    upright = ImageOps.exif_transpose(opened).convert("RGBA")
    upright.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return upright


def _as_png(picture: Image.Image) -> bytes:
    """Its bytes without what the file said beside; in 256 colours where all of them take too much."""
    bare = Image.new("RGBA", picture.size)
    bare.paste(picture)
    written = io.BytesIO()
    bare.save(written, "PNG", optimize=True)
    if written.tell() > MOST_STORED:
        written = io.BytesIO()
        bare.quantize(256, Image.Quantize.FASTOCTREE).save(written, "PNG", optimize=True)
    return written.getvalue()


if __name__ == "__main__":
    child_process.answer(_answer(child_process.begin()))
    sys.stdout.flush()
