"""The `booking` command: its groups and commands, and how an error reaches a person."""

from __future__ import annotations

import importlib
import sys

import click
from sqlalchemy.exc import ArgumentError, DatabaseError

from booking import version
from booking.domain.errors import Refusal
from booking.settings import SettingsError

#: command -> the module under booking.cli whose attribute of that name it is; loaded only when asked for
COMMANDS = {
    "init": "install.init",
    "serve": "server.serve",
    "worker": "server.worker",
    "backup": "install.backups",
    "restore": "install.backups",
    "doctor": "install.doctor",
    "settings": "install.show_settings",
    "db": "install.db",
    "programme": "programme.programme",
    "people": "accounts",
    "feeds": "feeds",
    "agenda": "agenda",
    "bounces": "bounces",
    "report": "report",
    "demo": "server.demo",
}


class Lazy(click.Group):
    """A group that imports a command's module when it is used, so that each starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = getattr(importlib.import_module(f"booking.cli.{COMMANDS[cmd_name]}"), cmd_name)
        if not isinstance(found, click.Command):
            raise TypeError(f"booking.cli.{COMMANDS[cmd_name]}.{cmd_name} is no command")
        return found


def _say_version(ctx: click.Context, _option: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        click.echo(f"booking {version.current()}")
        ctx.exit()


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_say_version, help="Print the version."
)
def booking() -> None:
    """Set up, run and look after the booking service."""


def main() -> None:
    """Run the command; what a person can mend is one line on standard error and exit status 1."""
    try:
        booking(prog_name="booking", standalone_mode=True)
    except PermissionError as error:
        sys.exit(f"booking: {error.filename}: {error.strerror}. Run this as a user who may read and write it")
    except (SettingsError, Refusal, OSError, ArgumentError) as error:
        sys.exit(f"booking: {error}")
    except DatabaseError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no answer"
        sys.exit(f"booking: the database reported an error: {reason}. Run `booking doctor` for more.")
