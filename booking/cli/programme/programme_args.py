"""Arguments of every command about programme files: the organisation and the files, or their mistakes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from booking import clock, settings
from booking.domain import zones
from booking.domain.organisation import Organisation
from booking.programme import files, nodes, organisation_file
from booking.programme.files import Reading

FILES = click.argument("names", metavar="[FILE]...", nargs=-1)


def the_organisation() -> Organisation:
    found = settings.load()
    try:
        return organisation_file.load(found.data, found.organisation or None, found.join_url)
    except nodes.Unreadable as error:
        raise click.exceptions.Exit(print_problems(error.problems)) from None


def print_problems(problems: Sequence[nodes.Problem]) -> int:
    for problem in problems:
        click.echo(str(problem), err=True)
    return 1


def read(names: Sequence[str], organisation: Organisation) -> Reading:
    """The named files, those of the data folder without names, standard input for `-`; exits 1 on any mistake."""
    today = zones.today(clock.now(), organisation.zone)
    if list(names) == ["-"]:
        data = sys.stdin.buffer.read(nodes.MAX_BYTES + 1)
        reading = files.read_all([("-", data)], organisation, today)
    else:
        folder = settings.load().data / "programme"
        paths = [Path(name) for name in names] or files.in_folder(folder)
        if not paths:
            raise click.ClickException(f"no programme file: there is none in {folder}, and you named none")
        reading = files.read(paths, organisation, today)
    if reading.problems:
        raise click.exceptions.Exit(print_problems(reading.problems))
    return reading
