"""Every page there is, by name: whose it is, and how one gets to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from playwright.sync_api import FilePayload, Page
from sqlalchemy import select

from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.services import cover
from booking.services.accounts import sign_in, trials
from booking.services.accounts.trials import SignUp
from booking.services.bookings import waitlist
from booking.services.bookings.cancel import cancel
from booking.services.bookings.notes import write_note
from booking.services.bookings.start_visit import begin
from booking.services.bookings.waitlist import Wish
from booking.store.bookings.bookings import Booking
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Occurrence, Series
from tests.browser.serving import Site
from tests.browser.world import World
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, acting, an_occurrence
from tests.logos import a_picture
from tests.web.client import SECRET_KEY, give_rules

Who = Callable[[World], Person]


def kim(world: World) -> Person:
    return world.kim


def lee(world: World) -> Person:
    return world.lee


def ana(world: World) -> Person:
    return world.ana


def cora(world: World) -> Person:
    return world.cora


def tia(world: World) -> Person:
    return world.tia


@dataclass(frozen=True)
class Stop:
    """One page. `path` is what is opened; `then` are the presses after it; `now` when it is looked at.

    `status` is what the server answers to the address, `person` None for a visitor.
    """

    name: str
    path: Callable[[Site, World], str]
    person: Who | None = None
    then: Callable[[Page, Site, World], None] | None = None
    now: datetime = field(default=NOW)
    status: int = 200
    is_demo: bool = False


def at(path: str) -> Callable[[Site, World], str]:
    return lambda _site, _world: path


def occurrence(name: str) -> Callable[[Site, World], str]:
    return lambda _site, world: f"/occurrences/{getattr(world, name).public_id}"


def with_trials(path: Callable[[Site, World], str]) -> Callable[[Site, World], str]:
    """The same, at an organisation that offers free trials of seven days."""

    def found(site: Site, world: World) -> str:
        give_rules(site.app, trial_days=7)
        return path(site, world)

    return found


def trial_link(site: Site, world: World) -> str:
    with_trials(at("/trial"))(site, world)
    with site.session() as session:
        system = acting(session, Actor.system(), organisation=site.app.extensions["booking"].organisation)
        asked = trials.sign_up(system, SignUp("una@example.org", "Una Byrne", "", "network"))
    return f"/trial/{tokens.sign(SECRET_KEY, 'trial', str(asked))}"


def sign_up_for_a_trial(page: Page, _site: Site, _world: World) -> None:
    page.get_by_label("Your name").fill("Una Byrne")
    page.get_by_label("Your email address").fill("una.byrne@a-rather-long-domain-of-hers.example.org")
    page.get_by_role("button", name="Email me a link to start").click()


def sign_up_without_an_address(page: Page, _site: Site, _world: World) -> None:
    page.get_by_label("Your name").fill("Una Byrne")
    page.get_by_label("Your email address").fill("una@nowhere")
    page.get_by_role("button", name="Email me a link to start").click()


def signed(purpose: str, before: str, name: str = "booking", after: str = "") -> Callable[[Site, World], str]:
    """An address that is signed for something of the world."""
    return lambda _site, world: (
        f"{before}{tokens.sign(SECRET_KEY, purpose, str(getattr(world, name).public_id))}{after}"
    )


def booking(after: str = "") -> Callable[[Site, World], str]:
    return lambda _site, world: f"/bookings/{world.booking.public_id}{after}"


def of_person(name: str, after: str = "") -> Callable[[Site, World], str]:
    """The coordinator's page of a person, or one behind it; `{lee}` is Lee's address."""
    return lambda _site, world: (
        f"/coordinator/people/{getattr(world, name).public_id}{after.format(lee=world.lee.email)}"
    )


CLOSURES = "/coordinator/closures/"


def coordinated(after: str = "") -> Callable[[Site, World], str]:
    return lambda _site, world: f"/coordinator/occurrences/{world.clinic.public_id}{after}"


def sign_in_link(site: Site, world: World) -> str:
    with site.session() as session:
        asked = sign_in.link_for(session, world.kim.email, NOW)
    return f"/sign-in/link/{tokens.sign(SECRET_KEY, 'sign-in', str(asked))}"


def sign_in_code(site: Site, world: World) -> str:
    with site.session() as session:
        return f"/sign-in/{sign_in.link_for(session, world.kim.email, NOW)}"


def email(site: Site, _world: World) -> str:
    with site.session() as session:
        booked = select(OutgoingEmail.public_id).where(OutgoingEmail.name == "booked")
        return f"/demo/mailbox/{session.scalars(booked).first()}"


def an_email(site: Site, _world: World) -> str:
    with site.session() as session:
        booked = select(OutgoingEmail.public_id).where(OutgoingEmail.name == "booked")
        return f"/coordinator/emails/{session.scalars(booked).first()}"


def correct_to_nothing(page: Page, _site: Site, _world: World) -> None:
    page.locator("form[action$='/address']").evaluate("form => { form.noValidate = true; }")
    page.get_by_label("Email address of").fill("nobody")
    page.get_by_role("button", name="Correct address").click()


def preview_the_rules(page: Page, _site: Site, _world: World) -> None:
    """Narrower rules, looked at before they are saved."""
    page.get_by_label("Upcoming bookings in total").first.fill("1")
    page.get_by_label("How far ahead members can book").first.fill("3")
    page.get_by_role("button", name="Preview changes").click()


def preview_the_texts(page: Page, _site: Site, _world: World) -> None:
    """Everything that there is to preview; nothing of it is saved."""
    logo = FilePayload(name="logo.png", mimeType="image/png", buffer=a_picture())
    page.locator("input[name=logo]").set_input_files(files=[logo])
    page.get_by_label("Accent on light pages").fill("#0b5394")
    page.get_by_label("Accent on dark pages").fill("#8ab4f8")
    page.locator("input[name=contact_phone]").fill("+61 7 3000 0000")
    page.get_by_label("Greeting").fill("Hello {name}")
    page.locator("textarea[name=footer]").fill(
        "Questions? Reply to this email, or call {contact_phone}.\n<b>{organisation}</b>"
    )
    page.locator("select[name=email]").select_option("reminder")
    page.get_by_role("button", name="Preview").click()
    page.frame_locator("iframe").get_by_text("Hello Mia Moss").wait_for()


def write_what_no_email_can_hold(page: Page, _site: Site, _world: World) -> None:
    page.get_by_role("textbox", name="Short name").fill("")
    page.get_by_role("textbox", name="Email address", exact=True).fill("nobody")
    page.get_by_label("Accent on light pages").fill("#ffee00")
    page.locator("textarea[name=footer]").fill("{{ 7*7 }} {contact_phone}")
    page.get_by_role("button", name="Save texts").click()


def bounced_email(site: Site, world: World) -> str:
    """Kim's email came back."""
    with site.session() as session:
        email = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "booked")).first()
        assert email is not None
        email.sent_at = email.bounced_at = NOW
        email.last_error = "550 5.1.1 no such user"
        kim = session.get_one(Person, world.kim.id)
        kim.email_failing_at, kim.email_failure = NOW, email.last_error
        session.commit()
    return "/coordinator/emails?show=bounced"


