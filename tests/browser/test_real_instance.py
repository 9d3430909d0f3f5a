"""What people do from their emails, on a real instance behind TLS: every button that an email leads to is clicked.

Each link of each email is opened first by what a mail gateway sends, HEAD and GET; that must change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking import clock
from booking.domain import zones
from booking.services.accounts import sign_in
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.outbox import email_facts, emails
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence, Programme, Series
from tests import databases, long_form
from tests.browser.instance import Instance, instance
from tests.builders import BRISBANE, a_booking, a_person, a_series, an_occurrence

pytestmark = pytest.mark.browser
Visit = Callable[..., BrowserContext]
SUBMIT = "button[type=submit]"
ON = databases.NAMES if long_form.IS_LONG else databases.NAMES[:1]


def a_date(session: Session, analysts: list[Person], days: int, **fields: Any) -> Occurrence:
    """A date of a series of its own, 1 to 2 pm in Brisbane so many days from today; the worker adds no other."""
    day = zones.today(clock.now() + timedelta(days=days), BRISBANE)
    starts_at = zones.localize(datetime(day.year, day.month, day.day, 13), BRISBANE)
    series = a_series(session, analysts, rrule="FREQ=DAILY", starts_on=day, ends_on=day, **fields)
    return an_occurrence(session, series, analysts, starts_at)


def fill(session: Session) -> None:
    """Dates in the coming days, and members who have booked some of them."""
    now = clock.now()
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    ana, ben = (a_person(session, name, ["analyst"]) for name in ("Ana Reyes", "Ben Novak"))
    for name in ("Mia Moss", "Wes Hall", "Will Ford", "Nina Park"):
        a_person(session, name, time_zone="Australia/Perth")
    free = a_date(session, [ana, ben], 3, title="Free clinic")
    full = a_date(session, [ben], 4, title="Full clinic")
    shared = a_date(session, [ana, ben], 5, title="Shared clinic")
    alone = a_date(session, [ana], 6, title="Lone clinic")
    a_date(session, [ben], 7, title="Lab", kind="lab")
    for quarter in range(4):
        a_booking(session, full, a_person(session, f"Full {quarter}"), now, after_minutes=15 * quarter)
    for quarter, name in enumerate(("Kit", "Kat")):  # Ben is taken when they are; later that hour he is free
        minutes = {"after_minutes": 15 * quarter}
        a_booking(session, shared, a_person(session, name), now, analyst=ana.public_id, **minutes)
        a_booking(session, shared, None, now, analyst=ben.public_id, **minutes)
    a_booking(session, alone, a_person(session, "Lou"), now)
    reminded = a_booking(session, free, a_person(session, "Rae"), now, after_minutes=45, analyst=ben.public_id)
    session.execute(
        update(OutgoingEmail).where(OutgoingEmail.booking_id == reminded.id).values(sent_at=now - timedelta(days=1))
    )
    remind(session, reminded, now)
    agenda(session, ana, free, now)
    session.commit()


def remind(session: Session, booking: Booking, now: datetime) -> None:
    """The reminder of a day before, due now."""
    told = {"booking": str(booking.public_id), "hours": 24}
    emails.enqueue(
        session, "reminder", booking.member.email, told, now, person_id=booking.member_id, booking_id=booking.id
    )


def agenda(session: Session, analyst: Person, clinic: Occurrence, now: datetime) -> None:
    """The analyst's email of the morning."""
    starts_at = email_facts.stamp(clinic.starts_at)
    line = {"starts_at": starts_at, "minutes": 15, "member": "Rae", "topic": "", "is_new": True, "agreed": ""}
    told = {"person": str(analyst.public_id), "zone": BRISBANE, "starts_at": starts_at, "count": 1, "lines": [line]}
    day = zones.today(clinic.starts_at, BRISBANE)
    analyst.agenda_hour = 7
    emails.enqueue(
        session, "daily-agenda", analyst.email, {**told, "daily_agenda": f"{day}"}, now, person_id=analyst.id
    )


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(f"instance-{name}")) for name in ON],
)
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One running instance for the whole file."""
    with instance(request.param, tmp_path_factory.mktemp("instance"), fill) as found:
        yield found


class Browser:
    """Somebody's browser, at the instance."""

    def __init__(self, real: Instance, visit: Visit) -> None:
        self.real = real
        self.page: Page = visit(ignore_https_errors=True).new_page()

    def open(self, address: str) -> Page:
        """Open an address, or a path of the instance."""
        url = address if address.startswith("https://") else self.real.base_url + address
        answer = self.page.goto(url)
        assert answer is not None
        assert answer.ok, (url, answer.status)
        return self.page

    def click(self, selector: str) -> None:
        """Click what there is one of at least, and see that what it leads to is no refusal."""
        self.page.locator(f"main {selector}").first.click()
        self.page.wait_for_load_state()
        assert self.page.locator("[data-code]").count() == 0, self.page.locator("main").inner_text()

    def follow(self, ending: str) -> None:
        """Follow the link of the page that leads there."""
        self.click(f'a[href$="{ending}"]')

    def send(self, ending: str = "") -> None:
        """Send the form of the page that leads there; without an ending, the one that leads to the page itself."""
        which = f'form[method=post][action$="{ending}"]' if ending else "form[method=post]:not([action])"
        self.click(f"{which} {SUBMIT}")

    def sign_in(self, email: str, then: str) -> Page:
        """Sign in by a link that needs no email, as `booking people sign-in-link` prints it, and open a page."""
        with self.real.database.sessions() as session:
            asked = sign_in.link_for(session, email, clock.now())
        self.open(self.real.sign_in_link(asked))
        self.click(SUBMIT)
        return self.open(then)


