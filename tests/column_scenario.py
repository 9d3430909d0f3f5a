"""A week of a programme by way of services alone, in which every column gets something that it did not begin with.

`tests/services/outbox/test_secrets.py` has the other half: whatever makes an email. Where a new column is not written
by either, add the call of the service function that writes it, as a page or command calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.administration.bounces import DeliveryReport
from booking.domain.enums.emails import DeliveryAction
from booking.domain.errors import WrongCode
from booking.domain.people import people_table
from booking.domain.people.actor import Actor
from booking.domain.planning.closures import Closure
from booking.domain.planning.words.statement import StatedException
from booking.domain.rules.rule_set import RuleSet
from booking.domain.texts import text_set
from booking.services.accounts import close_account, file_import, profile, sessions, sign_in, tokens, trials
from booking.services.accounts.import_people import import_people
from booking.services.action_context import ActionContext
from booking.services.bookings import attend, block_quarter, mark_attendance, on_behalf, start_visit
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.enrol import enrol, leave
from booking.services.bookings.waitlist import Wish, join
from booking.services.bookings.waitlist import leave as leave_waitlist
from booking.services.cover import back, report, show
from booking.services.enrolling import place_waitlist
from booking.services.organisation.save_rules import save_rules
from booking.services.organisation.save_texts import save_texts, upload_logo
from booking.services.outbox import deliver, remind, resend
from booking.services.outbox.note_bounce import note_bounce
from booking.services.publishing import closing, drafts, meeting_links, planning, undo
from booking.services.publishing.publish import publish
from booking.services.records import note_fetch
from booking.services.records.count_report_weeks import count_report_week, prepare_report_weeks
from booking.store.outbox import reminder_progress
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.closures import StoredClosure
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, ORGANISATION, acting, an_organisation
from tests.services.publishing.test_publish import PLACE, run, stated

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REMINDING = an_organisation(reminder_hours=(24,))
BROWSER = sign_in.Browser("sender", "Chrome on Windows")
LINK = "https://zoom.example.com/j/1"
TABLE = f"""email,name,role,time_zone,member_until,meeting_url
cora@example.org,Cora,coordinator,,,
ada@example.org,Ada,analyst,Brisbane,,{LINK}
ben@example.org,Ben,analyst,,,
mia@example.org,Mia,member,Perth,2027-12-31,
max@example.org,Max,member,,,
"""


def reminding(session: Session, actor: Actor, now: datetime = NOW) -> ActionContext:
    """The context of what somebody does in an organisation that reminds of bookings."""
    return acting(session, actor, now, REMINDING)


def the_rest_happens(session: Session) -> None:
    """Everything else, on an empty database: people, programme, bookings, publishes, sign-ins, what a worker does."""
    listed, mistakes = people_table.read(TABLE.encode())
    assert mistakes == []
    import_people(reminding(session, Actor.system()), listed)
    a_file_is_imported(session)
    profiles_change(session)
    programme_is_published(session)
    the_office_closes(session)
    rules_are_set(session)
    texts_are_set(session)
    clinic_is_booked(session)
    courses_are_attended(session)
    people_sign_in(session)
    trials_begin(session)
    drafts_are_kept(session)
    the_worker_works(session)
    close_account.close(reminding(session, Actor.system()), person(session, "mia").public_id, cancels=True)


def a_file_is_imported(session: Session) -> None:
    """A coordinator looks at a file and confirms it."""
    listed, _ = people_table.read(b"email,name\nnewt@example.org,Newt\n")
    context = reminding(session, Actor.staff(person(session, "cora").id))
    kept = file_import.keep(context, "members.csv", listed, ["The file has 2 sheets."])
    file_import.confirm(context, kept, file_import.preview(context, listed).fingerprint)


def person(session: Session, name: str) -> Person:
    return session.scalars(select(Person).where(Person.email == f"{name}@example.org")).one()


def dates(session: Session, kind: str) -> Sequence[Occurrence]:
    session.expire_all()
    found = session.scalars(select(Occurrence).order_by(Occurrence.starts_at))
    return [one for one in found if one.series.kind == kind]


def profiles_change(session: Session) -> None:
    ada, mia = person(session, "ada"), person(session, "mia")
    form = {"name": "Ada R.", "time_zone": "Australia/Sydney", "invitations": "always", "about": "Tags"}
    wanted = profile.ProfileChange(**form, reminders="no", daily_agenda="9", meeting_url=f"{LINK}?own")
    profile.change(session, ada.id, wanted, REMINDING, NOW)
    profile.hear_zone(session, mia.id, "Australia/Darwin", NOW)
    profile.choose_feed(session, mia.id, ["lab"], REMINDING, NOW)
    for who, role in ((mia, "member"), (ada, "analyst")):
        profile.new_feed_address(session, who.id, f"{role}-feed", NOW)
        note_fetch.note_fetch(session, who.id, role, 1, NOW)
    for at in (NOW, NOW + 2 * HOUR):
        note_fetch.record_fetches(session, {"member/1/1": (mia.id, at)})
    tokens.make(session, mia.email, NOW)
    tokens.revoke_all(session, mia.email, NOW)


def programme_is_published(session: Session) -> None:
    """A clinic, a course with modules, and dates that are cancelled, renamed and moved."""
    clinic = stated(("ada@example.org", "ben@example.org"), summary="Bring a report.", slot_minutes=(15, 30))
    course = stated(slug="course", kind="masterclass", title="Course", ends_on=None, modules=("One", "Two"))
    run(session, clinic, course)
    odd = (
        StatedException(PLACE, on=date(2023, 12, 18), cancelled="Nobody is there."),
        StatedException(PLACE, on=date(2023, 12, 25), title="Open clinic"),
        StatedException(PLACE, on=date(2023, 12, 11), moved_to=date(2023, 12, 12)),
    )
    run(session, replace(clinic, exceptions=odd), now=NOW + MINUTE)
    first = dates(session, "clinic")[0]
    links = {"meeting_url": LINK, "recording": LINK, "slides": LINK}
    meeting_links.set_links(acting(session, Actor.system()), first.public_id, links)
    meeting_links.set_analyst_links(acting(session, Actor.system()), first.public_id, {person(session, "ada").id: LINK})
    meeting_links.set_links(
        acting(session, Actor.system()),
        dates(session, "masterclass")[0].public_id,
        {"meeting_url": LINK},
        whole_series=True,
    )


def the_office_closes(session: Session) -> None:
    """A period is closed for one series, and opened again."""
    closure = Closure(date(2023, 12, 18), date(2023, 12, 18), "Office closed")
    asked = closing.close(closure, [dates(session, "clinic")[0].series.slug])
    plan = planning.read_plan(session, asked, ORGANISATION, NOW)
    cora = acting(session, Actor.staff(person(session, "cora").id))
    publish(cora, asked, uid_domain="booking.example.org", fingerprint=plan.fingerprint)
    lift = closing.lift(session.scalars(select(StoredClosure.id)).one())
    plan = planning.read_plan(session, lift, ORGANISATION, NOW)
    publish(cora, lift, uid_domain="booking.example.org", fingerprint=plan.fingerprint)


def rules_are_set(session: Session) -> None:
    """A coordinator sets a limit."""
    cora = acting(session, Actor.staff(person(session, "cora").id))
    rules = RuleSet(replace(ORGANISATION.policy, upcoming=20), {}, ORGANISATION.observe)
    assert save_rules(cora, rules, 0, ORGANISATION)


def texts_are_set(session: Session) -> None:
    """A coordinator uploads a logo and saves it with the texts."""
    cora = acting(session, Actor.staff(person(session, "cora").id))
    logo = upload_logo(cora, b"\x89PNG", 240, 64)
    assert save_texts(cora, {**text_set.of(ORGANISATION), "logo": str(logo)}, 0, ORGANISATION)


def clinic_is_booked(session: Session) -> None:
    """Booked with a topic, handed over, begun and marked; waited for; published away and brought back."""
    first, second = dates(session, "clinic")[:2]
    ada, ben, mia, cora = (person(session, name) for name in ("ada", "ben", "mia", "cora"))
    asked = BookingRequest(first.public_id, first.starts_at, 15, ada.public_id, "Tags", "https://shop.example", "key")
    made = book(reminding(session, Actor.member(mia.id)), asked).booking
    taken = BookingRequest(first.public_id, first.starts_at, 15, ben.public_id)
    theirs = book(reminding(session, Actor.member(person(session, "max").id)), taken).booking
    at = first.starts_at
    quarter = block_quarter.AnalystQuarter(second.public_id, ada.public_id, second.starts_at)
    block_quarter.block(reminding(session, Actor.staff(cora.id)), quarter)
    block_quarter.unblock(reminding(session, Actor.staff(cora.id)), quarter)
    wish = Wish(15, ben.public_id, "Tags", "https://shop.example", at, at, made.public_id)
    place = join(reminding(session, Actor.member(mia.id)), first.public_id, wish)
    leave_waitlist(reminding(session, Actor.link()), place.public_id)
    cancel(reminding(session, Actor.link()), theirs.public_id)
    on_behalf.hand_over(reminding(session, Actor.staff(cora.id)), made.public_id, ben.public_id, "Ada is late.")
    start_visit.enter(reminding(session, Actor.link(), CLINIC_AT), made.public_id)
    start_visit.begin(reminding(session, Actor.staff(ben.id), CLINIC_AT), made.public_id)
    mark_attendance.mark(reminding(session, Actor.staff(ben.id), CLINIC_AT), made.public_id, "came")
    elsewhere = BookingRequest(second.public_id, second.starts_at, 15, ada.public_id)
    other = book(reminding(session, Actor.member(mia.id)), elsewhere).booking
    team = ("ada@example.org", "ben@example.org")
    changed = run(session, stated(team, slot_minutes=(15, 30), start_wall=time(15), end_wall=time(16)), now=NOW)
    assert changed.change is not None
    undo.undo(reminding(session, Actor.system(), NOW + MINUTE), changed.change)
    undo.close(reminding(session, Actor.system(), NOW + 20 * MINUTE))
    cancel(reminding(session, Actor.link(), second.starts_at - HOUR), other.public_id)
    away = show(session, ada.public_id, (CLINIC_AT + 24 * HOUR, CLINIC_AT + 24 * 30 * HOUR), REMINDING, NOW)
    span = (away.starts_at, away.ends_at)
    off = report(reminding(session, Actor.staff(ada.id)), ada.public_id, span, fingerprint=away.fingerprint, note="Ill")
    back(reminding(session, Actor.system()), off.public_id)


def courses_are_attended(session: Session) -> None:
    """A place in all of a course, which ends; a place in one date, reminded of and attended."""
    first = dates(session, "masterclass")[0]
    mia, cora = person(session, "mia"), person(session, "cora")
    whole = enrol(reminding(session, Actor.member(mia.id)), first.public_id, whole=True)
    leave(acting(session, Actor.member(mia.id)), whole.public_id)
    enrol(reminding(session, Actor.member(mia.id)), first.public_id)
    for one in reminder_progress.due(session, REMINDING, first.starts_at - 24 * HOUR):
        remind.write(acting(session, Actor.system(), first.starts_at - 24 * HOUR), one)
    attend.mark(acting(session, Actor.staff(cora.id), first.starts_at), first.public_id, [mia.public_id])
    max_ = person(session, "max")
    small = replace(REMINDING, policy=replace(REMINDING.policy, capacity=1))
    place_waitlist.join(acting(session, Actor.member(max_.id), NOW, small), first.public_id)
    mine = select(Enrolment.public_id).where(Enrolment.member_id == mia.id, Enrolment.left_at.is_(None))
    leave(acting(session, Actor.member(mia.id), NOW, small), session.scalars(mine).one())
    close = acting(session, Actor.system(), first.ends_at, small)
    place_waitlist.offer_free_places(close, first.id)


def people_sign_in(session: Session) -> None:
    """A wrong code, then the link, from a page on which something was typed; and out again."""
    mia = person(session, "mia")
    asked = sign_in.ask(session, mia.email, "sender", NOW, return_to="/bookings", typed={"topic": "Tags"})
    try:
        sign_in.by_code(session, asked, sign_in.TypedCode("000000", "a key that makes other codes"), NOW, BROWSER)
    except WrongCode:
        sign_in.by_link(session, asked, NOW, BROWSER)
    sessions.end_all(acting(session, Actor.system()), mia.id)


def trials_begin(session: Session) -> None:
    """Somebody signs up for a free trial, begins it, and is told of its end."""
    offering = an_organisation(trial_days=7)
    wanted = trials.SignUp("tia@example.org", "Tia", "Australia/Perth", "sender")
    asked = trials.sign_up(acting(session, Actor.system(), organisation=offering), wanted)
    trials.confirm(acting(session, Actor.link(), organisation=offering), asked, BROWSER)
    soon = acting(session, Actor.system(), NOW + timedelta(days=6), offering)
    for person_id in trials.ending(soon):
        trials.tell_ending(soon, person_id)


def drafts_are_kept(session: Session) -> None:
    """A pasted announcement with an answer about AEST, that becomes a publish."""
    cora = person(session, "cora")
    draft = drafts.begin(acting(session, Actor.staff(cora.id)), "Clinics on Mondays", "2023-12")
    drafts.change(acting(session, Actor.staff(cora.id)), draft, answers={"aest": "Australia/Brisbane"})
    published = run(session, stated(slug="lab", kind="lab", title="Lab"), now=NOW)
    assert published.change is not None
    drafts.published(acting(session, Actor.staff(cora.id)), draft, published.change)


def the_worker_works(session: Session) -> None:
    """Emails leave, are refused for good, and have to wait; housekeeping."""
    deliver.keep_house(session, "worker", NOW)
    later = acting(session, Actor.system(), CLINIC_AT + timedelta(weeks=5), REMINDING)
    prepare_report_weeks(later)
    count_report_week(replace(later, now=later.now + timedelta(hours=1)))
    found, _ = deliver.lease(session, "worker", NOW)
    first, second, third = (one[0].id for one in found[:3])
    deliver.mark_sent(session, [first], "worker", NOW)
    deliver.mark_failed(session, second, "worker", NOW, "550 no such user")
    deliver.mark_put_off(session, {third: NOW + HOUR}, "worker", "451 later")
    left = session.get_one(OutgoingEmail, first, populate_existing=True)
    report = DeliveryReport(left.public_id, (left.to_email,), DeliveryAction.FAILED, "5.1.1", "550 5.1.1 no such user")
    note_bounce(reminding(session, Actor.system()), report, is_trusted=False)
    resend.dismiss(reminding(session, Actor.system()), left.public_id)
