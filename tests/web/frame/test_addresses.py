"""Whatever address an import takes signs in, in either spelling, and gets its emails."""

from __future__ import annotations

import uuid
from email import message_from_string, policy

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.calendars import invitations
from booking.calendars.invitations import Party
from booking.domain.people import people_table
from booking.domain.people.actor import Actor
from booking.mail import headers
from booking.mail.compose import Sender, compose
from booking.mail.render import Recipient, Rendered
from booking.mail.smtp import SMTPMailer
from booking.services.accounts.import_people import import_people
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from tests.builders import NOW, acting, an_organisation
from tests.calendars.reading import lines_of
from tests.calendars.values import PUBLISHER, an_appointment
from tests.databases import Database
from tests.mail import server
from tests.web.client import client_of, make_app, post

IDN, A_LABEL = "max@müller.example", "max@xn--mller-kva.example"


def imported(session: Session, *addresses: str) -> None:
    listed, mistakes = people_table.read("\n".join(["email,name", *(f"{one},Max" for one in addresses)]).encode())
    assert mistakes == []
    import_people(acting(session, Actor.system(), organisation=an_organisation()), listed)


@pytest.mark.parametrize(
    ("stated", "typed"),
    [
        ("o'brien@example.org", "O'Brien@example.org"),
        ("mia+clinic@example.org", "mia+clinic@example.org"),
        (IDN, IDN),
        (IDN, A_LABEL),
        (A_LABEL, "MAX@Müller.example"),
    ],
)
def test_whatever_import_takes_sign_in_takes(database: Database, session: Session, stated: str, typed: str) -> None:
    imported(session, stated)
    answer = post(client_of(make_app(database)), "/sign-in", email=typed)
    assert answer.status_code == 303
    assert [(one.name, one.to_email) for one in session.scalars(select(OutgoingEmail))] == [("sign-in", stated)]


def test_the_two_spellings_are_one_person_to_a_later_import(database: Database, session: Session) -> None:
    imported(session, IDN)
    imported(session, A_LABEL)
    assert [(one.email, one.email_key) for one in session.scalars(select(Person))] == [(IDN, A_LABEL)]


def test_an_email_to_an_international_domain_leaves_by_its_a_label() -> None:
    sender = Sender("SMK", "clinics@müller.example", "people@example.org", "booking.example.org")
    rendered = Rendered("Booked", "Text\n", "<p>Text</p>")
    message = compose(rendered, Recipient(IDN, "Zoë Müller"), sender, uuid.UUID(int=7), NOW)
    with server.serving(international=False) as mailbox:
        mailer = SMTPMailer(mailbox.url)
        mailer.send(message)
        mailer.close()
    (parsed,) = mailbox.messages
    assert [(one.display_name, one.addr_spec) for one in parsed["To"].addresses] == [("Zoë Müller", A_LABEL)]
    assert parsed["From"].addresses[0].addr_spec == "clinics@xn--mller-kva.example"


def test_an_invitation_names_the_address_of_the_email_that_carries_it() -> None:
    made = invitations.invitation(PUBLISHER, an_appointment(), Party("SMK", "a@müller.example"), Party("Max", IDN))
    assert lines_of(made.content, "ORGANIZER")[0].endswith(":mailto:a@xn--mller-kva.example")
    assert lines_of(made.content, "ATTENDEE")[0].endswith(f":mailto:{A_LABEL}")


def test_a_name_with_joiners_is_kept_by_profile_import_and_header(database: Database, session: Session) -> None:
    name = "علی‌رضا"
    listed, mistakes = people_table.read(f"email,name\nmia@example.org,{name}\n".encode())
    import_people(acting(session, Actor.system(), organisation=an_organisation()), listed)
    member = session.scalars(select(Person)).one()
    assert (mistakes, member.name) == ([], name)
    client = client_of(make_app(database), member)
    assert post(client, "/me", name=f"{name} M", time_zone="", invitations="always").status_code == 303
    written = "To: " + headers.mailbox("To", name, "mia@example.org")
    assert message_from_string(written, policy=policy.default)["To"].addresses[0].display_name == name
