"""What each email promises, in the words that carry it: when, whose time, with whom, until when, what to do.

Written from what the reader has to know, not from the golden files: those show how it is said, these what must be.
Every golden email has its promises here.
"""

from __future__ import annotations

import re
from html import unescape

import pytest

from booking.mail.render import Recipient, Rendered, render
from tests.builders import ORGANISATION
from tests.mail.test_golden import LETTERS, LINKS, ROOM

PERTH = "Mon 4 Dec 11:15 am Perth (1:15 pm AEST)"
SYDNEY = "Mon 4 Dec 2:15 pm Sydney (1:15 pm AEST)"
AEST = "Mon 4 Dec 1:15 pm AEST"
EVERYWHERE = "Sydney and Melbourne 2:15 pm · Adelaide 1:45 pm · Perth 11:15 am"
MANAGE, JOIN, PLACE = LINKS["manage"], LINKS["door"], LINKS["place"]
WITH_ADA = "With Ada Reyes, Live Member Clinic"
LATE = "You can move or cancel it until it starts. Cancelling less than 2 hours before the start counts as late."
INVITED = "The invitation for your calendar is attached."
NOT_BY_DECLINING = "Declining it in your calendar doesn't cancel the booking"
UPDATED = "The attached invitation updates your calendar."
REMOVED = "The attached update removes it from your calendar."
SORRY = "We're sorry"
BOOKED = (WITH_ADA, f"View, move or cancel: {MANAGE}", LATE)
CHANGED_BOOKING = (WITH_ADA, f"View, move or cancel: {MANAGE}", UPDATED, NOT_BY_DECLINING)
STOP = f"Stop reminders: {LINKS['unsubscribe']}"