def failing_address(site: Site, world: World) -> str:
    bounced_email(site, world)
    return "/coordinator/emails/addresses"


def a_place(site: Site, world: World, member: Person, minutes: int = 15) -> str:
    """The member waits for the clinic that is full."""
    with site.session() as session:
        place = waitlist.join(acting(session, Actor.member(member.id)), world.full.public_id, Wish(minutes))
    return f"/waitlist/{place.public_id}"


def waitlists_of_all(site: Site, world: World) -> str:
    a_place(site, world, world.lee)
    return "/coordinator/waitlists"


def waiting_behind_another(site: Site, world: World) -> str:
    a_place(site, world, world.lee)
    return a_place(site, world, world.kim, 30)


def a_place_held(site: Site, world: World) -> str:
    """A place in the lab is held for Lee."""
    with site.session() as session:
        held = PlaceWait(occurrence_id=world.lab.id, member_id=world.lee.id, joined_at=NOW)
        held.lapses_at = NOW + timedelta(hours=4)
        session.add(held)
        session.commit()
    return f"/occurrences/{world.lab.public_id}"


def held_for_kim(site: Site, world: World) -> str:
    return held_for(site, world, world.kim, CLINIC_AT + timedelta(days=3))


def held_for(site: Site, world: World, member: Person, at: datetime, replaces: UUID | None = None) -> str:
    """A Thursday clinic of Ana's that was full until somebody cancelled: their quarter is held for the member."""
    with site.session() as session:
        series = session.get_one(Occurrence, world.second.id).series
        clinic = an_occurrence(session, series, [session.get_one(Person, world.ana.id)], at)
        booked = [a_booking(session, clinic, after_minutes=15 * quarter).public_id for quarter in range(4)]
        session.commit()
        place = waitlist.join(acting(session, Actor.member(member.id)), clinic.public_id, Wish(15, replaces=replaces))
        cancel(acting(session, Actor.link()), booked[0])
    return f"/waitlist/{place.public_id}"


