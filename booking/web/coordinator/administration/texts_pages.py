"""The organisation's texts, set on a page: its name, its look and its own words in emails, with a preview."""

from __future__ import annotations

import re
import uuid
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, numbers
from booking.domain.enums.emails import EmailName
from booking.domain.enums.organisation import OrganisationPart
from booking.domain.people.actor import Actor
from booking.domain.texts import placeholders, text_fields, text_set
from booking.domain.texts.organisation_texts import Logo
from booking.domain.texts.text_fields import FIELDS, GROUPS, LOGO, PARAGRAPHS
from booking.mail import samples
from booking.mail.render import Rendered
from booking.programme import logo_image, texts_file
from booking.services.organisation import save_texts as saving
from booking.store import logos, organisation_versions
from booking.web.coordinator.administration import texts_form
from booking.web.coordinator.administration.texts_form import TextsForm
from booking.web.coordinator.blueprint import blueprint
from booking.web.frame import access, context, error_pages, security_headers
from booking.web.frame.current_reader import current_user

SHOWN_VERSIONS = 20
LARGEST = logo_image.MAX_BYTES + 500_000  # a picture, and what the other fields of the form add to it
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_LINK = re.compile(r' href="[^"]*"')


@dataclass(frozen=True, slots=True)
class SavedTexts:
    """One line of the history: what was changed, by whom, when; `number` brings its texts back into the form."""

    number: int
    saved_at: datetime
    who: str
    changed: list[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """An email as it would be with the texts of the form. In its HTML no link leads anywhere."""

    email: EmailName
    rendered: Rendered

    @property
    def html(self) -> str:
        return _LINK.sub("", self.rendered.html)

    @property
    def policy(self) -> str:
        """The policy of a page that shows it in a frame: the one style sheet more that its HTML has."""
        sheets = (b64encode(sha256(sheet.encode()).digest()).decode() for sheet in _STYLE.findall(self.html))
        allowed = " ".join(f"'sha256-{one}'" for one in sheets)
        return security_headers.POLICY.replace("style-src 'self'", f"style-src 'self' {allowed}")


@blueprint.get("/texts")
@access.coordinator
def texts() -> ResponseReturnValue:
    """The texts in effect; with `version`, an earlier version's in the form, to be saved again."""
    number, now = _in_effect()
    version = numbers.whole(request.args.get("version", ""))
    shown = _earlier(version) if version is not None else None
    return _page(texts_form.filled(shown or now), number, now, again=version if shown is not None else None)


@blueprint.post("/texts")
@access.coordinator
@access.takes(LARGEST)
def save_the_texts() -> ResponseReturnValue:
    """Save them, show an email with them, or put a default back into the form; a mistake is said beside its field."""
    number, now = _in_effect()
    form = texts_form.read(request.form, now)
    _read_logo(form)
    if request.form.get("default", "") in FIELDS:
        return _page(_with_default(form, request.form["default"]), _seen(), now)
    if form.errors:
        return _page(form, _seen(), now), 422
    if (name := _asked_email()) is not None:
        organisation = text_set.applied(form.texts, context.organisation())
        made = samples.rendered(name, organisation, context.settings().base_url, context.now())
        return _page(form, _seen(), now, preview=Preview(name, made))
    acting = context.acting(Actor.staff(current_user.id))
    try:
        saved = saving.save_texts(acting, form.texts, _seen(), context.default_organisation())
    except errors.TextNotAccepted as refusal:
        form.errors[refusal.field] = refusal.reason
        return _page(form, _seen(), now), 422
    except errors.ChangedMeanwhile as refusal:
        return _page(form, number, now, refusal=refusal), 409
    context.organisation_changed()
    flash("Saved. Pages, calendars and emails have the new texts from now on." if saved else "Nothing has changed.")
    return redirect(url_for("coordinator.texts"), 303)


@blueprint.get("/texts.yaml")
@access.coordinator
def texts_as_file() -> ResponseReturnValue:
    """The texts in effect as an organisation.yaml."""
    answer = Response(texts_file.text(context.organisation()), content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="organisation.yaml"'
    return answer


def _in_effect() -> tuple[int, dict[str, str]]:
    """The newest version's number and texts; 0 and the data folder's texts where nothing was saved yet."""
    number, stored = organisation_versions.newest(context.db(), OrganisationPart.TEXTS)
    return number, text_set.from_json(stored, context.default_organisation())


def _seen() -> int:
    """The number of the version that the sent form was filled with."""
    return numbers.whole(request.form.get("seen", "")) or 0


def _earlier(number: int) -> dict[str, str] | None:
    default = context.default_organisation()
    if number == 0:
        return text_set.of(default)
    stored = organisation_versions.numbered(context.db(), OrganisationPart.TEXTS, number)
    return text_set.from_json(stored, default) if stored is not None else None


def _asked_email() -> EmailName | None:
    """The email that is to be shown; None where the texts are to be saved."""
    if request.form.get("do") != "preview":
        return None
    return next((email for email in EmailName if email == request.form.get("email")), EmailName.BOOKED)


def _with_default(form: TextsForm, name: str) -> TextsForm:
    """The form with one field as the data folder has it; all else as it was typed."""
    default = text_set.of(context.default_organisation())
    form.typed[name] = form.texts[name] = default[name]
    form.errors.pop(name, None)
    return form


def _read_logo(form: TextsForm) -> None:
    """The picture that was chosen, kept for the preview and for saving; else the one that the form had, or none."""
    uploaded = request.files.get(LOGO)
    form.texts[LOGO] = "" if request.form.get("no_logo") else _kept_logo()
    if uploaded is None or not uploaded.filename:
        return
    try:
        picture = logo_image.read(uploaded.read(logo_image.MAX_BYTES + 1))
    except logo_image.NotALogo as refusal:
        form.errors[LOGO] = str(refusal)
        return
    acting = context.acting(Actor.staff(current_user.id))
    form.texts[LOGO] = str(saving.upload_logo(acting, picture.content, picture.width, picture.height))


def _kept_logo() -> str:
    """The logo that the sent form was filled with, if it is still stored."""
    try:
        asked = uuid.UUID(hex=request.form.get("kept_logo", ""))
    except ValueError:
        return ""
    return str(logos.logo(context.db(), asked) or "")


def _history(before_number: int | None) -> tuple[list[SavedTexts], int | None]:
    """The newest versions, or those before that number, each beside the one before it; the last one's number if there
    are more."""
    default = context.default_organisation()
    rows = organisation_versions.history(context.db(), OrganisationPart.TEXTS, SHOWN_VERSIONS + 1, before_number)
    read = [text_set.from_json(row.content, default) for row in rows]
    before = [*read, text_set.of(default)][1:]
    lines = [
        SavedTexts(row.number, row.created_at, row.person.name, text_set.differences(was, now))
        for row, now, was in zip(rows, read, before, strict=True)
    ]
    return lines[:SHOWN_VERSIONS], lines[SHOWN_VERSIONS - 1].number if len(lines) > SHOWN_VERSIONS else None


def _page(
    form: TextsForm,
    seen: int,
    now: dict[str, str],
    *,
    refusal: errors.Refusal | None = None,
    again: int | None = None,
    preview: Preview | None = None,
) -> Response:
    before = numbers.whole(request.args.get("before", ""))
    history, earlier = _history(before)
    answer = make_response(
        render_template(
            "coordinator/texts.html",
            form=form,
            seen=seen,
            groups=GROUPS,
            paragraphs=PARAGRAPHS,
            label_of=text_fields.label_of,
            placeholders=placeholders,
            default=text_set.of(context.default_organisation()),
            logo=Logo.parse(form.texts[LOGO]),
            theirs=now if refusal is not None else {},
            refused=error_pages.sentence(refusal) if refusal is not None else "",
            again=again,
            preview=preview,
            history=history,
            before=before,
            earlier=earlier,
        )
    )
    if preview is not None:
        answer.headers["Content-Security-Policy"] = preview.policy
    return answer
