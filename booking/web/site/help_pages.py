"""/help: the guides in docs/ as pages, with the headings and anchors that a forge gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from booking import resources
from booking.web.frame import access
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("help", __name__)

#: Each guide is docs/<name>.md and /help/<name>; the values are the links between them.
GUIDES = {"members": "Members", "analysts": "Analysts", "coordinators": "Coordinators", "operators": "Operators"}
#: The task that a page is about, by endpoint: the guide and the heading, as the link at the foot of the page names it.
TASKS = {
    "bookings.mine": ("members", "Move or cancel a booking"),
    "bookings.move": ("members", "Move or cancel a booking"),
    "manage.move": ("members", "Move or cancel a booking"),
    "calendars.subscribe": ("members", "Subscribe to your calendar"),
    "occurrence.show": ("members", "Book a slot"),
    "places.managed": ("members", "Join the waitlist"),
    "places.one": ("members", "Join the waitlist"),
    "sign_in.ask": ("members", "Sign in"),
    "trial.begin": ("members", "Try it for free"),
    "people.trials": ("coordinators", "Offer free trials"),
    "time_zone.show": ("members", "Times and time zones"),
    "analyst.day": ("analysts", "See your day"),
    "time_off.ask": ("analysts", "Take time off"),
    "time_off.wanted": ("analysts", "Take over a colleague's bookings"),
    "visits.one": ("analysts", "Change a visit"),
    "coordinator.next_days": ("coordinators", "See what needs attention"),
    "coordinator.waitlists": ("coordinators", "Look after the waitlists"),
    "coordinator.today": ("coordinators", "Watch today's clinics"),
    "coordinator.occurrence": ("coordinators", "See who comes to a date"),
    "coordinator.change_date": ("coordinators", "Move, rename or add a date"),
    "coordinator.write_email": ("coordinators", "Email everyone of a date"),
    "coordinator.email_date": ("coordinators", "Email everyone of a date"),
    "coordinator.series": ("coordinators", "Set up a series"),
    "coordinator.new_series": ("coordinators", "Set up a series"),
    "coordinator.set_up_series": ("coordinators", "Set up a series"),
    "coordinator.one_series": ("coordinators", "Move, rename or add a date"),
    "coordinator.edit_series": ("coordinators", "Change a series"),
    "coordinator.change_series": ("coordinators", "Change a series"),
    "coordinator.copy_month": ("coordinators", "Copy a month"),
    "coordinator.copy_series_of_month": ("coordinators", "Copy a month"),
    "coordinator.change": ("coordinators", "Undo a publish"),
    "holidays.listed": ("coordinators", "Decide about a public holiday"),
    "guests.listed": ("coordinators", "Add an analyst for certain dates"),
    "coordinator.cover": ("coordinators", "Somebody is away"),
    "closures.listed": ("coordinators", "Close a period"),
    "drafts.begin": ("coordinators", "Announce a month by pasting"),
    "emails.listed": ("coordinators", "See who has been reached"),
    "emails.one": ("coordinators", "See who has been reached"),
    "emails.addresses": ("coordinators", "See who has been reached"),
    "coordinator.bookings": ("coordinators", "Find a booking"),
    "coordinator.reports": ("coordinators", "Report on a period"),
    "coordinator.audit": ("coordinators", "See who did what"),
    "coordinator.rules": ("coordinators", "Change the rules of booking"),
    "coordinator.texts": ("coordinators", "Change the name, the logo and the words of emails"),
    "people.search": ("coordinators", "Find a person"),
    "people.one": ("coordinators", "Find a person"),
    "people.add": ("coordinators", "Add a person"),
    "people.edit": ("coordinators", "Change roles or a membership"),
    "people.import_file": ("coordinators", "Import people"),
    "people.preview_import": ("coordinators", "Import people"),
    "people.ask_close": ("coordinators", "Close an account"),
    "people.ask_merge": ("coordinators", "Merge two accounts of one person"),
}
LINK_TO_GUIDE = re.compile(r"(?P<name>[a-z]+)\.md(?:#(?P<anchor>.*))?")


@dataclass(frozen=True, slots=True)
class Task:
    """A section of a guide: its anchor and its heading."""

    anchor: str
    heading: str


@dataclass(frozen=True, slots=True)
class HelpLink:
    """A link from a page to the task of a guide."""

    heading: str
    url: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide as its page shows it; `body` is the HTML below its title."""

    title: str
    tasks: tuple[Task, ...]
    body: Markup


def anchor_of(heading: str) -> str:
    """The anchor that a forge gives a heading: "Move or cancel a booking" is move-or-cancel-a-booking."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def read_guide(name: str) -> Guide:
    """The guide docs/<name>.md, parsed at its first use."""
    from markdown_it import MarkdownIt  # loads slowly, and most processes never show a guide

    markdown = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(["table", "smartquotes"])
    tokens = markdown.parse((resources.folder("docs") / f"{name}.md").read_text(encoding="utf-8"))
    headings = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(child.content for child in inline.children or [])
            opening.attrSet("id", anchor_of(words))
            headings.append((opening.tag, words))
        for child in opening.children or []:
            if child.type == "link_open":
                child.attrSet("href", _address(str(child.attrGet("href"))))
    below_title = next(i for i, token in enumerate(tokens) if token.type == "heading_close") + 1
    body = markdown.renderer.render(tokens[below_title:], markdown.options, {})
    tasks = tuple(Task(anchor_of(words), words) for tag, words in headings if tag == "h2")
    return Guide(headings[0][1], tasks, Markup(body))  # our own file; HTML in it is escaped


def _address(target: str) -> str:
    """Where a link of a guide leads on this site: another guide's page for its file, else `target` itself."""
    found = LINK_TO_GUIDE.fullmatch(target)
    if found is None or found["name"] not in GUIDES:
        return target
    return url_for("help.show", name=found["name"], _anchor=found["anchor"])


@blueprint.app_template_global()
def help_task() -> HelpLink | None:
    """The guide's task for the page that is being rendered; None where no task belongs to it."""
    found = TASKS.get(request.endpoint or "")
    if found is None:
        return None
    name, heading = found
    return HelpLink(heading.replace("'", "’"), url_for("help.show", name=name, _anchor=anchor_of(heading)))


@blueprint.get("/help")
@access.public
def first() -> ResponseReturnValue:
    """Show the guide for the reader's role; members' to visitors."""
    roles = current_user.roles if current_user.is_authenticated else frozenset()
    name = next((f"{role}s" for role in ("coordinator", "analyst") if role in roles), "members")
    return show(name)


@blueprint.get("/help/<name>")
@access.public
def show(name: str) -> ResponseReturnValue:
    """Show one guide."""
    if name not in GUIDES:
        abort(404)
    return render_template("help/guide.html", guide=read_guide(name), name=name, guides=GUIDES)
