"""Static files: read and compressed once at the start, at addresses that change with their content.

Nothing about them depends on the host that answers: the ETag is a digest of the bytes, and no time of a file is told.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, request, url_for

from booking.web.site import compression

FOR_A_YEAR = "public, max-age=31536000, immutable"
#: Under an address without the digest, or with that of another version: kept only if the service says it is the same.
ASK_AGAIN = "no-cache"
_BEST = 9


@dataclass(frozen=True, slots=True)
class StaticFile:
    """The bytes of one file; `packed` is None where compression gains nothing."""

    content: bytes
    packed: bytes | None
    content_type: str
    digest: str

    @property
    def version(self) -> str:
        """What its address carries."""
        return self.digest[:12]


def read(folder: Path) -> dict[str, StaticFile]:
    """Every file below the folder, by its path in it."""
    return {path.relative_to(folder).as_posix(): _read(path) for path in folder.rglob("*") if path.is_file()}


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    mime_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = compression.packed(content, _BEST) if compression.is_worth_it(mime_type) else None
    if packed is not None and len(packed) >= len(content):
        packed = None
    content_type = f"{mime_type}; charset=utf-8" if mime_type.startswith("text/") else mime_type
    return StaticFile(content, packed, content_type, hashlib.sha256(content).hexdigest()[:32])


def init_app(app: Flask, folder: Path) -> None:
    """Answer for the files of the folder in place of Flask's own view, and give templates `static(name)`."""
    files = read(folder)

    def answer(filename: str) -> Response:
        found = files.get(filename)
        if found is None:
            abort(404)
        is_packed = found.packed is not None and "Range" not in request.headers and compression.is_accepted()
        content = found.packed if is_packed and found.packed is not None else found.content
        response = Response(content, content_type=found.content_type)
        response.set_etag(found.digest, weak=is_packed)
        response.headers["Cache-Control"] = FOR_A_YEAR if request.args.get("v") == found.version else ASK_AGAIN
        if found.packed is not None:
            response.vary.add("Accept-Encoding")
        if is_packed:
            response.headers["Content-Encoding"] = compression.ENCODING
            return response.make_conditional(request)  # type: ignore[return-value]
        return response.make_conditional(request, accept_ranges=True, complete_length=len(content))  # type: ignore[return-value]

    app.view_functions["static"] = answer
    app.jinja_env.globals["static"] = lambda name: url_for("static", filename=name, v=files[name].version)
