"""A real SMTP server on this machine, and what arrived there."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class Mailbox:
    """What arrived, and how the server answers: `reply` to an email, `refusals` to a recipient, by address.

    `connections` counts greetings and `commands` lists what was asked, in order. The server hangs up after each email
    where `hangs_up` says so, and once as the next one begins where `hangs_up_on_mail` does, with the words `ends_with`.
    It takes `seconds` over each email before it has it, and `seconds_after` before it says so.
    """

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    reply: str = "250 OK"
    refusals: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    hangs_up: bool = False
    hangs_up_on_mail: bool = False
    ends_with: str = ""
    seconds: float = 0.0
    seconds_after: float = 0.0
    wants_password: bool = False
    commands: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        self.commands.append("EHLO")
        return responses

    async def handle_NOOP(self, _server: Any, _session: Any, _envelope: Any, _argument: str) -> str:
        self.commands.append("NOOP")
        return "250 OK"

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.commands.append("MAIL")
        if self.hangs_up_on_mail:
            self.hangs_up_on_mail = False
            if self.ends_with:
                server.loop.call_later(0.05, server.transport.close)
                return self.ends_with
            server.transport.close()
        if self.wants_password and not session.authenticated:
            return "530 5.7.0 sign in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        self.commands.append("RCPT")
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        self.commands.append("DATA")
        await asyncio.sleep(self.seconds)
        if self.reply.startswith("250"):
            parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.messages.append(parsed)  # type: ignore[arg-type]
        await asyncio.sleep(self.seconds_after)
        if self.hangs_up:
            server.loop.call_later(0.05, server.transport.close)
        return self.reply


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(password: str = "", *, international: bool = True) -> Iterator[Mailbox]:
    """A running server; with a password it wants the user `booking` and that one first."""
    mailbox = Mailbox(free_port(), wants_password=bool(password))

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (b"booking", password.encode()), handled=False)

    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=mailbox.port,
        enable_SMTPUTF8=international,
        authenticator=check,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
