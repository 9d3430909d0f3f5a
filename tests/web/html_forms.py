"""The forms of a page, as a browser would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit


@dataclass
class Form:
    """Where it goes, how, and its fields as they stand: (name, value) in order, choices as the page makes them."""

    action: str
    method: str
    is_multipart: bool = False
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)

    @property
    def names(self) -> list[str]:
        """The names of what somebody could change, each once."""
        return list(dict.fromkeys(name for name, _ in self.fields if name != "csrf_token"))


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._of: Form | None = None
        self._select = ""
        self._textarea: tuple[str, list[str]] | None = None
        self._named: dict[str, Form] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if tag == "a" and "href" in found:
            self.links.append(urljoin(self.url, found["href"]))
        elif tag == "form":
            action = urljoin(self.url, found.get("action") or self.url)
            self._of = Form(action, found.get("method", "get").upper(), "multipart" in found.get("enctype", ""))
            self.forms.append(self._of)
            self._named[found.get("id", "")] = self._of
        elif tag == "button" and "formaction" in found and self._of is not None:
            of = self._of
            action = urljoin(self.url, found["formaction"])
            self.forms.append(
                Form(action, found.get("formmethod", of.method).upper(), of.is_multipart, of.fields, of.files)
            )
        elif tag in {"input", "button", "select", "textarea", "option"}:
            self._field(tag, found)

    def _field(self, tag: str, found: dict[str, str]) -> None:
        form = self._named.get(found["form"]) if found.get("form") else self._of
        name = self._select if tag == "option" else found.get("name", "")
        if form is None or not name:
            return
        if tag == "select":
            self._select = name
            form.fields.append((name, ""))
        elif tag == "option":
            if "selected" in found or form.fields[-1] == (name, ""):
                form.fields[-1] = (name, found.get("value", ""))
        elif tag == "textarea":
            self._textarea = (name, [])
        elif found.get("type") == "file":
            form.files.add(name)
            form.fields.append((name, ""))
        elif found.get("type") not in {"radio", "checkbox"} or "checked" in found or name not in form.names:
            form.fields.append((name, found.get("value") or found.get("min", "")))

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._of = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._textarea is not None:
            if self._of is not None:
                self._of.fields.append((self._textarea[0], "".join(self._textarea[1])))
            self._textarea = None


def read(html: str, url: str) -> tuple[list[Form], list[str]]:
    """The forms of the page at that address, and the addresses on this site that it links to, without fragments."""
    reader = _Reader(url)
    reader.feed(html)
    site = urlsplit(url).netloc
    here = [urlsplit(link)._replace(fragment="") for link in reader.links]
    return reader.forms, [link.geturl() for link in here if link.netloc == site and link.scheme.startswith("http")]