def at_the_limit(site: Site, world: World) -> str:
    """Two upcoming bookings of Lee's, and the page of another clinic."""
    with site.session() as session:
        lee = session.get_one(Person, world.lee.id)
        for clinic, minutes in ((world.clinic, 15), (world.second, 30)):
            a_booking(session, session.get_one(Occurrence, clinic.id), lee, after_minutes=minutes)
    return f"/occurrences/{world.full.public_id}"


def held_at_the_limit(site: Site, world: World) -> str:
    """Where Lee, at the limit by now, says which booking the slot replaces."""
    with site.session() as session:
        of_lee = select(Booking.public_id).where(Booking.member_id == world.lee.id, Booking.starts_at > NOW)
        replaced = session.scalars(of_lee.order_by(Booking.starts_at)).first()
    return held_for(site, world, world.lee, CLINIC_AT + timedelta(days=10), replaced)


def begun(site: Site, world: World) -> str:
    with site.session() as session:
        begin(acting(session, Actor.staff(world.ana.id), DURING), world.booking.public_id)
    return DAY


def noted(site: Site, world: World) -> str:
    with site.session() as session:
        said = "Rename the events to lower case, and keep one container."
        write_note(acting(session, Actor.staff(world.ana.id), DURING), world.booking.public_id, "Needs time.", said)
    return f"/analyst/visits/{world.booking.public_id}"


def lose_the_race(page: Page, site: Site, world: World) -> None:
    page.locator("label.cell").filter(has_text="1:45").first.click()
    page.get_by_label("What would you like to discuss?").fill("Tags")
    with site.session() as session:
        for analyst in (world.ana, world.ben):
            a_booking(session, world.clinic, after_minutes=45, analyst=analyst.public_id)
    page.locator(".go button").click()


def book_without_a_time(page: Page, _site: Site, _world: World) -> None:
    page.locator(".go button").click()


def ask_for_no_address(page: Page, _site: Site, _world: World) -> None:
    page.locator("form").evaluate("form => { form.noValidate = true; }")
    page.get_by_label("Your email address").fill("nobody")
    page.get_by_role("button", name="Email me a code").click()


def type_a_wrong_code(page: Page, _site: Site, _world: World) -> None:
    page.get_by_label("Six-digit code").fill("000000")
    page.get_by_role("button", name="Sign in").click()


def book_signed_out(page: Page, _site: Site, _world: World) -> None:
    page.locator("label.cell").filter(has_text="1:45").first.click()
    page.locator(".go button").click()


