"""How often one may ask to sign in, and how often be wrong: by address and by failures, true to the minute, no race."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors, tokens, wording
from booking.services.accounts import sign_in
from booking.services.accounts.sign_in import Browser, TypedCode
from booking.services.outbox import deliver
from booking.store.audit_log import AuditEntry
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.rate_limits import RateLimit
from booking.store.people.sign_ins import SignIn
from tests.builders import BRISBANE, NOW, a_person
from tests.databases import Database
from tests.web.client import SECRET_KEY, Clock, client_of, make_app, post

KNOWN = "mia.moss@example.org"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(database: Database, session: Session, clock: Clock) -> FlaskClient:
    a_person(session, "Mia Moss")
    session.commit()
    return client_of(make_app(database, clock))


def latest(session: Session) -> SignIn:
    session.rollback()
    return session.scalars(select(SignIn).order_by(SignIn.id.desc()).limit(1)).one()


def right_code(session: Session) -> str:
    return tokens.six_digits(SECRET_KEY, "sign-in-code", str(latest(session).public_id))


def at(minutes: int) -> str:
    """So many minutes after NOW, as pages write it."""
    return wording.when(NOW + timedelta(minutes=minutes), None, BRISBANE)


def wrong_code(session: Session) -> str:
    return "000000" if right_code(session) != "000000" else "111111"


def failures(session: Session) -> list[tuple[str, dict[str, object]]]:
    session.rollback()
    rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "sign-in-failed").order_by(AuditEntry.id))
    return [(row.subject, row.details) for row in rows]


def test_any_number_of_people_of_one_network_sign_in(session: Session, client: FlaskClient) -> None:
    for number in range(40):
        a_person(session, f"Member {number}")
    session.commit()
    for number in range(40):
        browser = client_of(client.application)
        page = post(browser, "/sign-in", email=f"member.{number}@example.org").location
        assert post(browser, page, code=right_code(session)).status_code == 303


def test_five_emails_an_hour_for_an_address_and_the_page_says_when_the_next_is_free(
    session: Session, client: FlaskClient, clock: Clock
) -> None:
    shown = {}
    for email in (KNOWN, "nobody@example.org"):
        for minute in range(5):
            clock.now = NOW + timedelta(minutes=minute, seconds=30)
            assert post(client, "/sign-in", email=email).status_code == 303
        clock.now = NOW + timedelta(minutes=20)
        answer = post(client, "/sign-in", email=email)
        shown[email] = (
            answer.status_code,
            f"again from {at(61)}." in answer.text,
            answer.headers["Retry-After"],
        )
        assert f'value="{email}"' in answer.text  # what was typed stands there
    assert shown[KNOWN] == shown["nobody@example.org"] == (429, True, str(40 * 60 + 30))
    clock.now = NOW + timedelta(minutes=60, seconds=29)
    assert post(client, "/sign-in", email=KNOWN).status_code == 429
    clock.now = NOW + timedelta(minutes=60, seconds=30)
    assert post(client, "/sign-in", email=KNOWN).status_code == 303
    assert post(client, "/sign-in", email=KNOWN).status_code == 429  # the window slides: one at a time


def test_strangers_beyond_twenty_an_hour_get_no_email_and_the_page_does_not_tell(
    session: Session, client: FlaskClient
) -> None:
    for number in range(23):
        assert post(client, "/sign-in", email=f"stranger{number}@example.org").status_code == 303
    session.rollback()
    assert len(session.scalars(select(OutgoingEmail)).all()) == 20
    assert len(failures(session)) == 20
    assert post(client, "/sign-in", email=KNOWN).status_code == 303
    session.rollback()
    assert session.scalars(select(OutgoingEmail.name).order_by(OutgoingEmail.id.desc()).limit(1)).one() == "sign-in"


def test_ten_wrong_codes_an_hour_for_an_address_and_the_link_still_works(
    session: Session, client: FlaskClient, clock: Clock
) -> None:
    for minute in (0, 1):
        clock.now = NOW + timedelta(minutes=minute)
        page = post(client, "/sign-in", email=KNOWN).location
        for _ in range(5):
            assert post(client, page, code=wrong_code(session)).status_code == 422
    page = post(client, "/sign-in", email=KNOWN).location
    for code in (wrong_code(session), right_code(session)):
        answer = post(client, page, code=code)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(59 * 60))
        assert f"Use the link in the email, or try again from {at(60)}." in answer.text
    link = f"/sign-in/link/{tokens.sign(SECRET_KEY, 'sign-in', str(latest(session).public_id))}"
    assert post(client, link).status_code == 303


def test_thirty_wrong_codes_an_hour_from_a_network(session: Session, client: FlaskClient) -> None:
    for number in range(6):
        page = post(client, "/sign-in", email=f"guess{number}@example.org").location
        for _ in range(5):
            assert post(client, page, code=wrong_code(session)).status_code == 422
    page = post(client, "/sign-in", email=KNOWN).location
    answer = post(client, page, code=right_code(session))
    assert (answer.status_code, "Too many wrong codes from your network" in answer.text) == (429, True)
    elsewhere = Browser("another network")
    visit = sign_in.by_code(
        session, latest(session).public_id, TypedCode(right_code(session), SECRET_KEY), NOW, elsewhere
    )
    assert visit.token


def at_once(database: Database, count: int, run: Callable[[Session, int], object]) -> list[str]:
    """What became of so many at the same time, each in a session of its own: `done`, or the refusal's code."""
    outcomes: list[str] = []
    together = threading.Barrier(count)

    def one(number: int) -> None:
        with database.sessions() as own:
            together.wait()
            try:
                run(own, number)
                outcomes.append("done")
            except errors.Refusal as refusal:
                outcomes.append(refusal.code)

    threads = [threading.Thread(target=one, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.parametrize("email", [KNOWN, "nobody@example.org"])
def test_of_twelve_requests_at_once_from_one_network_five_pass(
    database: Database, session: Session, client: FlaskClient, email: str
) -> None:
    outcomes = at_once(database, 12, lambda own, number: sign_in.ask(own, email, "network", NOW))
    assert outcomes == ["done"] * 5 + ["too-many-requests"] * 7


def test_a_stranger_who_asks_too_often_keeps_nobody_from_signing_in(session: Session, client: FlaskClient) -> None:
    for _ in range(5):
        sign_in.ask(session, KNOWN, "a stranger's network", NOW)
    with pytest.raises(errors.TooManyRequests):
        sign_in.ask(session, KNOWN, "a stranger's network", NOW)
    page = post(client, "/sign-in", email=KNOWN).location
    assert post(client, page, code=right_code(session)).status_code == 303


def test_twenty_emails_an_hour_for_an_address_from_all_networks(
    session: Session, client: FlaskClient, clock: Clock
) -> None:
    for number in range(20):
        sign_in.ask(session, KNOWN, f"network {number}", NOW)
    answer = post(client, "/sign-in", email=KNOWN)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert "the most sign-in emails for one address within an hour. Use the latest one" in answer.text
    session.rollback()
    assert len(session.scalars(select(OutgoingEmail)).all()) == 20
    clock.now = NOW + timedelta(hours=1)
    assert post(client, "/sign-in", email=KNOWN).status_code == 303


def test_of_many_guesses_at_once_on_many_pages_ten_are_looked_at(
    database: Database, session: Session, client: FlaskClient
) -> None:
    pages = [sign_in.ask(session, KNOWN, "sender", NOW) for _ in range(5)]
    wrong = {tokens.six_digits(SECRET_KEY, "sign-in-code", str(page)) for page in pages}
    code = next(code for code in ("000000", "111111", "222222", "333333") if code not in wrong)
    outcomes = at_once(
        database,
        16,
        lambda own, number: sign_in.by_code(
            own, pages[number % 5], TypedCode(code, SECRET_KEY), NOW, Browser(f"network {number}")
        ),
    )
    assert outcomes.count("wrong-code") == 10
    assert len(failures(session)) == 10


def test_failed_sign_ins_are_in_the_audit_log_without_the_address(
    session: Session, client: FlaskClient, clock: Clock
) -> None:
    post(client, "/sign-in", email="nobody@example.org")
    page = post(client, "/sign-in", email=KNOWN).location
    post(client, page, code=wrong_code(session))
    link = f"/sign-in/link/{tokens.sign(SECRET_KEY, 'sign-in', str(latest(session).public_id))}"
    other = client_of(client.application)
    form = other.get(link).text
    clock.now = NOW + timedelta(minutes=10)
    post(other, link, page="/sign-in")
    assert "Confirm sign-in" in form
    found = failures(session)
    assert [(subject, details["reason"], details["email"]) for subject, details in found] == [
        ("sign-in", "unknown-address", "n…@example.org"),
        ("person", "wrong-code", "m…@example.org"),
        ("person", "expired-link", "m…@example.org"),
    ]


def test_what_no_longer_counts_is_deleted_with_the_housekeeping(session: Session, client: FlaskClient) -> None:
    post(client, "/sign-in", email=KNOWN)

    def kept(now: datetime) -> int:
        deliver.keep_house(session, "worker", now)
        session.rollback()
        return len(session.scalars(select(RateLimit)).all())

    assert kept(NOW + timedelta(minutes=59)) == 3
    assert kept(NOW + timedelta(hours=1)) == 0
