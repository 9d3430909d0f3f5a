"""Pictures to upload as a logo."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw


@lru_cache(maxsize=8)
def a_picture(width: int = 480, height: int = 120, file_format: str = "PNG", **saved: bytes) -> bytes:
    """A picture with a letter in it; `saved` is what else the file says of itself."""
    picture = Image.new("RGB", (width, height), "#0b5394")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((height // 4, height // 4, height * 3 // 4, height * 3 // 4), fill="#ffffff")
    written = io.BytesIO()
    picture.save(written, file_format, **saved)
    return written.getvalue()
