"""Import people from a file: choose it, see what it would do, confirm exactly that."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors
from booking.domain.enums.people import RoleName
from booking.domain.people.actor import Actor
from booking.domain.people.people_table import MAX_PEOPLE, Listed, Mistake
from booking.programme.people_files import reading, workbook
from booking.services.accounts import file_import, import_plan
from booking.services.accounts.close_account import LastCoordinator
from booking.services.accounts.import_plan import ImportPlan, PersonChange
from booking.services.accounts.put_people import PeopleChanged, WouldOrphan
from booking.services.action_context import ActionContext
from booking.store.people.people_imports import PeopleImport
from booking.web.coordinator.people import person_words
from booking.web.coordinator.people.blueprint import blueprint
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user

LARGEST = workbook.MAX_BYTES + 1_000_000  # a file, and what a form adds to it
PAGE = 50  # people of each list at a time
MOST_MISTAKES = 100
MAX_DIGITS = 6
NO_FILE = "Choose a file."
NO_LONGER = "That file is no longer here. Choose it again."
CHANGED = "Somebody has changed these people since you looked. This is what the import would do now. Nothing was saved."
ANYWAY = "Tick this to import anyway, or move or cancel these bookings first."


def _context() -> ActionContext:
    return context.acting(Actor.staff(current_user.id))


@blueprint.route("/import", methods=["GET", "POST"])
@access.coordinator
@access.takes(LARGEST)
def import_file() -> ResponseReturnValue:
    """Choose a file. One without mistakes leads to its preview; the mistakes of another are listed."""
    return _read_file() if request.method == "POST" else _choose()


def _read_file() -> ResponseReturnValue:
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        return _choose(error=NO_FILE), 422
    found = reading.read(uploaded.read(workbook.MAX_BYTES + 1))
    name = "".join(sign for sign in uploaded.filename if sign.isprintable())[: file_import.FILE_NAME_CHARACTERS]
    mistakes = found.mistakes or _too_many(found.people)
    if mistakes:
        wrong = {one.line for one in mistakes}
        right = [one for one in found.people[:MAX_PEOPLE] if one.line not in wrong]
        plan = file_import.preview(_context(), right)
        return _choose(file_name=name, mistakes=mistakes, plan=plan, notes=found.notes), 422
    kept = file_import.keep(_context(), name, found.people, found.notes)
    return redirect(url_for("people.preview_import", public_id=kept), 303)


def _too_many(people: Sequence[Listed]) -> list[Mistake]:
    return [Mistake(1, workbook.TOO_MANY)] if len(people) > MAX_PEOPLE else []


def _choose(error: str = "", mistakes: Sequence[Mistake] = (), **shown: Any) -> str:
    lines = [(one.line, person_words.FIELDS.get(one.column, one.column), _sentence(one.message)) for one in mistakes]
    return render_template(
        "people/import.html",
        errors={"file": error},
        mistakes=lines[:MOST_MISTAKES],
        more_mistakes=max(0, len(lines) - MOST_MISTAKES),
        wrong_lines=len({one.line for one in mistakes}),
        most=MAX_PEOPLE,
        **shown,
    )


def _sentence(message: str) -> str:
    return f"{message[0].upper()}{message[1:]}."


@blueprint.get("/import/<uuid:public_id>")
@access.coordinator
def preview_import(public_id: uuid.UUID) -> ResponseReturnValue:
    """What the file would do now; once it is imported, what it did."""
    try:
        kept = file_import.found(context.db(), public_id)
    except errors.NotFound:
        return _gone()
    if kept.imported_at is not None:
        return render_template("people/imported.html", kept=kept, result=kept.result)
    return _preview(kept)


@blueprint.post("/import/<uuid:public_id>")
@access.coordinator
def confirm_import(public_id: uuid.UUID) -> ResponseReturnValue:
    """Import what the preview showed; where people have changed since, show it again."""
    force = request.form.get("force") == "yes"
    try:
        file_import.confirm(_context(), public_id, request.form.get("fingerprint", ""), force=force)
    except errors.NotFound:
        return _gone()
    except PeopleChanged:
        return _preview(file_import.found(context.db(), public_id), alert=CHANGED), 409
    except WouldOrphan:
        return _preview(file_import.found(context.db(), public_id), mistakes={"force": ANYWAY}), 422
    except LastCoordinator:
        return _preview(file_import.found(context.db(), public_id)), 409
    return redirect(url_for("people.preview_import", public_id=public_id), 303)


def _gone() -> ResponseReturnValue:
    flash(NO_LONGER)
    return redirect(url_for("people.import_file"), 303)


@dataclass(frozen=True, slots=True)
class ChangedPerson:
    """Somebody whom the import changes; `cells` are (field, value as it is, value as it would be), in words."""

    line: int
    name: str
    email: str
    cells: list[tuple[str, str, str]]


def _preview(kept: PeopleImport, alert: str = "", mistakes: dict[str, str] | None = None) -> str:
    plan = file_import.preview(_context(), file_import.people_of(kept))
    first_new, first_changed = _from("new"), _from("changed")
    changed = plan.changed
    return render_template(
        "people/import_preview.html",
        kept=kept,
        plan=plan,
        alert=alert,
        errors=mistakes or {},
        new=_new(plan)[first_new : first_new + PAGE],
        changed=[_changed(one) for one in changed[first_changed : first_changed + PAGE]],
        firsts={"new": first_new, "changed": first_changed},
        counts={"new": len(plan.new), "changed": len(changed)},
        page=PAGE,
    )


def _from(name: str) -> int:
    """The number of people before the first one that the address asks for."""
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else 0


def _new(plan: ImportPlan) -> list[tuple[int, str, str, str, str]]:
    """Each new person as (line, name, address, roles, last day of membership)."""
    return [
        (
            one.line,
            one.name or one.email.partition("@")[0],
            one.email,
            ", ".join(sorted(one.roles)) or RoleName.MEMBER,
            person_words.value("member_until", import_plan.last_day(one, None)),
        )
        for one in plan.new
    ]


def _changed(change: PersonChange) -> ChangedPerson:
    cells = [
        (person_words.FIELDS[name], person_words.value(name, before), person_words.value(name, after))
        for name, before, after in change.cells
    ]
    return ChangedPerson(change.listed.line, change.stored.name, change.listed.email, cells)
