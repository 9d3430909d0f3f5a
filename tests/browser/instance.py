"""A real instance: made by `booking init`, served with its worker behind a TLS proxy, as docs/operators.md says."""

from __future__ import annotations

import http.client
import os
import re
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.db import engines
from booking.store.db.tables import Base
from tests import databases
from tests.browser.tls_proxy import HOST, tls_proxy
from tests.databases import Database
from tests.mail import server
from tests.mail.server import Mailbox, free_port

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60  # a busy machine is slow, not wrong
COORDINATOR = "cora@example.org"
#: What the worker and open browsers write by themselves while the links of an email are walked.
NOT_FROM_LINKS = {"outgoing_email", "worker", "user_session", "feed_fetch"}


@dataclass
class Instance:
    """A running service at its public address, its database, and the mail that has arrived."""

    base_url: str
    database: Database
    mailbox: Mailbox
    secret_key: str
    _read: set[int] = field(default_factory=set)

    def email(self, to: str, path: str) -> str:
        """The link that begins with `path` in the next unread email to that address that has one."""
        return self.next_to(to, path)[1]

    def next_to(self, to: str, path: str) -> tuple[str, str]:
        """The words and the link of that email. A mail gateway opens every link of it first."""
        pattern = re.compile(re.escape(self.base_url + path) + r"[^\s<>\"]*")

        def look() -> tuple[EmailMessage, str] | None:
            for number, message in enumerate(list(self.mailbox.messages)):
                found = pattern.search(text_of(message))
                if number not in self._read and message["To"].addresses[0].addr_spec == to and found is not None:
                    self._read.add(number)
                    return message, found[0]
            return None

        message, link = wait_for(look, f"an email to {to} with a link under {path}")
        self.walk(message)
        return text_of(message), link

    def sign_in_link(self, asked: uuid.UUID) -> str:
        """The address that signs in with that request, as the command line prints it."""
        return f"{self.base_url}/sign-in/link/{tokens.sign(self.secret_key, 'sign-in', str(asked))}"

    def code(self, to: str) -> str:
        """The six digits of the next unread email with a sign-in link."""
        found = re.search(r"\b(\d{3}) ?(\d{3})\b", self.next_to(to, "/sign-in/link/")[0])
        assert found is not None
        return found[1] + found[2]

    def walk(self, message: EmailMessage) -> None:
        """Open every link of an email as a mail gateway does, by HEAD and by GET; nothing may happen."""
        links = set(re.findall(re.escape(self.base_url) + r"[^\s<>\"]*", text_of(message)))
        assert links, message["Subject"]
        before = self.everything()
        with gateway(self.base_url) as ask:
            for link in sorted(links - {self.base_url}):
                answered = [ask(link, method) for method in ("HEAD", "GET", "OPTIONS")]
                assert all(code in {200, 303} for code in answered), (link, answered)
        assert self.everything() == before, message["Subject"]

    def everything(self) -> dict[str, list[tuple[str, ...]]]:
        """Every row of every table that a link could change."""
        with self.database.sessions() as session:
            return {
                table.name: sorted(tuple(map(str, row)) for row in session.execute(select(table)))
                for table in Base.metadata.sorted_tables
                if table.name not in NOT_FROM_LINKS
            }


def text_of(message: EmailMessage) -> str:
    """The plain text, and the link that ends such emails from its header."""
    body = message.get_body(("plain",))
    assert body is not None
    return f"{body.get_content()}\n{message.get('List-Unsubscribe', '')}"


@contextmanager
def gateway(base_url: str) -> Iterator[Callable[[str, str], int]]:
    """What asks for an address by a method, and is told the status; it keeps no cookies and trusts any certificate."""
    parts = urlsplit(base_url)
    connection = http.client.HTTPSConnection(
        "127.0.0.1", parts.port, timeout=PATIENCE_SECONDS, context=ssl._create_unverified_context()
    )

    def ask(url: str, method: str) -> int:
        connection.request(method, url.removeprefix(base_url) or "/", headers={"Host": parts.netloc})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    try:
        yield ask
    finally:
        connection.close()


def wait_for(look: Callable[[], T | None], what: str) -> T:
    """What `look` finds, as soon as it does."""
    for _ in range(PATIENCE_SECONDS * 20):
        found = look()
        if found is not None:
            return found
        time.sleep(0.05)
    raise TimeoutError(what)


@contextmanager
def instance(name: str, folder: Path, fill: Callable[[Session], None]) -> Iterator[Instance]:
    """A new instance on a database of that kind, filled before it is served, and running until the end of the block."""
    with ExitStack() as stack:
        app_port = free_port()
        mailbox = stack.enter_context(server.serving())
        base_url = f"https://{HOST}:{stack.enter_context(tls_proxy(app_port))}"
        url = databases.new_url(name, f"{folder.name}-{os.getpid()}")
        flags = {
            "--base-url": base_url,
            "--organisation": "Social Media Knowledge",
            "--coordinator": COORDINATOR,
            "--coordinator-name": "Cora Ord",
            "--smtp-url": mailbox.url,
            "--mail-from": f"booking@{HOST}",
            "--database-url": url,
        }
        _booking(folder, "init", *(word for pair in flags.items() for word in pair))
        engine = engines.make(url)
        stack.callback(engine.dispose)
        made = Instance(base_url, Database(name, url, engine, engines.sessions(engine)), mailbox, _secret_key(folder))
        with made.database.sessions() as session:
            fill(session)
        stack.enter_context(_serving(folder, app_port))
        wait_for(lambda: True if _is_up(base_url) else None, f"an answer of {base_url}")
        yield made


def _secret_key(folder: Path) -> str:
    found = re.search(r"^BOOKING_SECRET_KEY=(\S+)$", (folder / "booking.env").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def _environment() -> dict[str, str]:
    """This machine's, without any setting of the service but the one that docs/operators.md adds behind a proxy."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BOOKING_")}
    return {**clean, "PYTHONPATH": str(ROOT), "BOOKING_TRUSTED_PROXIES": "1"}


def _booking(folder: Path, *arguments: str) -> None:
    """Run one command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "booking", *arguments], cwd=folder, env=_environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def _serving(folder: Path, port: int) -> Iterator[None]:
    """`booking serve --with-worker`, ended at the end of the block."""
    arguments = ["serve", "--port", str(port), "--workers", "1", "--with-worker"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "booking", *arguments], cwd=folder, env=_environment(), stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
    told = (folder / "log").read_text()
    assert "Traceback" not in told, told


def _is_up(base_url: str) -> bool:
    with gateway(base_url) as ask:
        return ask("/healthz", "GET") == 200
