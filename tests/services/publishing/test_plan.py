"""What a publish does to people: shown first, applied exactly, put back within ten minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.planning import BookingFate
from booking.domain.people.actor import Actor
from booking.domain.planning import edits
from booking.domain.planning.plan import Plan
from booking.domain.planning.words import in_words
from booking.domain.planning.words.statement import StatedException, StatedTurn, Statement
from booking.services.publishing import planning, undo
from booking.services.publishing.planning import Asking
from booking.services.publishing.publish import PlanChanged, PlanHurts, PublishResult, publish
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme import plan_inputs
from booking.store.programme.changes import Change
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Module, Occurrence, Series
from tests.builders import NOW, ORGANISATION, a_booking, a_person, acting
from tests.services.publishing.test_publish import PLACE, stated

TEN_MINUTES = timedelta(minutes=10)
HOLIDAYS = replace(ORGANISATION, observe=("QLD", "NSW", "VIC"))


def planned(session: Session, asking: Asking, now: datetime = NOW) -> Plan:
    return planning.read_plan(session, asking, ORGANISATION, now)


def put(session: Session, asking: Asking, now: datetime = NOW, **options: object) -> PublishResult:
    values = {"uid_domain": "booking.example.org", "fingerprint": planned(session, asking, now).fingerprint, **options}
    return publish(acting(session, Actor.system(), now), asking, **values)  # type: ignore[arg-type]


def of(*statements: Statement) -> Asking:
    return planning.files(statements)


def team(session: Session, *names: str) -> tuple[str, ...]:
    for name in names:
        a_person(session, name, roles=["analyst"])
    session.commit()
    return tuple(f"{name.lower()}@example.org" for name in names)


def rows(session: Session) -> list[Occurrence]:
    session.expire_all()
    return list(session.scalars(select(Occurrence).order_by(Occurrence.starts_at, Occurrence.id)))


def walls(session: Session) -> list[str]:
    """Day and UTC hour of what takes place, in order."""
    return [f"{row.starts_at:%a %d %H}" for row in rows(session) if not row.is_cancelled]


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """The programme and its bookings as stored, SEQUENCE and stamps apart."""
    session.expire_all()
    found = {}
    tables = {
        "series": (Series.slug, Series.title, Series.rrule, Series.start_wall, Series.starts_on, Series.ends_on),
        "occurrence": (
            *(Occurrence.public_id, Occurrence.key, Occurrence.starts_at, Occurrence.ends_at, Occurrence.status),
            *(Occurrence.title, Occurrence.moved_from_at, Occurrence.rule_on),
        ),
        "booking": (Booking.public_id, Booking.starts_at, Booking.analyst_id, Booking.status, Booking.cancelled_at),
        "claim": (Claim.person_id, Claim.quarter_at, Claim.booking_id, Claim.change_id),
        "module": (Module.series_id, Module.number, Module.title),
        "waiting": (WaitlistEntry.id, WaitlistEntry.ended_at, WaitlistEntry.outcome),
    }
    for name, columns in tables.items():
        found[name] = sorted((tuple(row) for row in session.execute(select(*columns))), key=str)
    return found


LATER = {"start_wall": time(15), "end_wall": time(16)}


def test_what_moves_bookings_is_not_published_before_it_was_shown(session: Session) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    booking = a_booking(session, rows(session)[0])
    asking = of(stated(staff, **LATER))
    with pytest.raises(PlanHurts) as refused:
        publish(acting(session, Actor.system()), asking, uid_domain="x.org")
    assert [outcome.booking.id for outcome in refused.value.plan.outcomes] == [booking.id]
    assert walls(session)[0] == "Mon 04 03"


def test_a_booking_moves_along_with_its_clinic_and_its_member_is_told_ten_minutes_later(session: Session) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    booking = a_booking(session, rows(session)[0], after_minutes=30)
    done = put(session, of(stated(staff, **LATER)))
    session.refresh(booking)
    assert [outcome.what for outcome in done.plan.outcomes] == [BookingFate.MOVED]
    assert (booking.starts_at, booking.sequence) == (datetime(2023, 12, 4, 5, 30, tzinfo=UTC), 1)
    assert (rows(session)[0].sequence, rows(session)[0].moved_from_at) == (1, datetime(2023, 12, 4, 3, tzinfo=UTC))
    email = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "moved-by-us")).one()
    assert (email.due_at, email.facts["was_at"]) == (NOW + TEN_MINUTES, "2023-12-04T03:30:00+00:00")
    claims = session.execute(select(Claim.quarter_at, Claim.booking_id).order_by(Claim.quarter_at).distinct()).all()
    assert [tuple(row) for row in claims] == [
        (datetime(2023, 12, 4, 3, 30, tzinfo=UTC), None),  # held for ten minutes
        (datetime(2023, 12, 4, 5, 30, tzinfo=UTC), booking.id),
    ]
    assert undo.close(acting(session, Actor.system(), NOW + TEN_MINUTES)) == 2
    assert session.scalar(select(func.count()).select_from(Claim)) == 2


def test_who_loses_the_analyst_goes_to_another_at_the_same_time_else_waits_for_cover(session: Session) -> None:
    ada, ben = team(session, "Ada", "Ben")
    put(session, of(stated((ada, ben))))
    first = rows(session)[0]
    analysts = {person.email: person for person in session.scalars(select(Person))}
    handed = a_booking(session, first, analyst=analysts[ada].public_id)
    lost = a_booking(session, first, after_minutes=15, analyst=analysts[ada].public_id)
    in_the_way = a_booking(session, first, after_minutes=15, analyst=analysts[ben].public_id)
    done = put(session, of(stated((ben,))))
    for booking in (handed, lost, in_the_way):
        session.refresh(booking)
    assert {outcome.booking.id: outcome.what for outcome in done.plan.outcomes} == {
        handed.id: BookingFate.HANDED,
        lost.id: BookingFate.UNCOVERED,
    }
    assert (handed.analyst_id, handed.status) == (analysts[ben].id, CONFIRMED)
    assert (lost.status, lost.analyst_id, in_the_way.sequence) == (CONFIRMED, analysts[ada].id, 0)
    names = session.scalars(
        select(OutgoingEmail.name).where(OutgoingEmail.change_id.is_not(None)).order_by(OutgoingEmail.name)
    ).all()
    assert names == ["cover-offer", "handed-over", "moved-by-us"]
    assert (done.plan.emailed, in_words.emails(done.plan)[-1]) == (
        3,
        "1 analyst is emailed the bookings they take over",
    )
    taken = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "handed-over")).one()
    assert (taken.to_email, taken.due_at) == (ben, NOW + TEN_MINUTES)
    assert [one["member"] for one in taken.facts["handed_over"]] == [handed.member.name]


def test_an_undone_publish_tells_no_analyst_of_bookings(session: Session) -> None:
    ada, ben = team(session, "Ada", "Ben")
    put(session, of(stated((ada, ben))))
    a_booking(session, rows(session)[0], analyst=session.scalars(select(Person.public_id).filter_by(email=ada)).one())
    done = put(session, of(stated((ben,))))
    assert (done.plan.taker_ids, done.plan.emailed) == (set(session.scalars(select(Person.id).filter_by(email=ben))), 2)
    assert done.change is not None
    undo.undo(acting(session, Actor.system(), NOW), done.change)
    assert not session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "handed-over")).all()


def test_two_bookings_may_swap_into_quarters_that_the_same_plan_frees(session: Session) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    first = rows(session)[0]
    bookings = [a_booking(session, first, after_minutes=minutes) for minutes in (0, 15, 30, 45)]
    done = put(session, of(stated(staff, start_wall=time(13, 30), end_wall=time(14, 30))))
    assert [outcome.what for outcome in done.plan.outcomes] == [BookingFate.MOVED] * 4
    for booking, minutes in zip(bookings, (30, 45, 60, 75), strict=True):
        session.refresh(booking)
        assert booking.starts_at == datetime(2023, 12, 4, 3, tzinfo=UTC) + timedelta(minutes=minutes)


def test_hours_that_only_grow_leave_bookings_where_they_are(session: Session) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    booking = a_booking(session, rows(session)[0])
    done = put(session, of(stated(staff, start_wall=time(12), end_wall=time(15))))
    session.refresh(booking)
    assert (done.plan.outcomes, booking.starts_at.hour) == ([], 3)


def test_a_plan_that_was_shown_is_not_applied_once_the_store_has_moved_on(session: Session) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    asking = of(stated(staff, **LATER))
    shown = planned(session, asking).fingerprint
    a_booking(session, rows(session)[0])
    with pytest.raises(PlanChanged) as refused:
        put(session, asking, fingerprint=shown)
    assert len(refused.value.plan.outcomes) == 1
    assert walls(session)[0] == "Mon 04 03"
    put(session, asking, fingerprint=refused.value.plan.fingerprint)
    assert walls(session)[0] == "Mon 04 05"


def test_another_weekday_moves_the_dates_of_each_week_and_keeps_their_names(session: Session) -> None:
    put(session, of(stated()))
    before = {row.key: row.public_id for row in rows(session)}
    put(session, of(stated(rrule="FREQ=WEEKLY;BYDAY=TU", ends_on=date(2023, 12, 26))))
    assert walls(session) == ["Tue 05 03", "Tue 12 03", "Tue 19 03", "Tue 26 03"]
    assert {row.key: row.public_id for row in rows(session)} == before
    assert [row.key for row in rows(session)] == ["2023-12-04", "2023-12-11", "2023-12-18", "2023-12-25"]
    put(session, of(stated()))
    assert (walls(session)[0], rows(session)[0].sequence) == ("Mon 04 03", 2)


def test_one_day_more_a_week_keeps_the_old_days_and_one_less_takes_them_away(session: Session) -> None:
    put(session, of(stated(ends_on=date(2023, 12, 12))))
    put(session, of(stated(rrule="FREQ=WEEKLY;BYDAY=MO,TU", ends_on=date(2023, 12, 12))))
    assert walls(session) == ["Mon 04 03", "Tue 05 03", "Mon 11 03", "Tue 12 03"]
    assert [row.sequence for row in rows(session)] == [0] * 4
    put(session, of(stated(rrule="FREQ=WEEKLY;BYDAY=TU", ends_on=date(2023, 12, 12))))
    assert walls(session) == ["Tue 05 03", "Tue 12 03"]


def test_a_postponed_module_takes_those_after_it_along_with_their_places(session: Session) -> None:
    modules = stated(kind="masterclass", modules=("One", "Two", "Three"), ends_on=None)
    put(session, of(modules))
    before = {row.module_number: row.public_id for row in rows(session)}
    series = session.scalars(select(Series)).one()
    member = a_person(session, "Mia")
    session.add(Enrolment(member_id=member.id, series_id=series.id, revised_at=NOW, created_at=NOW))
    session.commit()
    postponed = StatedException(PLACE, on=date(2023, 12, 11), postpone_weeks=1)
    done = put(session, of(replace(modules, exceptions=(postponed,))))
    assert [(row.module_number, f"{row.starts_at:%d}") for row in rows(session)] == [(1, "04"), (2, "18"), (3, "25")]
    assert {row.module_number: row.public_id for row in rows(session)} == before
    email = session.scalars(select(OutgoingEmail)).one()
    assert (email.name, email.person_id) == ("programme-changed", member.id)
    assert [line["number"] for line in email.facts["lines"]] == [2, 3]
    assert len(done.plan.notices) == 1
    assert not put(session, of(replace(modules, exceptions=(postponed,)))).changed
    assert not put(session, of(modules)).changed  # what a file no longer mentions stays


def test_modules_that_have_begun_stay_when_the_rest_moves_to_another_day(session: Session) -> None:
    modules = stated(kind="masterclass", modules=("One", "Two", "Three", "Four"), ends_on=None)
    put(session, of(modules))
    mid = datetime(2023, 12, 12, tzinfo=UTC)
    put(session, of(replace(modules, rule=replace(modules.rule, rrule="FREQ=WEEKLY;BYDAY=FR"))), now=mid)
    assert walls(session) == ["Mon 04 03", "Mon 11 03", "Fri 15 03", "Fri 22 03"]
    retitled = replace(modules.rule, rrule="FREQ=WEEKLY;BYDAY=FR", modules=("Uno", "Two", "Tre", "Four"))
    done = put(session, of(replace(modules, rule=retitled)), now=mid)
    assert session.scalars(select(Module.title).order_by(Module.number)).all() == ["One", "Two", "Tre", "Four"]
    assert "module 1 has started, so it keeps its title “One”" in [
        finding.message for finding in done.plan.changes.findings
    ]


def test_a_skipped_date_goes_with_its_bookings_and_comes_back_without_them(session: Session) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    booking = a_booking(session, rows(session)[0])
    skip = StatedException(PLACE, on=date(2023, 12, 4), is_skipped=True)
    put(session, of(replace(stated(staff), exceptions=(skip,))))
    session.refresh(booking)
    assert (rows(session)[0].is_cancelled, booking.status, len(walls(session))) == (True, "cancelled", 3)
    usual = StatedException(PLACE, on=date(2023, 12, 4), is_usual=True)
    done = put(session, of(replace(stated(staff), exceptions=(usual,))))
    session.refresh(booking)
    assert [step.what for step in done.plan.changes.steps] == ["returns"]
    assert (rows(session)[0].sequence, booking.status, len(walls(session))) == (2, "cancelled", 4)


def test_a_cancelled_clinic_gives_its_reason_to_the_booked_and_ends_the_wait_of_others(session: Session) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    first = rows(session)[0]
    a_booking(session, first)
    waits = a_person(session, "Wim")
    session.add(WaitlistEntry(occurrence_id=first.id, member_id=waits.id, minutes=15, joined_at=NOW))
    session.commit()
    cancel = StatedException(PLACE, on=date(2023, 12, 4), cancelled="The building has no power.")
    put(session, of(replace(stated(staff), exceptions=(cancel,))))
    assert rows(session)[0].reason == "The building has no power."
    emails = session.scalars(
        select(OutgoingEmail).where(OutgoingEmail.change_id.is_not(None)).order_by(OutgoingEmail.name)
    ).all()
    assert [email.name for email in emails] == ["cancelled-by-us", "programme-changed"]
    assert emails[0].facts["reason"] == "The building has no power."
    assert session.scalars(select(WaitlistEntry.outcome)).one() == "gone"


def test_from_a_date_on_other_hours_hold_and_what_comes_before_stays(session: Session) -> None:
    put(session, of(stated()))
    turn = StatedTurn(PLACE, date(2023, 12, 11), hours=(time(15), time(16)), title="Late clinic")
    put(session, of(replace(stated(), turns=(turn,))))
    assert walls(session) == ["Mon 04 03", "Mon 11 05", "Mon 18 05", "Mon 25 05"]
    assert [row.title for row in rows(session)] == [None, "Late clinic", "Late clinic", "Late clinic"]
    assert not put(session, of(stated())).changed


def test_all_to_come_replaces_what_was_said_of_later(session: Session) -> None:
    put(session, of(stated()))
    later = planning.page(
        "a-clinic", lambda d: edits.later(d, edits.RuleChange(date(2023, 12, 18), None, time(16), time(17)))
    )
    put(session, later)
    everything_to_come = edits.RuleChange(date(2023, 12, 5), None, time(15), time(16))
    put(session, planning.page("a-clinic", lambda d: edits.later(d, everything_to_come)))
    assert walls(session) == ["Mon 04 03", "Mon 11 05", "Mon 18 05", "Mon 25 05"]


def test_a_rename_of_the_series_is_undone_with_the_names_that_its_dates_had(session: Session) -> None:
    turn = StatedTurn(PLACE, date(2023, 12, 11), title="Late clinic")
    put(session, of(replace(stated(), turns=(turn,))))
    before, sequences = everything(session), [row.sequence for row in rows(session)]
    rename = edits.RuleChange(date(2023, 11, 27), title="Late clinic")
    done = put(session, planning.page("a-clinic", lambda d: edits.onwards(d, rename, date(2023, 11, 27))))
    assert [(row.title, row.sequence - had) for row, had in zip(rows(session), sequences, strict=True)] == [
        (None, 1),
        *[(None, 0)] * 3,
    ]
    assert session.scalars(select(Series.title)).one() == "Late clinic"
    assert done.change is not None
    undo.undo(acting(session, Actor.system()), done.change)
    assert everything(session) == before


def test_a_series_ends_by_its_end_and_not_by_silence(session: Session) -> None:
    put(session, of(stated()))
    assert not put(session, of(stated(slug="another", ends_on=None, modules=("One",)))).plan.outcomes
    done = put(session, of(replace(stated(), ends_on=date(2023, 12, 11))))
    assert [step.what for step in done.plan.changes.steps] == ["goes", "goes"]
    assert walls(session).count("Mon 18 03") == 0


def test_an_extra_date_and_one_moved_by_hand(session: Session) -> None:
    put(session, of(stated()))
    extra = edits.Extra(date(2023, 12, 7), time(9), time(10), "Once more")
    put(session, planning.page("a-clinic", lambda d: edits.extra(d, extra)))
    move = edits.move
    put(session, planning.page("a-clinic", lambda d: move(d, "2023-12-11", date(2023, 12, 13), (time(9), time(10)))))
    assert walls(session) == ["Mon 04 03", "Wed 06 23", "Tue 12 23", "Mon 18 03", "Mon 25 03"]
    assert [row.title for row in rows(session)][1] == "Once more"
    assert not put(session, of(stated())).changed


def test_a_new_short_name_keeps_everything_else(session: Session) -> None:
    put(session, of(stated()))
    before = [row.public_id for row in rows(session)]
    done = put(session, of(replace(stated(slug="new-name"), was="a-clinic")))
    assert [change.fields for change in done.plan.changes.series] == [("slug", "terms")]
    assert session.scalars(select(Series.slug)).one() == "new-name"
    assert [row.public_id for row in rows(session)] == before
    assert not put(session, of(replace(stated(slug="new-name"), was="a-clinic"))).changed


def test_a_month_speaks_for_its_month_and_is_asked_about_in_doubt(session: Session) -> None:
    put(session, of(stated(title="Live Member Clinic", ends_on=None)))
    january = date(2024, 1, 1)
    rule = replace(stated(ends_on=None).rule, starts_on=january, rrule="FREQ=WEEKLY;BYDAY=TU")
    monthly = Statement("live-member-clinics", "clinic", "Live Member Clinics", None, rule, None, None, PLACE, january)
    done = put(session, of(monthly))
    assert session.scalars(select(Series.slug)).all() == ["a-clinic"]
    assert {step.what for step in done.plan.changes.steps} == {"moves"}
    assert {row.sequence for row in rows(session)[:4]} == {0}  # December is not what January speaks for
    assert walls(session)[:6] == ["Mon 04 03", "Mon 11 03", "Mon 18 03", "Mon 25 03", "Tue 02 03", "Tue 09 03"]
    doubtful = replace(monthly, slug="member-help-hour", title="Member Help Clinic Hour")
    asked = planned(session, of(doubtful))
    assert [(q.code, q.answers) for q in asked.questions] == [
        ("same-series", ("member-help-hour=a-clinic", "member-help-hour="))
    ]
    with pytest.raises(errors.CannotPublish):
        put(session, of(doubtful))
    put(session, planning.files([doubtful], {"member-help-hour": "a-clinic"}))
    titles = [row.title for row in rows(session)]
    assert (titles[3], titles[4]) == (None, "Member Help Clinic Hour")
    put(session, planning.files([replace(doubtful, slug="new-one")], {"new-one": ""}))
    assert sorted(session.scalars(select(Series.slug))) == ["a-clinic", "new-one"]


def test_analysts_and_words_that_a_later_file_does_not_mention_are_remembered(session: Session) -> None:
    staff = team(session, "Ada")
    put(session, of(replace(stated(staff), summary="Bring a question.", slot_minutes=(30,))))
    silent = replace(stated(), analysts=None, summary=None, slot_minutes=None)
    assert not put(session, of(silent)).changed


def test_undo_within_ten_minutes_puts_everything_back_and_nobody_hears_of_it(session: Session) -> None:
    ada, ben = team(session, "Ada", "Ben")
    put(session, of(stated((ada, ben))))
    first = rows(session)[0]
    for minutes in (0, 15, 30):
        a_booking(session, first, after_minutes=minutes)
    waits = a_person(session, "Wim")
    session.add(WaitlistEntry(occurrence_id=first.id, member_id=waits.id, minutes=15, joined_at=NOW))
    session.commit()
    before = everything(session)
    sent_before = session.scalar(select(func.count()).select_from(OutgoingEmail))
    cancel = StatedException(PLACE, on=date(2023, 12, 4), cancelled="Flood")
    changed = replace(stated((ben,), title="New title", **LATER), exceptions=(cancel,), turns=())
    done = put(session, of(changed, stated(slug="another")))
    assert done.change is not None
    assert everything(session) != before
    undo.undo(acting(session, Actor.system(), NOW + TEN_MINUTES - timedelta(seconds=1)), done.change)
    assert everything(session) == before
    assert session.scalar(select(func.count()).select_from(OutgoingEmail)) == sent_before
    assert {row.sequence for row in rows(session)} == {2}  # never falls, and tells calendars the old content again
    assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first() == "undone"
    undo.undo(acting(session, Actor.system(), NOW + TEN_MINUTES), done.change)  # twice changes nothing
    assert everything(session) == before


def test_undo_is_refused_after_ten_minutes_after_another_publish_and_once_somebody_booked(session: Session) -> None:
    staff = team(session, "Ada")
    first = put(session, of(stated(staff)))
    assert first.change is not None
    with pytest.raises(undo.CannotUndo, match="the time to undo it has passed"):
        undo.undo(acting(session, Actor.system(), NOW + TEN_MINUTES), first.change)
    second = put(session, of(stated(staff, title="Other")))
    with pytest.raises(undo.CannotUndo, match="published after it"):
        undo.undo(acting(session, Actor.system()), first.change)
    assert second.change is not None
    undo.undo(acting(session, Actor.system()), second.change)
    a_booking(session, rows(session)[0])
    with pytest.raises(undo.CannotUndo, match="already enrolled in one of its new dates"):
        undo.undo(acting(session, Actor.system()), first.change)
    assert len(rows(session)) == 4


def test_a_quarter_that_a_publish_freed_is_held_until_it_can_no_longer_be_undone(session: Session) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    first = rows(session)[0]
    a_booking(session, first)
    extra = edits.Extra(date(2023, 12, 4), time(13, 30), time(14, 30))
    put(session, of(replace(stated(staff, start_wall=time(13, 30), end_wall=time(14, 30)), extras=())))
    member = a_person(session, "Zed")
    held = session.scalars(select(Claim.quarter_at).where(Claim.change_id.is_not(None))).all()
    assert held == [datetime(2023, 12, 4, 3, tzinfo=UTC)] * 2
    assert (extra.key, member.name) == ("+2023-12-04T1330", "Zed")


def test_nobody_is_offered_in_a_clinic_while_on_another_roster(session: Session) -> None:
    ada, ben = team(session, "Ada", "Ben")
    put(session, of(stated((ada, ben))))
    lab = stated((ada,), slug="a-lab", kind="lab", title="Lab", ends_on=date(2023, 12, 4))
    done = put(session, of(lab))
    names = [[place.analyst.name for place in row.roster] for row in rows(session) if row.series.slug == "a-clinic"]
    assert names == [["Ben"], ["Ada", "Ben"], ["Ada", "Ben"], ["Ada", "Ben"]]
    assert "Mon\u00a04\u00a0Dec: Ada is in Lab then, so members can't book them in Clinic" in [
        finding.message for finding in done.plan.changes.findings
    ]
    off = StatedException(PLACE, on=date(2023, 12, 4), cancelled="ill")
    put(session, of(replace(lab, exceptions=(off,))))
    assert len(next(row for row in rows(session) if row.series.slug == "a-clinic").roster) == 2


def test_a_holiday_everywhere_needs_an_answer_and_each_answer_does_what_it_says(session: Session) -> None:
    def ask(answer: str) -> Plan:
        asking = of(replace(stated(ends_on=date(2023, 12, 25)), on_holiday=answer))
        return planning.read_plan(session, asking, HOLIDAYS, NOW)

    def days(answer: str) -> list[str]:
        return [f"{step.after.starts_at:%a %d}" for step in ask(answer).changes.steps]

    assert [q.message for q in ask("").questions] == [
        "Mon\u00a025\u00a0Dec is Christmas Day: does it take place? Write on_holiday: keep, skip, postpone or move"
    ]
    assert days("keep") == ["Mon 04", "Mon 11", "Mon 18", "Mon 25"]
    assert days("skip") == ["Mon 04", "Mon 11", "Mon 18"]
    assert days("postpone") == ["Mon 04", "Mon 11", "Mon 18", "Mon 08"]  # New Year's Day is one too
    assert days("move") == ["Mon 04", "Mon 11", "Mon 18", "Wed 27"]  # Tuesday is Boxing Day
    with pytest.raises(errors.CannotPublish):
        publish(acting(session, Actor.system(), organisation=HOLIDAYS), of(stated()), uid_domain="x.org")
    kept = StatedException(PLACE, on=date(2023, 12, 25), is_kept=True)
    assert planning.read_plan(session, of(replace(stated(), exceptions=(kept,))), HOLIDAYS, NOW).questions == []


def test_a_holiday_of_some_states_is_noted_and_the_module_on_christmas_day_is_postponed(session: Session) -> None:
    fridays = stated(
        kind="masterclass",
        rrule="FREQ=WEEKLY;BYDAY=FR",
        starts_on=date(2026, 12, 1),
        ends_on=None,
        modules=tuple("ABCD"),
    )
    autumn = datetime(2026, 11, 1, tzinfo=UTC)
    found = planning.read_plan(session, of(replace(fridays, on_holiday="postpone")), HOLIDAYS, autumn)
    assert [f"{step.after.starts_at:%d %b}" for step in found.changes.steps] == ["04 Dec", "11 Dec", "18 Dec", "08 Jan"]
    mondays = stated(starts_on=date(2023, 10, 2), ends_on=date(2023, 10, 2))
    noted = planning.read_plan(session, of(mondays), HOLIDAYS, datetime(2023, 9, 1, tzinfo=UTC))
    assert [finding.message for finding in noted.changes.findings] == [
        "Mon\u00a02\u00a0Oct is King's Birthday in QLD and Labour Day in NSW, not in VIC. It goes ahead"
    ]


def test_the_plan_reads_as_people_say_it(session: Session) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    a_booking(session, rows(session)[0], a_person(session, "Mia Moss"))
    found = planned(session, of(stated(staff, **LATER)))
    world = plan_inputs.world(session, {}, NOW)
    text = [
        line.replace("\N{NO-BREAK SPACE}", " ")
        for line in in_words.as_text(found, world.names, world.definitions, NOW, "Australia/Brisbane")
    ]
    assert text[:3] == [
        "a-clinic: Clinic (changed: days and times)",
        "  moves    Mon 4 Dec 2023 1:00 pm AEST → Mon 4 Dec 2023 3:00 pm AEST",
        "           Mia Moss, 1:00 pm 15 min with Ada: moves with it to Mon 4 Dec 2023 3:00 pm AEST",
    ]
    assert "  1 person is emailed that their booking has moved" in text


def test_a_killed_publish_leaves_no_change_behind(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    a_booking(session, rows(session)[0])
    before = everything(session)

    def crash(*_args: object, **_values: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("booking.services.publishing.publish_emails.enqueue", crash)
    with pytest.raises(KeyboardInterrupt):
        put(session, of(stated(staff, **LATER)))
    assert everything(session) == before
    assert session.scalar(select(func.count()).select_from(Change)) == 1
