"""Every email there is, written by what people do and sent by SMTP: it names nobody's address but its reader's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import vobject
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.mail.smtp import SMTPMailer
from booking.services import cover
from booking.services.accounts import change_email, close_account, merge_accounts, sign_in, trials
from booking.services.action_context import ActionContext
from booking.services.bookings import on_behalf, waitlist
from booking.services.bookings.book import book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.edit_topic import edit_brief
from booking.services.bookings.enrol import enrol
from booking.services.bookings.invite import invite
from booking.services.bookings.move import move
from booking.services.bookings.notes import write_note
from booking.services.bookings.waitlist import Wish
from booking.services.outbox import daily_agenda, deliver, remind
from booking.services.outbox.deliver import EmailWorker
from booking.store.bookings.bookings import Booking
from booking.store.db.base import new_public_id
from booking.store.outbox import emails, reminder_progress
from booking.store.people.people import Person, Role, with_email
from booking.store.people.time_off import TimeOff
from booking.store.programme.programme import Occurrence, Programme
from tests.builders import CLINIC_AT, NOW, a_person, a_request, a_series, an_occurrence, an_organisation
from tests.databases import Database
from tests.mail.server import Mailbox, serving
from tests.services.dates.scenario import a_full_lab
from tests.services.publishing.test_plan import of, put
from tests.services.publishing.test_publish import stated
from tests.web.client import settings

ORGANISATION = an_organisation(upcoming=0, per_occurrence=0, per_week=0, reminder_hours=(24, 1))
HOUR = timedelta(hours=1)
OURS = {"clinics@example.org", "people@example.org"}
#: The emails about a booking that carry an invitation where it was born with one.
INVITING = {"booked", "moved", "moved-by-us", "cancelled", "cancelled-by-us", "invitation"}


def acting(
    session: Session, actor: Actor, now: datetime = NOW, organisation: Organisation = ORGANISATION
) -> ActionContext:
    """The context of what somebody does in this organisation."""
    return ActionContext(session, organisation, now, actor)


@dataclass
class Post:
    """A mailbox for everybody, and what makes the emails in it."""

    database: Database
    session: Session
    mailbox: Mailbox
    mailer: SMTPMailer

    def person(self, name: str, *roles: str, **fields: object) -> Person:
        """Somebody with an address on a domain of their own."""
        return a_person(
            self.session, name, roles or ("member",), email=f"{name.lower()}@{name.lower()}.example.com", **fields
        )

    def book(self, clinic: Occurrence, quarter: int, member: Person, minutes: int = 15, **more: object) -> Booking:
        request = a_request(clinic, 15 * quarter, minutes, topic="Tags fire twice.", **more)
        return book(acting(self.session, Actor.member(member.id)), request).booking

    def deliver(self, now: object = NOW) -> None:
        set_up = settings(self.database, BOOKING_MAIL_FROM="clinics@example.org")
        while deliver.deliver_once(EmailWorker(self.database.sessions, self.mailer, set_up, ORGANISATION, "one"), now):  # type: ignore[arg-type]
            pass

    def carried(self) -> list[str]:
        """What the calendar parts have said since the last look: METHOD, SEQUENCE, start, minutes."""
        found = []
        for message in self.mailbox.messages:
            for part in (one for one in message.walk() if one.get_content_type() == "text/calendar"):
                calendar = vobject.readOne(part.get_content())  # type: ignore[attr-defined]
                event, minutes = calendar.vevent, timedelta(minutes=1)
                lasts = (event.dtend.value - event.dtstart.value) // minutes
                found.append(
                    f"{calendar.method.value} {event.sequence.value} {event.status.value} "
                    f"{event.dtstart.value:%H:%M} {lasts} {event.summary.value.rpartition(' ')[2]}"
                )
        self.mailbox.messages.clear()
        return found


@pytest.fixture
def post(database: Database, session: Session) -> Iterator[Post]:
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    session.commit()
    with serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        yield Post(database, session, mailbox, mailer)
        mailer.close()


def everything_that_is_written_about(post: Post) -> None:
    """One deed after another, until every email has been written and sent."""
    session = post.session
    ada, ben, dan = (post.person(name, "analyst") for name in ("Ada", "Ben", "Dan"))
    cora = post.person("Cora", "coordinator")
    mia, max_, lee, kim, kit, gone = (post.person(name) for name in ("Mia", "Max", "Lee", "Kim", "Kit", "Gone"))
    fay = post.person("Fay", member_feed_fetched_at=NOW - HOUR)
    both = an_occurrence(session, a_series(session, [ada, ben]), [ada, ben])
    alone = an_occurrence(session, a_series(session, [dan]), [dan], CLINIC_AT + timedelta(days=1))
    session.commit()
    # booked, moved, handed over, cancelled, and an invitation asked for
    first = post.book(both, 0, mia, analyst=ada.public_id)
    move(acting(session, Actor.link()), first.public_id, a_request(both, 15, analyst=ada.public_id))
    second = post.book(alone, 0, max_)
    cancel(acting(session, Actor.link()), second.public_id)
    third = post.book(alone, 0, max_)
    on_behalf.cancel_for(acting(session, Actor.staff(cora.id)), third.public_id, "Dan is ill.")
    invite(acting(session, Actor.link()), post.book(both, 3, fay, analyst=ben.public_id).public_id)
    post.mailbox.refusals["gone@gone.example.com"] = (
        "550 5.1.1 <gone@gone.example.com>: no such user, nor mia@mia.example.com"
    )
    post.book(alone, 3, gone)
    # waiting for a clinic that is full
    held = [post.book(alone, quarter, lee) for quarter in (0, 1, 2)]
    for who in (kim, kit):
        waitlist.join(acting(session, Actor.member(who.id)), alone.public_id, Wish(15))
    cancel(acting(session, Actor.link()), held[0].public_id)
    post.deliver()
    for lapsed in (20, 40):  # to the first, to the second, then free for anyone to book
        waitlist.offer_free_slots(acting(session, Actor.system(), NOW + lapsed * HOUR), alone.id)
    # Ada is away: Ben is taken at Max's time, and free at another; Lee's has nobody
    post.book(both, 0, max_, analyst=ada.public_id)
    post.book(both, 0, kim, analyst=ben.public_id)
    lone = an_occurrence(session, a_series(session, [ada]), [ada], CLINIC_AT + timedelta(days=2))
    session.commit()
    post.book(lone, 0, lee)
    start, end = CLINIC_AT - HOUR, CLINIC_AT + timedelta(days=3)
    shown = cover.show(session, ada.public_id, (start, end), ORGANISATION, NOW)
    cover.report(acting(session, Actor.staff(ada.id)), ada.public_id, (start, end), fingerprint=shown.fingerprint)
    # a lab: enrolled in, and moved
    lab = stated(
        kind="lab",
        slug="lab",
        title="Lab: Tags",
        start_wall=time(16),
        end_wall=time(17),
    )
    put(session, of(lab))
    meeting = next(row for row in session.query(Occurrence) if row.series.slug == "lab")
    enrol(acting(session, Actor.member(mia.id)), meeting.public_id, whole=True)
    enrol(acting(session, Actor.member(kim.id)), meeting.public_id, whole=True)
    put(
        session,
        of(
            stated(
                kind="lab",
                slug="lab",
                title="Lab: Tags",
                start_wall=time(17),
                end_wall=time(18),
            )
        ),
    )
    a_full_lab(session, cora.id, [post.person(name) for name in ("Ann", "Bea", "Cat")])
    # the day itself
    post.deliver(NOW + 21 * HOUR)
    daily_agenda.write(acting(session, Actor.system(), CLINIC_AT - 5 * HOUR), ben.id)
    for one in reminder_progress.due(session, ORGANISATION, CLINIC_AT - HOUR):
        remind.write(acting(session, Actor.system(), CLINIC_AT - HOUR), one)
    post.deliver(CLINIC_AT - HOUR)
    write_note(
        acting(session, Actor.staff(first.analyst_id), CLINIC_AT + HOUR / 4),
        first.public_id,
        "Shy.",
        "Rename the events.",
    )
    sign_in.ask(session, mia.email, "a sender", NOW)
    sign_in.ask(session, "nobody@nowhere.example.com", "a sender", NOW)
    a_trial_begins_and_ends(session)
    emails.enqueue(session, "test-email", cora.email, {}, NOW, person_id=cora.id)
    session.commit()
    post.deliver(CLINIC_AT + 3 * HOUR)
    # the next day, in the last hour: whoever waits hears at once of what is given up
    cancel(acting(session, Actor.link(), alone.starts_at - HOUR / 2), held[1].public_id)
    post.deliver(alone.starts_at - HOUR / 2)


def a_trial_begins_and_ends(session: Session) -> None:
    offering = replace(ORGANISATION, policy=replace(ORGANISATION.policy, trial_days=7))
    wanted = trials.SignUp("tia@tia.example.com", "Tia", "", "a sender")
    begun = trials.sign_up(acting(session, Actor.system(), organisation=offering), wanted)
    trials.confirm(acting(session, Actor.link(), organisation=offering), begun, sign_in.Browser("a sender"))
    soon = acting(session, Actor.system(), NOW + timedelta(days=6), offering)
    for person_id in trials.ending(soon):
        trials.tell_ending(soon, person_id)


NINA, OTTO = "nina@nina.example.com", "otto@otto.example.com"
#: The other addresses of those who change theirs or have two accounts: their emails name both.
ALSO_THEIRS = {
    NINA: {"nina@new.example.com"},
    "nina@new.example.com": {NINA},
    "otto@second.example.com": {OTTO},
}


def everything_that_is_written_about_accounts(post: Post) -> None:
    """An address is changed, another is taken already, two accounts are merged, and one is closed."""
    session = post.session
    nina, mia = post.person("Nina"), with_email(session, "mia@mia.example.com")
    otto, carl = post.person("Otto"), post.person("Carl")
    second = a_person(session, "Otto", email="otto@second.example.com")
    session.commit()
    assert mia is not None
    asked = change_email.ask(session, nina.id, "nina@new.example.com", NOW)
    change_email.confirm(session, asked.public_id, NOW)
    change_email.ask(session, nina.id, mia.email, NOW)
    merge_accounts.merge(acting(session, Actor.system()), otto.public_id, second.public_id)
    close_account.close(acting(session, Actor.system()), carl.public_id, cancels=True)
    sign_in.ask(session, carl.email, "a sender", NOW)
    post.deliver()


def everything_that_is_written_where_nobody_can_take_over(post: Post) -> None:
    session = post.session
    eve, mia = post.person("Eve", "analyst"), with_email(session, "mia@mia.example.com")
    start = CLINIC_AT + timedelta(days=8)
    clinic = an_occurrence(session, a_series(session, [eve]), [eve], start)
    for other in session.query(Person).join(Person.roles).where(Role.role == "analyst", Person.id != eve.id):
        away = {"starts_at": start - HOUR, "ends_at": start + 3 * HOUR, "created_at": NOW}
        session.add(TimeOff(public_id=new_public_id(), analyst_id=other.id, note="", **away))
    session.commit()
    assert mia is not None
    post.book(clinic, 0, mia)
    span = (start, start + HOUR)
    shown = cover.show(session, eve.public_id, span, ORGANISATION, NOW)
    cover.report(acting(session, Actor.staff(eve.id)), eve.public_id, span, fingerprint=shown.fingerprint)
    post.deliver()


def words_of(message: EmailMessage) -> str:
    """All that the message says: every header, every part decoded."""
    parts = list(message.walk())
    headers = [f"{name}: {value}" for part in parts for name, value in part.items()]
    return "\n".join([*headers, *(part.get_payload(decode=True).decode() for part in parts if not part.is_multipart())])


def test_no_email_has_another_persons_address_and_only_a_members_about_a_booking_an_invitation(post: Post) -> None:
    everything_that_is_written_about(post)
    everything_that_is_written_about_accounts(post)
    everything_that_is_written_where_nobody_can_take_over(post)
    rows = {f"<email-{row.public_id}@booking.example.org>": row for row in post.session.query(emails.OutgoingEmail)}
    sent = [(rows[message["Message-ID"]], message) for message in post.mailbox.messages]
    folders = {one.name for one in (Path(__file__).parents[3] / "templates" / "mail").iterdir() if one.is_dir()}
    assert {row.name for row, _ in sent} == folders
    inviting = set()
    for row, message in sent:
        (to,) = message["To"].addresses
        assert to.addr_spec == row.to_email
        assert not {"Cc", "Bcc"} & set(message.keys())
        named = set(re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", words_of(message)))
        ids = {one for one in named if one.startswith(("email-", "booking-")) and one.endswith("@booking.example.org")}
        assert named - ids <= OURS | {row.to_email} | ALSO_THEIRS.get(row.to_email, set()), row.name
        assert message["Reply-To"] == "people@example.org"
        calendars = [part for part in message.walk() if part.get_content_type() in {"text/calendar", "application/ics"}]
        if calendars:
            inviting.add(row.name)
            (attendee,) = re.findall(r"ATTENDEE.*?mailto:(\S+)", calendars[0].get_content().replace("\r\n ", ""))
            assert attendee == row.to_email
        if row.name == "booked" and calendars:
            text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
            assert "If Gmail asks whether you know the sender, choose Yes." in text
            assert "Declining it in your calendar doesn't cancel the booking" in text
    assert inviting == INVITING
    (enrolled, *_) = [words_of(message) for row, message in sent if row.name == "enrolled"]
    assert "https://booking.example.org/calendars" in enrolled
    assert re.search(r"https://booking\.example\.org/occurrences/[\w-]+\.ics", enrolled)


def test_sequence_rises_with_each_change_and_the_last_times_sent_are_those_of_the_cancel(post: Post) -> None:
    """An edit of the brief sends nothing, as its member knows it; the next email passes over that SEQUENCE."""
    session = post.session
    ada, ben, cora = post.person("Ada", "analyst"), post.person("Ben", "analyst"), post.person("Cora", "coordinator")
    mia = post.person("Mia")
    clinic = an_occurrence(session, a_series(session, [ada, ben]), [ada, ben])
    session.commit()
    booking = post.book(clinic, 0, mia, analyst=ada.public_id)
    move(acting(session, Actor.link()), booking.public_id, a_request(clinic, 15, analyst=ada.public_id))
    edit_brief(acting(session, Actor.link()), booking.public_id, topic="Something else.")
    shown = cover.show(session, ada.public_id, (CLINIC_AT, CLINIC_AT + HOUR), ORGANISATION, NOW)
    cover.report(
        acting(session, Actor.system()), ada.public_id, (CLINIC_AT, CLINIC_AT + HOUR), fingerprint=shown.fingerprint
    )
    on_behalf.lengthen(acting(session, Actor.staff(ben.id)), booking.public_id)
    on_behalf.cancel_for(acting(session, Actor.staff(cora.id)), booking.public_id, "Ben is ill.")
    post.deliver()
    assert post.carried() == [
        "REQUEST 0 CONFIRMED 13:00 15 Ada",
        "REQUEST 1 CONFIRMED 13:15 15 Ada",
        "REQUEST 3 CONFIRMED 13:15 15 Ben",
        "REQUEST 4 CONFIRMED 13:15 30 Ben",
        "CANCEL 5 CANCELLED 13:15 30 Ben",
    ]


def test_a_publish_that_moves_a_booking_is_a_request_with_the_next_sequence(post: Post) -> None:
    session = post.session
    ada, mia = post.person("Ada", "analyst"), post.person("Mia")
    session.commit()
    put(session, of(stated((ada.email,))))
    clinic = session.scalars(select(Occurrence).order_by(Occurrence.starts_at)).first()
    assert clinic is not None
    post.book(clinic, 0, mia)
    put(session, of(stated((ada.email,), start_wall=time(15), end_wall=time(16))))
    post.deliver(NOW + HOUR)
    assert post.carried() == ["REQUEST 0 CONFIRMED 13:00 15 Ada", "REQUEST 1 CONFIRMED 15:00 15 Ada"]


@pytest.mark.parametrize("fetched", [False, True])
def test_what_staff_book_and_what_a_waitlist_leads_to_follow_the_same_rule(post: Post, fetched: bool) -> None:
    session = post.session
    dan, cora = post.person("Dan", "analyst"), post.person("Cora", "coordinator")
    mia = post.person("Mia", member_feed_fetched_at=NOW - HOUR if fetched else None)
    other = post.person("Max", member_feed_fetched_at=None if fetched else NOW - HOUR)
    clinic = an_occurrence(session, a_series(session, [dan]), [dan])
    session.commit()
    followed = book(acting(session, Actor.staff(cora.id, for_member=mia.id)), a_request(clinic, 45)).booking
    held = [post.book(clinic, quarter, other) for quarter in (0, 1, 2)]
    place = waitlist.join(acting(session, Actor.member(mia.id)), clinic.public_id, Wish(15))
    cancel(acting(session, Actor.link()), held[0].public_id)
    accepted = waitlist.accept(acting(session, Actor.member(mia.id)), place.public_id)
    assert [followed.is_invited, accepted.is_invited] == [not fetched, not fetched]
    assert {one.is_invited for one in held} == {fetched}


def test_an_analyst_gets_no_invitation_whatever_becomes_of_their_hours(post: Post) -> None:
    everything_that_is_written_about(post)
    analysts = {f"{name}@{name}.example.com" for name in ("ada", "ben", "dan")}
    to_them = [one for one in post.mailbox.messages if one["To"].addresses[0].addr_spec in analysts]
    assert len(to_them) >= 2
    assert not [part for one in to_them for part in one.walk() if "calendar" in part.get_content_type()]
    as_attendees = "".join(words_of(one) for one in post.mailbox.messages).replace("\r\n ", "")
    assert not [one for one in re.findall(r"mailto:(\S+)", as_attendees) if one in analysts]
