"""Paste an announcement: the text on the left, what was understood on the right, every doubt a question on its line."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, wording, zones
from booking.domain.people.actor import Actor
from booking.domain.planning import holiday_answers, schedule
from booking.domain.planning.occurrences import Period, StoredSeries
from booking.domain.planning.plan import NOTHING_STORED
from booking.domain.planning.resolve import resolve
from booking.domain.planning.schedule import Surroundings
from booking.domain.recurrence import stored_until
from booking.programme import files, words
from booking.programme.announcements import documents, lines, months
from booking.programme.announcements.budget import CannotRead
from booking.programme.announcements.draft import AnnouncementDraft, Doubt
from booking.programme.announcements.writing import file_of
from booking.services.publishing import drafts, holidays, planning
from booking.services.publishing.planning import Asking
from booking.store.programme import changes
from booking.web.coordinator.drafts import draft_cards
from booking.web.coordinator.drafts.draft_reading import understood
from booking.web.coordinator.programme import plans
from booking.web.coordinator.programme.plans import PlanRequest
from booking.web.frame import access, context, list_places
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("drafts", __name__, url_prefix="/coordinator/drafts")
MOST_CARDS = 100  # on one page
LARGEST = lines.MAX_BYTES + 1_000_000  # a document, and what a form adds to it


@blueprint.route("/", methods=["GET", "POST"])
@access.coordinator
@access.takes(LARGEST)
def begin() -> ResponseReturnValue:
    """Paste, and the drafts that are not published yet."""
    mistakes: dict[str, str] = {}
    if request.method == "POST":
        try:
            source = _source()
            documents.lines_of(source)
            draft_id = drafts.begin(context.acting(Actor.staff(current_user.id)), source, _month_word())
            return redirect(url_for("drafts.one", public_id=draft_id), 303)
        except (errors.TextNotAccepted, CannotRead) as refusal:
            mistakes = {"source": f"{str(refusal).removeprefix('source: ').capitalize()}."}
    found = drafts.latest(context.db(), list_places.read(request.args.get("after", "")))
    shown = found[: drafts.PAGE]
    page = render_template(
        "drafts/begin.html",
        drafts=shown,
        more=list_places.written((shown[-1].updated_at, shown[-1].id)) if len(found) > len(shown) else None,
        errors=mistakes,
        source=request.form.get("source", ""),
        month=request.form.get("month", ""),
    )
    return page, 422 if mistakes else 200


def _source() -> str:
    """Returns the pasted text, or that of the chosen file."""
    uploaded = request.files.get("file")
    if uploaded is not None and uploaded.filename:
        data = uploaded.read(lines.MAX_BYTES + 1)
        return "\n".join(f"{'• ' if line.is_item else ''}{line.text}" for line in documents.lines_of(data))
    return request.form.get("source", "").replace("\r\n", "\n")


def _month_word() -> str:
    month = request.form.get("month", "").strip()
    try:
        return f"{words.month(month):%Y-%m}" if month else ""
    except ValueError:
        return ""


def _draft(public_id: uuid.UUID) -> changes.StoredDraft:
    try:
        return drafts.with_id(context.db(), public_id)
    except errors.NotFound:
        abort(404)


def _asking(kept: changes.StoredDraft, draft: AnnouncementDraft) -> tuple[Asking | None, files.Reading]:
    """Returns the request of the draft; None where its file has mistakes."""
    today = zones.today(context.now(), context.organisation().zone)
    found = files.read_all([("draft", file_of(draft).encode())], context.organisation(), today)
    if found.problems or not found.statements:
        return None, found
    statements = [
        replace(stated, on_holiday=str(kept.answers.get(f"holiday:{stated.slug}", "")) or stated.on_holiday)
        for stated in found.statements
    ]
    same = {name.removeprefix("same:"): str(value) for name, value in kept.answers.items() if name.startswith("same:")}
    given = [f"{name.removeprefix('holiday:')}={value}" for name, value in kept.answers.items() if "/" in name]
    asking = planning.files(statements, same)
    return holidays.answered(asking, holiday_answers.read(given), context.organisation()), found


@blueprint.get("/<uuid:public_id>")
@access.coordinator
def one(public_id: uuid.UUID) -> ResponseReturnValue:
    """The text line by line, and what was understood."""
    return _page(_draft(public_id), {})


def _page(kept: changes.StoredDraft, mistakes: dict[str, str]) -> ResponseReturnValue:
    draft = understood(kept)
    cards = draft_cards.cards(kept, draft)
    doubts: dict[int, list[Doubt]] = {}
    for doubt in draft.doubts:
        doubts.setdefault(doubt.line, []).append(doubt)
    near = {line.number for line in draft.near}
    read_lines = {number for series in draft.series for number in series.lines}
    page = render_template(
        "drafts/one.html",
        kept=kept,
        month=draft.month,
        cards=cards[:MOST_CARDS],
        more_cards=len(cards) - MOST_CARDS,
        dates=draft_cards.dates(kept, cards[:MOST_CARDS]),
        doubts=draft.doubts,
        lines=[
            (n, text, n in read_lines, n in near, doubts.get(n, []))
            for n, text in enumerate(lines.numbered(kept.source), 1)
        ],
        kinds=context.organisation().kinds.values(),
        errors=mistakes,
        choice=choice_words,
    )
    return page, 422 if mistakes else 200


def choice_words(answer: str) -> str:
    """An answer as a button says it."""
    return f"{zones.city(answer)} time" if "/" in answer else answer


@blueprint.post("/<uuid:public_id>")
@access.coordinator
@access.takes(LARGEST)
def answer(public_id: uuid.UUID) -> ResponseReturnValue:
    """Keep an answer, a corrected card, another text or month."""
    kept = _draft(public_id)
    form = request.form
    given: dict[str, Any] = {}
    if "answer" in form:
        name, _, value = form["answer"].partition("=")
        given[name] = value
        if name.startswith("aest:"):
            given["aest"] = value
    if "card" in form:
        values = {word: form.get(word, "").replace("\r\n", "\n").strip() for word in draft_cards.FIELDS}
        given[form["card"]] = {**values, "out": "out" in form}
        draft = understood(kept)
        cards = draft_cards.cards(kept, draft)
        for card in cards:
            if card["name"] == form["card"]:
                card["values"], card["is_out"] = values, "out" in form
        _, mistakes = draft_cards.corrected(draft, cards)
        if mistakes:
            return _page_with(kept, given, mistakes)
    source = form["source"].replace("\r\n", "\n") if "source" in form else None
    try:
        if source is not None:
            documents.lines_of(source)
        drafts.change(
            context.acting(Actor.staff(current_user.id)),
            public_id,
            source=source,
            month=_month_word() if "month" in form else None,
            answers=given,
        )
    except errors.TextNotAccepted as refusal:
        return _page(_draft(public_id), {"source": f"{refusal.reason.capitalize()}."})
    except CannotRead as refusal:
        return _page(_draft(public_id), {"source": f"{str(refusal).capitalize()}."})
    back = "drafts.plan" if form.get("back") == "plan" else "drafts.one"
    return redirect(url_for(back, public_id=public_id), 303)


def _page_with(kept: changes.StoredDraft, given: dict[str, Any], mistakes: dict[str, str]) -> ResponseReturnValue:
    """The page with what was typed and why it cannot be kept; nothing is stored."""
    context.db().expunge(kept)
    kept.answers = {**kept.answers, **given}
    return _page(kept, mistakes)


@blueprint.post("/<uuid:public_id>/discard")
@access.coordinator
def discard(public_id: uuid.UUID) -> ResponseReturnValue:
    """Throw the draft away."""
    try:
        drafts.discard(context.acting(Actor.staff(current_user.id)), public_id)
    except errors.NotFound:
        abort(404)
    flash("Draft discarded.")
    return redirect(url_for("drafts.begin"), 303)


@blueprint.get("/<uuid:public_id>/preview")
@access.coordinator
def preview(public_id: uuid.UUID) -> ResponseReturnValue:
    """The dates as a member would see them."""
    kept = _draft(public_id)
    draft, _ = draft_cards.corrected(read := understood(kept), draft_cards.cards(kept, read))
    today = zones.today(context.now(), context.organisation().zone)
    _, found = _asking(kept, draft)
    days: dict[date, list[dict[str, Any]]] = {}
    anybody = {named.email: 0 for stated in found.statements for named in stated.named}
    asked = resolve(found.statements, NOTHING_STORED, anybody, today)
    for stated in asked.definitions.values():
        until = stored_until(today) if stated.rule.ends_on else months.following(draft.month)
        start = zones.day_starts_at(stated.rule.starts_on, stated.rule.zone)
        off = planning.days_off(context.organisation(), context.now())
        period = Period(start, with_past=True, until=until)
        computed = schedule.compute(stated, StoredSeries(), period, Surroundings(off), asks=False)
        for setting in computed.settings.values():
            day = zones.today(setting.starts_at, stated.rule.zone)
            module = stated.rule.modules[setting.module - 1] if setting.module else ""
            entry = {"definition": stated, "setting": setting, "module": module}
            days.setdefault(day, []).append(entry)
    listed = [(day, sorted(days[day], key=lambda e: str(e["setting"].starts_at))) for day in sorted(days)[:62]]
    return render_template("drafts/preview.html", kept=kept, month=draft.month, days=listed)


@blueprint.get("/<uuid:public_id>/plan")
@access.coordinator
def plan(public_id: uuid.UUID) -> ResponseReturnValue:
    """The plan of the draft, with the questions that only the stored programme raises."""
    kept = _draft(public_id)
    asking, values = _planned(kept)
    return _problems(kept, values) if asking is None else plans.show(_plan_request(kept, asking))


@blueprint.post("/<uuid:public_id>/publish")
@access.coordinator
def publish(public_id: uuid.UUID) -> ResponseReturnValue:
    """Publish exactly the plan that was shown."""
    kept = _draft(public_id)
    asking, values = _planned(kept)
    if asking is None:
        return _problems(kept, values)
    answered = plans.publish_as_shown(_plan_request(kept, asking))
    location = getattr(answered, "location", None)
    if location and "/changes/" in location:
        change_id = uuid.UUID(location.rpartition("/")[2])
        drafts.published(context.acting(Actor.staff(current_user.id)), public_id, change_id)
    return answered


def _planned(kept: changes.StoredDraft) -> tuple[Asking | None, files.Reading]:
    draft = understood(kept)
    corrected, _ = draft_cards.corrected(draft, draft_cards.cards(kept, draft))
    return _asking(kept, corrected)


def _plan_request(kept: changes.StoredDraft, asking: Asking) -> PlanRequest:
    draft = understood(kept)
    return PlanRequest(
        asking,
        f"{wording.long_day(draft.month).rpartition(wording.NBSP)[2]} {draft.month.year}",
        action=url_for("drafts.publish", public_id=kept.public_id),
        back=url_for("drafts.one", public_id=kept.public_id),
        fields=[],
        answers_to=url_for("drafts.answer", public_id=kept.public_id),
    )


def _problems(kept: changes.StoredDraft, found: files.Reading) -> ResponseReturnValue:
    """A draft that cannot be planned says why, beside its cards."""
    said = [problem.message for problem in found.problems] or ["We couldn't find a series in this text."]
    for message in said[:5]:
        flash(f"{message[0].upper()}{message[1:]}.".replace("..", "."))
    return redirect(url_for("drafts.one", public_id=kept.public_id), 303)
