"""SMTP by address: smtp://, smtp+starttls:// and smtps://, with user and password where the server wants them."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from booking.mail.mailer import PermanentFailure, TemporaryFailure

SECONDS = 20
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class SMTPMailer:
    """One connection, opened when first needed, kept for the letters that follow, opened anew when it broke."""

    def __init__(self, url: str) -> None:
        """ValueError where the address is none of the three."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(
                "write smtp://HOST:PORT, smtp+starttls://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST"
            )
        self.scheme, self.host = parts.scheme, parts.hostname
        self.port = parts.port or PORTS[parts.scheme]
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.connection: smtplib.SMTP | None = None

    def open(self) -> smtplib.SMTP:
        """The connection, greeted and signed in; raises TemporaryFailure."""
        if self.connection is not None:
            return self.connection
        opened: smtplib.SMTP | None = None
        try:
            if self.scheme == "smtps":
                opened = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=ssl.create_default_context())
            else:
                opened = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
            if self.scheme == "smtp+starttls":
                opened.starttls(context=ssl.create_default_context())
            if self.user:
                opened.login(self.user, self.password)
        except (OSError, smtplib.SMTPException) as error:
            if opened is not None:
                opened.close()
            raise TemporaryFailure(f"{self.host}:{self.port}: {_words(error)}") from error
        self.connection = opened
        return opened

    def send(self, message: EmailMessage) -> None:
        """One letter; a refused recipient (5xx) is permanent, everything else may pass."""
        connection = self.open()
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            replies = list(error.recipients.values())
            if replies and all(code >= 500 for code, _ in replies):
                self._reset()
                raise PermanentFailure(_words(error)) from error
            self.close()
            raise TemporaryFailure(_words(error)) from error
        except smtplib.SMTPDataError as error:
            self.close()
            raise (PermanentFailure if error.smtp_code >= 500 else TemporaryFailure)(_words(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise TemporaryFailure(_words(error)) from error

    def _reset(self) -> None:
        if self.connection is not None:
            try:
                self.connection.rset()
            except (OSError, smtplib.SMTPException):
                self.close()

    def close(self) -> None:
        """End the connection, politely if it still answers."""
        connection, self.connection = self.connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (OSError, smtplib.SMTPException):
            connection.close()


def _words(error: Exception) -> str:
    """The error without anybody's address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [f"{code} {text.decode(errors='replace')}" for code, text in error.recipients.values()]
        return f"refused: {'; '.join(codes)}"[:300]
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {text}"[:300]
    return f"{type(error).__name__}: {error}"[:300]
