"""The only reader of the environment: every setting, its meaning and its default.

A setting is an environment variable with the prefix BOOKING_. BOOKING_SETTINGS names a file of
`NAME=value` lines that stand in for those the environment does not set; `booking init` writes one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from booking import resources

PREFIX = "BOOKING_"
DEFAULT_FILE = "booking.env"
MAX_DIGITS = 9
MAX_REQUEST_SECONDS = 3600
MIN_KEY_LENGTH = 32
NEW_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


class SettingsError(Exception):
    """A setting is missing or cannot be read; the message names it and says what to do."""


def _setting(meaning: str, default: Any = "", *, secret: bool = False) -> Any:
    return field(default=default, metadata={"meaning": meaning, "secret": secret})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process. `metadata` of each field holds its meaning and whether it is secret."""

    database_url: str = _setting(
        "the database: sqlite:///PATH or postgresql://…", "sqlite:///booking.sqlite", secret=True
    )
    secret_key: str = _setting("signs sessions and the links in emails; at least 32 characters", secret=True)
    feed_key: str = _setting("signs private calendar addresses; a new one ends every subscription", secret=True)
    base_url: str = _setting("the public address, https://… without a path", "http://127.0.0.1:8000")
    smtp_url: str = _setting(
        "the mail server, such as smtp://user:password@host:587; if empty, emails wait", secret=True
    )
    mail_from: str = _setting("the address that emails come from", "booking@localhost.invalid")
    reply_to: str = _setting("a mailbox that somebody reads; if empty, the address that emails come from")
    bounces: Path = _setting("the mailbox to which bounced emails return: a Maildir folder or an mbox file", Path())  # noqa: RUF009 (a field)
    bounce_token: str = _setting(
        "what the mail provider sends along when it posts bounces to /mail/bounces; at least 32 characters", secret=True
    )
    join_url: str = _setting("the page where people become members; shown to people who aren't")
    organisation: str = _setting("the organisation's name; if empty, the one in the data folder")
    data: Path = _setting("the folder with kinds, policy and programme/; if empty, the built-in one", Path())  # noqa: RUF009 (a field)
    trusted_proxies: int = _setting("how many proxies in front set X-Forwarded-For", 0)
    request_seconds: int = _setting("how many seconds a client may take to send one request", 20)
    is_demo: bool = _setting("1 while `booking demo` runs: people sign in with a click, and no email is sent", False)

    @property
    def reply_address(self) -> str:
        return self.reply_to or self.mail_from

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """The public host name, without port."""
        return urlsplit(self.base_url).hostname or "localhost"


@dataclass(frozen=True, slots=True)
class ListedSetting:
    """One setting as `booking settings` lists it; `value` is masked where it is secret."""

    name: str
    meaning: str
    default: str
    value: str


