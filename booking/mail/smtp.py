"""SMTP by address: smtp://, smtp+starttls:// and smtps://, with user and password where the server wants them."""

from __future__ import annotations

import re
import smtplib
import ssl
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from booking.mail.mailer import PermanentFailure, TemporaryFailure, Unreachable
from booking.mail.masked import masked

SECONDS = 20  # for each answer of the server
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
#: Replies that are about us, not about the recipient or the email: out of order, sign in first, wrong password.
ABOUT_US = frozenset({503, 530, 534, 535, 538})
POLICY = re.compile(rb"\s*5\.7\.\d")  # RFC 3463: security or policy, such as relaying


class SMTPMailer:
    """One connection, opened when first needed, kept for the emails that follow, opened anew when it broke."""

    def __init__(self, url: str) -> None:
        """ValueError where the address is none of the three, or holds what SMTP cannot carry."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(
                "write smtp://HOST:PORT, smtp+starttls://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST"
            )
        self.scheme, self.host = parts.scheme, parts.hostname
        try:
            self.port = parts.port or PORTS[parts.scheme]
        except ValueError:
            raise ValueError("its port must be a number from 1 to 65535, as in smtp://HOST:587") from None
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        if not (self.user + self.password).isascii():
            raise ValueError("user and password may hold ASCII characters only: mail servers take no others")
        try:
            self.host.encode("idna")
        except UnicodeError:
            raise ValueError(f"{self.host} is no host name") from None
        self.connection: smtplib.SMTP | None = None

    def open(self) -> smtplib.SMTP:
        """The connection, greeted and signed in. Raises Unreachable."""
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
            opened.ehlo_or_helo_if_needed()
            if self.user:
                opened.login(self.user, self.password)
        except (OSError, smtplib.SMTPException) as error:
            if opened is not None:
                opened.close()
            raise Unreachable(f"{self.host}:{self.port}: {_words(error)}") from error
        self.connection = opened
        return opened

    def check(self) -> None:
        """Connect, greet and sign in, and send nothing. Raises Unreachable with the reason."""
        try:
            self.open()
        finally:
            self.close()

    def send(self, message: EmailMessage) -> None:
        """Send one email. An email or recipient that is refused with 5xx is permanent, unless that is about us.

        A connection that was used before and turns out to have been closed is opened anew at once: servers close them
        when they like. Raises PermanentFailure, TemporaryFailure, and Unreachable where no connection can be had.
        """
        try:
            self._hand_over(message)
        except smtplib.SMTPRecipientsRefused as error:
            if all(_is_for_good(*reply) for reply in error.recipients.values()):
                raise PermanentFailure(_words(error)) from error
            raise TemporaryFailure(_words(error)) from error
        except smtplib.SMTPDataError as error:
            self.close()
            if _is_for_good(error.smtp_code, _bytes(error.smtp_error)):
                raise PermanentFailure(_words(error)) from error
            raise TemporaryFailure(_words(error)) from error
        except smtplib.SMTPNotSupportedError as error:
            words = f"{self.host} takes no such address: {_words(error)}"
            raise (TemporaryFailure if str(message["To"]).isascii() else PermanentFailure)(words) from error
        except (UnicodeError, MessageError) as error:
            raise TemporaryFailure(f"a header cannot be written: {_words(error)}") from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise TemporaryFailure(_words(error)) from error

    def _hand_over(self, message: EmailMessage) -> None:
        if self.connection is not None:
            try:
                _give(self.connection, message)
            except (OSError, smtplib.SMTPException) as error:
                if not _was_closed(error):
                    raise
                self.close()
            else:
                return
        _give(self.open(), message)

    def close(self) -> None:
        """End the connection, politely if it still answers."""
        connection, self.connection = self.connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (OSError, smtplib.SMTPException):
            connection.close()


def _give(connection: smtplib.SMTP, message: EmailMessage) -> None:
    """As smtplib's send_message, which is slower, where the addresses are plain and there is one of each."""
    sender, reader = (parseaddr("".join(str(message[name]).splitlines()))[1] for name in ("From", "To"))
    if sender.isascii() and reader.isascii():
        connection.sendmail(sender, [reader], message.as_bytes())
    else:
        connection.send_message(message)


def _was_closed(error: Exception) -> bool:
    """Whether the server had ended the connection; a server that only keeps us waiting has not."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return not isinstance(error.__context__, TimeoutError)
    return isinstance(error, ConnectionError) or getattr(error, "smtp_code", None) == 421


def _is_for_good(code: int, text: bytes) -> bool:
    return code >= 500 and code not in ABOUT_US and not POLICY.match(text)


def _bytes(reply: bytes | str) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode()


def _words(error: Exception) -> str:
    """The error in one line, without anybody's address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        replies = [f"{code} {text.decode(errors='replace')}" for code, text in error.recipients.values()]
        return masked(f"refused: {'; '.join(replies)}")
    if isinstance(error, smtplib.SMTPResponseException):
        return masked(f"{error.smtp_code} {_bytes(error.smtp_error).decode(errors='replace')}")
    return masked(f"{type(error).__name__}: {error}")