ANNOUNCEMENT = """January 2024, all times AEST

Tuesday Clinic on Tuesdays, 1pm - 2pm
Search Masterclass on Fridays 10am - 12pm AEST
Module 1: Accounts
Module 3: Bidding
"""
CLEAR = """Advanced Search Lab on Wednesdays 6, 13 and 20 December 2023, 4pm - 5pm Brisbane time"""


def paste(page: Page, text: str) -> None:
    page.get_by_label("Announcement", exact=True).fill(text)
    page.get_by_role("button", name="Read announcement", exact=True).click()
    page.get_by_role("heading", name="What we understood").wait_for()


def add_somebody_who_is_there(page: Page, _site: Site, world: World) -> None:
    page.get_by_label("Email address").fill(world.kim.email)
    page.get_by_label("Name", exact=True).fill("Kim")
    page.get_by_role("button", name="Add person").click()


def edit_too_late(page: Page, site: Site, world: World) -> None:
    """Kim's membership gets a last day while the form is open."""
    with site.session() as session:
        session.get_one(Person, world.kim.id).member_until = date(2030, 6, 30)
        session.commit()
    page.get_by_label("Name", exact=True).fill("Kim Nguyen-Papadopoulos of Wollongong")
    page.get_by_role("button", name="Save changes").click()


def choose_people(page: Page, _site: Site, world: World) -> None:
    """An analyst leaves, a member is renamed, and more are new than one page of the preview shows."""
    known = [f"{world.ana.email},,member,", f"{world.kim.email},Kim Nguyen-Papadopoulos,,Perth"]
    choose_file(page, [*known, *(f"new{n}@example.org,Person {n},," for n in range(60))])


def choose_bad_people(page: Page, _site: Site, _world: World) -> None:
    choose_file(page, ["nobody,Bob,boss,Mars", "ann@example.org,,,", "ann@example.org,,,"])


