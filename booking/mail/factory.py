"""The mailer that an address names. A new way to send is one new module and one line in MAILERS."""

from __future__ import annotations

from collections.abc import Callable

from booking.mail import smtp
from booking.mail.mailer import Mailer

#: Scheme of the address (in lower case) -> what makes the mailer from the whole address.
MAILERS: dict[str, Callable[[str], Mailer]] = {
    **dict.fromkeys(smtp.PORTS, smtp.SMTPMailer),
}


def mailer_for(url: str) -> Mailer:
    """Make the mailer that sends by that address; it connects when the first email leaves.

    Raises ValueError with how to write an address, where this one is none that a mailer understands.
    """
    scheme = url.partition("://")[0].lower()
    return MAILERS.get(scheme, smtp.SMTPMailer)(url)