@pytest.fixture
def somebody(real: Instance, visit: Visit) -> Callable[[], Browser]:
    """Makes browsers, each without cookies."""
    return lambda: Browser(real, visit)


def one(real: Instance, statement: Any) -> Any:
    """One value as it is stored now."""
    with real.database.sessions() as session:
        return session.scalars(statement).one()


def booking_of(real: Instance, email: str) -> Booking:
    """The latest booking of that member."""
    mine = select(Booking).join(Person, Person.id == Booking.member_id).where(Person.email == email)
    found: Booking = one(real, mine.order_by(Booking.id.desc()).limit(1))
    return found


def page_of(real: Instance, title: str) -> str:
    """The path of the date with that title."""
    return f"/occurrences/{one(real, select(Occurrence).join(Series).where(Series.title == title)).public_id}"


def test_a_visitor_books_signs_in_by_the_link_and_moves_edits_and_cancels_from_the_email(
    real: Instance, somebody: Callable[[], Browser]
) -> None:
    mia, browser = "mia.moss@example.org", somebody()
    page = browser.open(page_of(real, "Free clinic"))
    page.locator("label.cell").first.click()
    page.locator("textarea[name=topic]").fill("Tags fire twice")
    browser.click(f"form.picker .go {SUBMIT}")
    page.locator("input[name=email]").fill(mia)
    browser.send("/sign-in")

    other = somebody()  # the email is read on another device
    other.open(real.email(mia, "/sign-in/link/"))
    other.click(SUBMIT)
    assert other.page.locator("textarea[name=topic]").input_value() == "Tags fire twice"
    other.click(f"form.picker .go {SUBMIT}")
    made = booking_of(real, mia)
    assert (made.status, made.topic) == ("confirmed", "Tags fire twice")

    reader = somebody()  # who is not signed in
    manage = real.email(mia, "/manage/")
    reader.open(manage)
    reader.follow("/brief")
    reader.page.locator("textarea[name=topic]").fill("One tag fires twice")
    reader.send()
    reader.open(manage)
    reader.follow("/move")
    reader.page.locator("label.cell:not(:has(input:checked))").nth(1).click()
    reader.send("/move")
    moved = booking_of(real, mia)
    assert moved.starts_at != made.starts_at
    assert moved.topic == "One tag fires twice"
    reader.open(real.email(mia, "/manage/"))
    reader.follow("/cancel")
    reader.send()
    assert booking_of(real, mia).status == "cancelled"


def waiting_of(real: Instance, email: str) -> WaitlistEntry:
    """That member's place on a waitlist."""
    mine = select(WaitlistEntry).join(Person, Person.id == WaitlistEntry.member_id).where(Person.email == email)
    found: WaitlistEntry = one(real, mine.order_by(WaitlistEntry.id.desc()).limit(1))
    return found


def cancel_from_email(real: Instance, browser: Browser, email: str) -> None:
    browser.open(real.email(email, "/manage/"))
    browser.follow("/cancel")
    browser.send()
    assert booking_of(real, email).status == "cancelled"


