"""The mailbox to which other mail servers send their delivery reports: a Maildir folder or an mbox file."""

from __future__ import annotations

import mailbox
from collections.abc import Callable
from pathlib import Path

from booking.mail.delivery_reports import MAX_BYTES

MOST = 200  # messages that are read at a time: whoever reads comes again
MAX_MBOX_BYTES = 50 << 20  # an mbox file is read whole each time
SEEN, READ = "S", "R"  # the flag of a message that was read: of a Maildir, of an mbox
_FLAGS = ":2,"

#: Takes a message; whether it was a report about an email of ours, which is then deleted from the mailbox.
Taker = Callable[[bytes], bool]


class UnusableMailbox(Exception):
    """The mailbox cannot be read; its text says why, and what to do."""


def problem(path: Path) -> str:
    """Why that path is no mailbox; empty where it is one."""
    if path.is_dir():
        missing = [name for name in ("cur", "new", "tmp") if not (path / name).is_dir()]
        return f"{path} is no Maildir folder: it has no folder {missing[0]!r}" if missing else ""
    return "" if path.is_file() else f"there is no mailbox at {path}"


def read(path: Path, take: Taker) -> int:
    """Give each unread message to `take`, up to MOST; how many it took.

    What it took is deleted. Everything else stays and is marked as read, so that a person finds it and nobody reads it
    here again. Raises UnusableMailbox, OSError.
    """
    if why := problem(path):
        raise UnusableMailbox(why)
    return _read_maildir(path, take) if path.is_dir() else _read_mbox(path, take)


def _read_maildir(path: Path, take: Taker) -> int:
    found = mailbox.Maildir(path, create=False)
    files = sorted(file for folder in ("new", "cur") for file in (path / folder).iterdir() if file.is_file())
    unread = [file for file in files if SEEN not in file.name.partition(_FLAGS)[2] and not file.name.startswith(".")]
    taken = 0
    for file in unread[:MOST]:
        key = file.name.partition(":")[0]
        try:
            if file.stat().st_size <= MAX_BYTES and take(file.read_bytes()):
                found.discard(key)
                taken += 1
                continue
            message = found[key]
            message.add_flag(SEEN)
            message.set_subdir("cur")
            found[key] = message
        except (KeyError, FileNotFoundError):
            continue  # somebody else has just moved or deleted it
    return taken


def _read_mbox(path: Path, take: Taker) -> int:
    if path.stat().st_size > MAX_MBOX_BYTES:
        raise UnusableMailbox(
            f"{path} is larger than {MAX_MBOX_BYTES >> 20} MB: empty it, or let bounces go to a Maildir"
        )
    if not path.stat().st_size:
        return 0
    found = mailbox.mbox(path, create=False)
    try:
        found.lock()
    except mailbox.ExternalClashError as error:
        raise UnusableMailbox(f"{path} is locked by another program") from error
    taken = looked = 0
    try:
        for key, message in list(found.iteritems()):
            if looked == MOST or READ in message.get_flags():
                continue
            looked += 1
            if take(found.get_bytes(key)):
                found.discard(key)
                taken += 1
            else:
                message.add_flag(READ)
                found[key] = message
    finally:
        found.flush()
        found.unlock()
        found.close()
    return taken
