"""`booking bounces` and the worker read the mailbox that the settings name."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import settings
from booking.clock import now
from booking.settings import SettingsError
from booking.store.outbox.emails import OutgoingEmail
from tests.builders import a_booking, a_clinic, a_person
from tests.cli.command import booking
from tests.databases import Database
from tests.mail.reports import a_report

KEYS = {"BOOKING_SECRET_KEY": "s" * 40, "BOOKING_FEED_KEY": "f" * 40}


@pytest.mark.parametrize("command", [["bounces"], ["worker", "--once"]])
@pytest.mark.one_database
def test_the_mailbox_of_the_settings_is_read(
    database: Database, session: Session, tmp_path: Path, command: list[str]
) -> None:
    made = a_booking(session, a_clinic(session), a_person(session, "Mia Moss"))
    email = session.scalars(select(OutgoingEmail).where(OutgoingEmail.booking_id == made.id)).one()
    email.sent_at = now()
    session.commit()
    box = mailbox.Maildir(tmp_path / "bounces")
    box.add(a_report(email.public_id))
    box.add(b"Subject: Hello\r\n\r\nHow are you?")
    environment = {
        **KEYS,
        "BOOKING_DATABASE_URL": database.url,
        "BOOKING_BOUNCES": str(tmp_path / "bounces"),
        "BOOKING_SMTP_URL": "smtp://127.0.0.1:9",
    }
    done = booking(tmp_path, *command, **environment)
    assert done.returncode == 0, done.stderr
    session.expire_all()
    assert email.bounced_at is not None
    assert len(list(mailbox.Maildir(tmp_path / "bounces"))) == 1
    if command == ["bounces"]:
        assert "1 bounce of our emails read" in done.stdout
        assert "0 bounces of our emails read" in booking(tmp_path, *command, **environment).stdout


@pytest.mark.one_database
def test_without_a_mailbox_it_says_what_to_set(database: Database, tmp_path: Path) -> None:
    environment = {**KEYS, "BOOKING_DATABASE_URL": database.url}
    done = booking(tmp_path, "bounces", **environment)
    assert (done.returncode, "BOOKING_BOUNCES isn't set" in done.stderr) == (1, True)
    done = booking(tmp_path, "bounces", "--mailbox", str(tmp_path), **environment)
    assert (done.returncode, "is no Maildir folder" in done.stderr) == (1, True)


def test_settings_that_would_never_work_are_refused_at_once(tmp_path: Path) -> None:
    for name, value, words in (
        ("BOOKING_BOUNCES", str(tmp_path / "nothing"), "there is no such Maildir folder or mbox file"),
        ("BOOKING_BOUNCES", str(tmp_path), "is no Maildir folder"),
        ("BOOKING_BOUNCE_TOKEN", "short", "shorter than 32 characters"),
    ):
        with pytest.raises(SettingsError, match=words):
            settings.load({**KEYS, name: value})
