"""Pictures of every page of the gallery, wide and narrow, light and dark: `make screenshots` puts them into build/."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page

#: Where they go; None where nobody asked for them.
FOLDER = Path(os.environ["PICTURES"]) if os.environ.get("PICTURES") else None
WIDTHS = (1280, 360)
SCHEMES = ("light", "dark")


def take(page: Page, name: str) -> list[Path]:
    """Take the page whole, once for each width and scheme, into a file named after it."""
    if FOLDER is None:
        return []
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            made.append(FOLDER / f"{file_name(name)}-{width}-{scheme}.png")
            page.screenshot(path=made[-1], full_page=True)
    return made


def file_name(name: str) -> str:
    """The name of a stop as part of a file's: lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("’", "")).strip("-")
