"""Free trials: one a person, begun by the link of an email, ended on their day, told of two days before."""

from __future__ import annotations

import threading
import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.accounts import merge_accounts, trials
from booking.services.accounts.sign_in import Browser
from booking.services.accounts.trials import SignUp, TrialLinkExpired
from booking.services.action_context import ActionContext
from booking.services.bookings.book import book
from booking.services.outbox.deliver import keep_house
from booking.store.audit_log import AuditEntry
from booking.store.db import engines
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.people.trial_sign_ups import TrialSignUp
from tests.builders import CLINIC_AT, NOW, a_clinic, a_person, a_request, acting, an_organisation
from tests.databases import Database

TODAY = date(2023, 11, 27)  # NOW in the programme's zone
SEVEN = an_organisation(trial_days=7)
BROWSER = Browser("network", "Firefox on Linux")


def at(session: Session, *, days: float = 0, actor: Actor | None = None) -> ActionContext:
    return acting(session, actor or Actor.system(), organisation=SEVEN, now=NOW + timedelta(days=days))


def sign_up(session: Session, email: str = "tia@example.org", *, days: float = 0, sender: str = "network") -> uuid.UUID:
    return trials.sign_up(at(session, days=days), SignUp(email, "Tia Novak", "Australia/Perth", sender))


def begin(session: Session, email: str = "tia@example.org", *, days: float = 0) -> Person:
    trials.confirm(at(session, days=days, actor=Actor.link()), sign_up(session, email, days=days), BROWSER)
    return session.scalars(select(Person).where(Person.email == email)).one()


def answers(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    return [
        (one.to_email, one.facts["answer"]) for one in session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id))
    ]


def test_a_trial_begins_with_the_link_and_not_before_and_the_account_is_a_members(session: Session) -> None:
    asked = sign_up(session, " Tia@Example.org ")
    assert session.scalars(select(Person)).all() == []
    assert answers(session) == [("tia@example.org", "confirm")]
    trials.confirm(at(session, actor=Actor.link()), asked, BROWSER)
    tia = session.scalars(select(Person)).one()
    assert (tia.name, tia.email, tia.time_zone, tia.role_names) == (
        "Tia Novak",
        "tia@example.org",
        "Australia/Perth",
        {"member"},
    )
    assert tia.member_until == tia.trial_until == TODAY + timedelta(days=7)
    assert tia.is_trial
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "began-trial")).one()
    assert (entry.actor_id, entry.is_by_link, entry.details["until"]) == (tia.id, True, "2023-12-04")


def test_the_link_works_once_and_for_two_days(session: Session) -> None:
    asked = sign_up(session)
    late = at(session, days=2, actor=Actor.link())
    with pytest.raises(TrialLinkExpired):
        trials.confirm(late, asked, BROWSER)
    trials.confirm(at(session, days=1.9, actor=Actor.link()), asked, BROWSER)
    with pytest.raises(TrialLinkExpired):
        trials.confirm(at(session, days=1.9, actor=Actor.link()), asked, BROWSER)
    with pytest.raises(TrialLinkExpired):
        trials.confirm(at(session, actor=Actor.link()), uuid.uuid4(), BROWSER)


def test_nobody_has_two_trials_and_only_their_email_says_so(session: Session) -> None:
    begin(session)
    a_person(session, "Mia Moss")
    session.commit()
    for email in ("tia@example.org", "tia+again@example.org", "mia.moss@example.org"):
        sign_up(session, email, days=1.5)
    assert answers(session)[1:] == [
        ("tia@example.org", "has-account"),
        ("tia+again@example.org", "had-trial"),
        ("mia.moss@example.org", "has-account"),
    ]
    for row in session.scalars(select(TrialSignUp).where(TrialSignUp.confirmed_at.is_(None))):
        with pytest.raises(TrialLinkExpired):
            trials.confirm(at(session, days=1.5, actor=Actor.link()), row.public_id, BROWSER)


def test_the_same_person_cannot_begin_two_with_two_links_that_were_open_together(session: Session) -> None:
    first, second = sign_up(session), sign_up(session, "tia+2@example.org")
    trials.confirm(at(session, actor=Actor.link()), first, BROWSER)
    with pytest.raises(TrialLinkExpired):
        trials.confirm(at(session, actor=Actor.link()), second, BROWSER)


