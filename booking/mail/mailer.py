"""What carries a letter away, and the two ways in which it can fail."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol


class TemporaryFailure(Exception):
    """The letter may go later: no connection, a busy server."""


class PermanentFailure(Exception):
    """The letter will never go as it is: the recipient is refused for good."""


class Mailer(Protocol):
    """Carries one letter at a time; raises TemporaryFailure or PermanentFailure."""

    def send(self, message: EmailMessage) -> None: ...

    def close(self) -> None: ...


class LocalMailer:
    """For the demo: every letter counts as sent and stays on this machine, to be read on the mailbox page."""

    def send(self, message: EmailMessage) -> None:
        """Nothing leaves."""

    def close(self) -> None:
        """Nothing is open."""
