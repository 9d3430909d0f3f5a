"""The mailbox of bounces: what was taken goes, everything else stays and is read once."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest

from booking.mail import bounce_mailbox
from booking.mail.bounce_mailbox import UnusableMailbox
from tests.mail.reports import a_report

OTHER = b"From: somebody@example.net\r\nSubject: Hello\r\n\r\nHow are you?\r\n"


@pytest.fixture(params=["maildir", "mbox"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    found = tmp_path / request.param
    (mailbox.Maildir(found) if request.param == "maildir" else mailbox.mbox(found)).close()
    found.touch()
    return found


def deliver(path: Path, *messages: bytes) -> None:
    box: mailbox.Mailbox = mailbox.Maildir(path) if path.is_dir() else mailbox.mbox(path)  # type: ignore[type-arg]
    for message in messages:
        box.add(message)
    box.flush()
    box.close()


def count(path: Path) -> int:
    box: mailbox.Mailbox = mailbox.Maildir(path) if path.is_dir() else mailbox.mbox(path)  # type: ignore[type-arg]
    found = len(box)
    box.close()
    return found


def test_what_was_taken_is_deleted_and_the_rest_is_offered_once(path: Path) -> None:
    deliver(path, a_report(), OTHER, a_report())
    seen: list[bytes] = []

    def take(raw: bytes) -> bool:
        seen.append(raw)
        return b"delivery-status" in raw

    assert bounce_mailbox.read(path, take) == 2
    assert (len(seen), count(path)) == (3, 1)
    assert bounce_mailbox.read(path, take) == 0
    assert (len(seen), count(path)) == (3, 1)
    deliver(path, a_report())
    assert bounce_mailbox.read(path, take) == 1
    assert (len(seen), count(path)) == (4, 1)


def test_a_message_that_could_not_be_noted_is_read_again(path: Path) -> None:
    deliver(path, a_report())

    def fail(_raw: bytes) -> bool:
        raise ConnectionError("the database is gone")

    with pytest.raises(ConnectionError):
        bounce_mailbox.read(path, fail)
    assert bounce_mailbox.read(path, lambda _raw: True) == 1
    assert count(path) == 0


def test_many_messages_are_read_a_part_at_a_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounce_mailbox, "MOST", 2)
    deliver(path, *[a_report()] * 5)
    assert [bounce_mailbox.read(path, lambda _raw: True) for _ in range(4)] == [2, 2, 1, 0]


def test_what_is_no_mailbox_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnusableMailbox, match="no folder 'cur'"):
        bounce_mailbox.read(tmp_path, lambda _raw: True)
    with pytest.raises(UnusableMailbox, match="there is no mailbox at"):
        bounce_mailbox.read(tmp_path / "nothing", lambda _raw: True)
    monkeypatch.setattr(bounce_mailbox, "MAX_MBOX_BYTES", 10)
    (tmp_path / "mbox").write_bytes(b"From x" * 10)
    with pytest.raises(UnusableMailbox, match="larger than"):
        bounce_mailbox.read(tmp_path / "mbox", lambda _raw: True)
