"""A House in which something waits for an answer everywhere: offers, cover, drafts, failed emails, closed accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.services import cover
from booking.services.accounts.close_account import close
from booking.services.action_context import ActionContext
from booking.services.bookings import waitlist
from booking.services.bookings.book import book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.enrol import enrol
from booking.services.bookings.waitlist import Wish
from booking.store.bookings.bookings import Booking
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people import api_tokens
from booking.store.people.people import Person
from booking.store.programme.changes import StoredDraft
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Occurrence
from tests.builders import (
    CLINIC_AT,
    NOW,
    a_clinic,
    a_person,
    a_place,
    a_request,
    a_series,
    an_occurrence,
    an_organisation,
)
from tests.databases import Database
from tests.web.client import SECRET_KEY
from tests.web.house import House, a_house

ORGANISATION = an_organisation(upcoming=0, per_occurrence=0, per_week=0)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ANNOUNCEMENT = "Tag Lab on Wednesdays, 1 pm to 2 pm AEST\nStarts 6 December 2023"


def acting(session: Session, actor: Actor, now: datetime = NOW) -> ActionContext:
    """The context of what somebody does in this organisation."""
    return ActionContext(session, ORGANISATION, now, actor)


@dataclass
class Scene:
    """The house, its readers, and the addresses of what is in it beside one of everything."""

    house: House
    readers: dict[str, Person | None]
    paths: list[str]


def a_busy_house(database: Database, session: Session) -> Scene:
    """Fill an empty database, and serve it."""
    house = a_house(database, session)
    member, analyst, coordinator = (house.people[role] for role in ("member", "analyst", "coordinator"))
    assert member is not None
    assert analyst is not None
    assert coordinator is not None
    waiting = a_person(session, "Wendy Waiting")
    paths = [
        *_enrolled(session, member),
        *_waiting(session, waiting),
        *_full_lab(session, house, waiting),
        *_uncovered(session, member, analyst),
        *_on_the_day(session, member, analyst),
        *_accounts(session, member),
        *_a_month(session, analyst),
    ]
    source = {"source": ANNOUNCEMENT, "month": "2023-12", "answers": {}}
    draft = StoredDraft(coordinator_id=coordinator.id, created_at=NOW, updated_at=NOW, **source)
    session.add(draft)
    for email in session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id).limit(3)):
        email.failed_at, email.last_error = NOW, "550 no such user"
    of_somebody = select(OutgoingEmail).where(OutgoingEmail.person_id.is_not(None)).order_by(OutgoingEmail.id).limit(1)
    theirs = session.scalars(of_somebody).one()
    theirs.failed_at, theirs.last_error = NOW, "550 no such user"
    session.commit()
    readers = {**house.people, "member who waits": waiting}
    holiday = f"/coordinator/holidays/plan?holiday={house.arguments['*']['slug']}/2023-12-25=keep"
    for person in filter(None, readers.values()):
        session.refresh(person)  # they outlive this session
    paths += [f"/coordinator/drafts/{draft.public_id}/plan", "/coordinator/emails?show=failed", CLOSING, holiday]
    paths.append(f"/coordinator/emails/{theirs.public_id}")
    return Scene(house, readers, paths)


#: Asks for a period to be closed.
CLOSING = "/coordinator/closures/plan?first=2023-12-24&last=2024-01-05&reason=Holidays"


def _a_month(session: Session, analyst: Person) -> list[str]:
    """A series that ends with its month, which can be copied into the next."""
    a_series(session, [analyst], title="Clinics of the month", ends_on=date(2023, 12, 25))
    return ["/coordinator/copy-month?from=2023-12&to=2024-01"]


def _a_booking(session: Session, clinic: Occurrence, quarter: int, who: Person, **more: object) -> Booking:
    session.commit()
    return book(acting(session, Actor.member(who.id)), a_request(clinic, 15 * quarter, **more)).booking


def _enrolled(session: Session, member: Person) -> list[str]:
    """A lab with a place, which takes place as the clinic does, and one without."""
    made = [
        an_occurrence(session, a_series(session, kind="lab", slug=slug, title="Lab"), (), at)
        for slug, at in (("lab-one", CLINIC_AT), ("lab-two", CLINIC_AT + DAY))
    ]
    session.commit()
    enrol(acting(session, Actor.member(member.id)), made[0].public_id)
    attended = f"/coordinator/occurrences/{made[0].public_id}"
    return [*(f"/occurrences/{one.public_id}" for one in made), attended, f"{attended}?q=member"]


def _full_lab(session: Session, house: House, member: Person) -> list[str]:
    """A lab of one place that is taken: the member has a place held; another waits behind them."""
    lab = an_occurrence(session, a_series(session, kind="lab", slug="lab-full", title="Lab"), (), CLINIC_AT + 2 * DAY)
    values = {"series_id": lab.series_id, "occurrence_id": lab.id, "revised_at": NOW, "created_at": NOW}
    session.add(Enrolment(member_id=a_person(session).id, **values))
    for one, lapses_at in ((member, NOW + HOUR), (a_person(session), None)):
        session.add(PlaceWait(occurrence_id=lab.id, member_id=one.id, joined_at=NOW, lapses_at=lapses_at))
    session.commit()
    state = house.app.extensions["booking"]
    small = replace(state.organisation.policy, capacity=1)
    organisation = replace(state.organisation, series_policies={"lab-full": small})
    house.app.extensions["booking"] = replace(state, organisation=organisation)
    return [f"/occurrences/{lab.public_id}", f"/coordinator/occurrences/{lab.public_id}"]


def _waiting(session: Session, member: Person) -> list[str]:
    """Three full clinics. The member, at their limit, waits for the latter two; in the last a slot came free."""
    for day in (4, 5):
        _a_booking(session, a_clinic(session, starts_at=CLINIC_AT + day * DAY), 0, member)
    clinics = [a_clinic(session, starts_at=CLINIC_AT + day * DAY) for day in (1, 2, 3)]
    held = [[_a_booking(session, one, quarter, a_person(session)) for quarter in range(4)] for one in clinics]
    waits = [waitlist.join(acting(session, Actor.member(member.id)), one.public_id, Wish(15)) for one in clinics[1:]]
    cancel(acting(session, Actor.link()), held[-1][0].public_id)
    signed = [tokens.sign(SECRET_KEY, "place", str(place.public_id)) for place in waits]
    own = [f"/waitlist/{place.public_id}" for place in waits]
    free = a_clinic(session, starts_at=CLINIC_AT + 6 * DAY)  # where somebody waits all the same
    a_place(session, free, a_person(session, "Wanda Waiting"))
    own.append(f"/coordinator/occurrences/{free.public_id}")
    return [*(f"/occurrences/{one.public_id}" for one in clinics), *own, *(f"/manage/place/{one}" for one in signed)]


def _uncovered(session: Session, member: Person, analyst: Person) -> list[str]:
    """Ada is off: one booking goes to Ben, for one another time is offered, for one the analysts are asked."""
    ada, ben = (a_person(session, name, ["analyst"]) for name in ("Ada Off", "Ben In"))
    series, start = a_series(session, [ada, ben]), CLINIC_AT + 7 * DAY
    handed, offered, asked = (
        an_occurrence(session, series, team, start + n * DAY) for n, team in enumerate(([ada, ben], [ada, ben], [ada]))
    )
    mine = [_a_booking(session, one, 0, member, analyst=ada.public_id) for one in (handed, offered)]
    _a_booking(session, offered, 0, a_person(session), analyst=ben.public_id)
    _a_booking(session, asked, 0, a_person(session))
    span = (start - HOUR, start + 3 * DAY)
    shown = cover.show(session, ada.public_id, span, ORGANISATION, NOW)
    cover.report(acting(session, Actor.staff(analyst.id)), ada.public_id, span, fingerprint=shown.fingerprint)
    signed = [tokens.sign(SECRET_KEY, "manage", str(one.public_id)) for one in mine]
    return [
        f"/coordinator/occurrences/{asked.public_id}/cover",
        *(f"/bookings/{one.public_id}" for one in mine),
        *(f"/manage/{one}" for one in signed),
        f"/analyst/time-off?clinic={handed.public_id}&analyst={ben.public_id}",
    ]


def _on_the_day(session: Session, member: Person, analyst: Person) -> list[str]:
    """A clinic of this analyst's, and a booking made once the member's calendar was subscribed to."""
    clinic = an_occurrence(session, a_series(session, [analyst]), [analyst])
    visit = _a_booking(session, clinic, 0, a_person(session))
    _a_booking(session, clinic, 1, a_person(session))
    member.member_feed_fetched_at = NOW - HOUR
    followed = _a_booking(session, clinic, 3, member)
    analyst.meeting_url = "https://zoom.example.com/j/1"
    signed = tokens.sign(SECRET_KEY, "manage", str(followed.public_id))
    joining = tokens.sign(SECRET_KEY, "join", str(visit.public_id))
    day = CLINIC_AT.date()
    own = [f"/bookings/{followed.public_id}", f"/manage/{signed}", f"/join/{joining}"]
    return [*own, f"/analyst/{day}", f"/analyst/bookings/{visit.public_id}"]


def _accounts(session: Session, member: Person) -> list[str]:
    other, closed = a_person(session, "Second Account"), a_person(session, "Closed Account")
    session.commit()
    close(acting(session, Actor.system()), closed.public_id, cancels=True)
    for _ in range(2):
        api_tokens.make(session, member.id, NOW)
    session.commit()
    merging = f"/coordinator/people/{member.public_id}/merge?other={other.email}"
    return [merging, f"/coordinator/people/{closed.public_id}"]
