"""Put what somebody typed back into a form of a page, whatever the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from markupsafe import escape

Attributes = list[tuple[str, str | None]]
NOT_TYPED = {"hidden", "password", "file", "submit", "button", "image", "reset"}


@dataclass(slots=True)
class Control:
    """A field of a form, and where in the page it stands: the tag, and of a text area its content too."""

    tag: str
    attributes: Attributes
    start: int
    end: int
    name: str
    content_end: int = 0

    def get(self, name: str) -> str | None:
        return next((value or "" for key, value in self.attributes if key == name), None)


@dataclass(slots=True)
class Form:
    """A form: the paths that it and its buttons send to, its hidden fields, and what people fill in."""

    paths: set[str]
    hidden: set[tuple[str, str]] = field(default_factory=set)
    controls: list[Control] = field(default_factory=list)


class _Reader(HTMLParser):
    """Finds the forms of a page."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page, self.address = page, address
        self.lines = [0]
        for line in page.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.forms: list[Form] = []
        self.is_inside = False
        self.select_name = ""
        self.feed(page)

    def position(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def path(self, action: str | None) -> str:
        return urlsplit(urljoin(self.address, action or "")).path

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        found = dict(attrs)
        if tag == "form":
            self.forms.append(Form({self.path(found.get("action"))}))
            self.is_inside = True
        elif self.is_inside and tag in {"input", "textarea", "select", "option", "button"}:
            self.control(tag, attrs, found)

    def control(self, tag: str, attrs: Attributes, found: dict[str, str | None]) -> None:
        form, start = self.forms[-1], self.position()
        if found.get("formaction"):
            form.paths.add(self.path(found["formaction"]))
        if tag == "select":
            self.select_name = found.get("name") or ""
        elif tag == "input" and found.get("type") == "hidden":
            form.hidden.add((found.get("name") or "", found.get("value") or ""))
        elif tag != "button" and (found.get("type") or "text") not in NOT_TYPED:
            name = self.select_name if tag == "option" else found.get("name") or ""
            end = start + len(self.get_starttag_text() or "")
            form.controls.append(Control(tag, attrs, start, end, name, end))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        elif tag == "textarea" and self.is_inside and self.forms[-1].controls:
            self.forms[-1].controls[-1].content_end = self.position()


def refill(page: str, address: str, action: str, fields: Sequence[tuple[str, str]]) -> str:
    """The page at `address` with `fields` in its form that sends to the path `action`; unchanged if it has none.

    Of several such forms the one whose hidden fields are most like those sent. Hidden fields stay as the page has
    them, and so does a choice that the page no longer offers.
    """
    forms = [form for form in _Reader(page, address).forms if action in form.paths]
    if not forms:
        return page
    form = max(forms, key=lambda one: len(one.hidden & set(fields)))
    left = list(fields)
    made, at = [], 0
    for control in form.controls:
        made += [page[at : control.start], _filled(page, control, left, form)]
        at = control.content_end if control.tag == "textarea" else control.end
    return "".join([*made, page[at:]])


def _filled(page: str, control: Control, left: list[tuple[str, str]], form: Form) -> str:
    """The tag of a field with what was typed there; a text takes its value out of `left`."""
    as_it_was = page[control.start : control.content_end if control.tag == "textarea" else control.end]
    sent = [value for name, value in left if name == control.name]
    kind = control.get("type") or "text"
    if control.tag == "option":
        offered = {one.get("value") for one in form.controls if one.tag == "option" and one.name == control.name}
        return _marked(control, "selected", sent) if offered & set(sent) else as_it_was
    if kind == "checkbox":
        return _marked(control, "checked", sent)
    if kind == "radio":
        offered = {one.get("value") for one in form.controls if one.name == control.name}
        return _marked(control, "checked", sent) if offered & set(sent) else as_it_was
    if not sent:
        return as_it_was
    left.remove((control.name, sent[0]))
    if control.tag == "textarea":
        return f"{page[control.start : control.end]}\n{escape(sent[0])}"
    return _tag(control, [*((n, v) for n, v in control.attributes if n != "value"), ("value", sent[0])])


def _marked(control: Control, mark: str, sent: list[str]) -> str:
    """The tag of a choice, marked if its value was sent."""
    others: Attributes = [(name, value) for name, value in control.attributes if name != mark]
    value = control.get("value")
    return _tag(control, [*others, (mark, None)] if (value if value is not None else "on") in sent else others)


def _tag(control: Control, attributes: Attributes) -> str:
    written = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attributes)
    return f"<{control.tag}{written}>"
