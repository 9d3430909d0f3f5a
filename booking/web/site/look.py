"""The organisation's colours as a style sheet, and its logo: each at an address that changes with its content."""

from __future__ import annotations

import hashlib
import uuid

from flask import Blueprint, Flask, Response, abort, url_for

from booking.domain.texts.colours import Scheme
from booking.domain.texts.organisation_texts import OrganisationTexts
from booking.store import logos
from booking.web.frame import access, context

blueprint = Blueprint("look", __name__, url_prefix="/look")
FOR_A_YEAR = "public, max-age=31536000, immutable"
#: Of a picture that somebody opens by itself: it can neither run nor fetch anything.
PICTURE_POLICY = "default-src 'none'; sandbox"


@blueprint.get("/<digest>.css")
@access.public
def colours(digest: str) -> Response:
    """The accents that are set. Under another version's address too, but then not to be kept."""
    sheet = _sheet(context.organisation().texts)
    answer = Response(sheet, content_type="text/css; charset=utf-8")
    answer.headers["Cache-Control"] = FOR_A_YEAR if digest == _digest(sheet) else "no-store"
    return answer


@blueprint.get("/logo/<uuid:public_id>.png")
@access.public
def logo(public_id: uuid.UUID) -> Response:
    """A logo that a coordinator has uploaded."""
    content = logos.content(context.db(), public_id)
    if content is None:
        abort(404)
    answer = Response(content, content_type="image/png")
    answer.headers["Content-Security-Policy"] = PICTURE_POLICY
    answer.headers["Cache-Control"] = FOR_A_YEAR
    return answer


def colours_url() -> str:
    """The address of the style sheet; empty where no colour is set."""
    sheet = _sheet(context.organisation().texts)
    return url_for("look.colours", digest=_digest(sheet)) if sheet else ""


def _sheet(texts: OrganisationTexts) -> str:
    accents = {Scheme.LIGHT: texts.accent_light, Scheme.DARK: texts.accent_dark}
    rules = {scheme: f":root{{--accent:{colour}}}" for scheme, colour in accents.items() if colour}
    if Scheme.DARK in rules:  # on paper it is always light
        rules[Scheme.DARK] = f"@media screen and (prefers-color-scheme:dark){{{rules[Scheme.DARK]}}}"
    if Scheme.LIGHT in rules and Scheme.DARK not in rules:
        rules[Scheme.LIGHT] = f"@media print,(prefers-color-scheme:light){{{rules[Scheme.LIGHT]}}}"
    return "".join(rules.values())


def _digest(sheet: str) -> str:
    return hashlib.sha256(sheet.encode()).hexdigest()[:12]


def init_app(app: Flask) -> None:
    """Let pages find the style sheet."""
    app.jinja_env.globals["colours_url"] = colours_url
