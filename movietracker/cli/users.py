"""``movietracker users``: the administrator's care for accounts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click
from marshmallow import ValidationError

from ..errors import UserNotFound
from ..schemas.requests import NewUserSchema
from ..services import accounts
from ..services.accounts import Account
from .plain import PlainGroup

users = PlainGroup("users", help="Create, list and change accounts.")


def _password_options(command: Callable[..., None]) -> Callable[..., None]:
    """Three ways to give a password: typed hidden and twice, piped, or as an argument (which others may see)."""
    piped = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
    given = click.option("--password", help="The password; other users of this machine may see it while this runs.")
    return piped(given(command))


@users.command("create")
@click.option("--email", required=True, help="E-mail address, for logging in.")
@click.option("--username", required=True, help="Name to show.")
@_password_options
def create(email: str, username: str, password: str | None, password_stdin: bool) -> None:
    """Create an account, with the four quick recommenders."""
    wanted = {"email": email, "username": username, "password": _read_password(password, password_stdin)}
    try:
        wanted = NewUserSchema().load(wanted)
    except ValidationError as error:
        field, messages = next(iter(error.messages_dict.items()))
        raise click.BadParameter(str(messages[0]), param_hint=f"--{field}") from None
    account = accounts.create_account(**wanted)
    click.echo(f"Created {account.email} with the id {account.id}.")


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_users(as_json: bool) -> None:
    """List all accounts, the oldest first."""
    listed = accounts.list_accounts()
    if as_json:
        click.echo(json.dumps([account.to_json() for account in listed], indent=2))
    elif not listed:
        click.echo("There are no accounts yet; make one with: movietracker users create", err=True)
    for account in [] if as_json else listed:
        created = datetime.fromtimestamp(account.created_at, UTC).strftime("%Y-%m-%d")
        state = "active" if account.is_active else "disabled"
        click.echo(f"{account.id}  {created}  {state:8}  {account.email}  {account.username}")


@users.command("disable")
@click.argument("user")
def disable(user: str) -> None:
    """Close an account to its USER (e-mail address, username or id); the data stay."""
    account = _find(user)
    accounts.set_active(account.id, False)
    click.echo(f"Disabled {account.email}; its access tokens are dead.")


@users.command("enable")
@click.argument("user")
def enable(user: str) -> None:
    """Open a disabled account to its USER (e-mail address, username or id) again."""
    account = _find(user)
    accounts.set_active(account.id, True)
    click.echo(f"Enabled {account.email}.")


@users.command("set-password")
@click.argument("user")
@_password_options
def set_password(user: str, password: str | None, password_stdin: bool) -> None:
    """Give USER (e-mail address, username or id) a new password."""
    account = _find(user)
    accounts.set_password(account.id, _read_password(password, password_stdin))
    click.echo(f"Set a new password for {account.email}; earlier access tokens are dead.")


@users.command("delete")
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(user: str, yes: bool) -> None:
    """Remove USER (e-mail address, username or id) with all data."""
    account = _find(user)
    if not yes:
        click.confirm(f"Delete {account.email} and the whole library for good?", abort=True)
    accounts.delete_account(account.id)
    click.echo(f"Deleted {account.email}.")


def _find(user: str) -> Account:
    try:
        return accounts.find_account(user)
    except UserNotFound:
        raise click.ClickException(f"There is no account with the e-mail, username or id {user}.") from None


def _read_password(password: str | None, from_stdin: bool) -> str:
    if password is not None and from_stdin:
        raise click.UsageError("Give --password or --password-stdin, not both.")
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if password is not None:
        return password
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for the password; give --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
