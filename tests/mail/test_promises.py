"""What each email promises, in the words that carry it: when, whose time, with whom, until when, what to do.

Written from what the reader has to know, not from the golden files: those show how it is said, these what must be.
Every golden email has its promises here.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape

import pytest

from booking.mail.render import Recipient, Rendered, render
from tests.builders import ORGANISATION
from tests.mail.test_golden import EMAILS, LINKS, ROOM

PERTH = "Mon 4 Dec 11:15 am Perth (1:15 pm AEST)"
SYDNEY = "Mon 4 Dec 2:15 pm Sydney (1:15 pm AEST)"
AEST = "Mon 4 Dec 1:15 pm AEST"
THURSDAY = "Thu 7 Dec 1:00 pm AEST (Sydney and Melbourne 2:00 pm · Adelaide 1:30 pm · Perth 11:00 am)"
ANSWER_BY = "Mon 4 Dec 12:15 pm AEST (Sydney and Melbourne 1:15 pm · Adelaide 12:45 pm · Perth 10:15 am)"
EVERYWHERE = "Sydney and Melbourne 2:15 pm · Adelaide 1:45 pm · Perth 11:15 am"
MANAGE, JOIN, PLACE = LINKS["manage"], LINKS["join_link"], LINKS["place"]
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
        (
            *CHANGED_BOOKING,
            "Your time hasn't changed. Ben Noor is away.",
            'If you\'d rather see them another time, select "Cancel and book again later"',
        ),
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
        f"Starting soon: {AEST}, 15 minutes with Ada Reyes",
        (EVERYWHERE, f"Join from 1:05 pm AEST: {JOIN}", f"join the meeting directly: {ROOM}", STOP),
    ),
    "reminder-enrolled": (
        "Reminder: Fri 8 Dec 8:00 am Perth (10:00 am AEST), Influencer <Masterclass>, module 2: Contracts & more",
        (f"Join from 7:50 am Perth: {JOIN}", f"View or cancel your enrolment: {LINKS['meeting']}", STOP),
    ),
    "reminder-enrolled-last": (
        "Starting soon: Fri 8 Dec 10:00 am AEST, Influencer <Masterclass>",
        (f"Join from 9:50 am AEST: {JOIN}", f"join the meeting directly: {ROOM}", "Perth 8:00 am"),
    ),
    "reminder-enrolled-lab": ("Reminder: Thu 7 Dec 1:00 pm AEST, Lab: Tags & <pixels>", ("Join from 12:50 pm AEST",)),
    "enrolled": (
        "Enrolled: Influencer <Masterclass>, 2 dates from Fri 1 Dec 8:00 am Perth (10:00 am AEST)",
        (
            "Fri 8 Dec 8:00 am Perth (10:00 am AEST), module 2: Contracts",
            f"View, join or cancel: {LINKS['meeting']}",
            "You can join from 10 minutes before each start.",
            f"Or add just the first date: {LINKS['meeting_entry']}",
        ),
    ),
    "enrolled-once": (
        "Enrolled: Influencer <Masterclass>, Thu 7 Dec 1:00 pm AEST",
        ("Sydney and Melbourne 2:00 pm", f"View, join or cancel: {LINKS['meeting']}"),
    ),
    "daily-agenda": (
        f"2 bookings today, from {SYDNEY}",
        (
            f"{SYDNEY}, 15 minutes: Mia Moss (first time)",
            "Agreed last time: Rename the events.",
            f"Open your day: {LINKS['day']}",
            f"Stop the daily agenda email: {LINKS['unsubscribe']}",
        ),
    ),
    "agreed": (
        f"What we agreed: {PERTH}, with Ada Reyes",
        ("Keep one container.", f"Continue this topic: {LINKS['go_on']}"),
    ),
    "emails-failing": (
        "3 emails bounced",
        ("in the last 24 hours", "550 5.1.1 no such user", "haven't been told", LINKS["emails"]),
    ),
    "emails-failing-one": (
        "1 email bounced",
        ("The person it was for hasn't been told. See which email it is, correct the address, then send it again.",),
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
            "Now one of 5 modules (was 4)",
            "New description: Bring a contract.",
            "The reason given before: The speaker is away.",
        ),
    ),
    "programme-changed-booked": (
        f"Renamed: Live Member Clinic, {PERTH}",
        (f"View, move or cancel your booking: {MANAGE}", UPDATED, NOT_BY_DECLINING, "Now listed as Clinic (was Lab)"),
    ),
    "programme-changed-subscribed": (
        f"Renamed: Live Member Clinic, {AEST}",
        (f"View, move or cancel your booking: {MANAGE}", "it's updated there automatically", EVERYWHERE),
    ),
    "programme-changed-several": (
        "2 changes to your bookings and dates",
        (f"Now {THURSDAY}. It was Wed 6 Dec 1:00 pm AEST", f"Cancelled: {THURSDAY}"),
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
        "Please answer: 8 changes to your bookings and dates",
        (
            f"Now {PERTH} with Ada Reyes. It was Mon 4 Dec 11:00 am Perth (1:00 pm AEST), 30 minutes, with Ben Noor",
            f"With Ada Reyes now instead of Ben Noor. The time hasn't changed: {PERTH}. Ben Noor is away.",
            f"We had to cancel your booking: {PERTH}",
            "We're holding Mon 4 Dec 11:45 am Perth (1:45 pm AEST) with Ben Noor for you",
            "please answer by Mon 4 Dec 10:15 am Perth (12:15 pm AEST)",
            f"View, move or cancel: {LINKS['A']}",
            f"View the cancelled booking: {LINKS['C']}",
            f"Accept it, or see other times: {LINKS['D']}",
            f"Your bookings: {LINKS['mine']}",
        ),
    ),
    "cover-offer-moved": (
        "Please answer: Ada Reyes can't make Mon 4 Dec",
        (EVERYWHERE, "We moved this booking: it was Mon 4 Dec 1:00 pm AEST.", f"answer by {ANSWER_BY}", MANAGE),
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
        ("until Sun 3 Dec 8:15 am AEST (Sydney and Melbourne 9:15 am · Adelaide 8:45 am", "anyone can book it"),
    ),
    "last-hour-call": (f"Free now: {AEST}", (EVERYWHERE, "first come, first served", "with Ben Noor", PLACE)),
    "last-hour-call-one": (f"Free now: {PERTH}", ("first come, first served", WITH_ADA, PLACE)),
    "offer-lapsed": (f"No longer held: {SYDNEY}", (WITH_ADA, "offered the slot to the next person", PLACE)),
    "offer-lapsed-free": (f"No longer held: {PERTH}", ("It's still free, and anyone can book it", f"Book it: {PLACE}")),
    "offer-lapsed-withdrawn": (
        f"No longer held: {PERTH}",
        ("This slot can no longer be booked", "You're still on the waitlist", f"View or leave the waitlist: {PLACE}"),
    ),
    "offer-lapsed-over": (f"No longer held: {PERTH}", ("the slot can no longer be booked", PLACE)),
    "offer-replaces": (
        f"Held for you: {PERTH}",
        ("Accepting replaces your booking on Tue 5 Dec 11:00 am Perth (1:00 pm AEST)", f"Accept or decline: {PLACE}"),
    ),
    "free-to-book": (f"Free to book: {PERTH}", ("It isn't held for anyone, so anyone can book it", PLACE)),
    "free-to-book-several": (f"Free to book: {AEST}", (EVERYWHERE, "Perth 11:45 am) with Ben Noor", PLACE)),
    "cover-offer": (
        "Please answer: Ada Reyes can't make Mon 4 Dec",
        (
            SYDNEY,
            "Mon 4 Dec 2:45 pm Sydney (1:45 pm AEST), 15 minutes, with Ben Noor",
            "Mon 4 Dec 1:15 pm Sydney",
            MANAGE,
        ),
    ),
    "cover-sought": ("Ada Reyes can't make Mon 4 Dec", (AEST, EVERYWHERE, f"take your booking by {ANSWER_BY}", MANAGE)),
    "handed-over": (
        "You're taking over 2 bookings from Mon 4 Dec 11:15 am Perth (1:15 pm AEST)",
        (
            "Ada Reyes can't see these members",
            "Mon 4 Dec 11:15 am Perth (1:15 pm AEST), 15 minutes, Live Member Clinic, with Mia Moss",
            "Tue 5 Dec 11:30 am Perth (1:30 pm AEST), 15 minutes, Live Member Clinic, with Noah & Sons",
            "We've emailed the members",
            LINKS["day"],
        ),
    ),
    "handed-over-one": (
        "You're taking over a booking: Mon 4 Dec 1:15 pm AEST",
        ("Ada Reyes can't see this member", "15 minutes, Live Member Clinic, with Mia Moss", LINKS["day"]),
    ),
    "cover-wanted": (
        "Ada Reyes can't make 2 clinics and 1 lab: can you take any?",
        ("2:00 pm Melbourne (1:00 pm AEST): 1 booking", "3 bookings", "the whole lab", LINKS["cover"]),
    ),
    "cover-wanted-one": (
        "Ada Reyes can't make Mon 4 Dec 1:00 pm AEST: can you take it?",
        (
            "Mon 4 Dec 1:00 pm AEST (Sydney and Melbourne 2:00 pm · Adelaide 1:30 pm · Perth 11:00 am): 1 booking",
            "First come, first served",
            "cancelled 1 hour before they start",
            LINKS["cover"],
        ),
    ),
    "cover-nobody": (
        "Please choose another time: Ada Reyes can't make Mon 4 Dec",
        (
            "No other analyst is free then",
            "Tue 5 Dec 11:00 am Perth (1:00 pm AEST)",
            "Please choose one by Mon 4 Dec 10:15 am Perth",
            MANAGE,
        ),
    ),
    "cover-nobody-moved": (
        "Please choose another time: Ada Reyes can't make Mon 4 Dec",
        (
            "We moved this booking: it was Mon 4 Dec 1:00 pm AEST",
            f"choose one by {ANSWER_BY}",
            "have to cancel",
            MANAGE,
        ),
    ),
    "someone-away": (
        "Ada Reyes is away from Mon 4 Dec to Tue 12 Dec",
        (
            "Back on Wed 13 Dec.",
            "A <sudden> cold.",
            "Live Member Clinic, Mon 4 Dec",
            "Masterclass, Wed 6 Dec 1:00 pm AEST: nobody presents it, and no other analyst is free",
            "For 2 bookings no analyst is free: we asked the members to choose another time.",
            "Everyone affected has been emailed.",
            LINKS["cover"],
            LINKS["coordinator"],
        ),
    ),
    "someone-away-once": (
        "Ada Reyes is away from Mon 4 Dec 11:00 am Perth (1:00 pm AEST)",
        ("Until Mon 4 Dec 12:00 pm Perth (2:00 pm AEST).", "1 booking went to another analyst.", LINKS["coordinator"]),
    ),
    "someone-away-a-day": (
        "Ada Reyes is away on Mon 4 Dec",
        ("Back on Tue 5 Dec.", "Nothing in the programme is affected."),
    ),
    "someone-away-left": (
        "Ada Reyes is no longer an analyst",
        ("Members can no longer book them.", "Masterclass, Wed 6 Dec 1:00 pm AEST: nobody presents it"),
    ),
    "someone-away-for-good": (
        "Ada Reyes's account is closed",
        ("Members can no longer book them.", "Masterclass, Wed 6 Dec 1:00 pm AEST: nobody presents it"),
    ),
    "sign-in-sent-by-us": (
        "012345 is your code for SMK",
        (
            "Social Media Knowledge sent you this email so that you can sign in",
            f"Sign in: {LINKS['sign_in']}",
            "ask for a new email on the sign-in page",
        ),
    ),
    "sign-in": (
        "012345 is your code for SMK",
        ("012345", "work once, for 10 minutes", "If you didn't ask to sign in, do nothing", LINKS["sign_in"]),
    ),
    "sign-in-unknown": (
        "We don't have this address at SMK",
        ("mia.moss@example.org", "sign in with the address that your membership is under", LINKS["join"]),
    ),
    "sign-in-closed": (
        "Your account at SMK is closed",
        ("mia.moss@example.org", "To have it reopened, reply to this email.", "If it wasn't you, do nothing."),
    ),
    "address-confirm": (
        "Confirm your new email address",
        (
            "mia.moss@example.org",
            "instead of mia@old.example",
            "works once, for 1 hour",
            f"Confirm new address: {LINKS['confirm_address']}",
        ),
    ),
    "address-taken": ("This address already has an account", ("Nothing was changed", "merge the two accounts")),
    "accounts-merged": (
        "Your two accounts at SMK are now one",
        ("Everything that was under mia@old.example is now under mia.moss@example.org", "subscribe again"),
    ),
    "address-changed": (
        "Your email address at SMK has changed",
        ("emails you at mia.moss@example.org instead of mia@old.example", "If you didn't ask for this, reply"),
    ),
    "unenrolled": (
        f"Enrolment cancelled: Lab: Tags & <pixels>, {PERTH}",
        (f"We've cancelled your enrolment: Lab: Tags & <pixels>, {PERTH}", "You asked us to <take> you off."),
    ),
    "unenrolled-several": (
        f"Enrolment cancelled: Influencer <Masterclass>, 4 dates from {AEST}",
        (EVERYWHERE, "they're removed there automatically"),
    ),
    "waitlist-removed": (
        f"No longer on the waitlist: Live Member Clinic, {PERTH}",
        ("We've taken you off the waitlist", "You asked us to <take> you off."),
    ),
    "place-offered": (
        f"A place is held for you: Influencer <Masterclass>, {PERTH}",
        (
            "It's held for you alone until Sun 3 Dec 6:15 am Perth (8:15 am AEST).",
            "we'll offer it to the next person on the waitlist, and you stay on the waitlist",
            f"Accept or decline: {LINKS['meeting']}",
        ),
    ),
    "place-offered-unknown-zone": (
        f"A place is held for you: Influencer <Masterclass>, {AEST}",
        (EVERYWHERE, "It's held for you alone until Sun 3 Dec 8:15 am AEST", "anyone can enrol"),
    ),
    "place-lapsed": (
        f"Your place is no longer held: Influencer <Masterclass>, {PERTH}",
        ("we've offered the place to the next person", "You're still on the waitlist."),
    ),
    "place-lapsed-free": (
        f"Your place is no longer held: Influencer <Masterclass>, {PERTH}",
        ("It's still free, and anyone can enrol.", "You're still on the waitlist."),
    ),
    "place-lapsed-over": (
        f"Your place is no longer held: Influencer <Masterclass>, {AEST}",
        ("another member has the place", "You're still on the waitlist."),
    ),
    "message": (
        "Bring your <tags> & {{ numbers }}",
        (f"About Live Member Clinic, {PERTH}", "please have your <b>last report</b> at hand:", LINKS["meeting"]),
    ),
    "message-unknown-zone": ("Bring your <tags> & {{ numbers }}", (EVERYWHERE, "One line.")),
    "trial-sign-up": (
        "Start your free trial of SMK",
        ("7 days, without payment", LINKS["start_trial"], "If you didn't ask for this, do nothing"),
    ),
    "trial-sign-up-account": (
        "You already have an account at SMK",
        ("with mia.moss@example.org", "you can sign in", LINKS["sign_in_page"], "If it wasn't you, do nothing."),
    ),
    "trial-sign-up-again": (
        "You've already had a free trial of SMK",
        ("Each person can have one", LINKS["join"], "If it wasn't you, do nothing."),
    ),
    "trial-ending": (
        "Your free trial of SMK ends on Monday 4 December",
        ("Until then you can still book", LINKS["join"], "you keep this account"),
    ),
    "test-email": ("It works: SMK can send emails", (LINKS["site"], "You don't need to do anything.")),
}


def email(golden: str) -> Rendered:
    name, facts, zone = EMAILS[golden]
    return render(name, facts, Recipient("mia.moss@example.org", "Mia Moss", zone), LINKS, ORGANISATION)


def test_every_golden_email_has_its_promises() -> None:
    assert set(PROMISES) == set(EMAILS)


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


STUMBLED_OVER = (
    *("letter", "press ", "by itself", "no longer “", "give the place up", "any more", "cancels nothing"),
    *("session", "12:00 am", "somebody", "has ended"),
)


@pytest.mark.parametrize("golden", PROMISES)
def test_an_email_speaks_plainly(golden: str) -> None:
    """Words that readers stumbled over, and what an email is called."""
    made = email(golden)
    spoken = re.sub(r"https?://\S+", "", f"{made.subject} {made.text}").lower()
    for word in STUMBLED_OVER:
        assert word not in spoken


#: Of the past; for those who run the programme by its own clock; or one day, with the cities' times above it.
ON_THE_PROGRAMMES_CLOCK = {"agreed", "emails-failing", "someone-away", "daily-agenda"}


@pytest.mark.parametrize("golden", [golden for golden in PROMISES if EMAILS[golden][0] not in ON_THE_PROGRAMMES_CLOCK])
def test_a_reader_without_a_zone_of_their_own_finds_every_time_ahead_in_the_cities_times_too(golden: str) -> None:
    name, facts, _ = EMAILS[golden]
    made = render(name, facts, Recipient("mia.moss@example.org", "Mia Moss"), LINKS, ORGANISATION)
    ahead = re.sub(r"(was|called) \w{3} \d+ \w{3} \d+:\d\d [ap]m AEST", "", made.text)
    for clock, half in re.findall(r"\w{3} \d+ \w{3} (\d+:\d\d) ([ap]m) AEST", ahead):
        in_brisbane = datetime.strptime(f"{clock} {half} +1000", "%I:%M %p %z")
        in_perth = (in_brisbane - timedelta(hours=2)).strftime("%I:%M %p").lstrip("0").lower()
        assert f"Perth {in_perth}" in made.text
