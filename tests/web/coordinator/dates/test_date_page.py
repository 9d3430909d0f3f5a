"""A date's page: its people first, and what a coordinator does for each; the change form; an email to everybody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_place, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, post

pytestmark = pytest.mark.both_databases


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def coordinator(database: Database, session: Session, clock: Clock) -> FlaskClient:
    return client_of(make_app(database, clock), a_person(session, "Cora", roles=["coordinator"]))


def path_of(row: Occurrence) -> str:
    return f"/coordinator/occurrences/{row.public_id}"


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text).replace("\N{NO-BREAK SPACE}", " "))


def a_lab(session: Session, **series: object) -> Occurrence:
    made = an_occurrence(session, a_series(session, kind="lab", slug="lab", title="Tech Lab", **series))
    session.commit()
    return made


def count(session: Session, name: str) -> int | None:
    session.rollback()
    return session.scalar(select(func.count()).select_from(OutgoingEmail).where(OutgoingEmail.name == name))


def test_the_page_shows_who_is_booked_who_waits_who_is_off_and_what_is_uncovered(
    session: Session, coordinator: FlaskClient
) -> None:
    clinic = a_clinic(session, analysts=2)
    off, here = (place.analyst for place in clinic.roster)
    a_booking(session, clinic, a_person(session, "Mia Moss"), analyst=off.public_id)
    a_booking(session, clinic, a_person(session, "Lee Lamb"), after_minutes=15, analyst=here.public_id)
    a_place(session, clinic, a_person(session, "Noah Park"), 30)
    clinic.roster[0].is_away = True
    session.commit()
    page = text_of(coordinator.get(path_of(clinic)))
    assert f"Mia Moss With {off.name} {off.name} is off, and nobody has taken over yet" in page
    assert f"Lee Lamb With {here.name} Move : Lee Lamb" in page
    assert "Noah Park 30 minutes with any analyst" in page
    assert "Off, and nobody has taken over 1 booking" in page
    assert "Find cover for" in page
    assert "No meeting link yet: nobody can join" in page


def test_a_free_slot_is_offered_to_somebody_who_waits_and_not_where_none_is_free(
    session: Session, coordinator: FlaskClient
) -> None:
    clinic = a_clinic(session)
    for n in range(4):
        a_booking(session, clinic, after_minutes=15 * n)
    place = a_place(session, clinic, a_person(session, "Noah Park"))
    page = coordinator.get(path_of(clinic)).text
    assert "Offer now" not in page
    refused = post(coordinator, f"{path_of(clinic)}/waiting/{place.public_id}/offer", path_of(clinic))
    assert refused.status_code == 409
    assert "no slot that suits them is free any more" in text_of(refused)
    free = a_clinic(session)
    place = a_place(session, free, a_person(session, "Nora Park"))
    assert "Offer now" in coordinator.get(path_of(free)).text
    assert post(coordinator, f"{path_of(free)}/waiting/{place.public_id}/offer", path_of(free)).status_code == 303
    assert "is held for them until" in text_of(coordinator.get(path_of(free)))
    assert count(session, "offer") == 1


def test_somebody_is_taken_off_the_waitlist_with_a_reason(session: Session, coordinator: FlaskClient) -> None:
    clinic = a_clinic(session)
    place = a_place(session, clinic, a_person(session, "Noah Park"))
    path = f"{path_of(clinic)}/waiting/{place.public_id}/remove"
    refused = post(coordinator, path, path_of(clinic), reason="x" * 501)
    assert refused.status_code == 422
    assert "Shorten the reason: at most 500 characters." in refused.text
    assert "x" * 501 in refused.text
    assert post(coordinator, path, path_of(clinic), reason="They called.").status_code == 303
    assert "Noah Park" not in coordinator.get(path_of(clinic)).text
    assert count(session, "waitlist-removed") == 1


def test_somebody_is_found_enrolled_and_removed(session: Session, coordinator: FlaskClient) -> None:
    lab = a_lab(session)
    mia = a_person(session, "Mia Moss")
    session.commit()
    page = coordinator.get(path_of(lab), query_string={"q": "moss"})
    assert "Mia Moss" in page.text
    assert post(coordinator, f"{path_of(lab)}/enrol", path_of(lab), person=str(mia.public_id)).status_code == 303
    shown = text_of(coordinator.get(path_of(lab)))
    assert "Mia Moss is enrolled. We’ve emailed them." in shown
    place = session.scalars(select(Enrolment)).one()
    path = f"{path_of(lab)}/enrolments/{place.public_id}/remove"
    assert post(coordinator, path, path_of(lab), reason="They asked.").status_code == 303
    assert "Nobody is enrolled yet." in text_of(coordinator.get(path_of(lab)))
    assert count(session, "unenrolled") == 1


def test_who_is_no_member_is_not_enrolled_and_the_page_says_why(session: Session, coordinator: FlaskClient) -> None:
    lab = a_lab(session)
    ada = a_person(session, "Ada", roles=["analyst"])
    session.commit()
    assert "Not a member" in coordinator.get(path_of(lab), query_string={"q": "ada"}).text
    refused = post(coordinator, f"{path_of(lab)}/enrol", path_of(lab), person=str(ada.public_id))
    assert refused.status_code == 403
    assert "Ada isn’t a member, or their account is closed." in refused.text


def test_those_enrolled_are_listed_page_by_page(session: Session, coordinator: FlaskClient) -> None:
    lab = a_lab(session)
    for n in range(53):
        person = a_person(session, f"Person {n:03}x", email=f"p{n}@example.com")
        values = {"member_id": person.id, "series_id": lab.series_id, "occurrence_id": lab.id}
        session.add(Enrolment(**values, revised_at=NOW, created_at=NOW))
    session.commit()
    first = coordinator.get(path_of(lab)).text
    assert len(re.findall(r"Person \d{3}x</a>", first)) == 50
    following = re.search(r'href="([^"]+after=[^"#]+)', first)
    assert following is not None
    assert len(re.findall(r"Person \d{3}x</a>", coordinator.get(following[1]).text)) == 3


def test_a_change_is_chosen_first_and_only_its_fields_are_asked_for(session: Session, coordinator: FlaskClient) -> None:
    clinic = a_clinic(session)
    for change, fields in (("cancel", ["what", "scope", "reason"]), ("move", ["what", "scope", "to", "time"])):
        form = coordinator.get(f"{path_of(clinic)}/change?change={change}").text.partition('method="get"')[2]
        assert re.findall(r'<input[^>]* name="([a-z]+)"', form) == fields
    skipped = coordinator.get(f"{path_of(clinic)}/change?change=skip")
    assert skipped.status_code == 303
    assert skipped.location.endswith("/plan?what=skip&scope=one")
    chosen = text_of(coordinator.get(f"{path_of(clinic)}/change?change=nonsense"))
    assert "Move this date" in chosen
    assert "Hold it on the public holiday" not in chosen  # it is none
    assert "Undo the changes to this date" not in chosen  # there are none


def test_a_mistake_in_a_change_stands_beside_its_field_and_what_was_typed_stays(
    session: Session, coordinator: FlaskClient
) -> None:
    clinic = a_clinic(session)
    asked = {"what": "move", "scope": "one", "to": "never", "time": "late"}
    refused = coordinator.get(f"{path_of(clinic)}/plan", query_string=asked)
    assert refused.status_code == 422
    assert 'id="to-error"' in refused.text
    assert 'id="time-error"' in refused.text
    assert 'value="late"' in refused.text
    assert 'name="reason"' not in refused.text


def test_a_date_that_has_started_offers_no_change(session: Session, coordinator: FlaskClient, clock: Clock) -> None:
    clinic = a_clinic(session)
    clock.now = CLINIC_AT + timedelta(minutes=5)
    page = text_of(coordinator.get(path_of(clinic)))
    assert "Under way" in page
    assert "This date has started, so it can’t be changed." in page
    assert coordinator.get(f"{path_of(clinic)}/change?change=move").status_code == 422


def test_a_clinic_under_way_is_on_the_first_page(session: Session, coordinator: FlaskClient, clock: Clock) -> None:
    clinic = a_clinic(session)
    clock.now = CLINIC_AT + timedelta(minutes=5)
    page = coordinator.get("/coordinator/")
    assert path_of(clinic) in page.text
    assert "Under way" in page.text
    assert "nobody has booked yet" not in page.text


def send(client: FlaskClient, clinic: Occurrence, **fields: object) -> TestResponse:
    page = client.get(f"{path_of(clinic)}/email").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    headers = {"Referer": f"https://booking.example.org{path_of(clinic)}/email"}
    return client.post(f"{path_of(clinic)}/email", data={"csrf_token": token[1], **fields}, headers=headers)


TYPED = {"subject": "Bring <numbers>", "text": "Hello,\n\nsee you.", "group": ["booked", "waiting"]}


def test_an_email_to_everybody_is_previewed_with_its_people_then_sent_once(
    session: Session, coordinator: FlaskClient
) -> None:
    clinic = a_clinic(session)
    a_booking(session, clinic, a_person(session, "Mia Moss"))
    a_place(session, clinic, a_person(session, "Noah Park"))
    preview = send(coordinator, clinic, **TYPED)
    assert "2 people get this email" in text_of(preview)
    assert "Booked Mia Moss On the waitlist Noah Park" in text_of(preview)
    assert "Bring &lt;numbers&gt;" in preview.text
    assert "About Live Member Clinic, Mon 4 Dec 1:00 pm AEST" in text_of(preview)
    assert count(session, "message") == 0
    hidden = {name: re.search(rf'name="{name}" value="([^"]+)"', preview.text)[1] for name in ("key", "seen")}  # type: ignore[index]
    for _ in range(2):
        sent = send(coordinator, clinic, send="1", **TYPED, **hidden)
        assert sent.status_code == 303
    assert "Emailed 2 people." in coordinator.get(sent.location).text
    assert count(session, "message") == 2


def test_an_email_whose_people_have_changed_is_previewed_again(session: Session, coordinator: FlaskClient) -> None:
    clinic = a_clinic(session)
    a_booking(session, clinic, a_person(session, "Mia Moss"))
    again = send(coordinator, clinic, send="1", **TYPED, key="k", seen="x")
    assert again.status_code == 409
    assert "The people of this date have changed since you looked" in again.text
    assert count(session, "message") == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"subject": ""}, "Enter a subject."),
        ({"text": "\0 "}, "Enter what you want to say."),
        ({"subject": "x" * 200}, "Shorten the subject to at most 150 characters."),
        ({"group": []}, "Choose who gets it."),
        ({"group": ["enrolled"]}, "Nobody is in these groups now. Choose another one."),
    ],
)
def test_an_email_that_lacks_something_is_shown_again_with_what_was_typed(
    session: Session, coordinator: FlaskClient, fields: dict[str, object], words: str
) -> None:
    clinic = a_clinic(session)
    a_booking(session, clinic, a_person(session, "Mia Moss"))
    refused = send(coordinator, clinic, **{**TYPED, **fields})
    if "\0" in str(fields.get("text", "")):
        assert refused.status_code in {400, 422}
        return
    assert refused.status_code == 422
    assert words in refused.text
    if "text" not in fields:
        assert "see you." in refused.text


def test_a_missing_meeting_link_is_called_missing_to_the_member_and_the_analyst(
    database: Database, session: Session
) -> None:
    clinic = a_clinic(session)
    analyst = clinic.roster[0].analyst
    mia = a_person(session, "Mia Moss")
    booking = a_booking(session, clinic, mia)
    app = make_app(database)
    assert "No meeting link yet" in client_of(app, mia).get(f"/bookings/{booking.public_id}").text
    assert "No meeting link: members can’t join" in client_of(app, analyst).get("/analyst/2023-12-04").text
    session.get_one(Person, analyst.id).meeting_url = "https://zoom.example.com/j/1"
    session.commit()
    assert "No meeting link" not in client_of(app, mia).get(f"/bookings/{booking.public_id}").text
    assert "No meeting link" not in client_of(app, analyst).get("/analyst/2023-12-04").text


def test_a_lab_has_one_link_for_all_and_its_presenters_own_is_none(
    database: Database, session: Session, coordinator: FlaskClient
) -> None:
    lab = a_lab(session)
    ada = a_person(session, "Ada", roles=["analyst"], meeting_url="https://zoom.example.com/j/ada")
    other = an_occurrence(session, lab.series, [ada], CLINIC_AT + timedelta(days=1))
    session.commit()
    assert "Tech Lab, 1:00 pm AEST: no meeting link yet." in text_of(coordinator.get("/coordinator/"))
    assert "No meeting link yet: nobody can join" in coordinator.get(path_of(other)).text
    mia = client_of(make_app(database), a_person(session, "Mia"))
    assert "No meeting link yet" in mia.get(f"/occurrences/{other.public_id}").text
