"""/robots.txt: calendars may fetch every feed (Google asks here first); addresses that open one thing are nobody's."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from booking.web.frame import access
from booking.web.frame.calendar_responses import FEEDS

blueprint = Blueprint("robots", __name__)


@blueprint.get("/robots.txt")
@access.public
def show() -> Response:
    closed = sorted({f"/{path.split('/')[1]}/" for path in access.signed_paths(current_app)} - {FEEDS})
    text = "".join(
        f"{line}\n" for line in ("User-agent: *", f"Allow: {FEEDS}", *(f"Disallow: {one}" for one in closed))
    )
    return Response(text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=86400"})
