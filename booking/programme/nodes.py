"""YAML 1.2 as located values: every scalar is text, every value knows its line, every mistake is named.

The library's own types are left aside on purpose: `NO` stays two letters and `9:30` a time of day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from booking.domain import errors
from booking.domain.enums.refusals import RefusalCode
from booking.domain.planning.words.statement import SourcePlace

MAX_BYTES = 1_000_000
DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake and where it stands."""

    place: SourcePlace
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class Unreadable(errors.Refusal):
    """The file cannot be read as a whole; `problems` says where and why."""

    code = RefusalCode.UNREADABLE

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Text:
    """One scalar."""

    value: str
    place: SourcePlace


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    values: tuple[Value, ...]
    place: SourcePlace


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping; `places` says where each key stands."""

    values: dict[str, Value]
    places: dict[str, SourcePlace] = field(compare=False)
    place: SourcePlace


Value = Text | Items | Fields


def read_bytes(path: Path) -> bytes:
    """The file's bytes; Unreadable where there is no such file or it is larger than a programme can be."""
    place = SourcePlace(str(path), 1)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(
                [Problem(place, f"larger than {MAX_BYTES // 1_000_000} MB: too large for a programme file")]
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise Unreadable([Problem(place, "this file doesn't exist")]) from None
    except IsADirectoryError:
        raise Unreadable([Problem(place, "this is a folder, not a file")]) from None
    except PermissionError:
        raise Unreadable([Problem(place, "no permission to read this file")]) from None


def parse(name: str, data: bytes) -> Fields:
    """The mapping that the file holds; Unreadable names every mistake of form."""
    first = SourcePlace(name, 1)
    if len(data) > MAX_BYTES:
        raise Unreadable([Problem(first, f"larger than {MAX_BYTES // 1_000_000} MB: too large for a programme file")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable([Problem(SourcePlace(name, line), "this isn't UTF-8 text")]) from None
    if not text.strip():
        raise Unreadable([Problem(first, "the file is empty")])
    tabs = [n for n, line in enumerate(text.split("\n"), 1) if "\t" in line[: len(line) - len(line.lstrip())]]
    if tabs:
        raise Unreadable([Problem(SourcePlace(name, n), "this is a tab: indent with spaces") for n in tabs])
    try:
        _refuse_references(name, text)
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise Unreadable(
            [Problem(SourcePlace(name, line), f"this isn't YAML: {error.problem or error.context}")]
        ) from None
    except (YAMLError, ValueError) as error:
        raise Unreadable([Problem(first, f"this isn't YAML: {str(error).splitlines()[0]}")]) from None
    problems: list[Problem] = []
    value = _value(name, root, problems) if root is not None else None
    if not isinstance(value, Fields):
        problems.append(Problem(first, "a file must have fields such as `series:`"))
        raise Unreadable(problems)
    if problems:
        raise Unreadable(problems)
    return value


def _refuse_references(name: str, text: str) -> None:
    """Anchors and aliases can blow a small file up; deep nesting can break a parser. Neither is a programme."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        place = SourcePlace(name, event.start_mark.line + 1)
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise Unreadable([Problem(place, "anchors (&) and aliases (*) aren't supported: write it out")])
        depth += isinstance(event, CollectionStartEvent) - type(event).__name__.endswith(
            ("MappingEndEvent", "SequenceEndEvent")
        )
        if depth > DEEPEST:
            raise Unreadable([Problem(place, "nested too deeply")])


def _value(name: str, node: Node, problems: list[Problem]) -> Value:
    place = SourcePlace(name, node.start_mark.line + 1)
    if isinstance(node, ScalarNode):
        return Text(str(node.value).strip(), place)
    if isinstance(node, SequenceNode):
        return Items(tuple(_value(name, child, problems) for child in node.value), place)
    values: dict[str, Value] = {}
    places: dict[str, SourcePlace] = {}
    for key, child in _pairs(node):
        at = SourcePlace(name, key.start_mark.line + 1)
        if not isinstance(key, ScalarNode):
            problems.append(Problem(at, "a field's name must be one word"))
            continue
        word = str(key.value).strip()
        if word in places:
            problems.append(Problem(at, f"{word!r} is here twice; the first is in line {places[word].line}"))
            continue
        values[word], places[word] = _value(name, child, problems), at
    return Fields(values, places, place)


def _pairs(node: Node) -> Iterator[tuple[Node, Node]]:
    if isinstance(node, MappingNode):
        yield from node.value