def read_file(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a settings file; SettingsError names file and line."""
    found: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except PermissionError:
        raise SettingsError(f"can't read {path}: run this as a user who may, such as the one of the service") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"can't read {path}: {error}") from error
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().startswith(PREFIX):
            raise SettingsError(f"{path}:{number}: each line must be {PREFIX}NAME=value")
        found[name.strip()] = value.strip().strip('"')
    return found


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of the environment, over those of the settings file; raises SettingsError."""
    given = dict(os.environ if environ is None else environ)
    named = given.get(f"{PREFIX}SETTINGS", "")
    file = Path(named or DEFAULT_FILE)
    if named and not file.is_file():
        raise SettingsError(f"BOOKING_SETTINGS names {file}, which doesn't exist")
    if named or (environ is None and file.is_file()):
        given = {**read_file(file), **given}
    values: dict[str, Any] = {}
    known = {f"{PREFIX}{f.name.upper()}": f for f in fields(Settings)}
    for name, value in given.items():
        if name in known:
            values[known[name].name] = _read(name, value, known[name].default)
        elif name.startswith(PREFIX) and name != f"{PREFIX}SETTINGS":
            raise SettingsError(f"{name} isn't a setting; `booking settings` lists them all")
    settings = Settings(**values)
    _check(settings)
    return settings


def _read(name: str, value: str, default: Any) -> Any:
    if isinstance(default, bool):
        if value.lower() not in {"", "0", "1", "true", "false", "yes", "no"}:
            raise SettingsError(f"{name}={value}: must be 1 or 0")
        return value.lower() in {"1", "true", "yes"}
    if isinstance(default, int):
        if not value.isdecimal() or len(value) > MAX_DIGITS:
            raise SettingsError(f"{name}={value}: must be a whole number, 0 or more")
        return int(value)
    if isinstance(default, Path):
        return Path(value) if value else Path()
    return value


def _check(settings: Settings) -> None:
    if not _has_good_port(settings.base_url):
        raise SettingsError(f"BOOKING_BASE_URL={settings.base_url}: its host or port isn't valid")
    parts = urlsplit(settings.base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise SettingsError(
            f"BOOKING_BASE_URL={settings.base_url}: must be an address such as https://booking.example.org"
        )
    if not 1 <= settings.request_seconds <= MAX_REQUEST_SECONDS:
        raise SettingsError(
            f"BOOKING_REQUEST_SECONDS={settings.request_seconds}: must be from 1 to {MAX_REQUEST_SECONDS} seconds"
        )
    object.__setattr__(settings, "base_url", settings.base_url.rstrip("/"))
    if settings.data == Path():
        object.__setattr__(settings, "data", resources.folder("data"))
    elif not settings.data.is_dir():
        raise SettingsError(f"BOOKING_DATA={settings.data}: there is no such folder")
    if settings.bounces != Path() and not settings.bounces.exists():
        raise SettingsError(f"BOOKING_BOUNCES={settings.bounces}: there is no such Maildir folder or mbox file")
    if settings.bounces != Path() and settings.bounces.is_dir() and not (settings.bounces / "cur").is_dir():
        raise SettingsError(f"BOOKING_BOUNCES={settings.bounces} is no Maildir folder: it has no folder 'cur'")
    if settings.bounce_token and len(settings.bounce_token) < MIN_KEY_LENGTH:
        raise SettingsError(
            f"BOOKING_BOUNCE_TOKEN is shorter than {MIN_KEY_LENGTH} characters: set it to what `{NEW_KEY}` prints"
        )
    if settings.database_url.partition(":")[0].partition("+")[0] not in {"sqlite", "postgresql"} or not _has_good_port(
        settings.database_url
    ):
        raise SettingsError("BOOKING_DATABASE_URL: must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")


def _has_good_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def require_keys(settings: Settings) -> None:
    """Raise SettingsError unless both keys are there and long enough to sign with.

    It says how to make the one that is missing and keep the other: `booking init` makes both, in a new installation.
    """
    if not settings.secret_key and not settings.feed_key:
        raise SettingsError(
            "BOOKING_SECRET_KEY is missing, and so is BOOKING_FEED_KEY: run `booking init` for a new installation. "
            f"For one that exists, name its settings file in BOOKING_SETTINGS, or set each to what `{NEW_KEY}` prints"
        )
    if len(settings.secret_key) < MIN_KEY_LENGTH:
        raise SettingsError(
            f"BOOKING_SECRET_KEY is missing or shorter than {MIN_KEY_LENGTH} characters: set it to what `{NEW_KEY}` "
            "prints, and keep BOOKING_FEED_KEY as it is"
        )
    if len(settings.feed_key) < MIN_KEY_LENGTH:
        raise SettingsError(
            f"BOOKING_FEED_KEY is missing or shorter than {MIN_KEY_LENGTH} characters: set it to the key from before, "
            f"because a new one ends every calendar subscription. `{NEW_KEY}` prints a new one"
        )


def listed(settings: Settings) -> list[ListedSetting]:
    """Every setting with meaning, default and present value, secrets masked."""
    rows = []
    for f in fields(Settings):
        value = str(getattr(settings, f.name))
        shown = ("(set)" if value else "(not set)") if f.metadata["secret"] else value
        rows.append(ListedSetting(f"{PREFIX}{f.name.upper()}", f.metadata["meaning"], str(f.default), shown))
    return rows


def file_text(values: Mapping[str, str]) -> str:
    """A settings file for `values` (names without prefix, in lower case), each under its meaning."""
    lines = ["# Settings of the booking service. Keep this file secret; `booking settings` explains each."]
    for f in fields(Settings):
        if f.name in values:
            lines += ["", f"# {f.metadata['meaning']}", f"{PREFIX}{f.name.upper()}={values[f.name]}"]
    return "\n".join(lines) + "\n"


def write_file(path: Path, values: Mapping[str, str]) -> None:
    """Write a settings file that only its owner may read; FileExistsError if there is one."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(file_text(values))


def given(name: str) -> str:
    """Returns a setting (in lower case, without prefix) as the environment has it; empty if it is not there."""
    return os.environ.get(f"{PREFIX}{name.upper()}", "")


def private_files() -> None:
    """Let files that this process makes from now on be readable by its user alone."""
    os.umask(0o077)


def export(values: Mapping[str, str]) -> None:
    """Put settings into the environment, for this process and those it starts."""
    os.environ.update(values)