#: Golden email: how its subject begins, and what else its text says.
PROMISES: dict[str, tuple[str, tuple[str, ...]]] = {
    "booked-perth": (f"Booked: {PERTH}, 15 minutes", (*BOOKED, f"Join from 11:05 am Perth: {JOIN}", INVITED)),
    "booked-sydney": (
        f"Booked: {SYDNEY}, 15 minutes",
        (*BOOKED, f"Join from 2:05 pm Sydney: {JOIN}", NOT_BY_DECLINING),
    ),
    "booked-brisbane-subscribed": (
        f"Booked: {AEST}, 15 minutes",
        (*BOOKED, f"Join from 1:05 pm AEST: {JOIN}", f"add just this booking: {LINKS['entry']}"),
    ),
    "booked-unknown-zone": (f"Booked: {AEST}", (*BOOKED, EVERYWHERE, f"Join from 1:05 pm AEST: {JOIN}")),
    "booked-sydney-in-winter": ("Booked: Mon 1 Jul 1:15 pm AEST", (*BOOKED, "Join from 1:05 pm AEST")),
    "booked-unknown-zone-in-winter": (
        "Booked: Mon 1 Jul 1:15 pm AEST",
        (*BOOKED, "Adelaide 12:45 pm · Perth 11:15 am"),
    ),
    "booked-los-angeles": (
        "Booked: Sun 3 Dec 7:15 pm Los Angeles (Mon 1:15 pm AEST)",
        (*BOOKED, "Join from 7:05 pm Los Angeles"),
    ),
    "invitation": (f"For your calendar: {PERTH}", (WITH_ADA, "You asked for an invitation", NOT_BY_DECLINING, JOIN)),
    "moved-by-a-quarter": (
        f"Moved: {PERTH}",
        (*CHANGED_BOOKING, "It was Mon 4 Dec 11:00 am Perth (1:00 pm AEST).", "Join from 11:05 am Perth"),
    ),
    "moved": (
        f"Moved: {SYDNEY}, 15 minutes",
        (*CHANGED_BOOKING, "It was Mon 4 Dec 2:00 pm Sydney (1:00 pm AEST), 30 minutes, with Ben Noor."),
    ),
    "moved-by-us": (
        f"We moved your booking: {SYDNEY}",
        (*CHANGED_BOOKING, SORRY, "Ben Noor is ill.", "you can move or cancel the booking"),
    ),
    "moved-by-us-renamed": (f"We moved your booking: {PERTH}", (*CHANGED_BOOKING, "It was called “Member Clinic”.")),
    "stands-in": (
        f"Ada Reyes instead of Ben Noor: {PERTH}",
        (*CHANGED_BOOKING, "Your time hasn't changed. Ben Noor is away.", "If you'd rather wait for them, say so"),
    ),
    "cancelled": (f"Cancelled: {PERTH}", (WITH_ADA, REMOVED, f"Book another time: {LINKS['programme']}")),
    "cancelled-late": (f"Cancelled: {AEST}", (WITH_ADA, EVERYWHERE, "it counts as a late cancellation")),
    "cancelled-by-us": (
        "We had to cancel: Mon 4 Dec 1:45 pm Adelaide (1:15 pm AEST)",
        (SORRY, "Ada Reyes is ill, and nobody else is free.", REMOVED, f"Book another time: {LINKS['programme']}"),
    ),
    "reminder": (
        f"Reminder: {PERTH}, 15 minutes with Ada Reyes",
        (f"Join from 11:05 am Perth: {JOIN}", f"View, move or cancel: {MANAGE}", STOP),
    ),
    "reminder-last": (
        f"Soon: {AEST}, 15 minutes with Ada Reyes",
        (EVERYWHERE, f"Join from 1:05 pm AEST: {JOIN}", f"join the meeting directly: {ROOM}", STOP),
    ),
    "reminder-enrolled": (
        "Reminder: Fri 8 Dec 8:00 am Perth (10:00 am AEST), Influencer <Masterclass>, module 2: Contracts & more",
        (f"Join from 7:50 am Perth: {JOIN}", f"View or cancel your enrolment: {LINKS['meeting']}", STOP),
    ),
    "reminder-enrolled-last": (
        "Soon: Fri 8 Dec 10:00 am AEST, Influencer <Masterclass>",
        (f"Join from 9:50 am AEST: {JOIN}", f"join the meeting directly: {ROOM}", "Perth 8:00 am"),
    ),
    "reminder-enrolled-lab": ("Reminder: Thu 7 Dec 1:00 pm AEST, Lab: Tags & <pixels>", ("Join from 12:50 pm AEST",)),
    "enrolled": (
        "Enrolled: Influencer <Masterclass>, Fri 1 Dec 8:00 am Perth (10:00 am AEST)",
        (
            "2 dates",
            "Fri 8 Dec 8:00 am Perth (10:00 am AEST), module 2: Contracts",
            f"View, join or cancel: {LINKS['meeting']}",
            "Join from 10 minutes before each start.",
        ),
    ),
    "enrolled-once": (
        "Enrolled: Influencer <Masterclass>, Thu 7 Dec 1:00 pm AEST",
        ("Sydney and Melbourne 2:00 pm", f"View, join or cancel: {LINKS['meeting']}"),
    ),
    "run-sheet": (
        f"2 bookings today, the first: {SYDNEY}",
        (
            f"{SYDNEY}, 15 minutes: Mia Moss (first time)",
            "Agreed last time: Rename the events.",
            f"Open your day: {LINKS['day']}",
            f"Stop the morning email: {LINKS['unsubscribe']}",
        ),
    ),
    "agreed": (
        f"What we agreed: {PERTH}, with Ada Reyes",
        ("Keep one container.", f"Continue this topic: {LINKS['go_on']}"),
    ),
    "letters-failing": (
        "3 emails bounced",
        ("in the last 24 hours", "550 5.1.1 no such user", "haven't been told", LINKS["letters"]),
    ),
    "programme-changed-moved": (
        "Moved: Lab: Tags & <pixels>, now Thu 7 Dec 11:00 am Perth (1:00 pm AEST)",
        ("It was Wed 6 Dec 11:00 am Perth (1:00 pm AEST)", f"View the programme: {LINKS['programme']}"),
    ),
    "programme-changed-gone": (
        "Cancelled: Influencer Masterclass, module 3: Contracts, Thu 7 Dec 1:00 pm AEST",
        ("The speaker is ill.",),
    ),
    "programme-changed-title": (
        "Renamed: Lab: Tags & <pixels>, Thu 7 Dec 11:00 am Perth (1:00 pm AEST)",
        ("The time hasn't changed", "Renamed from “Lab: Tags” to “Lab: Tags & <pixels>”"),
    ),
    "programme-changed-words": (
        "2 changes to your bookings and dates",
        (
            "New topic: “Contracts” (was “Money”)",
            "One of 5 modules now (was 4)",
            "New description: Bring a contract.",
            "The reason given before: The speaker is away.",
        ),
    ),
    "programme-changed-booked": (
        f"Renamed: Live Member Clinic, {PERTH}",
        (f"View, move or cancel your booking: {MANAGE}", UPDATED, NOT_BY_DECLINING, "Listed as Clinic now (was Lab)"),
    ),
    "programme-changed-subscribed": (
        f"Renamed: Live Member Clinic, {AEST}",
        (f"View, move or cancel your booking: {MANAGE}", "it's updated there automatically", EVERYWHERE),
    ),
    "programme-changed-several": (
        "2 changes to your bookings and dates",
        ("Now Thu 7 Dec 1:00 pm AEST. It was Wed 6 Dec 1:00 pm AEST", "Cancelled: Thu 7 Dec 1:00 pm AEST"),
    ),
    "programme-changed-new-date": (
        "New date: Lab: Tags & <pixels>, Thu 7 Dec 11:00 am Perth (1:00 pm AEST)",
        ("New date: Thu 7 Dec 11:00 am Perth (1:00 pm AEST)", LINKS["programme"]),
    ),
    "programme-changed-renamed": (
        "Renamed: Technical Lab is now Tracking Lab",
        ("The times haven't changed: the next is Thu 7 Dec 1:00 pm AEST", LINKS["programme"]),
    ),
    "programme-changed-everything": (
        "8 changes to your bookings and dates",
        (
            f"Now {PERTH} with Ada Reyes. It was Mon 4 Dec 11:00 am Perth (1:00 pm AEST) with Ben Noor",
            f"We had to cancel your booking: {PERTH}",
            "We're holding Mon 4 Dec 11:45 am Perth (1:45 pm AEST) with Ben Noor for you",
            "please answer by Mon 4 Dec 10:15 am Perth (12:15 pm AEST)",
            f"View, move or cancel: {LINKS['A']}",
            f"Your bookings: {LINKS['mine']}",
        ),
    ),
    "cover-offer-moved": (
        "Please answer: Ada Reyes can't make Mon 4 Dec",
        (EVERYWHERE, "We moved this booking: it was Mon 4 Dec 1:00 pm AEST.", "Please answer by", MANAGE),
    ),
    "offer": (
        f"Held for you: {PERTH}, 15 minutes",
        (
            WITH_ADA,
            "held for you alone until Sun 3 Dec 6:15 am Perth (8:15 am AEST)",
            "If you don't accept by then, we'll offer it to the next person",
            f"Accept or decline: {PLACE}",
        ),
    ),
    "offer-nobody-next": (
        f"Held for you: {AEST}",
        ("until Sun 3 Dec 8:15 am AEST", "Accept by: Sydney and Melbourne 9:15 am", "anyone can book it"),
    ),
    "last-hour-call": (f"Free now: {AEST}", (EVERYWHERE, "first come, first served", "with Ben Noor", PLACE)),
    "last-hour-call-one": (f"Free now: {PERTH}", ("first come, first served", WITH_ADA, PLACE)),
    "offer-lapsed": (f"No longer held: {SYDNEY}", (WITH_ADA, "offered the slot to the next person", PLACE)),
    "offer-lapsed-free": (f"No longer held: {PERTH}", ("It's still free, and anyone can book it", f"Book it: {PLACE}")),
    "offer-lapsed-over": (f"No longer held: {PERTH}", ("the slot can no longer be booked", PLACE)),
    "offer-replaces": (
        f"Held for you: {PERTH}",
        ("Accepting replaces your booking on Tue 5 Dec 11:00 am Perth (1:00 pm AEST)", f"Accept or decline: {PLACE}"),
    ),
    "free-to-book": (f"Free to book: {PERTH}", ("It isn't held for anyone, so anyone can book it", PLACE)),
    "free-to-book-several": (f"Free to book: {AEST}", (EVERYWHERE, "Mon 4 Dec 1:45 pm AEST with Ben Noor", PLACE)),
    "cover-offer": (
        "Please answer: Ada Reyes can't make Mon 4 Dec",
        (
            SYDNEY,
            "Mon 4 Dec 2:45 pm Sydney (1:45 pm AEST), 15 minutes, with Ben Noor",
            "Mon 4 Dec 1:15 pm Sydney",
            MANAGE,
        ),
    ),
    "cover-sought": ("Ada Reyes can't make Mon 4 Dec", (AEST, EVERYWHERE, "Mon 4 Dec 12:15 pm AEST", MANAGE)),
    "cover-wanted": (
        "Ada Reyes can't make 3 sessions: can you take any?",
        ("2:00 pm Melbourne (1:00 pm AEST): 1 booking", "3 bookings", "the whole session", LINKS["cover"]),
    ),
    "cover-wanted-one": (
        "Ada Reyes can't make Mon 4 Dec 1:00 pm AEST: can you take it?",
        ("First come, first served", "cancelled one hour before they start", LINKS["cover"]),
    ),
    "cover-nobody": (
        "Please choose another time: Ada Reyes can't make Mon 4 Dec",
        ("No other analyst is free then", "Tue 5 Dec 11:00 am Perth (1:00 pm AEST)", "Please do so by", MANAGE),
    ),
    "cover-nobody-moved": (
        "Please choose another time: Ada Reyes can't make Mon 4 Dec",
        ("We moved this booking: it was Mon 4 Dec 1:00 pm AEST", "After that we have to cancel it", MANAGE),
    ),
    "someone-away": (
        "Ada Reyes is away",
        (
            "A <sudden> cold.",
            "Live Member Clinic, Mon 4 Dec",
            "Masterclass, Wed 6 Dec 1:00 pm AEST: nobody presents it, and no other analyst is free",
            "2 bookings can be taken over by nobody: we asked the members to choose another time",
            LINKS["cover"],
            LINKS["coordinator"],
        ),
    ),
    "sign-in": ("012345 is your code for SMK", ("012345", LINKS["sign_in"])),
    "sign-in-unknown": ("", ("mia.moss@example.org", LINKS["join"], "at most once a day")),
    "address-confirm": (
        "Confirm your new email address",
        ("mia.moss@example.org", "instead of mia@old.example", "works once, for 1 hour", LINKS["confirm_address"]),
    ),
    "address-taken": ("This address already has an account", ("Nothing was changed", "merge the two accounts")),
    "accounts-merged": (
        "Your two accounts at SMK are now one",
        ("Everything under mia@old.example is now under mia.moss@example.org", "subscribe again"),
    ),
    "address-changed": (
        "Your email address at SMK has changed",
        ("writes to mia.moss@example.org instead of mia@old.example", "If you didn't want this, reply"),
    ),
    "trial": ("It works: SMK can send emails", (LINKS["site"], "You don't need to do anything.")),
}


