"""Every address as every reader: who may open it, that POST wants its token."""

from __future__ import annotations

import re
import uuid

import pytest
from limits import RateLimitItemPerMinute
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.store.db.tables import Base
from booking.web.frame import access, token_guessing
from tests.builders import a_person
from tests.databases import Database
from tests.web.client import client_of, token_of
from tests.web.house import ROLES, House, a_house, rules

#: Every endpoint and who may open it. A route that is not here fails the test: write down who it is for.
LEVELS = {
    "static": "public",
    "programme.week": "public",
    "occurrence.show": "public",
    "occurrence.make": "public",
    "occurrence.wait": "public",
    "occurrence.enrol": "public",
    "occurrence.leave": "member",
    "bookings.mine": "member",
    "bookings.one": "member",
    "bookings.move": "member",
    "bookings.cancel": "member",
    "manage.one": "token",
    "manage.move": "token",
    "manage.cancel": "token",
    "manage.enter": "token",
    "manage.join": "token",
    "analyst.today": "staff",
    "analyst.day": "staff",
    "analyst.sheet": "staff",
    "analyst.outcome": "staff",
    "analyst.start": "staff",
    "analyst.block": "staff",
    "attendance.show": "staff",
    "attendance.keep": "staff",
    "occurrence.join_now": "public",
    "visits.note": "staff",
    "bookings.brief": "member",
    "bookings.go_on": "member",
    "manage.brief": "token",
    "visits.one": "staff",
    "visits.do": "staff",
    "visits.outcome": "staff",
    "visits.start": "staff",
    "time_off.ask": "staff",
    "time_off.report": "staff",
    "time_off.back": "staff",
    "time_off.wanted": "analyst",
    "time_off.wanted_once": "analyst",
    "time_off.take": "analyst",
    "bookings.accept": "member",
    "bookings.invite": "member",
    "manage.invite": "token",
    "bookings.wait": "member",
    "emails.listed": "coordinator",
    "emails.one": "coordinator",
    "emails.html": "coordinator",
    "emails.dismiss": "coordinator",
    "emails.correct": "coordinator",
    "emails.resend_failed": "coordinator",
    "emails.addresses": "coordinator",
    "bounces.take": "public",
    "emails.again": "coordinator",
    "unsubscribe.ask": "token",
    "unsubscribe.end": "token",
    "places.one": "member",
    "places.accept": "member",
    "places.decline": "member",
    "place_waits.decline": "member",
    "places.leave": "member",
    "places.choose_own": "member",
    "places.managed": "token",
    "places.managed_accept": "token",
    "places.managed_decline": "token",
    "places.managed_leave": "token",
    "places.managed_choose": "token",
    "manage.accept": "token",
    "manage.wait": "token",
    "coordinator.next_days": "viewer",
    "coordinator.today": "viewer",
    "coordinator.waitlists": "viewer",
    "coordinator.series": "viewer",
    "coordinator.one_series": "viewer",
    "coordinator.edit_series": "coordinator",
    "coordinator.change_series": "coordinator",
    "coordinator.new_series": "coordinator",
    "coordinator.set_up_series": "coordinator",
    "coordinator.copy_month": "coordinator",
    "coordinator.copy_series_of_month": "coordinator",
    "coordinator.occurrence": "coordinator",
    "coordinator.change_date": "coordinator",
    "coordinator.enrol_person": "coordinator",
    "coordinator.remove_enrolment": "coordinator",
    "coordinator.remove_waiting": "coordinator",
    "coordinator.offer_waiting": "coordinator",
    "coordinator.remove_place_wait": "coordinator",
    "place_waits.join": "public",
    "place_waits.accept": "member",
    "place_waits.leave": "member",
    "coordinator.write_email": "coordinator",
    "coordinator.email_date": "coordinator",
    "coordinator.occurrence_plan": "coordinator",
    "coordinator.occurrence_publish": "coordinator",
    "analyst_links.save": "coordinator",
    "people.search": "viewer",
    "people.emails": "coordinator",
    "people.end_token": "coordinator",
    "people.trials": "viewer",
    "trial.begin": "public",
    "trial.confirm": "token",
    "people.one": "coordinator",
    "people.add": "coordinator",
    "people.edit": "coordinator",
    "people.send_sign_in": "coordinator",
    "people.end_session": "coordinator",
    "people.end_tokens": "coordinator",
    "people.ask_merge": "coordinator",
    "people.merge": "coordinator",
    "people.address": "coordinator",
    "address.ask": "signed-in",
    "address.confirm": "token",
    "people.ask_close": "coordinator",
    "people.close": "coordinator",
    "people.reopen": "coordinator",
    "people.sign_out": "coordinator",
    "people.import_file": "coordinator",
    "people.preview_import": "coordinator",
    "people.confirm_import": "coordinator",
    "coordinator.links": "coordinator",
    "coordinator.bookings": "viewer",
    "coordinator.book_for": "coordinator",
    "coordinator.rules": "coordinator",
    "coordinator.save_the_rules": "coordinator",
    "coordinator.rules_file": "coordinator",
    "coordinator.texts": "coordinator",
    "coordinator.save_the_texts": "coordinator",
    "coordinator.texts_as_file": "coordinator",
    "look.colours": "public",
    "look.logo": "public",
    "coordinator.bookings_table": "viewer",
    "coordinator.reports": "viewer",
    "coordinator.report_table": "viewer",
    "coordinator.audit": "coordinator",
    "coordinator.audit_table": "coordinator",
    "coordinator.people_table": "viewer",
    "coordinator.changes": "coordinator",
    "coordinator.change": "coordinator",
    "coordinator.undo_change": "coordinator",
    "coordinator.reverse_plan": "coordinator",
    "coordinator.reverse_publish": "coordinator",
    "coordinator.cover": "coordinator",
    "coordinator.give_cover": "coordinator",
    "guests.listed": "coordinator",
    "guests.plan": "coordinator",
    "guests.publish": "coordinator",
    "holidays.listed": "viewer",
    "holidays.plan": "coordinator",
    "holidays.publish": "coordinator",
    "closures.listed": "viewer",
    "closures.plan": "coordinator",
    "closures.publish": "coordinator",
    "closures.lift_plan": "coordinator",
    "closures.lift_publish": "coordinator",
    "drafts.begin": "coordinator",
    "drafts.one": "coordinator",
    "drafts.answer": "coordinator",
    "drafts.discard": "coordinator",
    "drafts.preview": "coordinator",
    "drafts.plan": "coordinator",
    "drafts.publish": "coordinator",
    "sign_in.ask": "public",
    "sign_in.look": "public",
    "sign_in.code": "public",
    "sign_in.link": "token",
    "sign_in.sign_out": "public",
    "me.profile": "signed-in",
    "time_zone.show": "public",
    "time_zone.choose": "public",
    "me.zone": "signed-in",
    "me.end_session": "signed-in",
    "me.end_other_sessions": "signed-in",
    "calendars.subscribe": "public",
    "calendars.choose": "member",
    "calendars.new_address": "signed-in",
    "feeds.public": "public",
    "feeds.series": "public",
    "feeds.member": "token",
    "feeds.analyst": "token",
    "feeds.occurrence": "public",
    "feeds.booking": "member",
    "feeds.managed": "token",
    "help.first": "public",
    "help.show": "public",
    "robots.show": "public",
    "former_addresses.emails": "coordinator",
    "former_addresses.time_off": "staff",
    "health.healthz": "public",
    "demo.people": "demo",
    "demo.clock": "demo",
    "demo.sign_in": "demo",
    "demo.mailbox": "demo",
    "demo.email": "demo",
    "demo.html": "demo",
    "api.of_occurrence": "signed-in",
    "api.free": "signed-in",
    "api.make": "member",
    "api.listed": "signed-in",
    "api.one": "signed-in",
    "api.change": "member",
    "api.give_up": "member",
    "api_document": "public",
    "api_docs": "public",
}


