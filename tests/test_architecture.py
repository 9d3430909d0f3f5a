"""The import rule, read from the source itself, and the same rules on a small made-up tree that breaks them all."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: layer -> the layers it may import, beside itself
MAY_IMPORT = {
    "domain": set(),
    "programme": {"domain"},
    "store": {"domain", "clock"},
    "calendars": {"domain"},
    "mail": {"domain"},
    "migrations": {"store", "domain"},
    "services": {"domain", "programme", "store", "calendars", "mail"},
    "web": {"domain", "programme", "store", "calendars", "mail", "services"},
    "api": {"domain", "programme", "store", "calendars", "mail", "services", "web"},
    "cli": {"domain", "programme", "store", "calendars", "mail", "services", "logs"},
    "app": {"domain", "programme", "store", "calendars", "mail", "services", "web", "api", "cli", "logs"},
    "settings": set(),
    "clock": set(),
    "resources": set(),
    "version": set(),
    "logs": {"mail"},
    "__main__": {"cli"},
}
#: beside the layers: the folder finder and the version are everybody's, settings and clock the outer layers' only
SETTINGS_READERS = {"services", "web", "api", "cli", "app"}
CLOCK_READERS = {"store", "web", "api", "cli", "app"}
FLASK = {"flask", "werkzeug"}
LOADS_FLASK = {"web", "api", "cli", "app"}
DOMAIN_LIBRARIES = {"pytz", "email_validator", "idna"}
ZONE_LIBRARIES = {"pytz", "zoneinfo"}  # in domain/zones.py alone
WRITING_MODULES = {
    f"booking.store.{name}"
    for name in (
        "db.locks",
        "bookings.claims",
        "bookings.departures",
        "outbox.outbox",
        "outbox.reminder_progress",
        "people.rate_limits",
        "people.sessions",
        "programme.publishing",
    )
}
#: Store functions that services alone call.
WRITING_NAMES = {"enqueue", "write", "take", "release", "revise", "place", "move", "rename", "record", "forget"}
WRITING_METHODS = {"add", "add_all", "delete", "merge", "commit", "flush"}
SESSION_NAMES = {"session", "db"}
CLOCK_CALLS = {("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("date", "today")}
CLOCK_CALLS |= {("time", name) for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter")}


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, its layer, its tree."""

    name: str
    layer: str
    tree: ast.Module

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree."""
        return list(ast.walk(self.tree))

    def imports(self) -> Iterator[str]:
        """Dotted names of everything imported, `from x import y` as x.y; wherever in the file it stands."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name}:{node.lineno}: a relative import"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def attributes(self) -> Iterator[tuple[str, str]]:
        """(name before the dot, name after it) of every attribute that is looked up."""
        for node in self.nodes:
            if isinstance(node, ast.Attribute):
                owner = node.value
                if isinstance(owner, ast.Call):
                    owner = owner.func
                before = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
                yield before, node.attr


