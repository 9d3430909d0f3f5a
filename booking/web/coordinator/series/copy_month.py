"""Copy a month into another: what ended with it, as new dates or new series, checked and published as one plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import recurrence, wording, zones
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.plan import StoredProgramme
from booking.domain.planning.resolve import ResolvedRequest
from booking.domain.planning.words import rule_words
from booking.domain.planning.words.statement import Statement
from booking.programme import days_off, rolling, words
from booking.programme.rolling import Rolled, RolledSeries
from booking.services.publishing import planning
from booking.services.publishing.planning import Asking
from booking.store.programme import plan_inputs
from booking.store.queries.people import analyst_emails
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.programme import plans
from booking.web.coordinator.programme.plans import PlanRequest
from booking.web.coordinator.series import series_form
from booking.web.coordinator.series.form_reading import MAX_MODULES, MAX_TITLE
from booking.web.frame import access, context

MOST_SOURCES = 36  # months that can be copied, the latest
MONTHS_AHEAD = 13  # from the present one on, to copy into


@dataclass(slots=True)
class Card:
    """One series as it is shown: what it becomes, as typed, and whether it is copied at all."""

    rolled: RolledSeries
    title: str
    modules: str
    dates: str
    when: str
    is_copied: bool = True
    mistakes: dict[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """The short name of the series that is copied, which names the fields of the card."""
        return self.rolled.source.slug

    def statement(self) -> Statement:
        """What is asked for: the copy with the title and the modules of the card."""
        stated = self.rolled.statement
        rule = stated.rule
        modules = tuple(self.modules.splitlines()) if rule.modules else ()
        return replace(stated, title=self.title, rule=replace(rule, modules=modules))

    def is_continued(self) -> bool:
        """Whether its dates are added to the series itself: the title is the same, and it has no modules."""
        return not self.rolled.statement.rule.modules and self.title == self.rolled.source.title


@dataclass(slots=True)
class Copying:
    """Everything of one page: both months, those that can be chosen, and the cards."""

    source: date | None
    target: date
    sources: list[date]
    targets: list[date]
    definitions: Mapping[str, Definition]
    cards: list[Card]


@blueprint.get("/copy-month")
@access.coordinator
def copy_month() -> ResponseReturnValue:
    """Choose both months, and see what is copied."""
    return _page(_copying(request.args))


@blueprint.post("/copy-month")
@access.coordinator
def copy_series_of_month() -> ResponseReturnValue:
    """The plan of what is copied, its publish, or the cards again, as the button says."""
    found = _copying(request.form)
    for card in found.cards:
        _read(card)
    copied = [card for card in found.cards if card.is_copied]
    has_mistakes = any(card.mistakes for card in copied)
    if not copied or has_mistakes or found.source is None or request.form.get("do") == "edit":
        return _page(found, "" if copied or request.form.get("do") == "edit" else "Choose at least one series.")
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in _OF_THE_PLAN]
    asked = PlanRequest(
        _asking(copied, found.definitions),
        f"{found.target:%B %Y}, copied from {found.source:%B %Y}",
        action=url_for("coordinator.copy_series_of_month"),
        back=url_for("coordinator.copy_month"),
        fields=fields,
        is_posted=True,
    )
    return plans.publish_as_shown(asked) if request.form.get("do") == "publish" else plans.show(asked)


_OF_THE_PLAN = {"csrf_token", "fingerprint", "do"}


def _asking(cards: Sequence[Card], definitions: Mapping[str, Definition]) -> Asking:
    """Ask for the copies. A new series gets the meeting link of the one it is copied from."""
    statements, same, links = [], {}, {}
    for card in cards:
        source, stated = definitions[card.slug], card.statement()
        if card.is_continued() and source.terms.ends_on is not None:
            stated = replace(stated, ends_on=stated.rule.ends_on)
        statements.append(stated)
        stored = stated.slug if stated.slug in definitions else ""
        same[stated.slug] = card.slug if card.is_continued() else stored
        links[stated.slug] = source.meeting_url
    files = planning.files(statements, same)

    def asking(world: StoredProgramme, analysts: Mapping[str, int], now: datetime) -> ResolvedRequest:
        found = files(world, analysts, now)
        for slug, asked in found.definitions.items():
            link = links.get(slug) if asked.id is None else asked.meeting_url
            found.definitions[slug] = replace(asked, meeting_url=link)
        found.places.clear()
        return found

    return asking


def _copying(given: Mapping[str, str]) -> Copying:
    """What the address or the form names; the month that is copied most likely where it names none."""
    session, organisation = context.db(), context.organisation()
    today = zones.today(context.now(), organisation.zone)
    present = today.replace(day=1)
    definitions = {
        slug: one for slug, one in plan_inputs.definitions(session).items() if one.kind in organisation.kinds
    }
    months = {month for one in definitions.values() for month in rolling.months_of(one)}
    sources = sorted(months, reverse=True)[:MOST_SOURCES]
    until_now = [month for month in sources if month <= present]
    likely = until_now[0] if until_now else sources[-1] if sources else None
    source = _month(given.get("from", ""), sources) or likely
    targets = [present]
    while len(targets) < MONTHS_AHEAD:
        targets.append(rolling.next_month(targets[-1]))
    following = rolling.next_month(max(source, present)) if source is not None else targets[1]
    target = _month(given.get("to", ""), targets) or following
    if target not in targets:
        targets.append(target)
    cards = []
    if source is not None and source != target:
        emails = analyst_emails.by_id(session)
        stated = rolling.stored_in_month(definitions.values(), emails, source)
        off = days_off.between(target, target + timedelta(days=370), organisation.observe, organisation.closed)
        cards = [_card(one) for one in _sorted(rolling.roll(stated, source, target, off))]
    return Copying(source, target, sources, targets, definitions, cards)


def _sorted(rolled: Rolled) -> list[RolledSeries]:
    return sorted(rolled.series, key=lambda one: (one.source.kind, one.source.title, one.source.slug))


def _month(text: str, known: Sequence[date]) -> date | None:
    try:
        found = words.month(text)
    except ValueError:
        return None
    return found if found in known else None


def _card(one: RolledSeries) -> Card:
    rule = one.statement.rule
    found = recurrence.expand(rule, rule.starts_on, rule.starts_on + timedelta(days=400))
    dates = "no dates"
    if found:
        first, last = (wording.day(instance.wall.date()) for instance in (found[0], found[-1]))
        dates = first if len(found) == 1 else f"{len(found)} dates, {first} to {last}"
    said = rule_words.in_words(rule.rrule)
    start, end = (wording.wall_clock(wall) for wall in (rule.start_wall, rule.end_wall))
    when = f"{said[0].upper()}{said[1:]}, {start} – {end}, {zones.city(rule.zone)} time"
    return Card(one, one.statement.title, "\n".join(rule.modules), dates, when)


def _read(card: Card) -> None:
    """Take over what was typed into the card."""
    form, slug = request.form, card.slug
    card.is_copied = slug in form.getlist("copy")
    card.title = form.get(f"title:{slug}", card.title).strip()
    typed = form.get(f"modules:{slug}", card.modules)
    card.modules = "\n".join(line.strip() for line in typed.splitlines() if line.strip())
    if not card.title or len(card.title) > MAX_TITLE:
        card.mistakes["title"] = f"Enter a title of at most {MAX_TITLE} characters."
    if card.rolled.statement.rule.modules:
        titles = card.modules.splitlines()
        if not titles:
            card.mistakes["modules"] = "Enter at least one module, each on a line of its own."
        elif len(titles) > MAX_MODULES or any(len(title) > MAX_TITLE for title in titles):
            card.mistakes["modules"] = (
                f"Enter at most {MAX_MODULES} modules, each with a title of at most {MAX_TITLE} characters."
            )


def _page(found: Copying, mistake: str = "") -> ResponseReturnValue:
    names = {named.email: named.email for card in found.cards for named in card.rolled.statement.analysts or ()}
    by_id = {one.id: one.name for one in series_form.analysts()}
    names |= {
        email: by_id[person_id] for person_id, email in analyst_emails.by_id(context.db()).items() if person_id in by_id
    }
    page = render_template(
        "series/copy_month.html",
        copying=found,
        names=names,
        mistake=mistake,
        kinds=context.organisation().kinds,
        definitions=found.definitions,
        endless=[one for one in found.definitions.values() if not rolling.months_of(one)],
    )
    return page, 422 if mistake or any(card.mistakes for card in found.cards if card.is_copied) else 200