@pytest.fixture
def house(database: Database, session: Session) -> House:
    return a_house(database, session)


def counts(session: Session) -> dict[str, int | None]:
    session.rollback()
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
    }


def test_every_address_is_known_here_and_declares_who_may_open_it(house: House) -> None:
    declared = {rule.endpoint: access.level_of(house.app, rule) for rule in rules(house.app)}
    assert declared == LEVELS


def may(level: str, roles: frozenset[str] | None) -> bool:
    """Said once more, apart from the code that is tested."""
    return {
        "public": True,
        "token": True,
        "demo": False,  # this service is no demo
        "signed-in": roles is not None,
        "member": roles is not None and "member" in roles,
        "analyst": roles is not None and "analyst" in roles,
        "coordinator": roles is not None and "coordinator" in roles,
        "viewer": roles is not None and bool(roles & {"viewer", "coordinator"}),
        "staff": roles is not None and bool(roles & {"analyst", "coordinator"}),
    }[level]


def refused(status: int, location: str | None) -> bool:
    return status in {401, 403} or (status == 303 and location is not None and "/sign-in" in location)


def test_each_address_opens_to_those_it_is_for(house: House) -> None:
    for name, roles in ROLES.items():
        client = client_of(house.app, house.people[name])
        for rule in rules(house.app):
            if "GET" not in (rule.methods or ()):
                continue
            answer = client.get(house.path(rule))
            answer.close()
            where = f"{name} at {rule.rule}: {answer.status}"
            level = LEVELS[rule.endpoint]
            if level == "demo":
                assert answer.status_code == 404, where
            elif may(level, roles):
                assert answer.status_code < 500, where
                assert not refused(answer.status_code, answer.location), where
            else:
                assert refused(answer.status_code, answer.location), where