def modules(root: Path) -> list[Module]:
    """Every source file of the package in `root`, and wsgi.py beside it."""
    found = []
    for path in sorted((root / "booking").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        layer = parts[1] if len(parts) > 1 else ""
        name = ".".join(parts).removesuffix(".__init__")
        found.append(Module(name, "" if layer == "__init__" else layer, ast.parse(path.read_text("utf-8"))))
    wsgi = root / "wsgi.py"
    if wsgi.exists():
        found.append(Module("wsgi", "wsgi", ast.parse(wsgi.read_text("utf-8"))))
    return found


@cache
def ours() -> list[Module]:
    """Every source file of this checkout, read once."""
    return modules(ROOT)


def broken(found: list[Module]) -> set[str]:
    """Every breach of the rules, in words."""
    breaches: set[str] = set()
    for module in found:
        for name in module.imports():
            breaches |= set(_breaches(module, name))
        for before, after in module.attributes():
            breaches |= set(_uses(module, before, after))
    return breaches


def _breaches(module: Module, imported: str) -> Iterator[str]:
    top, *rest = imported.split(".")
    if top == "booking":
        layer = rest[0] if rest and rest[0] in MAY_IMPORT else ""
        yield from _layer_breaches(module, layer, imported)
        return
    if top in FLASK and module.layer not in LOADS_FLASK:
        yield f"{module.name} loads {top}"
    if top in ZONE_LIBRARIES and module.name != "booking.domain.zones":
        yield f"{module.name} touches a time-zone library"
    if module.layer == "domain" and top not in sys.stdlib_module_names | DOMAIN_LIBRARIES:
        yield f"{module.name} imports {top}"
    if module.layer == "":
        yield f"booking/__init__.py imports {top}"
    if imported in {"os.environ", "os.getenv"} and module.layer != "settings":
        yield f"{module.name} reads the environment"
    owner, _, name = imported.rpartition(".")
    if (owner, name) in CLOCK_CALLS and module.layer != "clock":
        yield f"{module.name} reads the clock"


def _layer_breaches(module: Module, layer: str, imported: str) -> Iterator[str]:
    if module.layer == "":
        yield f"booking/__init__.py imports {imported}"
    elif module.layer == "wsgi":
        if layer != "app":
            yield f"wsgi imports {imported}"
    elif layer == "settings":
        if module.layer not in SETTINGS_READERS:
            yield f"{module.name} reads the settings"
    elif layer == "clock":
        if module.layer not in CLOCK_READERS:
            yield f"{module.name} reads the clock"
    elif layer not in {"", "resources", "version", module.layer, *MAY_IMPORT[module.layer]}:
        yield f"{module.name} imports {layer}"
    owner, _, name = imported.rpartition(".")
    if module.layer in {"web", "api"}:
        is_store_writer = owner.startswith("booking.store") and not owner.startswith("booking.store.queries")
        if {imported, owner} & WRITING_MODULES or (is_store_writer and name in WRITING_NAMES):
            yield f"{module.name} writes by {imported}"


def _uses(module: Module, before: str, after: str) -> Iterator[str]:
    if (before, after) in {("os", "environ"), ("os", "getenv"), ("os", "putenv")} and module.layer != "settings":
        yield f"{module.name} reads the environment"
    if (before, after) in CLOCK_CALLS and module.layer != "clock":
        yield f"{module.name} reads the clock"
    if module.layer in {"web", "api"} and before in SESSION_NAMES and after in WRITING_METHODS:
        yield f"{module.name} writes: {before}.{after}"
    if module.layer == "store" and before in SESSION_NAMES and after == "commit":
        yield f"{module.name} commits"


def test_the_source_keeps_the_import_rule() -> None:
    assert broken(ours()) == set()


def test_every_layer_of_the_house_is_there_and_known() -> None:
    layers = {module.layer for module in ours()} - {"", "wsgi"}
    assert layers == set(MAY_IMPORT)


MOST_FILES = 16
MOST_LINES = 350
#: Decisions in one function: the bound of radon's rating C.
MOST_DECISIONS = 20
#: Arguments of a function, and the share of functions that may take more.
MOST_PARAMETERS = 5
MOST_WITH_MORE = 0.02
FOLLOWED = {"domain", "services", "web"}


def test_no_two_public_classes_share_a_name() -> None:
    found: dict[str, list[str]] = {}
    for module in ours():
        if module.layer != "migrations":
            for node in module.tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found.setdefault(node.name, []).append(module.name)
    assert {name: where for name, where in found.items() if len(where) > 1} == {}


def test_no_module_is_imported_under_the_name_of_another() -> None:
    names = {module.name for module in ours()}
    leaves = {name.rpartition(".")[2] for name in names}
    found = [
        f"{module.name}: {node.module}.{alias.name} as {alias.asname}"
        for module in ours()
        for node in module.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if f"{node.module}.{alias.name}" in names and alias.asname in leaves
    ]
    assert found == []


def test_no_folder_is_too_full_to_look_through() -> None:
    folders = {path.parent for path in (ROOT / "booking").rglob("*.py")} - {
        ROOT / "booking" / "migrations" / "versions"
    }
    assert {str(one): n for one in folders if (n := len(list(one.glob("*.py")))) > MOST_FILES} == {}


def decisions(function: ast.AST) -> int:
    """Ways through a function as radon counts them: one, and one more for each branch, loop, handler and condition.

    A function inside it has its own.
    """
    found, nodes = 1, list(ast.iter_child_nodes(function))
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.If | ast.IfExp | ast.ExceptHandler | ast.Assert | ast.match_case):
            found += 1
        elif isinstance(node, ast.For | ast.AsyncFor | ast.While):
            found += 1 + bool(node.orelse)
        elif isinstance(node, ast.BoolOp):
            found += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            found += 1 + len(node.ifs)
    return found


def test_no_file_is_too_long_to_read() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in (ROOT / "booking").rglob("*.py")
        if "migrations" not in path.parts
    }
    assert {path: n for path, n in lines.items() if n > MOST_LINES} == {}


def test_no_function_decides_too_much() -> None:
    found = {
        f"{module.name}.{node.name}": n
        for module in ours()
        if module.layer in FOLLOWED
        for node in module.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (n := decisions(node)) > MOST_DECISIONS
    }
    assert found == {}


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many arguments a function takes by place or name; neither `self` or `cls` nor what stars collect counts."""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def with_many_parameters(found: list[Module]) -> tuple[list[str], int]:
    """The functions with more than `MOST_PARAMETERS`, and how many functions there are."""
    functions = [
        (module.name, node)
        for module in found
        for node in module.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    many = [f"{name}.{node.name}" for name, node in functions if parameters(node) > MOST_PARAMETERS]
    return sorted(many), len(functions)


def test_few_functions_take_more_than_five_arguments() -> None:
    found, functions = with_many_parameters(ours())
    assert len(found) <= MOST_WITH_MORE * functions, found


def test_arguments_are_counted_without_the_instance_and_what_stars_collect(tmp_path: Path) -> None:
    (tmp_path / "booking" / "domain").mkdir(parents=True)
    (tmp_path / "booking" / "domain" / "a.py").write_text("""
