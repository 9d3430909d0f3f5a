"""Emails as their readers get them: each held against a golden file. `GOLDEN=write` writes them anew, to be read."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from booking.domain import wording
from booking.mail.render import Recipient, render
from tests.builders import ORGANISATION

FOLDER = Path(__file__).parent / "golden"
LINKS = {
    "site": "https://booking.example.org",
    "programme": "https://booking.example.org/",
    "join": "https://example.org/join",
    "manage": "https://booking.example.org/manage/TOKEN",
    "join_link": "https://booking.example.org/join/TOKEN",
    "entry": "https://booking.example.org/manage/TOKEN/booking.ics",
    "sign_in": "https://booking.example.org/sign-in/link/TOKEN",
    "code": "012345",
    "confirm_address": "https://booking.example.org/me/address/TOKEN",
    "coordinator": "https://booking.example.org/coordinator/",
    "cover": "https://booking.example.org/analyst/cover",
    "mine": "https://booking.example.org/bookings",
    **{name: f"https://booking.example.org/manage/{name}" for name in "ABCD"},
    "unsubscribe": "https://booking.example.org/unsubscribe/reminders/TOKEN",
    "emails": "https://booking.example.org/coordinator/emails?show=failed",
    "day": "https://booking.example.org/analyst/2023-12-04",
    "go_on": "https://booking.example.org/bookings/ID/go-on",
    "place": "https://booking.example.org/manage/place/TOKEN",
    "meeting": "https://booking.example.org/occurrences/ID",
    "meeting_entry": "https://booking.example.org/occurrences/ID.ics",
    "calendars": "https://booking.example.org/calendars",
    "start_trial": "https://booking.example.org/trial/TOKEN",
    "sign_in_page": "https://booking.example.org/sign-in",
}
FACTS: dict[str, Any] = {
    "zone": "Australia/Brisbane",
    "title": "Live Member Clinic",
    "starts_at": "2023-12-04T03:15:00+00:00",
    "ends_at": "2023-12-04T03:30:00+00:00",
    "minutes": 15,
    "analyst": "Ada Reyes",
    "member": "Mia Moss",
    "topic": "GA4 events <not> firing & more",
    "link": "https://shop.example.org/contact",
    "is_invited": True,
}
WINTER = {**FACTS, "starts_at": "2024-07-01T03:15:00+00:00", "ends_at": "2024-07-01T03:30:00+00:00"}
MOVED = {"was_at": "2023-12-04T03:00:00+00:00", "was_minutes": 30, "was_with": "Ben Noor"}
BEN_IS_ILL = {"reason": "Ben Noor is ill."}
ADA_IS_ILL = {"reason": "Ada Reyes is ill, and nobody else is free."}
STANDS_IN = {**MOVED, "was_at": FACTS["starts_at"], "was_minutes": 15, "reason": "Ben Noor is away."}
LAPSES = {"lapses_at": "2023-12-04T02:15:00+00:00", "is_invited": False}
OFFERED = {**LAPSES, "offered_at": "2023-12-04T03:45:00+00:00", "offered_with": "Ben Noor"}
DAILY_AGENDA = {
    "daily_agenda": "2023-12-04",
    "zone": "Australia/Brisbane",
    "starts_at": FACTS["starts_at"],
    "count": 2,
    "lines": [
        {
            "starts_at": FACTS["starts_at"],
            "minutes": 15,
            "member": "Mia Moss",
            "topic": "Tags <and> pixels",
            "is_new": True,
            "agreed": "",
        },
        {
            "starts_at": "2023-12-04T03:30:00+00:00",
            "minutes": 30,
            "member": "Lee Lamb",
            "topic": "",
            "is_new": False,
            "agreed": "Rename the events.",
        },
    ],
}
FAILING = {"count": 3, "starts_at": "2023-12-04T02:00:00+00:00", "error": "550 5.1.1 no such user"}
FREE = [
    {"starts_at": FACTS["starts_at"], "analyst": "Ada Reyes"},
    {"starts_at": "2023-12-04T03:45:00+00:00", "analyst": "Ben Noor"},
]
HELD = {**FACTS, "place": "ID", "lapses_at": "2023-12-02T22:15:00+00:00", "replaces": False}
REPLACES = {"replaces": True, "was_at": "2023-12-05T03:00:00+00:00", "was_minutes": 30, "was_with": "Ben Noor"}
WANTED = {
    "cover": "ID",
    "analyst": "Ada Reyes",
    "zone": "Australia/Brisbane",
    "starts_at": "2023-12-04T03:00:00+00:00",
    "lines": [
        {"kind": "clinic", "title": "Live Member Clinic", "starts_at": "2023-12-04T03:00:00+00:00", "count": 1},
        {"kind": "clinic", "title": "Live Member Clinic", "starts_at": "2023-12-11T03:00:00+00:00", "count": 3},
        {"kind": "lab", "title": "Tech Lab", "starts_at": "2023-12-12T03:00:00+00:00", "count": 0},
    ],
}
OTHER_TIMES = [{"starts_at": f"2023-12-{day}T03:00:00+00:00"} for day in ("05", "06", "11")]
AWAY = {
    "analyst": "Ada Reyes",
    "starts_at": "2023-12-03T14:00:00+00:00",
    "ends_at": "2023-12-12T14:00:00+00:00",
    "note": "A <sudden> cold.",
    "meetings": [
        {"title": "Live Member Clinic", "starts_at": FACTS["starts_at"], "is_presented": False, "has_nobody": False},
        {"title": "Tech Lab", "starts_at": "2023-12-05T03:00:00+00:00", "is_presented": True, "has_nobody": False},
        {"title": "Masterclass", "starts_at": "2023-12-06T03:00:00+00:00", "is_presented": True, "has_nobody": True},
    ],
    "handed": 3,
    "offered": 1,
    "asked": 4,
    "nobody": 2,
    "cancelled": 0,
    "may_take": True,
}
HANDED_OVER: dict[str, Any] = {
    "analyst": "Ada Reyes",
    "handed_over": [
        {"title": "Live Member Clinic", "starts_at": at, "minutes": 15, "zone": "Australia/Brisbane", "member": name}
        for at, name in ((FACTS["starts_at"], "Mia Moss"), ("2023-12-05T03:30:00+00:00", "Noah & Sons"))
    ],
    "first_day": "2023-12-04",
    "zone": "Australia/Brisbane",
    "starts_at": FACTS["starts_at"],
}
AWAY_ONCE = {
    **AWAY,
    "starts_at": "2023-12-04T03:00:00+00:00",
    "ends_at": "2023-12-04T04:00:00+00:00",
    "note": "",
    "meetings": AWAY["meetings"][:1],  # type: ignore[index]
    **dict.fromkeys(("handed", "offered", "asked", "nobody", "cancelled"), 1),
    "may_take": False,
}
ONE_DAY = {"starts_at": "2023-12-03T14:00:00+00:00", "ends_at": "2023-12-04T14:00:00+00:00"}
LAB = {
    "what": "moves",
    "occurrence": "1",
    "series": "lab",
    "title": "Lab: Tags & <pixels>",
    "module": "",
    "number": None,
    "starts_at": "2023-12-07T03:00:00+00:00",
    "was_at": "2023-12-06T03:00:00+00:00",
    "reason": "",
}
MODULE = {
    **LAB,
    "what": "goes",
    "title": "Influencer Masterclass",
    "module": "Contracts",
    "number": 3,
    "reason": "The speaker is ill.",
}
ENROLLED = {
    "enrolment": "ID",
    "title": "Influencer <Masterclass>",
    "zone": "Australia/Brisbane",
    "count": 2,
    "lines": [
        {"title": "x", "number": 1, "module": "Trends & more", "starts_at": "2023-12-01T00:00:00+00:00"},
        {"title": "x", "number": 2, "module": "Contracts", "starts_at": "2023-12-08T00:00:00+00:00"},
    ],
}
SOON = {
    "enrolment": "ID",
    "title": "Influencer <Masterclass>",
    "zone": "Australia/Brisbane",
    "number": 2,
    "module": "Contracts & more",
    "starts_at": "2023-12-08T00:00:00+00:00",
    "hours": 24,
    "meeting_url": "",
}
ROOM = "https://zoom.example.com/j/1"
ENROLLED_ONCE = {**ENROLLED, "count": 1, "lines": [{**LAB, "number": None, "module": ""}]}
CHANGED = {"zone": "Australia/Brisbane"}
RETITLED = {
    **LAB,
    "what": "changes",
    "was_at": LAB["starts_at"],
    "differs": [{"what": "title", "was": "Lab: Tags", "now": "Lab: Tags & <pixels>"}],
}
REWORDED = {
    **RETITLED,
    "title": "Influencer Masterclass",
    "module": "Contracts",
    "number": 3,
    "differs": [
        {"what": "module", "was": "Money", "now": "Contracts"},
        {"what": "modules", "was": "4", "now": "5"},
        {"what": "summary", "was": "", "now": "Bring a contract.\n<Any> contract."},
    ],
}
CALLED_OFF = {
    **MODULE,
    "differs": [{"what": "reason", "was": "The speaker is away.", "now": MODULE["reason"]}],
}
CLINIC = {
    **RETITLED,
    "title": FACTS["title"],
    "starts_at": FACTS["starts_at"],
    "was_at": FACTS["starts_at"],
    "differs": [
        {"what": "title", "was": "Member Clinic", "now": FACTS["title"]},
        {"what": "summary", "was": "Ask us.", "now": ""},
        {"what": "kind", "was": "Lab", "now": "Clinic"},
    ],
}
BOOKED = {**FACTS, "booking": "ID"}
NEW_DATE = {**LAB, "what": "appears", "was_at": LAB["starts_at"], "differs": []}
NEW_NAME = {
    "what": "renamed",
    "series": "tech-lab",
    "title": "Tracking Lab",
    "was_title": "Technical Lab",
    "zone": "Australia/Brisbane",
    "starts_at": LAB["starts_at"],
}
OF_MINE = {**FACTS, "what": "moved", "was_title": "", "differs": [], "reason": "", "module": "", "number": None}
EVERYTHING = [
    {**OF_MINE, **MOVED, "booking": "A"},
    {**OF_MINE, **STANDS_IN, "booking": "B"},
    {**OF_MINE, **ADA_IS_ILL, "booking": "C", "what": "cancelled"},
    {**OF_MINE, **OFFERED, "booking": "D", "what": "uncovered", "was_at": FACTS["starts_at"], "is_invited": False},
    {**LAB, "ends_at": "2023-12-07T04:30:00+00:00", "was_at": LAB["starts_at"]},
    MODULE,
    NEW_DATE,
    NEW_NAME,
]
TAKEN_OFF = {
    "zone": "Australia/Brisbane",
    "title": "Influencer <Masterclass>",
    "starts_at": FACTS["starts_at"],
    "reason": "You asked us to <take> you off.",
}
PLACE = {
    "zone": "Australia/Brisbane",
    "title": "Influencer <Masterclass>",
    "starts_at": FACTS["starts_at"],
    "about_date": "ID",
    "lapses_at": "2023-12-02T22:15:00+00:00",
    "has_next": True,
    "became": "offered",
}
MESSAGE = {
    "zone": "Australia/Brisbane",
    "title": "Live Member Clinic",
    "starts_at": FACTS["starts_at"],
    "about_date": "ID",
    "subject": "Bring your <tags> & {{ numbers }}",
    "text": "Hello everyone,\n\nplease have your <b>last report</b> at hand:\nwe begin with it.\n\nCora",
}
RENAMED = {"was_title": "Member Clinic", "reason": ""}
EMAILS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "booked-perth": ("booked", FACTS, "Australia/Perth"),
    "booked-sydney": ("booked", FACTS, "Australia/Sydney"),
    "booked-brisbane-subscribed": ("booked", {**FACTS, "is_invited": False, "link": ""}, "Australia/Brisbane"),
    "booked-unknown-zone": ("booked", {**FACTS, "topic": "", "link": ""}, None),
    "booked-sydney-in-winter": ("booked", WINTER, "Australia/Sydney"),
    "booked-unknown-zone-in-winter": ("booked", WINTER, None),
    "booked-los-angeles": ("booked", FACTS, "America/Los_Angeles"),
    "invitation": ("invitation", FACTS, "Australia/Perth"),
    "moved-by-a-quarter": ("moved", {**FACTS, **MOVED, "was_minutes": 15, "was_with": "Ada Reyes"}, "Australia/Perth"),
    "moved": ("moved", {**FACTS, **MOVED}, "Australia/Sydney"),
    "moved-by-us": ("moved-by-us", {**FACTS, **MOVED, **BEN_IS_ILL}, "Australia/Sydney"),
    "cancelled": ("cancelled", {**FACTS, "is_late": False}, "Australia/Perth"),
    "cancelled-late": ("cancelled", {**FACTS, "is_late": True, "is_invited": False}, None),
    "cancelled-by-us": ("cancelled-by-us", {**FACTS, **ADA_IS_ILL}, "Australia/Adelaide"),
    "sign-in": ("sign-in", {"sign_in": "ID"}, None),
    "sign-in-sent-by-us": ("sign-in", {"sign_in": "ID", "is_sent_by_us": True}, None),
    "sign-in-unknown": ("sign-in-unknown", {"sign_in": "ID"}, None),
    "sign-in-closed": ("sign-in-closed", {"sign_in": "ID"}, None),
    "address-confirm": ("address-confirm", {"address_change": "ID", "is_taken": False, "old": "mia@old.example"}, None),
    "address-taken": ("address-confirm", {"address_change": "ID", "is_taken": True, "old": "mia@old.example"}, None),
    "accounts-merged": ("accounts-merged", {"old": "mia@old.example", "new": "mia.moss@example.org"}, None),
    "address-changed": (
        "address-changed",
        {"old": "mia@old.example", "new": "mia.moss@example.org", "name": "Mia"},
        None,
    ),
    "trial-sign-up": ("trial-sign-up", {"trial": "ID", "answer": "confirm", "days": 7}, None),
    "trial-sign-up-account": ("trial-sign-up", {"trial": "ID", "answer": "has-account", "days": 7}, None),
    "trial-sign-up-again": ("trial-sign-up", {"trial": "ID", "answer": "had-trial", "days": 7}, None),
    "trial-ending": ("trial-ending", {"trial_until": "2023-12-04"}, None),
    "test-email": ("test-email", {}, None),
    "stands-in": ("moved-by-us", {**FACTS, **STANDS_IN, "may_wait": True}, "Australia/Perth"),
    "cover-offer": ("cover-offer", {**FACTS, **OFFERED}, "Australia/Sydney"),
    "reminder": ("reminder", {**FACTS, "hours": 24, "meeting_url": ""}, "Australia/Perth"),
    "reminder-last": ("reminder", {**FACTS, "hours": 1, "meeting_url": ROOM}, None),
    "reminder-enrolled": ("reminder-enrolled", SOON, "Australia/Perth"),
    "reminder-enrolled-last": ("reminder-enrolled", {**SOON, "hours": 1, "meeting_url": ROOM}, None),
    "reminder-enrolled-lab": ("reminder-enrolled", {**SOON, **LAB}, "Australia/Brisbane"),
    "daily-agenda": ("daily-agenda", DAILY_AGENDA, "Australia/Sydney"),
    "emails-failing": ("emails-failing", FAILING, "Australia/Brisbane"),
    "emails-failing-one": ("emails-failing", {**FAILING, "count": 1}, "Australia/Brisbane"),
    "agreed": ("agreed", {**FACTS, "agreed": "Rename <events> to lower case.\nKeep one container."}, "Australia/Perth"),
    "offer": ("offer", {**HELD, "has_next": True}, "Australia/Perth"),
    "offer-nobody-next": ("offer", {**HELD, "has_next": False}, None),
    "offer-replaces": ("offer", {**HELD, "has_next": False, **REPLACES}, "Australia/Perth"),
    "free-to-book": ("free-to-book", {**FACTS, "place": "ID", "lines": FREE[:1]}, "Australia/Perth"),
    "free-to-book-several": ("free-to-book", {**FACTS, "place": "ID", "lines": FREE}, None),
    "offer-lapsed-free": ("offer-lapsed", {**FACTS, "place": "ID", "became": "free"}, "Australia/Perth"),
    "offer-lapsed-withdrawn": ("offer-lapsed", {**FACTS, "place": "ID", "became": "withdrawn"}, "Australia/Perth"),
    "offer-lapsed-over": ("offer-lapsed", {**FACTS, "place": "ID", "became": "over"}, "Australia/Perth"),
    "last-hour-call": ("last-hour-call", {**FACTS, "place": "ID", "lines": FREE}, None),
    "last-hour-call-one": ("last-hour-call", {**FACTS, "place": "ID", "lines": FREE[:1]}, "Australia/Perth"),
    "offer-lapsed": ("offer-lapsed", {**FACTS, "place": "ID", "became": "offered"}, "Australia/Sydney"),
    "cover-sought": ("cover-sought", {**FACTS, **LAPSES}, None),
    "cover-wanted": ("cover-wanted", WANTED, "Australia/Melbourne"),
    "cover-wanted-one": ("cover-wanted", {**WANTED, "lines": WANTED["lines"][:1]}, None),
    "cover-nobody": ("cover-nobody", {**FACTS, **LAPSES, "others": OTHER_TIMES}, "Australia/Perth"),
    "cover-nobody-moved": ("cover-nobody", {**FACTS, **LAPSES, "others": [], "was_at": MOVED["was_at"]}, None),
    "someone-away": ("someone-away", AWAY, "Australia/Brisbane"),
    "someone-away-once": ("someone-away", AWAY_ONCE, "Australia/Perth"),
    "someone-away-a-day": ("someone-away", {**AWAY_ONCE, **ONE_DAY, "meetings": []}, "Australia/Brisbane"),
    "someone-away-left": (
        "someone-away",
        {**AWAY, "has_left": True, "may_take": False, "note": "They are no longer an analyst."},
        "Australia/Brisbane",
    ),
    "someone-away-for-good": ("someone-away", {**AWAY, "is_closed": True, "may_take": False}, "Australia/Brisbane"),
    "handed-over": ("handed-over", HANDED_OVER, "Australia/Perth"),
    "handed-over-one": ("handed-over", {**HANDED_OVER, "handed_over": HANDED_OVER["handed_over"][:1]}, None),
    "enrolled": ("enrolled", ENROLLED, "Australia/Perth"),
    "enrolled-once": ("enrolled", ENROLLED_ONCE, None),
    "programme-changed-moved": ("programme-changed", {**CHANGED, **LAB, "lines": [LAB]}, "Australia/Perth"),
    "programme-changed-gone": ("programme-changed", {**CHANGED, **MODULE, "lines": [MODULE]}, None),
    "moved-by-us-renamed": ("moved-by-us", {**FACTS, **MOVED, **RENAMED}, "Australia/Perth"),
    "programme-changed-title": ("programme-changed", {**CHANGED, **RETITLED, "lines": [RETITLED]}, "Australia/Perth"),
    "programme-changed-words": ("programme-changed", {**CHANGED, **REWORDED, "lines": [REWORDED, CALLED_OFF]}, None),
    "programme-changed-booked": ("programme-changed", {**CLINIC, **BOOKED, "lines": [CLINIC]}, "Australia/Perth"),
    "programme-changed-subscribed": (
        "programme-changed",
        {**CLINIC, **BOOKED, "is_invited": False, "lines": [CLINIC]},
        None,
    ),
    "programme-changed-new-date": (
        "programme-changed",
        {**CHANGED, **NEW_DATE, "lines": [NEW_DATE]},
        "Australia/Perth",
    ),
    "programme-changed-renamed": ("programme-changed", {**CHANGED, **NEW_NAME, "lines": [NEW_NAME]}, None),
    "programme-changed-everything": (
        "programme-changed",
        {"zone": "Australia/Brisbane", "starts_at": FACTS["starts_at"], "lines": EVERYTHING},
        "Australia/Perth",
    ),
    "cover-offer-moved": ("cover-offer", {**FACTS, **OFFERED, "was_at": MOVED["was_at"]}, None),
    "unenrolled": ("unenrolled", {**TAKEN_OFF, "count": 1, "title": LAB["title"]}, "Australia/Perth"),
    "unenrolled-several": ("unenrolled", {**TAKEN_OFF, "count": 4, "reason": ""}, None),
    "waitlist-removed": ("waitlist-removed", {**TAKEN_OFF, "title": "Live Member Clinic"}, "Australia/Perth"),
    "place-offered": ("place-offered", PLACE, "Australia/Perth"),
    "place-offered-unknown-zone": ("place-offered", {**PLACE, "has_next": False}, None),
    "place-lapsed": ("place-lapsed", PLACE, "Australia/Perth"),
    "place-lapsed-free": ("place-lapsed", {**PLACE, "became": "free"}, "Australia/Perth"),
    "place-lapsed-over": ("place-lapsed", {**PLACE, "became": "over"}, None),
    "message": ("message", MESSAGE, "Australia/Perth"),
    "message-unknown-zone": ("message", {**MESSAGE, "text": "One line."}, None),
    "programme-changed-several": ("programme-changed", {**CHANGED, **LAB, "lines": [LAB, MODULE]}, None),
}


@pytest.mark.parametrize("golden", EMAILS)
def test_an_email_says_what_its_golden_file_says(golden: str) -> None:
    name, facts, zone = EMAILS[golden]
    made = render(name, facts, Recipient("mia.moss@example.org", "Mia Moss", zone), LINKS, ORGANISATION)
    parts = {".txt": f"Subject: {made.subject}\n\n{made.text}", ".html": made.html}
    for ending, content in parts.items():
        file = FOLDER / f"{golden}{ending}"
        if os.environ.get("GOLDEN") == "write":
            file.write_text(content, encoding="utf-8")
        assert content == file.read_text(encoding="utf-8")


def test_every_email_has_a_golden_file_and_every_file_an_email() -> None:
    folders = {
        folder.name for folder in (Path(__file__).parents[2] / "templates" / "mail").iterdir() if folder.is_dir()
    }
    assert folders == {name for name, _, _ in EMAILS.values()}
    assert {file.stem for file in FOLDER.iterdir()} == set(EMAILS)


class Words(HTMLParser):
    """What a reader of the HTML part reads, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.read: list[str] = []
        self.feed(html.partition("<main>")[2])

    def handle_data(self, data: str) -> None:
        self.read.append(data)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"https?://\S+|booking\.example\.org", "", text))


