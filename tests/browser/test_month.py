"""A coordinator runs a month in a browser, on an empty installation: nothing but `booking init` came before."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import func, select

from booking import clock
from booking.domain import zones
from booking.store.bookings.bookings import Booking
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Series
from tests import databases
from tests.browser.instance import COORDINATOR, Instance, instance
from tests.builders import BRISBANE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("month")]
Visit = Callable[..., BrowserContext]
PEOPLE, BOOKED = 200, 2


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with instance(databases.NAMES[0], tmp_path_factory.mktemp("month"), lambda _session: None) as found:
        yield found


class Office:
    """The coordinator's browser."""

    def __init__(self, real: Instance, page: Page) -> None:
        self.real, self.page, self.answered = real, page, 0
        page.set_viewport_size({"width": 1280, "height": 900})

    def go(self, path: str) -> None:
        answer = self.page.goto(self.real.base_url + path)
        assert answer is not None
        assert answer.ok, (path, answer.status)

    def press(self, name: str | re.Pattern[str], role: str = "button") -> None:
        """Click what has that name, and see that what it leads to is no refusal."""
        found = self.page.locator("main").get_by_role(role, name=name).first  # type: ignore[arg-type]
        assert found.count(), f"no {role} {name} on {self.page.url}:\n{self.text()}"
        found.click()
        self.page.wait_for_load_state()
        assert self.page.locator("[aria-invalid=true], [data-code]").count() == 0, self.text()

    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def menu(self, words: str) -> None:
        """Choose a page in the menu; on a page for members one comes to it by the top of the page."""
        if not self.page.get_by_role("navigation", name="Coordinate").count():
            self.page.get_by_role("navigation", name="Main").get_by_role("link", name="Coordinate").click()
        self.page.get_by_role("navigation", name="Coordinate").get_by_role("link", name=words, exact=True).click()
        self.page.wait_for_load_state()

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"main form [name={name}]:not([type=hidden])").fill(value)

    def check(self, name: str, *values: str) -> None:
        for box in self.page.locator(f"input[type=checkbox][name={name}]").all():
            box.set_checked(box.get_attribute("value") in values)

    def publish(self, answer: str = "Skip this date") -> str:
        """Answer what is asked first, then publish; what the page of the publish says."""
        for _ in range(40):
            if "Answer these first" not in self.text():
                break
            self.press(re.compile(f"^{answer}"))
            self.answered += 1
        self.press(re.compile("^Publish"))
        assert "/coordinator/changes/" in self.page.url, self.text()
        return self.text()


def test_a_coordinator_runs_a_month_from_pages_alone(empty: Instance, visit: Visit, tmp_path: Path) -> None:
    office = Office(empty, visit(ignore_https_errors=True, accept_downloads=True).new_page())
    today = zones.today(clock.now(), BRISBANE)
    first = (today.replace(day=28) + timedelta(days=4)).replace(day=1)  # of the next month
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    sign_in(office)
    analysts_are_added(office)
    series_are_set_up(office, today, first, last)
    assert office.answered >= 1  # what the clinic does on New Year's Day
    people_are_imported(office, tmp_path)
    members_are_booked(office)
    an_analyst_falls_ill(office)
    two_weeks_are_closed(office, first + timedelta(days=10))
    the_clinic_is_renamed(office)
    the_month_is_copied(office, first)
    the_report_is_exported(office, today, last)


def sign_in(office: Office) -> None:
    office.go("/sign-in?next=/coordinator/")
    office.fill(email=COORDINATOR)
    office.press(re.compile("^Email me"))
    office.page.locator("input[name=code]").fill(office.real.code(COORDINATOR))
    office.press("Sign in")
    assert "/coordinator" in office.page.url


def analysts_are_added(office: Office) -> None:
    for name in ("Ana Reyes", "Ben Novak"):
        office.menu("People")
        office.press("Add a person", "link")
        email = name.lower().replace(" ", ".") + "@example.org"
        office.fill(email=email, name=name, meeting_url=f"https://zoom.example/{email}")
        office.check("role", "analyst")
        office.press("Add person")
        assert f"{name} is added" in office.text()


def series_are_set_up(office: Office, today: date, first: date, last: date) -> None:
    """A clinic without an end that meets a public holiday, a lab of the next month, a masterclass of four modules."""
    new_year = date(first.year + (first.month > 1), 1, 1)
    for kind, fields in (
        ("clinic", {"title": "Member Clinic", "starts": str(today + timedelta(days=1))}),
        ("lab", {"title": "Measurement Lab", "starts": str(first), "ends": str(last)}),
        ("masterclass", {"title": "Analytics Masterclass", "starts": str(first), "modules": "One\nTwo\nThree\nFour"}),
    ):
        office.menu("Programme")
        if kind != "clinic":  # an empty installation offers the kinds at once
            office.press("New series", "link")
        office.press(re.compile(f"^Set up a {kind}"), "link")
        office.fill(**fields, start="13:00", end="14:00", url="https://zoom.example/room")
        day = new_year if kind == "clinic" else first
        office.page.get_by_label(f"{day:%A}", exact=True).check()
        for number, name in enumerate(("Ana Reyes", "Ben Novak")):
            office.page.locator("select[name=analyst]").nth(number).select_option(label=name)
        office.press(re.compile("^Preview"))
        said = office.publish()
        assert "Pages and calendars have changed" in said
    with office.real.database.sessions() as session:
        titles = session.scalars(select(Series.title).order_by(Series.title)).all()
        modules = session.scalars(
            select(Occurrence.module_number).join(Series).where(Series.title == "Analytics Masterclass")
        ).all()
    assert titles == ["Analytics Masterclass", "Measurement Lab", "Member Clinic"]
    assert sorted(filter(None, modules)) == [1, 2, 3, 4]


