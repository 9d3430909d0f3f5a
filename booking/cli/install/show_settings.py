"""`booking settings`: every setting, its meaning, its default, its current value."""

from __future__ import annotations

import click

from booking import settings as settings_module


@click.command()
def settings() -> None:
    """List every setting with its meaning, default and current value. Secrets are hidden."""
    for shown in settings_module.listed(settings_module.load()):
        click.echo(f"{shown.name}={shown.value}")
        click.echo(f"    {shown.meaning}" + (f" (default: {shown.default})" if shown.default not in {"", "."} else ""))
