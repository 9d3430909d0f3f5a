"""The promises of the waitlist, in sentences that pages and emails share."""

from __future__ import annotations

from booking.domain.bookings.waitlist_rules import HOLD, HOLD_ON_THE_DAY, NIGHT_FROM, NIGHT_UNTIL
from booking.domain.enums.bookings import AfterOffer, AwaitedKind

FIRST_COME = "It starts soon, so we've emailed everyone waiting for it: first come, first served."

FREE = "It isn't held for anyone, so anyone can book it."


_TAKES = {AwaitedKind.SLOT: "book it", AwaitedKind.PLACE: "enrol"}


def lapsed(became: AfterOffer, awaited: AwaitedKind = AwaitedKind.SLOT) -> str:
    """What has become of a slot or place that was held for somebody."""
    match AfterOffer(became):
        case AfterOffer.OFFERED:
            return (
                f"The time to accept has passed, so we've offered the {awaited} to the next person. "
                "You're still on the waitlist."
            )
        case AfterOffer.FREE:
            return (
                "The time to accept has passed, so it's no longer held for you. "
                f"It's still free, and anyone can {_TAKES[awaited]}. You're still on the waitlist."
            )
        case AfterOffer.OVER if awaited is AwaitedKind.SLOT:
            return "The time to accept has passed, and the slot can no longer be booked."
        case AfterOffer.OVER:
            return "The time to accept has passed, and another member has the place. You're still on the waitlist."
    return (
        f"This {awaited} can no longer be booked, so we can't hold it for you. "
        "You're still on the waitlist, and we'll email you when another one comes free."
    )


def held(until: str, *, has_next: bool, awaited: AwaitedKind = AwaitedKind.SLOT) -> str:
    """An open offer: until when it holds (`until`, in the reader's words), and what happens then."""
    then = "we'll offer it to the next person on the waitlist" if has_next else f"anyone can {_TAKES[awaited]}"
    return f"It's held for you alone until {until}. If you don't accept by then, {then}, and you stay on the waitlist."


def ahead(count: int) -> str:
    """How many wait before this one: "You're next in line"."""
    if count == 0:
        return "You're next in line"
    return "1 person is ahead of you" if count == 1 else f"{count} people are ahead of you"


def on_it(count: int) -> str:
    """How many are on a waitlist that somebody may join."""
    if count == 0:
        return "you'd be first"
    return "1 person is on it" if count == 1 else f"{count} people are on it"


def how_it_works() -> str:
    """Returns what a member on the waitlist can expect."""
    hours, minutes = int(HOLD.total_seconds() // 3600), int(HOLD_ON_THE_DAY.total_seconds() // 60)
    night = f"{NIGHT_FROM.hour - 12} pm to {NIGHT_UNTIL.hour} am doesn't count"
    return (
        f"When a slot comes free we email you and hold it for you for {hours} hours ({night}), or {minutes} minutes "
        "if it starts within a day. In the last hour before a slot we email everyone waiting: first come, first served."
    )