def test_two_links_of_one_person_at_the_same_instant_begin_one_trial(database: Database, session: Session) -> None:
    links = [sign_up(session), sign_up(session, "tia+2@example.org")]
    session.commit()
    found: list[object] = []
    both = threading.Barrier(2)

    def press(link: uuid.UUID) -> None:
        with engines.sessions(database.engine)() as own:
            both.wait()
            try:
                found.append(trials.confirm(at(own, actor=Actor.link()), link, BROWSER))
            except TrialLinkExpired as refusal:
                found.append(refusal)

    threads = [threading.Thread(target=press, args=(link,)) for link in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.rollback()
    assert len(session.scalars(select(Person)).all()) == 1
    assert sorted(type(one).__name__ for one in found) == ["BegunTrial", "TrialLinkExpired"]


def test_an_organisation_that_offers_none_lets_nobody_in(session: Session) -> None:
    asked = sign_up(session)
    none = acting(session, Actor.system(), organisation=an_organisation(trial_days=0))
    with pytest.raises(trials.NoTrials):
        trials.sign_up(none, SignUp("x@example.org", "X", "", "network"))
    with pytest.raises(trials.NoTrials):
        trials.confirm(none, asked, BROWSER)


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("email", SignUp("nobody", "Tia", "", "n")),
        ("name", SignUp("tia@example.org", "  ", "", "n")),
        ("time_zone", SignUp("tia@example.org", "Tia", "Mars/Olympus", "n")),
    ],
)
def test_what_was_typed_wrong_is_named(session: Session, field: str, wanted: SignUp) -> None:
    with pytest.raises(errors.TextNotAccepted) as refusal:
        trials.sign_up(at(session), wanted)
    assert refusal.value.field == field


def test_sign_ups_are_limited_by_address_and_by_network(session: Session) -> None:
    for number in range(trials.EMAILS_TO_AN_ADDRESS.most):
        sign_up(session, f"tia+{number}@example.org", sender=f"network {number}")
    with pytest.raises(errors.TooManyRequests):
        sign_up(session, "tia@example.org", sender="another")
    for number in range(trials.SIGN_UPS_OF_A_NETWORK.most):
        sign_up(session, f"person{number}@example.org", sender="busy")
    with pytest.raises(errors.TooManyRequests):
        sign_up(session, "one.more@example.org", sender="busy")
    assert sign_up(session, "one.more@example.org", sender="elsewhere")


def test_the_last_day_is_honoured_and_said_as_a_trials(session: Session) -> None:
    tia = begin(session)
    clinic, later = a_clinic(session), a_clinic(session, starts_at=CLINIC_AT + timedelta(days=7))
    session.commit()
    context = at(session, actor=Actor.member(tia.id))
    assert book(context, a_request(clinic, 0)).booking.member_id == tia.id
    with pytest.raises(errors.MembershipEnded) as refusal:
        book(context, a_request(later, 0))
    assert refusal.value.is_trial


def test_the_end_is_told_once_two_days_before_while_it_is_a_trial(session: Session) -> None:
    tia, joined = begin(session), begin(session, "joined@example.org")
    joined.member_until = None
    session.commit()
    assert trials.ending(at(session, days=4)) == []
    assert trials.ending(at(session, days=5)) == [tia.id]
    assert trials.tell_ending(at(session, days=5), tia.id)
    assert not trials.tell_ending(at(session, days=5), tia.id)
    assert not trials.tell_ending(at(session, days=5), joined.id)
    assert trials.ending(at(session, days=5)) == []
    session.rollback()
    told = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "trial-ending")).one()
    assert (told.to_email, told.facts) == ("tia@example.org", {"trial_until": "2023-12-04"})


def test_a_trial_that_is_over_is_told_nothing(session: Session) -> None:
    begin(session)
    assert trials.ending(at(session, days=8)) == []


def test_a_sign_up_whose_link_was_not_used_is_forgotten_and_one_that_was_is_kept(session: Session) -> None:
    begin(session)
    sign_up(session, "other@example.org")
    keep_house(session, "w", NOW + timedelta(days=1))
    assert len(session.scalars(select(TrialSignUp)).all()) == 2
    keep_house(session, "w", NOW + timedelta(days=3))
    session.rollback()
    assert [one.email for one in session.scalars(select(TrialSignUp))] == ["tia@example.org"]


def test_an_account_that_takes_over_a_trial_has_had_it(session: Session) -> None:
    tia, mia, cora = begin(session), a_person(session, "Mia Moss"), a_person(session, "Cora", roles=["coordinator"])
    mia.member_until = None
    session.commit()
    merge_accounts.merge(at(session, actor=Actor.staff(cora.id)), mia.public_id, tia.public_id)
    session.rollback()
    session.refresh(mia)
    assert (mia.trial_until, mia.member_until, mia.is_trial) == (TODAY + timedelta(days=7), None, False)
