"""What each kind of page is for, in one sentence: its description for search engines and link previews."""

from __future__ import annotations

from flask import Flask, current_app, request

from booking.domain.wording import listed
from booking.web.frame import access, context

DESCRIPTIONS = {
    "programme": "See this week’s {kinds} in your own time, and book a start that is free.",
    "occurrence": "See when this meeting takes place in your own time, and book a slot or enrol.",
    "bookings": "See your upcoming and past bookings, move or cancel them, and open your join link.",
    "manage": "See your booking, change its topic, move it or cancel it.",
    "places": "See your place on the waitlist, and accept or decline what is offered.",
    "place_waits": "See your place on the waitlist.",
    "calendars": "Add the programme and your bookings to Apple, Google or Outlook calendars.",
    "time_zone": "Choose the time zone that times are shown in.",
    "sign_in": "Sign in with a code or a link that we email you. You need no password.",
    "address": "Change the email address that you sign in with.",
    "me": "Change your name, your time zone and which emails you get, and see where you’re signed in.",
    "unsubscribe": "Stop emails of one kind.",
    "trial": "Try everything that members can do, free for some days.",
    "analyst": "See whom you meet and when, hour by hour.",
    "visits": "Write down what you agreed with a member.",
    "attendance": "Note who came.",
    "time_off": "Say when you’re away, and see which bookings need cover.",
    "coordinator": "Run the programme: what needs attention, who is booked and what goes out.",
    "emails": "See which emails went out, wait or failed.",
    "drafts": "Read an announcement into the programme, and check it before you publish.",
    "closures": "Add and remove the days on which nothing takes place.",
    "holidays": "See public holidays, and close the programme on them.",
    "people": "Find people, and change their names, roles and memberships.",
    "demo": "Look at the service as one of its demo accounts, and read the emails it would send.",
    "help": "Read how to do each task, step by step.",
    "api": "Read how programs use the API: its addresses, what they take and what they answer.",
}
DEFAULT = "Book time with an analyst, enrol in what is taught, and subscribe to calendars."


def description() -> str:
    """The description of the page that is asked for; of the whole service for one of no kind, such as an error.

    Where signed addresses lie it is that too: one that exists and one that doesn't are answered alike.
    """
    if access.is_signed(current_app, request.path):
        return DEFAULT
    kinds = listed([kind.nouns for kind in context.organisation().kinds.values()])
    return DESCRIPTIONS.get(request.blueprint or "", DEFAULT).format(kinds=kinds)


def init_app(app: Flask) -> None:
    """Let pages state it."""
    app.jinja_env.globals["description"] = description
