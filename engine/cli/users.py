"""`homeward users`: the accounts of a council. Passwords are asked for or read from standard input, never
arguments."""

from __future__ import annotations

import sys

import click

from engine.cli.office import council_option, desk_for, json_option, print_json
from engine.services import accounts

role_option = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    help="A role the person holds; may be given several times.",
)
team_option = click.option(
    "--team",
    "teams",
    multiple=True,
    help="A team whose queue the person works from; left out: those of the roles.",
)


@click.group()
def users() -> None:
    """Look after the accounts of people who sign in.

    A new installation has none: begin with homeward users add NAME --role administrator.
    """


@users.command()
@click.argument("name")
@click.option("--display-name", help="The name that pages show; left out: the sign-in name.")
@click.option("--email", help="An e-mail address.")
@click.option(
    "--subject",
    help="The subject by which the council's identity provider knows the person: no password then.",
)
@click.option("--issuer", help="The identity provider's issuer address, with --subject.")
@role_option
@team_option
@council_option
def add(
    name: str,
    display_name: str | None,
    email: str | None,
    subject: str | None,
    issuer: str | None,
    roles: tuple[str, ...],
    teams: tuple[str, ...],
    council: str | None,
) -> None:
    """Add an account. Asks for its password; where standard input is no terminal, its first line is taken."""
    if (subject is None) != (issuer is None):
        raise click.UsageError("--subject and --issuer belong together")
    with desk_for(council) as desk:
        accounts.create(
            desk,
            name,
            display_name or name,
            roles=roles,
            teams=teams or None,
            email=email,
            password=None if subject else ask_password(),
            issuer=issuer,
            subject=subject,
        )
        desk.session.commit()
    click.echo(f"{name} can sign in now, as {', '.join(roles)}.")


@users.command(name="list")
@council_option
@json_option
def list_(council: str | None, as_json: bool) -> None:
    """List accounts with their roles."""
    with desk_for(council) as desk:
        found = accounts.listed(desk)
    if as_json:
        keys = (
            "name",
            "display_name",
            "email",
            "roles",
            "teams",
            "disabled_at",
            "locked_until",
            "last_sign_in",
        )
        print_json({"accounts": [{key: getattr(row, key) for key in keys} for row in found]})
        return
    if not found:
        click.echo("There are no accounts yet: homeward users add NAME --role administrator")
    for row in found:
        state = " (disabled)" if row.disabled_at else " (locked for a while)" if row.locked_until else ""
        click.echo(f"{row.name:24} {row.display_name}{state}: {', '.join(row.roles) or 'no role'}")


@users.command()
@click.argument("name")
@council_option
def disable(name: str, council: str | None) -> None:
    """Close an account, end its sessions at once, and give its work back to the team."""
    with desk_for(council) as desk:
        back = accounts.disable(desk, name)
        desk.session.commit()
    click.echo(f"{name} cannot sign in any more.")
    for one in back:
        click.echo(f"  {one.words}")


@users.command()
@click.argument("name")
@council_option
def enable(name: str, council: str | None) -> None:
    """Open a disabled or locked account again."""
    with desk_for(council) as desk:
        accounts.enable(desk, name)
        desk.session.commit()
    click.echo(f"{name} can sign in again.")


@users.command(name="set-email")
@click.argument("name")
@click.argument("address")
@council_option
def set_email(name: str, address: str, council: str | None) -> None:
    """Enter the e-mail address at which a person is told of their work; "" for none."""
    with desk_for(council) as desk:
        accounts.set_email(desk, name, address)
        desk.session.commit()
    click.echo(f"{name} is told at {address.strip()}." if address.strip() else f"{name} has no address now.")


@users.command(name="set-password")
@click.argument("name")
@council_option
def set_password(name: str, council: str | None) -> None:
    """Give an account a new password, open it after wrong tries, and end its sessions."""
    with desk_for(council) as desk:
        accounts.set_password(desk, name, ask_password())
        desk.session.commit()
    click.echo(f"The password of {name} is changed; its sessions have ended.")


@users.command()
@click.argument("name")
@role_option
@team_option
@council_option
def roles(name: str, roles: tuple[str, ...], teams: tuple[str, ...], council: str | None) -> None:
    """Replace the roles of an account, and its teams by those of the roles unless --team is given."""
    with desk_for(council) as desk:
        accounts.set_roles(desk, name, roles, teams or None)
        desk.session.commit()
    click.echo(f"{name} is now {', '.join(roles)}.")


def ask_password() -> str:
    """Ask for a new password twice, or take the first line of standard input where that is no terminal."""
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt="Once more")
        return asked
    return sys.stdin.readline().rstrip("\r\n")
