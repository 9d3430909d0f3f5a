"""Mailers: they carry an email away, or fail in one of three ways."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol


class TemporaryFailure(Exception):
    """This email may go later: it is put off, and others may be tried."""


class Unreachable(TemporaryFailure):
    """No email can go at the moment: the mail server does not answer, or does not let us in."""


class PermanentFailure(Exception):
    """The email will never go as it is: its recipient is refused for good."""


class Mailer(Protocol):
    """Carries one email at a time. The sender of a batch closes it afterwards."""

    def check(self) -> None:
        """Connect and sign in without sending anything. Raises Unreachable with the reason."""

    def send(self, message: EmailMessage) -> None:
        """Hand the email over; raises TemporaryFailure, Unreachable or PermanentFailure."""

    def close(self) -> None:
        """Let go of what is open; the next email opens it again."""


class LocalMailer:
    """For the demo: every email counts as sent and stays on this machine, to be read on the mailbox page."""

    def check(self) -> None:
        """There is nothing to connect to."""

    def send(self, message: EmailMessage) -> None:
        """Nothing leaves."""

    def close(self) -> None:
        """Nothing is open."""
