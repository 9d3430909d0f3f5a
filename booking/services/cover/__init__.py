"""Cover: an analyst is off, and what becomes of the bookings with them.

preview    what it would mean, as it is shown
time_off   it is reported, or taken back
answer     members answer what they are offered
step_in    other analysts take over
end        what nobody could take is cancelled one hour before it starts
asking     the emails that these send
steps      what else these share
"""

from booking.services.cover.answer import accept, offer_of, rather_wait, stands_in_for, waits_until
from booking.services.cover.end import lapse, lapsed
from booking.services.cover.preview import CoverPreview, SpanNotAccepted, TypedSpan, show, span_of
from booking.services.cover.step_in import AlreadyCovered, NothingToTake, Taker, Wanted, give, take, takers, wanted
from booking.services.cover.time_off import CoverChanged, back, on_record, report

__all__ = [
    "AlreadyCovered",
    "CoverChanged",
    "CoverPreview",
    "NothingToTake",
    "SpanNotAccepted",
    "Taker",
    "TypedSpan",
    "Wanted",
    "accept",
    "back",
    "give",
    "lapse",
    "lapsed",
    "offer_of",
    "on_record",
    "rather_wait",
    "report",
    "show",
    "span_of",
    "stands_in_for",
    "take",
    "takers",
    "waits_until",
    "wanted",
]