def email(golden: str) -> Rendered:
    name, facts, zone = LETTERS[golden]
    return render(name, facts, Recipient("mia.moss@example.org", "Mia Moss", zone), LINKS, ORGANISATION)


def test_every_golden_email_has_its_promises() -> None:
    assert set(PROMISES) == set(LETTERS)


@pytest.mark.parametrize("golden", PROMISES)
def test_an_email_says_what_it_promises_in_its_subject_its_text_and_its_html(golden: str) -> None:
    subject, promised = PROMISES[golden]
    made = email(golden)
    assert made.subject.startswith(subject)
    for words in promised:
        assert words in made.text
    html = read_aloud(made.html)
    for words in promised:
        for part in re.split(r":? ?https?://\S+", words):  # addresses stand behind their words there
            assert part.strip() in html
        for address in re.findall(r"https?://\S+", words):
            assert address in made.html


def read_aloud(html: str) -> str:
    """The words of the HTML part in one line, as its reader has them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("golden", [golden for golden in PROMISES if not golden.startswith("sign-in")])
def test_an_email_speaks_plainly(golden: str) -> None:
    """Words that readers stumbled over, and what an email is called."""
    made = email(golden)
    spoken = re.sub(r"https?://\S+", "", f"{made.subject} {made.text}").lower()
    for word in ("letter", "press ", "by itself", "no longer “", "give the place up", "any more", "cancels nothing"):
        assert word not in spoken
