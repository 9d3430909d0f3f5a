"""Who asks for signed addresses that do not exist, again and again, waits a minute before any of them opens.

Counted in this process alone, by the sender's digest. A hit costs one look at a dictionary.
"""

from __future__ import annotations

import math

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from booking import clock
from booking.settings import Settings
from booking.web import access, refusals, security

#: Many, because Google and Outlook fetch the calendars of many members from few addresses, stale ones among them;
#: few all the same for whoever has 160 bits to guess.
MOST_MISSES = RateLimitItemPerMinute(60, namespace="guessing")
MOST_SENDERS = 20_000  # counted at once, in about 6 MB; beyond them, counting begins anew
MISSES = {404, 410}  # 410 is what a sign-in link that does not open answers


class Guesses:
    """The misses of each sender within the minute that began with their first; the library forgets them after it."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget every sender. Whoever has so many networks is hindered by the length of the signature alone."""
        self.storage = MemoryStorage()
        self.limiter = FixedWindowRateLimiter(self.storage)

    def add(self, sender: str) -> None:
        if len(self.storage.expirations) >= MOST_SENDERS:
            self.begin()
        self.limiter.hit(MOST_MISSES, sender)

    def seconds_left(self, sender: str) -> int:
        """How long they have to wait; 0 if they need not."""
        if self.limiter.test(MOST_MISSES, sender):
            return 0
        until = self.limiter.get_window_stats(MOST_MISSES, sender).reset_time
        return max(1, math.ceil(until - clock.now().timestamp()))


def init_app(app: Flask, settings: Settings) -> None:
    """Before and after each request for an address that lies where signed ones do."""
    guesses = app.extensions["guessing"] = Guesses()

    @app.before_request
    def hold_back() -> ResponseReturnValue | None:
        if not guesses.storage.expirations or not access.is_signed(app, request.path):
            return None  # nobody has missed lately, or it is another address
        seconds = guesses.seconds_left(security.sender(settings))
        return refusals.too_many(seconds) if seconds else None

    @app.after_request
    def count(answer: Response) -> Response:
        if answer.status_code in MISSES and access.is_signed(app, request.path):
            guesses.add(security.sender(settings))
        return answer