def people_are_imported(office: Office, folder: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Email address", "Name", "Role", "Time zone"])
    for number in range(PEOPLE):
        sheet.append([f"member.{number:03}@example.org", f"Member {number:03}", "member", "Perth"])
    book.save(folder / "people.xlsx")
    office.menu("People")
    office.press("Import people", "link")
    office.page.locator("input[type=file]").set_input_files(folder / "people.xlsx")
    office.press("Preview import")
    assert f"{PEOPLE} people new" in office.text()
    office.press(re.compile(f"^Import {PEOPLE} people"))
    with office.real.database.sessions() as session:
        count = session.scalar(select(func.count()).select_from(Person).where(Person.email.like("member.%")))
    assert count == PEOPLE


def members_are_booked(office: Office) -> None:
    for number in range(BOOKED):
        office.menu("Bookings")
        office.press("Book for a member", "link")
        office.fill(q=f"member.{number:03}@example.org")
        office.press("Find member")
        office.press(re.compile("^Member Clinic"), "link")
        office.page.locator("label.cell").nth(number).click()
        office.press(re.compile("^Book "))
        assert f"Booked for Member {number:03}" in office.text()
        office.real.email(f"member.{number:03}@example.org", "/manage/")  # it has arrived


def an_analyst_falls_ill(office: Office) -> None:
    """Ana is ill on the day of the first clinic: her bookings go to Ben, or are offered another time."""
    with office.real.database.sessions() as session:
        starts_at = session.scalars(select(Booking.starts_at).order_by(Booking.starts_at).limit(1)).one()
    day = str(zones.today(starts_at, BRISBANE))
    office.menu("People")
    office.fill(q="Ana Reyes")
    office.press("Show people")
    office.press("Ana Reyes", "link")
    office.press(re.compile("[Tt]ime off"), "link")
    office.fill(first=day, last=day)
    office.press("Preview")
    assert "Nothing has changed yet" in office.text()
    office.press("Save time off")
    assert "Time off saved" in office.text()
    with office.real.database.sessions() as session:
        ana = select(Person.id).where(Person.name == "Ana Reyes").scalar_subquery()
        left = session.scalars(select(Booking).where(Booking.analyst_id == ana, Booking.status == "confirmed")).all()
    assert left == []


def two_weeks_are_closed(office: Office, start: date) -> None:
    office.menu("Closures")
    office.fill(first=str(start), last=str(start + timedelta(days=13)), reason="Summer break")
    office.press("Preview closure")
    office.publish()
    with office.real.database.sessions() as session:
        begins, ends = (zones.day_starts_at(start + timedelta(days=days), BRISBANE) for days in (0, 14))
        within = select(Occurrence.status).where(Occurrence.starts_at >= begins, Occurrence.starts_at < ends)
        assert set(session.scalars(within)) == {"cancelled"}
    office.menu("Closures")
    assert "Summer break" in office.text()


def the_clinic_is_renamed(office: Office) -> None:
    office.menu("Programme")
    office.press("Member Clinic", "link")
    office.press("Edit series", "link")
    office.fill(title="Open Clinic")
    office.press(re.compile("^Preview"))
    office.publish()
    with office.real.database.sessions() as session:
        titles = session.scalars(select(Series.title).where(Series.kind == "clinic")).all()
    assert titles == ["Open Clinic"]


def the_month_is_copied(office: Office, first: date) -> None:
    target = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    office.menu("Programme")
    office.press("Copy a month", "link")
    office.page.locator("select[name=from]").select_option(f"{first:%Y-%m}")
    office.page.locator("select[name=to]").select_option(f"{target:%Y-%m}")
    office.press("Show what is copied")
    assert "Measurement Lab" in office.text()
    office.press(re.compile("^Preview"))
    office.publish()
    with office.real.database.sessions() as session:
        start = zones.day_starts_at(target, BRISBANE)
        copied = session.scalars(
            select(Occurrence).join(Series).where(Series.title == "Measurement Lab", Occurrence.starts_at >= start)
        ).all()
    assert 3 <= len(copied) <= 5


def the_report_is_exported(office: Office, today: date, last: date) -> None:
    office.menu("Reports")
    for name, day in (("from", today), ("to", last)):
        office.page.locator(f"input[name={name}]").fill(str(day))
    office.press("Show reports")
    assert "Ben Novak" in office.page.locator("main").text_content()  # folded tables too
    with office.page.expect_download() as download:
        office.page.get_by_role("link", name=re.compile("^Download CSV")).first.click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    header, *weeks = csv.reader(io.StringIO(text))
    assert header[:3] == ["Week from", "Quarters offered", "Quarters booked"]
    assert sum(int(week[1]) for week in weeks) > 0
    assert sum(int(week[2]) for week in weeks) == BOOKED