def test_offers_of_the_waitlist_are_accepted_and_declined_and_the_waitlist_is_left(
    real: Instance, somebody: Callable[[], Browser]
) -> None:
    wes, will = "wes.hall@example.org", "will.ford@example.org"
    full = page_of(real, "Full clinic")
    first = somebody()
    first.sign_in(wes, full)
    first.click('button.btn[formaction$="/wait"], form[action$="/wait"] button')
    second = somebody()
    page = second.open(f"/sign-in?next={full}")
    page.locator("input[name=email]").fill(will)
    second.send("/sign-in")
    page.locator("input[name=code]").fill(real.code(will))
    second.send(page.url.removeprefix(real.base_url))
    second.open(full)
    second.click('button.btn[formaction$="/wait"], form[action$="/wait"] button')

    cancel_from_email(real, somebody(), "full.0@example.org")
    accepting = somebody()
    accepting.open(real.email(wes, "/manage/place/"))
    accepting.send("/accept")
    assert booking_of(real, wes).status == "confirmed"

    cancel_from_email(real, somebody(), wes)
    declining = somebody()
    declining.open(real.email(will, "/manage/place/"))
    assert waiting_of(real, will).ended_at is None
    declining.send("/decline")
    assert waiting_of(real, will).ended_at is None
    declining.send("/leave")
    assert waiting_of(real, will).ended_at is not None


def test_whoever_enrols_leaves_again_from_the_email(real: Instance, somebody: Callable[[], Browser]) -> None:
    nina, browser = "nina.park@example.org", somebody()
    browser.sign_in(nina, page_of(real, "Lab"))
    browser.send("/enrol")
    browser.open(real.email(nina, "/occurrences/"))
    browser.send("/leave")
    mine = select(Enrolment).join(Person, Person.id == Enrolment.member_id).where(Person.email == nina)
    assert one(real, mine).left_at is not None


def test_cover_is_offered_to_members_and_taken_by_a_colleague(real: Instance, somebody: Callable[[], Browser]) -> None:
    ana, ben = somebody(), somebody()
    ana.sign_in("ana.reyes@example.org", "/analyst/")
    for title in ("Shared clinic", "Lone clinic"):
        public_id = page_of(real, title).rpartition("/")[2]
        ana.open(f"/analyst/time-off?clinic={public_id}")
        ana.send("/analyst/time-off")

    before = booking_of(real, "kit@example.org")
    member = somebody()
    member.open(cover_email(real, "kit@example.org"))
    member.send("/accept")
    after = booking_of(real, "kit@example.org")
    assert (after.status, after.starts_at != before.starts_at) == ("confirmed", True)
    member.open(cover_email(real, "kat@example.org"))
    member.follow("/cancel")
    member.send()
    assert booking_of(real, "kat@example.org").status == "cancelled"

    ben.open(real.email("ben.novak@example.org", "/analyst/cover"))
    assert "/sign-in" in ben.page.url
    ben.page.locator("input[name=email]").fill("ben.novak@example.org")
    ben.send("/sign-in")
    ben.open(real.email("ben.novak@example.org", "/sign-in/link/"))
    ben.click(SUBMIT)
    ben.send("/take")
    lou = booking_of(real, "lou@example.org")
    assert (lou.status, lou.analyst_id) == ("confirmed", one(real, select(Person.id).filter_by(name="Ben Novak")))


def cover_email(real: Instance, email: str) -> str:
    """The link of the second email about a booking: the first said that it was booked."""
    assert real.email(email, "/manage/")
    return real.email(email, "/manage/")


@pytest.mark.parametrize(
    ("email", "what", "is_wanted"),
    [
        ("rae@example.org", "reminders", lambda person: person.wants_reminders),
        ("ana.reyes@example.org", "daily-agenda", lambda person: person.agenda_hour is not None),
    ],
)
def test_what_comes_by_itself_is_ended_from_the_email(
    real: Instance, somebody: Callable[[], Browser], email: str, what: str, is_wanted: Callable[[Person], bool]
) -> None:
    browser = somebody()
    browser.open(real.email(email, f"/unsubscribe/{what}/"))
    assert is_wanted(one(real, select(Person).filter_by(email=email)))
    browser.send()
    assert not is_wanted(one(real, select(Person).filter_by(email=email)))
