"""What emails open is made when they leave: none of it lies in the table, nor on the coordinator's page."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import time, timedelta
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.mail.mailer import LocalMailer, PermanentFailure
from booking.services.accounts import trials
from booking.services.accounts.change_email import ask as ask_to_change_address
from booking.services.accounts.change_email import confirm as confirm_address
from booking.services.accounts.close_account import close
from booking.services.accounts.merge_accounts import merge
from booking.services.accounts.sign_in import Browser, ask
from booking.services.bookings import on_behalf, waitlist
from booking.services.bookings.cancel import cancel
from booking.services.bookings.enrol import enrol
from booking.services.bookings.invite import invite
from booking.services.bookings.move import move
from booking.services.bookings.notes import write_note
from booking.services.outbox import daily_agenda, deliver, remind
from booking.services.outbox.deliver import EmailWorker
from booking.store.outbox import reminder_progress
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Roster
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_request, acting, an_organisation
from tests.databases import Database
from tests.services.bookings.test_waitlist import a_full_clinic, waits
from tests.services.cover.test_cover import an_hour, away, with_ada
from tests.services.dates.scenario import a_full_lab
from tests.services.outbox.test_reminders import booked
from tests.services.publishing.test_publish import run as publish
from tests.services.publishing.test_publish import stated
from tests.web.client import client_of, make_app, settings

REMINDING = an_organisation(reminder_hours=(24, 1))
ROOM = "https://zoom.example.com/j/8123456789?pwd=s3cret"
HOUR = timedelta(hours=1)
MAIL = Path(__file__).parents[3] / "templates" / "mail"
NEVER_QUEUED = {"test-email"}  # `booking init` sends it itself


class Mailbag(LocalMailer):
    """What left; an email to somebody who is gone is refused, with the words of the email in the answer."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def send(self, message: EmailMessage) -> None:
        self.words.append(read(message))
        if "gone@" in str(message["To"]):
            raise PermanentFailure("550 5.1.1 no such user")


def read(message: EmailMessage) -> str:
    """Headers and every part as they are read."""
    arrived = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    parts = [part.get_payload(decode=True) for part in arrived.walk() if not part.is_multipart()]
    return "\n".join([str(arrived.items()), *(part.decode().replace("\r\n ", "") for part in parts)])  # type: ignore[union-attr]


