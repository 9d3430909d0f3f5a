"""What sends emails and where they come from, as the settings say; for serve, worker and doctor."""

from __future__ import annotations

from booking.mail import headers
from booking.mail.factory import mailer_for
from booking.mail.mailer import LocalMailer, Mailer
from booking.settings import Settings, SettingsError


def mailer_of(found: Settings) -> Mailer:
    """Make what carries emails; the demo keeps them here. Raises SettingsError for a missing or wrong address."""
    if found.is_demo:
        return LocalMailer()
    if not found.smtp_url:
        raise SettingsError("BOOKING_SMTP_URL isn't set: emails wait until it is")
    try:
        return mailer_for(found.smtp_url)
    except ValueError as error:
        raise SettingsError(f"BOOKING_SMTP_URL: {error}") from None


def check(found: Settings) -> None:
    """SettingsError unless every mail setting can be used; connects to nothing. No mail server is well: emails wait."""
    check_sender(found)
    if found.smtp_url:
        mailer_of(found)


def check_sender(found: Settings) -> None:
    """SettingsError unless emails can come from, and be answered to, the addresses that are set."""
    for name, email in (("BOOKING_MAIL_FROM", found.mail_from), ("BOOKING_REPLY_TO", found.reply_address)):
        try:
            headers.addr_spec(email)
        except ValueError:
            raise SettingsError(f"{name}={email}: must be an email address such as booking@example.org") from None
        if not email.isascii():
            raise SettingsError(
                f"{name}={email}: write the domain as xn--…, because many mail servers accept nothing else"
            )