@pytest.mark.parametrize("golden", EMAILS)
def test_both_parts_say_the_same_words(golden: str) -> None:
    """Addresses apart: the text part spells them out, the HTML part has them behind its words."""
    name, facts, zone = EMAILS[golden]
    made = render(name, facts, Recipient("mia.moss@example.org", "Mia Moss", zone), LINKS, ORGANISATION)
    assert sorted(words(made.text)) == sorted(words(" ".join(Words(made.html).read)))


@pytest.mark.parametrize(
    "golden", [name for name in EMAILS if name.startswith(("booked", "invitation", "moved", "stands"))]
)
def test_an_email_about_a_booking_that_stands_has_its_manage_address_and_its_join_link_in_both_parts(
    golden: str,
) -> None:
    name, facts, zone = EMAILS[golden]
    made = render(name, facts, Recipient("mia.moss@example.org", "Mia Moss", zone), LINKS, ORGANISATION)
    for part in (made.text, made.html):
        assert LINKS["manage"] in part
        assert LINKS["join_link"] in part
        assert ("Declining it in your calendar doesn" in part) is facts["is_invited"]


@pytest.mark.parametrize("golden", EMAILS)
def test_an_email_has_one_button_at_most_and_fetches_nothing(golden: str) -> None:
    name, facts, zone = EMAILS[golden]
    made = render(name, facts, Recipient("mia.moss@example.org", "Mia Moss", zone), LINKS, ORGANISATION)
    assert made.html.count('class="go"') == (0 if name in {"test-email", "sign-in-closed"} else 1)
    assert not re.search(r"<img|<script|<link|url\(|@import", made.html)


def test_what_a_member_wrote_cannot_write_html() -> None:
    facts = {**FACTS, "topic": "<script>alert(1)</script>", "analyst": "<b>Ada</b>", "link": 'https://e.org/"><img>'}
    made = render("booked", facts, Recipient("mia.moss@example.org", "Mia Moss"), LINKS, ORGANISATION)
    assert "<script" not in made.html
    assert "<b>" not in made.html
    assert "<img" not in made.html


def test_an_email_that_lacks_a_fact_is_not_written() -> None:
    with pytest.raises(UndefinedError):
        render("booked", {"zone": "Australia/Brisbane"}, Recipient("mia.moss@example.org"), LINKS, ORGANISATION)


@pytest.mark.parametrize(
    ("minutes", "said"), [(10, "10 minutes"), (60, "1 hour"), (90, "90 minutes"), (120, "2 hours")]
)
def test_a_length_of_time_is_said_in_hours_where_they_come_out_whole(minutes: int, said: str) -> None:
    assert wording.length_of_time(minutes).replace("\N{NO-BREAK SPACE}", " ") == said