def choose_file(page: Page, lines: list[str]) -> None:
    text = "\n".join(["email,name,role,time_zone", *lines])
    page.locator("input[type=file]").set_input_files(
        {"name": "members.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Preview import").click()


def paste_in_doubt(page: Page, _site: Site, _world: World) -> None:
    paste(page, ANNOUNCEMENT)


def preview(page: Page, _site: Site, _world: World) -> None:
    paste(page, ANNOUNCEMENT)
    page.get_by_role("link", name="See it as a member").click()


def publish_a_lab(page: Page, _site: Site, _world: World) -> None:
    paste(page, CLEAR)
    page.get_by_role("link", name="Preview the plan").click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Undo").wait_for()


def preview_an_email(page: Page, _site: Site, _world: World) -> None:
    page.get_by_label("Subject").fill("Bring your last report")
    page.get_by_label("Message").fill("Hello everyone,\n\nplease have it at hand.")
    page.get_by_role("button", name="Preview email").click()


MONDAYS_EDIT = "/coordinator/programme/monday-clinic/edit"


def rename_a_series(page: Page, _site: Site, _world: World) -> None:
    page.get_by_label("Title").fill("Monday Help Desk")
    page.get_by_role("button", name="Preview the change").click()
    page.get_by_role("heading", name="What changes").wait_for()


def untitle_a_series(page: Page, _site: Site, _world: World) -> None:
    page.locator("form.form").evaluate("form => { form.noValidate = true; }")
    page.get_by_label("Title").fill("")
    page.get_by_role("button", name="Preview the change").click()


def rename_a_series_twice(page: Page, site: Site, _world: World) -> None:
    with site.session() as session:
        series = session.scalars(select(Series).where(Series.slug == "monday-clinic")).one()
        series.title = "Open Clinic"
        session.commit()
    page.get_by_label("Title").fill("Monday Help Desk")
    page.get_by_role("button", name="Preview the change").click()
    page.get_by_text("Nothing was saved.").wait_for()


def close_a_period(page: Page, _site: Site, _world: World) -> None:
    page.get_by_label("First day").fill("2023-12-24")
    page.get_by_label("Last day").fill("2024-01-05")
    page.get_by_label("Reason").fill("Office closed over Christmas")
    page.get_by_role("button", name="Preview closure").click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("link", name="Closures").first.click()
    page.get_by_role("link", name="Lift closure").wait_for()


def away_on_the_last_monday(site: Site, world: World) -> str:
    """Ben is away where nobody else is on the roster and every quarter is booked: the others are asked."""
    with site.session() as session:
        start, end = world.full.starts_at, world.full.ends_at
        shown = cover.show(session, world.ben.public_id, (start, end), ORGANISATION, NOW)
        cover.report(acting(session, Actor.system()), world.ben.public_id, (start, end), fingerprint=shown.fingerprint)
        return "/analyst/cover"


def too_soon_for_the_calendar(site: Site, world: World) -> str:
    """Kim's calendar was seen once, long ago; the booking came without an invitation."""
    with site.session() as session:
        session.get_one(Person, world.kim.id).member_feed_fetched_at = NOW
        session.get_one(Booking, world.booking.id).is_invited = False
        session.commit()
    return f"/bookings/{world.booking.public_id}"


DURING = CLINIC_AT + timedelta(minutes=12)
AFTER = CLINIC_AT + timedelta(minutes=70)
DAY = "/analyst/2023-12-04"

STOPS = [
    Stop("programme, visitor", at("/?on=2023-12-04")),
    Stop("programme, member", at("/?on=2023-12-04"), kim),
    Stop("programme, a week with nothing", at("/?on=2030-01-01")),
    Stop("clinic, visitor", occurrence("clinic")),
    Stop("clinic, member", occurrence("clinic"), lee),
    Stop("clinic, member who has a booking in it", occurrence("clinic"), kim),
    Stop("clinic, just taken", occurrence("clinic"), lee, lose_the_race),
    Stop("clinic, no time chosen", occurrence("second"), lee, book_without_a_time),
    Stop("clinic, full", occurrence("full"), lee),
    Stop("clinic, over", occurrence("clinic"), lee, now=AFTER),
    Stop("clinic, cancelled", occurrence("off"), lee),
    Stop("lab", occurrence("lab"), lee),
    Stop("masterclass", occurrence("masterclass"), lee),
    Stop("booked", booking("?booked=1"), kim),
    Stop("booking", booking(), kim),
    Stop("booking, move", booking("/move"), kim),
    Stop("booking, cancel", booking("/cancel"), kim),
    Stop("my bookings", at("/bookings"), kim),
    Stop("my bookings, none", at("/bookings"), lee),
    Stop("manage", signed("manage", "/manage/")),
    Stop("manage, move", signed("manage", "/manage/", after="/move")),
    Stop("manage, cancel", signed("manage", "/manage/", after="/cancel")),
    Stop("join, early", signed("join", "/join/")),
    Stop("join, open", signed("join", "/join/"), now=DURING),
    Stop("join, a lab, visitor", signed("join", "/join/", "lab")),
    Stop("calendars, visitor", at("/calendars")),
    Stop("calendars, member", at("/calendars"), kim),
    Stop("calendars, analyst", at("/calendars"), ana),
    Stop("sign in", at("/sign-in")),
    Stop("sign in, mistaken address", at("/sign-in"), None, ask_for_no_address),
    Stop("sign in, on the way to a booking", occurrence("second"), None, book_signed_out),
    Stop("sign in, the code", sign_in_code),
    Stop("sign in, wrong code", sign_in_code, None, type_a_wrong_code),
    Stop("sign in, the link", sign_in_link),
    Stop("sign in, the link, signed in as somebody else", sign_in_link, ana),
    Stop("free trial", with_trials(at("/trial"))),
    Stop("free trial, mistaken address", with_trials(at("/trial")), None, sign_up_without_an_address),
    Stop("free trial, signed in", with_trials(at("/trial")), kim),
    Stop("free trial, check your email", with_trials(at("/trial")), None, sign_up_for_a_trial),
    Stop("free trial, the link", trial_link),
    Stop("free trial, an old link", with_trials(at("/trial/nothing.nothing")), status=410),
    Stop("free trial, under way", at("/calendars"), tia),
    Stop("free trial, over", at("/"), tia, now=NOW + timedelta(days=30)),
    Stop("coordinator, free trials", with_trials(at("/coordinator/people/trials")), cora),
    Stop("help, visitor", at("/help")),
    Stop("help, analyst", at("/help"), ana),
    Stop("help, coordinators", at("/help/coordinators")),
    Stop("help, operators", at("/help/operators")),
    Stop("time zone", at("/time-zone?back=/calendars")),
    Stop("sign in, an old link", at("/sign-in/link/nothing.nothing"), status=410),
    Stop("me, member", at("/me"), kim),
    Stop("me, analyst", at("/me"), ana),
    Stop("analyst’s day, now", at(DAY), ana, now=DURING),
    Stop("analyst’s day, begun", begun, ana, now=DURING),
    Stop("visit, noted", noted, ana, now=DURING),
    Stop("clinic, going on", occurrence("second"), kim, now=DURING),
    Stop("my bookings, agreed", at("/bookings"), kim, now=AFTER),
    Stop("who comes", lambda _site, world: f"/analyst/attendance/{world.lab.public_id}", ana),
    Stop("lab, join now", occurrence("lab"), kim, now=CLINIC_AT + timedelta(days=2, minutes=-5)),
    Stop("programme, join now", at("/?on=2023-12-04"), kim, now=CLINIC_AT + timedelta(days=2, minutes=5)),
    Stop("clinic, staff", occurrence("second"), ana),
    Stop("brief", booking("/brief"), kim),
    Stop("analyst’s day, over", at(DAY), ana, now=AFTER),
    Stop("analyst’s day, empty", at("/analyst/2023-12-03"), ana),
    Stop("analyst’s day, to print", at(f"{DAY}?print=1"), ana),
    Stop("analyst’s week", at(f"{DAY}?days=7"), ana),
    Stop("whose day", at("/analyst/"), cora),
    Stop("visit", lambda _site, world: f"/analyst/visits/{world.booking.public_id}", ana),
    Stop("for programs", at("/api/docs")),
    Stop("away", at("/analyst/time-off"), ana),
    Stop("away, what it means", at("/analyst/time-off?first=2023-12-04&last=2023-12-08"), ana),
    Stop("away, no such day", at("/analyst/time-off?first=never"), ana, status=422),
    Stop("away, whose", at("/analyst/time-off"), cora),
    Stop("coordinator, next days", at("/coordinator/"), cora),
    Stop("coordinator, today", at("/coordinator/today"), cora, now=DURING),
    Stop("coordinator, today, nothing", at("/coordinator/today"), cora),
    Stop("coordinator, waitlists", waitlists_of_all, cora),
    Stop("coordinator, waitlists, refused", at("/coordinator/waitlists?series=x&on=x"), cora, status=422),
    Stop("coordinator, programme", at("/coordinator/programme"), cora),
    Stop("coordinator, one series", at("/coordinator/programme/monday-clinic"), cora),
    Stop("coordinator, edit a series", at(MONDAYS_EDIT), cora),
    Stop("coordinator, edit a series, the plan", at(MONDAYS_EDIT), cora, rename_a_series),
    Stop("coordinator, edit a series, refused", at(MONDAYS_EDIT), cora, untitle_a_series),
    Stop("coordinator, edit a series, changed meanwhile", at(MONDAYS_EDIT), cora, rename_a_series_twice),
    Stop("coordinator, new series", at("/coordinator/new-series"), cora),
    Stop("coordinator, new clinic", at("/coordinator/new-series?kind=clinic"), cora),
    Stop("coordinator, new masterclass", at("/coordinator/new-series?kind=masterclass"), cora),
    Stop("coordinator, copy a month", at("/coordinator/copy-month"), cora),
    Stop("coordinator, one date", coordinated(), cora),
    Stop("coordinator, one date, nothing chosen", coordinated("/plan"), cora, status=422),
    Stop("coordinator, one lab", lambda _s, world: f"/coordinator/occurrences/{world.lab.public_id}?q=lee", cora),
    Stop("coordinator, one date, under way", coordinated(), cora, now=DURING),
    Stop("coordinator, find cover, none needed", coordinated("/cover"), cora),
    Stop("coordinator, which change", coordinated("/change"), cora),
    Stop("coordinator, move a date", coordinated("/change?change=move"), cora),
    Stop("coordinator, a change refused", coordinated("/plan?what=extra&to=x&time=x"), cora, status=422),
    Stop("coordinator, email everyone", coordinated("/email"), cora),
    Stop("coordinator, email everyone, preview", coordinated("/email"), cora, preview_an_email),
    Stop("coordinator, a plan", coordinated("/plan?what=cancel&reason=The+power+is+out."), cora),
    Stop("coordinator, closures", at(CLOSURES), cora),
    Stop("coordinator, closures, one refused", at(f"{CLOSURES}plan?scope=some&last=x"), cora, status=422),
    Stop("coordinator, a closure’s plan", at(f"{CLOSURES}plan?first=2023-12-11&last=2024-01-05&reason=Move"), cora),
    Stop("coordinator, guests", at("/coordinator/programme/influencer/guests/"), cora),
    Stop("coordinator, guests, refused", at("/coordinator/programme/influencer/guests/plan?first=x"), cora, status=422),
    Stop("coordinator, public holidays", at("/coordinator/holidays/"), cora),
    Stop("coordinator, a closed period", at(CLOSURES), cora, close_a_period),
    Stop("coordinator, paste", at("/coordinator/drafts/"), cora),
    Stop("coordinator, a draft in doubt", at("/coordinator/drafts/"), cora, paste_in_doubt),
    Stop("coordinator, a draft as a member sees it", at("/coordinator/drafts/"), cora, preview),
    Stop("coordinator, published", at("/coordinator/drafts/"), cora, publish_a_lab),
    Stop("coordinator, what was published", at("/coordinator/changes"), cora),
    Stop("coordinator, emails", at("/coordinator/emails"), cora),
    Stop("coordinator, emails, none failed", at("/coordinator/emails?show=failed"), cora),
    Stop("coordinator, one email", an_email, cora),
    Stop("coordinator, one email, refused", an_email, cora, correct_to_nothing, status=200),
    Stop("coordinator, addresses, all work", at("/coordinator/emails/addresses"), cora),
    Stop("coordinator, emails, bounced", bounced_email, cora),
    Stop("coordinator, addresses that don’t work", failing_address, cora),
    Stop("coordinator, bookings", at("/coordinator/bookings"), cora),
    Stop("coordinator, bookings, all there ever were", at("/coordinator/bookings?from="), cora, now=AFTER),
    Stop("coordinator, bookings, none found", at("/coordinator/bookings?member=nobody&status=cancelled"), cora),
    Stop("coordinator, bookings, refused", at("/coordinator/bookings?from=x&to=x&series=x&member=e"), cora, status=422),
    Stop("coordinator, book for a member", at("/coordinator/bookings/new"), cora),
    Stop("coordinator, book for Kim", at("/coordinator/bookings/new?q=kim"), cora),
    Stop("coordinator, reports", at("/coordinator/reports"), cora, now=AFTER),
    Stop("coordinator, reports of a year", at("/coordinator/reports?from=2023-02-01&to=2024-01-31"), cora),
    Stop("coordinator, reports, refused", at("/coordinator/reports?from=x&to=2023-01-01"), cora, status=422),
    Stop("coordinator, audit log", at("/coordinator/audit"), cora),
    Stop("coordinator, audit log, none found", at("/coordinator/audit?action=restored&by=cora"), cora),
    Stop("coordinator, audit log, refused", at("/coordinator/audit?from=x&to=x&action=x&by=e"), cora, status=422),
    Stop("coordinator, rules", at("/coordinator/rules?series=monday-clinic"), cora),
    Stop("coordinator, rules, a preview", at("/coordinator/rules"), cora, preview_the_rules),
    Stop("coordinator, texts", at("/coordinator/texts"), cora),
    Stop("coordinator, texts, an email", at("/coordinator/texts"), cora, preview_the_texts),
    Stop("coordinator, texts, refused", at("/coordinator/texts"), cora, write_what_no_email_can_hold),
    Stop("coordinator, people", at("/coordinator/people"), cora),
    Stop("coordinator, nobody found", at("/coordinator/people?q=nobody"), cora),
    Stop("coordinator, nobody with that role", at("/coordinator/people?membership=ended&role=coordinator"), cora),
    Stop("coordinator, people, refused", at("/coordinator/people?role=x&membership=x"), cora, status=422),
    Stop("coordinator, one person", of_person("kim"), cora),
    Stop("coordinator, one analyst", of_person("ana"), cora),
    Stop("coordinator, close an account", of_person("kim", "/close"), cora),
    Stop("coordinator, close an analyst’s account", of_person("ana", "/close"), cora),
    Stop("coordinator, add a person", at("/coordinator/people/new"), cora),
    Stop("coordinator, add a person, refused", at("/coordinator/people/new"), cora, add_somebody_who_is_there),
    Stop("coordinator, edit a person", of_person("ana", "/edit"), cora),
    Stop("coordinator, edit a person, changed meanwhile", of_person("kim", "/edit"), cora, edit_too_late),
    Stop("coordinator, import people", at("/coordinator/people/import"), cora),
    Stop("coordinator, preview an import", at("/coordinator/people/import"), cora, choose_people),
    Stop("coordinator, an import with mistakes", at("/coordinator/people/import"), cora, choose_bad_people),
    Stop("coordinator, merge", of_person("kim", "/merge?other={lee}"), cora),
    Stop("me, new address", at("/me/address"), kim),
    Stop("me, an old link to confirm an address", at("/me/address/nothing.nothing"), status=410),
    Stop("unsubscribe", signed("unsubscribe-reminders", "/unsubscribe/reminders/", "kim")),
    Stop("cover, wanted", away_on_the_last_monday, ana),
    Stop(
        "coordinator, find cover", lambda _site, world: f"/coordinator/occurrences/{world.full.public_id}/cover", cora
    ),
    Stop("waitlist", waiting_behind_another, kim),
    Stop("lab, a place held", a_place_held, lee),
    Stop("waitlist, held for one", held_for_kim, kim),
    Stop("waitlist, on the clinic’s page", occurrence("full"), lee),
    Stop("waitlist, in my bookings", at("/bookings"), kim),
    Stop("clinic, at the limit", at_the_limit, lee),
    Stop("waitlist, held at the limit", held_at_the_limit, lee),
    Stop("booking, too soon for its calendar", too_soon_for_the_calendar, kim, now=CLINIC_AT - timedelta(hours=3)),
    Stop("nothing here", at("/nothing-here"), status=404),
    Stop("for others", at("/analyst/"), kim, status=403),
    Stop("demo, people", at("/demo"), is_demo=True),
    Stop("demo, mailbox", at("/demo/mailbox"), is_demo=True),
    Stop("demo, email", email, is_demo=True),
    Stop("demo, programme", at("/?on=2023-12-04"), kim, is_demo=True),
]