def everything_happens(session: Session) -> None:
    """Whatever makes an email, once: a week of a busy programme."""
    alone = a_clinic(session)
    a_booking(session, alone)
    closed = alone.roster[0].analyst
    close(acting(session, Actor.system(), organisation=REMINDING), closed.public_id, cancels=True)
    ask(session, closed.email, "sender", NOW)
    hour = an_hour(session)
    cora = hour.cora.id
    mia = a_person(session, "Mia Moss")
    session.commit()
    ask(session, mia.email, "sender", NOW)
    ask(session, "nobody@example.org", "sender", NOW)
    asked = ask_to_change_address(session, mia.id, "mia@new.example", NOW)
    confirm_address(session, asked.public_id, NOW)
    offering = an_organisation(trial_days=7)
    wanted = trials.SignUp("tia@example.org", "Tia", "", "sender")
    begun = trials.sign_up(acting(session, Actor.system(), organisation=offering), wanted)
    trials.confirm(acting(session, Actor.link(), organisation=offering), begun, Browser("sender"))
    soon = acting(session, Actor.system(), NOW + timedelta(days=6), offering)
    assert [trials.tell_ending(soon, person_id) for person_id in trials.ending(soon)] == [True]
    twin = a_person(session, "Mia M.")
    session.commit()
    merge(acting(session, Actor.system(), organisation=REMINDING), mia.public_id, twin.public_id)
    clinic = a_clinic(session, analysts=2)
    moved = booked(session, clinic, member=mia)
    move(acting(session, Actor.link(), organisation=REMINDING), moved.public_id, a_request(clinic, 30))
    fed = booked(session, a_clinic(session), member=a_person(session, "Fay", member_feed_fetched_at=NOW - HOUR))
    invite(acting(session, Actor.link()), fed.public_id)
    theirs = booked(session, clinic, member=a_person(session, "Gone", email="gone@example.org"))
    on_behalf.move_for(
        acting(session, Actor.staff(cora), organisation=REMINDING), theirs.public_id, a_request(clinic, 45), "Full."
    )
    colleague = next(one.analyst for one in clinic.roster if one.analyst_id != theirs.analyst_id).public_id
    on_behalf.hand_over(
        acting(session, Actor.staff(cora), organisation=REMINDING), theirs.public_id, colleague, "Full."
    )
    on_behalf.cancel_for(acting(session, Actor.staff(cora), organisation=REMINDING), theirs.public_id, "Ill.")
    full, bookings = a_full_clinic(session)
    for _ in range(2):
        waits(session, full)
    cancel(acting(session, Actor.link(), organisation=REMINDING), bookings[0].public_id)
    for lapsed in (20, 40):  # to the first, to the second, then free for anyone to book
        waitlist.offer_free_slots(acting(session, Actor.system(), NOW + lapsed * HOUR, REMINDING), full.id)
    cancel(acting(session, Actor.link(), CLINIC_AT - HOUR / 2, REMINDING), bookings[1].public_id)
    for quarter in range(2):
        with_ada(session, hour, quarter)
    for quarter in range(3):  # Ben has room for one of the two
        a_booking(session, hour.clinic, after_minutes=15 * quarter, analyst=hour.ben.public_id)
    away(session, hour)
    publish(session, stated(slug="a-lab", kind="lab"))
    lab = session.scalars(select(Occurrence.public_id).order_by(Occurrence.id.desc()).limit(1)).one()
    enrol(acting(session, Actor.member(mia.id), organisation=REMINDING), lab)
    a_full_lab(session, cora, [a_person(session, name) for name in ("Ann Full", "Bea Full", "Cat Full")])
    publish(session, stated(slug="a-lab", kind="lab", start_wall=time(15), end_wall=time(16)))
    session.execute(update(Person).values(meeting_url=ROOM))
    session.execute(update(Roster).values(meeting_url=ROOM))
    session.commit()
    for person_id in daily_agenda.due(session, REMINDING, CLINIC_AT - HOUR):
        daily_agenda.write(acting(session, Actor.system(), CLINIC_AT - HOUR, REMINDING), person_id)
    write_note(acting(session, Actor.staff(cora), CLINIC_AT + HOUR), moved.public_id, "Shy.", "Rename the events.")


def test_what_an_email_opens_lies_neither_in_the_table_nor_on_the_coordinators_page(
    database: Database, session: Session
) -> None:
    everything_happens(session)
    mailbag = Mailbag()
    found = settings(database, BOOKING_MAIL_FROM="clinics@example.org")
    days = (20, 20.5, 30)  # the lab, which is on the 21st day, is reminded of in between
    later = [CLINIC_AT + 24 * day * HOUR for day in days]
    for now in (NOW, NOW + 20 * HOUR, CLINIC_AT - 24 * HOUR, CLINIC_AT - HOUR / 2, *later):
        for one in reminder_progress.due(session, REMINDING, now):
            remind.write(acting(session, Actor.system(), now), one)
        while deliver.deliver_once(EmailWorker(database.sessions, mailbag, found, REMINDING, "one"), now):
            pass
    session.rollback()
    kinds = set(session.scalars(select(OutgoingEmail.name)))
    assert kinds == {folder.name for folder in MAIL.iterdir() if folder.is_dir()} - NEVER_QUEUED
    told = "\n".join(mailbag.words)
    ways = set(re.findall(r"/([a-z-]+(?:/[a-z-]+)?)/[0-9a-f-]{36}\.[a-z2-7]{32}", told))
    assert ways == {
        "manage",
        "join",
        "sign-in/link",
        "manage/place",
        "me/address",
        "trial",
        "unsubscribe/reminders",
        "unsubscribe/daily-agenda",
    }
    secrets = set(re.findall(r"[0-9a-f-]{36}\.([a-z2-7]{32})", told)) | set(re.findall(r"code: (\d{6})", told))
    assert len(secrets) > 20
    assert ROOM.partition("?")[0] in told
    stored = str(session.execute(text("SELECT * FROM outgoing_email")).all())
    client = client_of(
        make_app(database, CLINIC_AT), session.scalars(select(Person).where(Person.name == "Cora")).first()
    )
    pages = [client.get(f"/coordinator/emails?show={state}").text for state in ("waiting", "failed", "sent")]
    assert "Booking confirmed" in pages[2]
    assert "no such user" in pages[1]
    for shown in (stored, *pages):
        assert [one for one in (*secrets, "zoom.example.com", "s3cret") if one in shown] == []