def five(a, b, /, c, *rest, d, e=1, **more): ...
async def six(a, b, /, c, *rest, d, e, f=1): ...
class C:
    def five(self, a, b, c, d, e): ...
    @classmethod
    def six(cls, a, b, c, d, e, f): ...
    @staticmethod
    def inner():
        def seven(a, b, c, d, e, f, g): ...
""")
    names = [f"booking.domain.a.{name}" for name in ("seven", "six", "six")]
    assert with_many_parameters(modules(tmp_path)) == (names, 6)


def test_decisions_are_counted_one_by_one() -> None:
    source = """
def f(a, b):
    for x in a:
        if x and b or not a:
            return [y for y in x if y]
    else:
        return 1 if a else 2
"""
    assert decisions(ast.parse(source).body[0]) == 1 + 2 + 1 + 2 + 2 + 1


STATEMENT_MAKERS = {"select", "exists", "union_all", "insert", "update", "delete", "text"}
ORM_WRITES = "the ORM keeps objects of the session in step, and knows only values that are in the statement"
BY_TABLE = "which table and which columns is what it is told"
ONCE = "runs at a migration, a backup or a check of the service, never for a page"
#: Functions that put a statement together whenever they are called, and why. This list only ever gets shorter: what
#: runs in a request, the worker's loop or a service is a module constant with bind parameters.
BUILT_WHEN_CALLED = {
    ORM_WRITES: {
        *("services.accounts.change_email.ask", "services.outbox.resend.resend_all", "services.steps.new_address.put"),
        *("services.accounts.merge_accounts.merge", "services.bookings.attend.mark", "services.bookings.notes._tell"),
        *("services.cover.leaving.come_back", "services.cover.leaving.leave", "services.cover.leaving.leave_together"),
        *("services.cover.time_off.back", "services.cover.time_off.carry_out"),
        *("services.publishing.publish_people._end_waiting", "services.publishing.undo._remove"),
        *("services.publishing.undo.undo", "store.bookings.bookings.rename", "store.bookings.offers.end"),
        *("store.bookings.offers.end_place", "store.outbox.emails.set_aside", "store.outbox.outbox.lease"),
        *("store.outbox.outbox.seen", "store.people.api_tokens.revoke_all", "store.people.importing.add"),
        *("store.people.importing.change", "store.people.importing.grant_roles", "store.people.importing.take"),
        *("store.people.importing.leave_rosters", "store.people.sessions.end", "store.people.sessions.end_all"),
        "store.people.sessions.end_own",
    },
    BY_TABLE: {
        *("store.people.merging._add_departures", "store.people.merging._drop_shared_claims"),
        *("store.people.merging._drop_twins", "store.people.merging._leave_twice_enrolled"),
        *("store.people.merging._stay_present", "store.people.merging.give_to", "store.people.merging.waiting_twice"),
        *(
            "store.people.merging.have_open_offers",
            "store.people.merging.owned",
            "store.people.merging.shared_quarters",
        ),
        *("store.programme.publishing._rewrite", "store.programme.publishing.add_occurrences"),
        *("store.programme.publishing.change_occurrence", "store.programme.publishing.place"),
        *("store.programme.publishing.write_roster", "store.programme.publishing.write_series"),
        *("store.programme.snapshots._read", "store.programme.snapshots.put_back"),
        *("store.programme.snapshots.put_list_back", "store.queries.outbox.email_log._count"),
    },
    ONCE: {
        *("store.db.backup.postgresql._set_revision", "store.db.backup.raising.raise_sequences"),
        *("store.db.condition._unwritable", "store.db.migrate.upgrade"),
    },
}


def statements_built_when_called(found: list[Module]) -> set[str]:
    """The functions in which a statement of SQLAlchemy is put together, by dotted name.

    Left out are those that are called once for each shape (`functools.cache`), and those that only these or constants
    are made with.
    """
    names = set()
    for module in found:
        if module.layer == "migrations":
            continue
        makers = {
            alias.asname or alias.name
            for node in module.nodes
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
            for alias in node.names
            if alias.name in STATEMENT_MAKERS
        }
        functions = [node for node in module.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        each_time = [one for one in functions if not _is_cached(one)]
        called_inside = {name for function in each_time for name in _called(function)}
        called_outside = {name for node in module.tree.body for name in _called(node)} - called_inside
        for function in each_time:
            if function.name not in called_outside and makers & set(_called(function)):
                names.add(f"{module.name.removeprefix('booking.')}.{function.name}")
    return names


def _is_cached(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "cache" for one in function.decorator_list)


def _called(node: ast.AST) -> Iterator[str]:
    """The names of what is called there by its bare name."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name):
            yield one.func.id


