"""Answer clients that repeatedly request unknown signed addresses with 429 instead of 404.

Good addresses open all the while: many people may share a network address, and any web page could make a browser of
theirs ask for sixty bad ones. 160 bits are not guessed, whatever is answered; what this saves is our own work and
whoever reads the logs. Counted in this process alone, by the sender's digest.
"""

from __future__ import annotations

import math

from flask import Flask, Response, current_app, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from booking import clock
from booking.settings import Settings
from booking.web.frame import access, error_pages, security_headers

#: Many, because Google and Outlook fetch the calendars of many members from few addresses, stale ones among them;
#: few all the same for whoever has 160 bits to guess.
MAX_MISSES = RateLimitItemPerMinute(60, namespace="guessing")
MAX_SENDERS = 20_000  # counted at once, in about 6 MB; beyond them, counting begins anew
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
        if len(self.storage.expirations) >= MAX_SENDERS:
            self.begin()
        self.limiter.hit(MAX_MISSES, sender)

    def seconds_left(self, sender: str) -> int:
        """Returns the seconds left to wait; 0 if none."""
        if self.limiter.test(MAX_MISSES, sender):
            return 0
        until = self.limiter.get_window_stats(MAX_MISSES, sender).reset_time
        return max(1, math.ceil(until - clock.now().timestamp()))


def init_app(app: Flask, settings: Settings) -> None:
    """After each request for an address that lies where signed ones do; what is good opens whoever else misses."""
    app.extensions["guessing"] = Guesses()

    @app.after_request
    def hold_back(answer: Response) -> Response:
        if answer.status_code not in MISSES or not access.is_signed(app, request.path):
            return answer
        guesses: Guesses = current_app.extensions["guessing"]
        sender = security_headers.sender(settings)
        seconds = guesses.seconds_left(sender)
        if seconds:
            return error_pages.too_many(seconds)
        guesses.add(sender)
        return answer
