"""The strings that decide: every member is used, and no place outside the enums spells one out to compare with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import VisitOutcome
from booking.domain.enums.emails import EmailName

ROOT = Path(__file__).resolve().parent.parent.parent
ENUMS = ROOT / "booking" / "domain" / "enums"


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package but the enums themselves and the migrations, by its path in `booking/`."""
    for path in sorted((ROOT / "booking").rglob("*.py")):
        if ENUMS not in path.parents and "migrations" not in path.parts:
            yield str(path.relative_to(ROOT / "booking")), ast.parse(path.read_text("utf-8"))


def every_enum() -> list[type[StrEnum]]:
    """Every enum of `booking/domain/enums/`."""
    modules = [import_module(f"booking.domain.enums.{path.stem}") for path in sorted(ENUMS.glob("[a-z]*.py"))]
    return [
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, StrEnum) and one is not StrEnum
    ]


def members_named() -> set[str]:
    """`EmailName.BOOKED` and the like, wherever the package says one."""
    return {
        f"{node.value.id}.{node.attr}"
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }


def test_every_email_has_its_folder_of_templates_and_every_folder_its_name() -> None:
    folders = {path.name for path in (ROOT / "templates" / "mail").iterdir() if path.is_dir()}
    assert folders == set(EmailName)


def test_every_email_is_sent_by_something() -> None:
    assert {f"EmailName.{one.name}" for one in EmailName} - members_named() == set()


def test_every_action_and_subject_of_the_audit_log_is_written_by_something() -> None:
    marks = {f"AuditAction.{one.name}" for one in VisitOutcome}  # mark_attendance writes the mark itself
    known = {f"{type(one).__name__}.{one.name}" for one in [*AuditAction, *AuditSubject]}
    assert known - members_named() - marks == set()
    assert {AuditAction(one) for one in VisitOutcome} == {AuditAction.CAME, AuditAction.NO_SHOW}


#: What writes to the audit log, and the place of the action among its arguments.
WRITERS = {"audit_log.write": 1, "context.record": 0}


def test_the_audit_log_is_written_to_with_members_of_its_enums() -> None:
    written = [
        (f"{path}:{node.lineno}", node.args[first : first + 2])
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (first := WRITERS.get(ast.unparse(node.func))) is not None
    ]
    assert len(written) > 30
    assert [where for where, given in written for argument in given if isinstance(argument, ast.Constant)] == []


#: Texts that equal a member and mean something else, by module.
OTHER_MEANINGS: dict[str, set[str]] = {
    # columns and fields of files
    "domain/people/people_table.py": {"email"},
    "programme/days_off.py": {"closed"},
    "programme/exceptions.py": {"analyst", "module"},
    # what a child process answers
    "programme/announcements/documents.py": {"refused"},
    "programme/people_files/workbook.py": {"refused"},
    # what the facts of an email and a publish are kept under
    "domain/planning/updates.py": {"booking"},
    "services/outbox/render_email.py": {"booking", "enrolment", "place"},
    "services/publishing/publish_emails.py": {"booking"},
    "services/publishing/undo.py": {"occurrence"},
    "store/queries/outbox/reminder_rows.py": {"occurrence"},
    # fields of forms and addresses
    "web/analyst/visit.py": {"agreed"},
    "web/coordinator/drafts/draft_cards.py": {"kind", "title"},
    "web/coordinator/series/series_form.py": {"slot"},
    "web/member/bookings.py": {"booked"},
    "web/member/occurrence.py": {"member", "slot"},
}


def compared(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of every literal text that something is compared with, by an operator or by `match`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            sides = [node.value]
        else:
            continue
        for side in sides:
            for one in side.elts if isinstance(side, ast.Set | ast.Tuple | ast.List) else [side]:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.lineno, one.value


def test_nothing_is_compared_with_the_text_of_a_member() -> None:
    values = {one.value for enum in every_enum() for one in enum}
    found = {
        f"{path}:{line} {text!r}"
        for path, tree in sources()
        for line, text in compared(tree)
        if text in values and text not in OTHER_MEANINGS.get(path, set())
    }
    assert found == set()


def test_no_template_compares_with_the_text_of_a_member() -> None:
    values = {one.value for enum in every_enum() for one in enum}
    found = {
        f"{path.relative_to(ROOT)} {text!r}"
        for path in sorted((ROOT / "templates").rglob("*.*"))
        for text in re.findall(r"""[=!]= ["']([\w-]+)["']""", path.read_text("utf-8"))
        if text in values
    }
    assert found == set()