def test_statements_are_built_once() -> None:
    named = {name for names in BUILT_WHEN_CALLED.values() for name in names}
    assert statements_built_when_called(ours()) == named, "add none to BUILT_WHEN_CALLED; take out what is gone"


def test_a_statement_in_a_function_is_found_unless_it_is_built_once(tmp_path: Path) -> None:
    (tmp_path / "booking" / "store").mkdir(parents=True)
    (tmp_path / "booking" / "store" / "a.py").write_text("""
from functools import cache
from sqlalchemy import delete as remove, select
def each_time(session): session.execute(remove(A))
def inside(): return [select(a) for a in b]
@cache
def for_each_shape(a): return select(a)
def for_constants(a): return select(a)
CONSTANTS = [for_constants(a) for a in b]
def another(select): return other.select(a)
""")
    assert statements_built_when_called(modules(tmp_path)) == {"store.a.each_time", "store.a.inside"}


BREACHES = [
    ("booking/domain/a.py", "from booking.store import engine", "booking.domain.a imports store"),
    ("booking/domain/a.py", "import sqlalchemy", "booking.domain.a imports sqlalchemy"),
    ("booking/domain/a.py", "import pytz", "booking.domain.a touches a time-zone library"),
    ("booking/store/a.py", "from zoneinfo import ZoneInfo", "booking.store.a touches a time-zone library"),
    ("booking/store/a.py", "from booking.mail import render", "booking.store.a imports mail"),
    ("booking/mail/a.py", "from booking.calendars import feeds", "booking.mail.a imports calendars"),
    ("booking/calendars/a.py", "import booking.programme.files", "booking.calendars.a imports programme"),
    ("booking/programme/a.py", "from booking import store", "booking.programme.a imports store"),
    ("booking/store/a.py", "from booking.services.bookings.book import book", "booking.store.a imports services"),
    ("booking/services/a.py", "def f():\n    from booking.web import access", "booking.services.a imports web"),
    ("booking/web/a.py", "from booking.cli import stores", "booking.web.a imports cli"),
    ("booking/cli/a.py", "from booking.app import create_app", "booking.cli.a imports app"),
    ("booking/services/a.py", "from flask import g", "booking.services.a loads flask"),
    ("booking/mail/a.py", "import werkzeug.http", "booking.mail.a loads werkzeug"),
    ("wsgi.py", "from booking.web.frame import access", "wsgi imports booking.web.frame.access"),
    ("booking/__init__.py", "import os", "booking/__init__.py imports os"),
    ("booking/store/a.py", "from booking import settings", "booking.store.a reads the settings"),
    ("booking/cli/a.py", "import os\nprint(os.environ['HOME'])", "booking.cli.a reads the environment"),
    ("booking/web/a.py", "from os import getenv", "booking.web.a reads the environment"),
    ("booking/web/a.py", "import datetime\ndatetime.datetime.now()", "booking.web.a reads the clock"),
    ("booking/services/a.py", "from booking import clock", "booking.services.a reads the clock"),
    ("booking/services/a.py", "from time import monotonic", "booking.services.a reads the clock"),
    ("booking/web/a.py", "def f(session):\n    session.add(1)", "booking.web.a writes: session.add"),
    ("booking/api/a.py", "def f():\n    context.db().commit()", "booking.api.a writes: db.commit"),
    ("booking/web/a.py", "from booking.store.db import locks", "booking.web.a writes by booking.store.db.locks"),
    (
        "booking/web/a.py",
        "from booking.store.outbox.emails import enqueue",
        "booking.web.a writes by booking.store.outbox.emails.enqueue",
    ),
    ("booking/store/a.py", "def f(session):\n    session.commit()", "booking.store.a commits"),
]


@pytest.mark.parametrize(("path", "source", "breach"), BREACHES, ids=[breach for _, _, breach in BREACHES])
def test_a_breach_is_found_and_named(tmp_path: Path, path: str, source: str, breach: str) -> None:
    for layer in MAY_IMPORT:
        (tmp_path / "booking" / layer).mkdir(parents=True)
        (tmp_path / "booking" / layer / "__init__.py").touch()
    (tmp_path / "booking" / "__init__.py").touch()
    assert broken(modules(tmp_path)) == set()
    (tmp_path / path).write_text(source)
    assert broken(modules(tmp_path)) == {breach}