def test_each_form_is_closed_to_others_and_wants_its_token(house: House, session: Session) -> None:
    for name, roles in ROLES.items():
        client = client_of(house.app, house.people[name])
        for rule in rules(house.app):
            if "POST" not in (rule.methods or ()):
                continue
            before = counts(session)
            answer = client.post(house.path(rule), data={})
            where = f"{name} at {rule.rule}: {answer.status}"
            level = LEVELS[rule.endpoint]
            if level == "demo":
                assert answer.status_code == 404, where
            elif rule.endpoint.startswith("api."):
                assert answer.status_code in {401, 403}, where  # by a token only, never by the browser's cookie
            elif rule.endpoint == "bounces.take":
                assert answer.status_code == 404, where  # by the token of the settings only, and here there is none
            elif rule.endpoint == "unsubscribe.end":
                assert answer.status_code == 200, where  # RFC 8058: mail programs press it without a page
                continue
            elif may(level, roles):
                assert (answer.status_code, 'data-code="form-' in answer.text) == (400, True), where
            else:
                assert refused(answer.status_code, answer.location), where
            assert counts(session) == before, where


def test_methods_that_no_page_has_are_refused(house: House) -> None:
    client = client_of(house.app, house.people["coordinator"])
    for rule in rules(house.app):
        here = {method for other in rules(house.app) if other.rule == rule.rule for method in other.methods or ()}
        for method in {"PUT", "DELETE", "PATCH"} - here:
            assert client.open(house.path(rule), method=method).status_code == 405, rule


def test_every_signed_address_is_kept_from_robots_caches_and_other_sites_and_closes_to_who_guesses(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_guessing, "MAX_MISSES", RateLimitItemPerMinute(2))
    client = client_of(house.app)
    form = {"csrf_token": token_of(client.get("/sign-in").text)}
    robots = client.get("/robots.txt").text.splitlines()
    closed = tuple(line.removeprefix("Disallow: ") for line in robots if line.startswith("Disallow: "))
    signed = [rule for rule in rules(house.app) if LEVELS[rule.endpoint] == "token"]
    roots = {f"/{rule.rule.split('/')[1]}" for rule in signed}
    assert roots == {"/feeds", "/join", "/manage", "/me", "/sign-in", "/trial", "/unsubscribe"}
    for number, rule in enumerate(signed):
        path, is_calendar = house.path(rule), rule.rule.endswith(".ics")
        wrong = re.sub(r"[0-9a-f-]{36}\.[a-z2-7]{32}", f"{uuid.uuid4()}.{'a' * 32}", path)
        method = "GET" if "GET" in (rule.methods or ()) else "POST"

        def ask(address: str, method: str = method, sender: str = f"192.0.2.{number}") -> TestResponse:
            answer = client.open(address, method=method, data=form, environ_base={"REMOTE_ADDR": sender})
            assert answer.headers["X-Robots-Tag"] == "noindex", address
            assert answer.headers["Referrer-Policy"] == "no-referrer", address
            return answer

        hit = ask(path)
        assert hit.status_code not in {400, 404, 410, 429}, rule
        assert hit.headers["Cache-Control"] == ("private, max-age=900" if is_calendar else "private, no-store"), rule
        assert path.startswith(closed) is not path.startswith("/feeds/"), rule
        for _ in range(2):
            assert (answer := ask(wrong)).status_code in {404, 410}, rule
            assert "no-store" in answer.headers["Cache-Control"], rule
        held = ask(wrong)
        assert (held.status_code, held.headers["Cache-Control"]) == (429, "no-store"), rule
        assert 0 < int(held.headers["Retry-After"]) <= 60, rule
        assert held.mimetype == ("text/plain" if is_calendar else "text/html"), rule


@pytest.mark.parametrize(
    "path", ["/nothing", "/bookings/x", "/manage/x", "/join/", "/feeds/x.ics", "/%00", "/analyst/never"]
)
def test_what_is_not_there_is_a_page_that_says_so(house: House, path: str) -> None:
    answer = client_of(house.app, house.people["analyst"]).get(path)
    assert answer.status_code in {403, 404}


def test_another_members_booking_or_place_is_not_there(house: House, session: Session) -> None:
    other = a_person(session, "Other")
    session.commit()
    client = client_of(house.app, other)
    for rule in rules(house.app):
        if (
            rule.endpoint.startswith(("bookings.", "places."))
            and "public_id" in rule.arguments
            and "GET" in (rule.methods or ())
        ):
            assert client.get(house.path(rule)).status_code == 404, rule
    assert client.get(f"/bookings/{uuid.uuid4()}").status_code == 404
