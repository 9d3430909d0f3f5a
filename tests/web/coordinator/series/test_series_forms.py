"""Series set up and edited on pages: planned, published exactly, and never overwritten unseen."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient as Client
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from booking.domain.organisation import Organisation
from booking.store.people.people import Person, Role
from booking.store.programme.programme import Module, Occurrence, Series
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import BASE_URL, Clock, client_of, make_app, token_of

pytestmark = pytest.mark.both_databases  # what is published is stored

#: A kind that nobody observes holidays for, unless a test says so.
QUIET = replace(ORGANISATION, observe=())


def client_for(database: Database, session: Session, organisation: Organisation = QUIET) -> Client:
    app = make_app(database, Clock(NOW))
    app.extensions["booking"] = replace(app.extensions["booking"], organisation=organisation)
    cora = a_person(session, "Cora", roles=["coordinator"])
    session.commit()
    return client_of(app, cora)


@pytest.fixture
def client(database: Database, session: Session) -> Client:
    return client_for(database, session)


def fields_of(page: str) -> MultiDict[str, str]:
    """What a browser would send of the form on the page: inputs, checked boxes, chosen options, texts."""
    form = next(part for part in re.findall(r"<form.*?</form>", page, re.S) if 'name="title"' in part)
    found: MultiDict[str, str] = MultiDict()
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found.add(name[1], html.unescape(value[1]) if value else "")
    for name, inner in re.findall(r'<select name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner) or re.search(r'<option value="([^"]*)"', inner)
        found.add(name, chosen[1] if chosen else "")
    for name, text in re.findall(r'<textarea name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S):
        found.add(name, html.unescape(text))
    return found


def send(client: Client, path: str, fields: MultiDict[str, str], **changed: str | list[str]) -> TestResponse:
    """Send the form with some of its fields changed."""
    data = fields.copy()
    for name, value in changed.items():
        data.setlist(name, [value] if isinstance(value, str) else value)
    return client.post(path, data=data, headers={"Referer": f"{BASE_URL}{path}"})


def text_of(answer: TestResponse) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text)).replace("\N{NO-BREAK SPACE}", " "))


def publish(client: Client, path: str, plan: TestResponse) -> TestResponse:
    """Choose Publish on a plan: everything that its form holds is sent."""
    form = next(part for part in re.findall(r"<form.*?</form>", plan.text, re.S) if "fingerprint" in part)
    data: MultiDict[str, str] = MultiDict({"do": "publish"})
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form):
        data.add(name, html.unescape(value))
    return client.post(path, data=data, headers={"Referer": f"{BASE_URL}{path}"})


def stored(session: Session, slug: str) -> Series:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Series).where(Series.slug == slug)).one()


def dates(session: Session, slug: str) -> list[Occurrence]:
    of_series = select(Occurrence).where(Occurrence.series_id == stored(session, slug).id)
    return list(session.scalars(of_series.order_by(Occurrence.starts_at)))


CLINIC = {"title": "Monday Clinic", "day": ["0"], "start": "13:00", "end": "2 pm", "starts": "2023-12-04"}
NEW = "/coordinator/new-series"


def a_new(client: Client, kind: str, **fields: str | list[str]) -> TestResponse:
    return send(client, NEW, fields_of(client.get(f"{NEW}?kind={kind}").text), **fields)


def test_on_an_empty_installation_the_page_leads_to_each_first_series(client: Client, session: Session) -> None:
    page = client.get("/coordinator/programme")
    assert "Nothing is published yet. Set up your first series" in text_of(page)
    assert "Analysts first" in text_of(page)
    for kind in ("clinic", "lab", "masterclass"):
        assert f"Set up a {kind}" in text_of(page)
        assert f'href="{NEW}?kind={kind}"' in page.text
    assert "Set up a masterclass" in text_of(client.get(NEW))
    assert "Nobody is an analyst yet" in text_of(client.get(f"{NEW}?kind=clinic"))


def test_a_clinic_a_lab_and_a_masterclass_are_set_up(client: Client, session: Session) -> None:
    ada, ben = (a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben"))
    session.commit()
    chosen = [str(ben.public_id), str(ada.public_id), ""]
    plan = a_new(client, "clinic", **CLINIC, ends="2023-12-25", analyst=chosen, slot=["30"], summary="Ask us.")
    assert "4 added" in text_of(plan).replace("added 4", "4 added")
    assert publish(client, NEW, plan).status_code == 303
    clinic = stored(session, "monday-clinic")
    assert (clinic.title, clinic.rrule, clinic.slot_minutes) == ("Monday Clinic", "FREQ=WEEKLY;BYDAY=MO", "30")
    assert (clinic.start_wall, clinic.end_wall, clinic.ends_on) == (time(13), time(14), date(2023, 12, 25))
    assert [place.analyst.name for place in clinic.analysts] == ["Ben", "Ada"]
    assert [[place.analyst.name for place in one.roster] for one in dates(session, "monday-clinic")] == [
        ["Ben", "Ada"]
    ] * 4
    monthly = {**CLINIC, "title": "Search Lab", "repeats": "monthly", "day": ["2"], "week": ["1", "-1"]}
    publish(client, NEW, a_new(client, "lab", **monthly, url="https://meet.example.org/lab"))
    lab = stored(session, "search-lab")
    assert (lab.rrule, lab.meeting_url, lab.ends_on) == (
        "FREQ=MONTHLY;BYDAY=1WE,-1WE",
        "https://meet.example.org/lab",
        None,
    )
    modules = {**CLINIC, "title": "Masterclass", "repeats": "fortnightly", "day": ["4"], "modules": " One\r\n\r\nTwo "}
    publish(client, NEW, a_new(client, "masterclass", **modules))
    assert stored(session, "masterclass").rrule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"
    assert [module.title for module in stored(session, "masterclass").modules] == ["One", "Two"]
    assert [f"{one.starts_at:%d}" for one in dates(session, "masterclass")] == ["08", "22"]
    assert "Nothing is published yet" not in text_of(client.get("/coordinator/programme"))


def test_a_second_series_of_one_title_gets_a_name_of_its_own_and_the_plan_says_so(
    client: Client, session: Session
) -> None:
    plan = a_new(client, "lab", **CLINIC)
    publish(client, NEW, plan)
    again = publish(client, NEW, plan)
    assert again.status_code == 409, "the same form sent twice publishes once"
    second = a_new(client, "lab", **CLINIC)
    assert "There is already a series called “Monday Clinic”. This will be another one beside it" in text_of(second)
    publish(client, NEW, second)
    assert stored(session, "monday-clinic-2").title == "Monday Clinic"


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        ("lab", {"title": " "}, "Enter a title of at most 200 characters."),
        ("lab", {"title": "x" * 201}, "Enter a title of at most 200 characters."),
        ("lab", {"summary": "x" * 4001}, "Enter a description of at most 4,000 characters."),
        ("lab", {"day": []}, "Choose at least one day of the week."),
        ("lab", {"day": ["9", "x"]}, "Choose at least one day of the week."),
        ("lab", {"repeats": "monthly"}, "Choose at least one week of the month."),
        ("lab", {"repeats": "other"}, "Choose how often it meets."),
        ("lab", {"start": "noonish"}, "Enter a time, such as 1:00 pm."),
        ("lab", {"end": "9:00"}, "Enter an end that is after the start, on the same day."),
        ("clinic", {"end": "13:50"}, "Members book slots in it, so use a time at :00, :15, :30 or :45."),
        ("clinic", {"end": "13:15", "slot": ["30"]}, "The shortest slot takes 30 minutes"),
        ("clinic", {"slot": []}, "Choose at least one length."),
        ("lab", {"starts": ""}, "Enter a date in the years 2000 to 2100."),
        ("lab", {"starts": "4 December"}, "Enter a date in the years 2000 to 2100."),
        ("lab", {"ends": "2023-12-01"}, "Choose a last day that isn’t before the first."),
        ("lab", {"ends": "2023-12-04", "day": ["1"]}, "There’s no such day between the first and the last day."),
        ("lab", {"url": "http://meet.example.org"}, "Enter an address that begins with https://."),
        ("lab", {"analyst": ["nobody"]}, "One of them is no analyst any more. Choose again."),
        ("masterclass", {"modules": ""}, "Enter at least one module, each on a line of its own."),
        ("masterclass", {"modules": "\n".join(["x"] * 61)}, "Enter at most 60 modules"),
    ],
)
def test_a_mistake_stands_beside_its_field_what_was_typed_stays_and_nothing_is_written(
    client: Client, session: Session, kind: str, wrong: dict[str, str | list[str]], said: str
) -> None:
    modules = {"modules": "One"} if kind == "masterclass" else {}
    page = a_new(client, kind, **{**CLINIC, **modules, "title": "Tuesdays at ours", **wrong})
    assert page.status_code == 422
    assert said in text_of(page)
    assert 'aria-invalid="true"' in page.text
    if "title" not in wrong:
        assert 'value="Tuesdays at ours"' in page.text
    session.rollback()
    assert session.scalars(select(Series)).all() == []


def test_an_unknown_kind_is_asked_for(client: Client) -> None:
    assert "What do you want to set up?" in text_of(client.get(f"{NEW}?kind=picnic"))
    assert client.get(f"{NEW}?copy=nothing").status_code == 404
    token = token_of(client.get(f"{NEW}?kind=lab").text)
    sent = client.post(NEW, data={"csrf_token": token, "kind": "x"}, headers={"Referer": f"{BASE_URL}{NEW}"})
    assert "What do you want to set up?" in text_of(sent)


def test_dates_that_have_begun_are_said_not_to_be_added(client: Client) -> None:
    plan = a_new(client, "lab", **{**CLINIC, "starts": "2023-11-13"})
    assert "2 dates have already started, so they aren’t added: Mon 13 Nov to Mon 20 Nov" in text_of(plan)


def test_a_public_holiday_is_asked_about_on_the_plan_and_answered_there(database: Database, session: Session) -> None:
    client = client_for(database, session, replace(ORGANISATION, observe=("QLD", "NSW", "VIC")))
    fields = {**CLINIC, "starts": "2023-12-18", "ends": "2024-01-08"}
    plan = a_new(client, "lab", **fields)
    assert "Mon 25 Dec is Christmas Day" in text_of(plan)
    assert 'value="publish"' not in plan.text
    question = next(part for part in re.findall(r"<form.*?</form>", plan.text, re.S) if "Skip this date" in part)
    assert 'method="post"' in question
    answered = publish(client, NEW, a_new(client, "lab", **fields, on_holiday="skip"))
    assert answered.status_code == 303
    assert [f"{one.starts_at:%d %b}" for one in dates(session, "monday-clinic")] == ["18 Dec", "08 Jan"]


# -- edit


def a_stored_clinic(session: Session, **fields: object) -> list[Person]:
    """Mondays at one, on four dates, with Ada and Ben."""
    team = [a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben")]
    values = {"slug": "mondays", "title": "Monday Clinic", "ends_on": date(2023, 12, 25), **fields}
    series = a_series(session, team, **values)
    for week in range(4):
        an_occurrence(session, series, team, CLINIC_AT.replace(day=4 + 7 * week))
    session.commit()
    return team


EDIT = "/coordinator/programme/mondays/edit"


def opened(client: Client) -> MultiDict[str, str]:
    return fields_of(client.get(EDIT).text)


def test_the_form_shows_what_is_stored_and_sent_again_changes_nothing(client: Client, session: Session) -> None:
    a_stored_clinic(session, summary="Bring\r\nquestions.", slot_minutes="30")
    fields = opened(client)
    assert (fields["title"], fields["starts"], fields["ends"]) == ("Monday Clinic", "2023-12-04", "2023-12-25")
    assert (fields.getlist("day"), fields["start"], fields.getlist("slot")) == (["0"], "13:00", ["30"])
    assert "Nothing: it’s already like that." in text_of(send(client, EDIT, fields))


def test_a_new_title_is_that_of_the_series(client: Client, session: Session) -> None:
    a_stored_clinic(session)
    uids = [(one.public_id, one.key) for one in dates(session, "mondays")]
    plan = send(client, EDIT, opened(client), title="Help desk")
    assert "4 moved or changed" in text_of(plan).replace("moved or changed 4", "4 moved or changed")
    done = publish(client, EDIT, plan)
    assert "/coordinator/changes/" in done.location
    assert stored(session, "mondays").title == "Help desk"
    assert stored(session, "mondays").terms == {}
    rows = dates(session, "mondays")
    assert [(one.public_id, one.key) for one in rows] == uids
    assert {(one.title, one.sequence) for one in rows} == {(None, 1)}


def test_everything_else_is_changed_too_and_calendars_stay_as_they_are_where_nothing_shows(
    client: Client, session: Session
) -> None:
    ada, ben = a_stored_clinic(session)
    order = [str(ben.public_id), str(ada.public_id)]
    plan = send(client, EDIT, opened(client), url="https://meet.example.org/1", analyst=order, slot=["15"])
    publish(client, EDIT, plan)
    series = stored(session, "mondays")
    assert (series.meeting_url, series.slot_minutes) == ("https://meet.example.org/1", "15")
    assert [place.analyst.name for place in dates(session, "mondays")[0].roster] == ["Ben", "Ada"]
    assert {one.sequence for one in dates(session, "mondays")} == {0}


def test_an_end_ends_what_is_published(client: Client, session: Session) -> None:
    a_stored_clinic(session)
    publish(client, EDIT, send(client, EDIT, opened(client), ends="2023-12-11"))
    assert [one.is_cancelled for one in dates(session, "mondays")] == [False, False, True, True]
    page = text_of(client.get("/coordinator/programme/mondays"))
    assert "Mon 4 Dec 2023 to Mon 11 Dec 2023" in page
    publish(client, EDIT, send(client, EDIT, opened(client), ends=""))
    assert "no end" in text_of(client.get("/coordinator/programme/mondays"))
    assert [one.is_cancelled for one in dates(session, "mondays")[:4]] == [False] * 4


def test_a_rule_that_the_form_cannot_say_is_shown_in_words_and_kept(client: Client, session: Session) -> None:
    a_stored_clinic(session, rrule="FREQ=WEEKLY;INTERVAL=3;BYDAY=MO")
    page = client.get(EDIT)
    assert "As now: every 3 weeks on Monday" in text_of(page)
    publish(client, EDIT, send(client, EDIT, fields_of(page.text), summary="New"))
    assert stored(session, "mondays").rrule == "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO"
    assert "FREQ" not in client.get("/coordinator/programme").text


def test_back_to_editing_keeps_what_was_typed(client: Client, session: Session) -> None:
    a_stored_clinic(session)
    page = send(client, EDIT, opened(client), title="Help desk", do="edit")
    assert 'value="Help desk"' in page.text
    assert "Preview the change" in text_of(page)
    assert fields_of(page.text)["opened"] == opened(client)["opened"]


def change_meanwhile(session: Session, **values: object) -> None:
    session.execute(update(Series).where(Series.slug == "mondays").values(**values))
    session.commit()


def test_two_changes_of_one_field_stand_side_by_side_and_nothing_is_written(client: Client, session: Session) -> None:
    a_stored_clinic(session)
    fields = opened(client)
    change_meanwhile(session, title="Open clinic", summary="By Kim.")
    page = send(client, EDIT, fields, title="Help desk")
    assert page.status_code == 409
    said = text_of(page)
    assert "Somebody else changed this series while you were editing. Nothing was saved." in said
    assert "You entered: Help desk Saved now: Open clinic" in said
    assert "Also changed meanwhile, and filled in below: description." in said
    again = fields_of(page.text)
    assert (again["title"], again["summary"]) == ("Help desk", "By Kim.")
    assert stored(session, "mondays").title == "Open clinic"
    publish(client, EDIT, send(client, EDIT, again))
    assert (stored(session, "mondays").title, stored(session, "mondays").summary) == ("Help desk", "By Kim.")


def test_changes_of_different_fields_are_both_kept(client: Client, session: Session) -> None:
    a_stored_clinic(session)
    fields = opened(client)
    change_meanwhile(session, summary="By Kim.")
    publish(client, EDIT, send(client, EDIT, fields, title="Help desk"))
    assert (stored(session, "mondays").title, stored(session, "mondays").summary) == ("Help desk", "By Kim.")


def test_a_change_between_plan_and_publish_is_shown_instead_of_published(client: Client, session: Session) -> None:
    a_stored_clinic(session)
    plan = send(client, EDIT, opened(client), title="Help desk")
    change_meanwhile(session, title="Open clinic")
    assert publish(client, EDIT, plan).status_code == 409
    assert stored(session, "mondays").title == "Open clinic"
    session.commit()
    plan = send(client, EDIT, opened(client), title="Help desk")
    change_meanwhile(session, start_wall=time(12))
    assert publish(client, EDIT, plan).status_code == 409, "another plan than the one that was shown"
    assert stored(session, "mondays").title == "Open clinic"


@pytest.mark.parametrize("opened_with", ["", "nonsense", "[]", '{"title": "x"}', '{"title": []}'])
def test_a_form_without_what_it_was_opened_with_is_read_against_what_is_stored(
    client: Client, session: Session, opened_with: str
) -> None:
    a_stored_clinic(session)
    plan = send(client, EDIT, opened(client), title="Help desk", opened=opened_with)
    assert plan.status_code == 200
    assert "Monday Clinic" in text_of(plan)


def test_a_series_that_does_not_exist_or_whose_kind_is_gone_is_not_edited(client: Client, session: Session) -> None:
    assert client.get(EDIT).status_code == 404
    a_stored_clinic(session, kind="picnic")
    assert client.get(EDIT).status_code == 404
    assert "Edit series" not in client.get("/coordinator/programme/mondays").text


def test_new_hours_from_a_day_on_leave_the_dates_before_it(client: Client, session: Session) -> None:
    a_stored_clinic(session, starts_on=date(2023, 11, 20))
    page = client.get(EDIT)
    assert "Began on Mon 20 Nov 2023." in text_of(page)
    publish(client, EDIT, send(client, EDIT, fields_of(page.text), start="15:00", end="16:00", since="2023-12-18"))
    assert [f"{one.starts_at:%d %H}" for one in dates(session, "mondays")] == [
        "27 03",
        "04 03",
        "11 03",
        "18 05",
        "25 05",
    ]


def test_a_copy_is_filled_in_and_begins_after_the_series(client: Client, session: Session) -> None:
    a_stored_clinic(session, summary="Bring questions.", meeting_url="https://meet.example.org/1")
    fields = fields_of(client.get(f"{NEW}?copy=mondays").text)
    assert (fields["title"], fields["summary"], fields["url"]) == (
        "Monday Clinic",
        "Bring questions.",
        "https://meet.example.org/1",
    )
    assert (fields["starts"], fields["ends"], len([one for one in fields.getlist("analyst") if one])) == (
        "2024-01-01",
        "2024-01-22",
        2,
    )
    publish(client, NEW, send(client, NEW, fields, title="January Clinic"))
    assert [f"{one.starts_at:%d %b}" for one in dates(session, "january-clinic")] == [
        "01 Jan",
        "08 Jan",
        "15 Jan",
        "22 Jan",
    ]


def test_a_copy_keeps_a_rule_that_the_form_cannot_say(client: Client, session: Session) -> None:
    a_stored_clinic(session, rrule="FREQ=WEEKLY;INTERVAL=3;BYDAY=MO")
    page = client.get(f"{NEW}?copy=mondays")
    assert "As now: every 3 weeks on Monday" in text_of(page)
    publish(client, NEW, send(client, NEW, fields_of(page.text), title="January Clinic", ends=""))
    assert stored(session, "january-clinic").rrule == "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO"


def test_what_the_form_cannot_show_stays_as_it_is_stored(client: Client, session: Session) -> None:
    """An analyst who is none any more, blanks around a title, a list of lengths that is that of the policy."""
    a_stored_clinic(session, title=" Monday Clinic ", summary="Bring\r\nquestions.", slot_minutes="15,30")
    session.execute(delete(Role).where(Role.person_id == session.scalar(select(Person.id).where(Person.name == "Ben"))))
    session.commit()
    page = client.get(EDIT)
    assert "Ben" not in text_of(page)
    publish(client, EDIT, send(client, EDIT, fields_of(page.text), url="https://meet.example.org/1"))
    series = stored(session, "mondays")
    assert (series.summary, series.slot_minutes) == ("Bring\r\nquestions.", "15,30")
    assert [place.analyst.name for place in series.analysts] == ["Ada", "Ben"]


MODULES = "/coordinator/programme/modules/edit"


def a_masterclass_that_has_begun(session: Session) -> None:
    """Three modules on Mondays, the first of them a week ago."""
    series = a_series(session, slug="modules", title="Masterclass", kind="masterclass", starts_on=date(2023, 11, 20))
    series.modules = [Module(number=number, title=title) for number, title in enumerate(("One", "Two", "Three"), 1)]
    for week in range(3):
        at = CLINIC_AT.replace(month=11, day=20) + timedelta(weeks=week)
        an_occurrence(session, series, starts_at=at, key=str(week + 1), module_number=week + 1)
    session.commit()


def test_modules_are_renamed_taken_off_and_put_back_but_not_one_that_has_begun(
    client: Client, session: Session
) -> None:
    a_masterclass_that_has_begun(session)
    refused = send(client, MODULES, fields_of(client.get(MODULES).text), modules="Two\nThree")
    assert "Leave the first line as before: what has started keeps its place and its title." in text_of(refused)
    publish(client, MODULES, send(client, MODULES, fields_of(client.get(MODULES).text), modules="One\nBidding"))
    assert [one.is_cancelled for one in dates(session, "modules")] == [False, False, True]
    assert [module.title for module in stored(session, "modules").modules] == ["One", "Bidding"]
    session.commit()
    for page in ("/?on=2023-12-04", "/feeds/programme.ics", "/coordinator/programme/modules"):
        assert "3 of 2" not in client.get(page).text
    again = {"modules": "One\nBidding\nThree"}
    publish(client, MODULES, send(client, MODULES, fields_of(client.get(MODULES).text), **again))
    assert [one.is_cancelled for one in dates(session, "modules")] == [False, False, False]
