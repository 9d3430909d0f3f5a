"""The links that bring a feed into somebody's calendar, one for each client."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class SubscriptionLinks:
    """`apple` also opens Outlook on a desktop and Thunderbird; `plain` is the address to copy."""

    plain: str
    apple: str
    google: str
    outlook_work: str
    outlook_private: str


def links(address: str) -> SubscriptionLinks:
    """The links for the http(s) address of a feed."""
    webcal = f"webcal://{address.partition('://')[2]}"
    outlook = f"calendar/0/addfromweb?url={quote(address, safe='')}"
    return SubscriptionLinks(
        plain=address,
        apple=webcal,
        google=f"https://calendar.google.com/calendar/r?cid={quote(webcal, safe='')}",
        outlook_work=f"https://outlook.office.com/{outlook}",
        outlook_private=f"https://outlook.live.com/{outlook}",
    )
