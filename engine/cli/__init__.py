"""The `homeward` command.

Each subcommand is a module of this package, imported only when it is called, so that `homeward feel` does not pay for
the database.
"""

from __future__ import annotations

import importlib
import sys

import click

from engine.errors import HomewardError

COMMANDS: dict[str, str] = {
    # command: the module of this package that defines a click command of the same name (dashes as underscores)
    "audit": "audit",
    "bench": "bench",
    "conform": "conform",
    "decide": "decide",
    "demo": "demo",
    "drift": "drift",
    "feel": "feel",
    "intake": "intake",
    "load": "load",
    "migrate": "migrate",
    "mutate": "mutate",
    "pack": "pack",
    "play": "play",
    "quality": "quality",
    "scenarios": "scenarios",
    "up": "up",
    "users": "users",
    "verify": "verify",
    "web": "web",
    "worker": "worker",
}


class LazyGroup(click.Group):
    """Finds a subcommand's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = getattr(importlib.import_module(f"engine.cli.{module}"), cmd_name.replace("-", "_"))
        if not isinstance(command, click.Command):
            raise TypeError(f"engine.cli.{module} defines no click command {cmd_name}")
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="homeward")
def homeward() -> None:
    """Run councils' written procedures for children who go missing from home or care."""


def main() -> None:
    """Run the command line; a HomewardError is shown as a message and ends with status 2."""
    try:
        homeward()
    except HomewardError as error:
        click.echo(f"homeward: {error}", err=True)
        sys.exit(2)
