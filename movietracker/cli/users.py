"""``movietracker users``: account administration."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click

from ..errors import Invalid
from ..schemas.fields import load
from ..schemas.requests import NewUserSchema, UserChangeSchema
from ..services import accounts, sessions
from .plain import PlainGroup, as_json_option, echo, echo_json, printable

users = PlainGroup("users", help="Create, list and change accounts.")


def _password_options(command: Callable[..., None]) -> Callable[..., None]:
    """Three ways to pass a password: a prompt, standard input, or an argument (which others may see)."""
    piped = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
    given = click.option(
        "--password", help="The password; other users of this machine can see it while the command runs."
    )
    return piped(given(command))


@users.command("create")
@click.option("--email", required=True, help="E-mail address, for logging in.")
@click.option("--username", required=True, help="Name to show.")
@_password_options
def create(email: str, username: str, password: str | None, password_stdin: bool) -> None:
    """Create an account, with the four quick recommenders."""
    wanted = {"email": email, "username": username, "password": _read_password(password, password_stdin)}
    try:
        wanted = load(NewUserSchema, wanted)
    except Invalid as problem:
        field, messages = next(iter((problem.errors or {}).items()))
        raise click.BadParameter(messages[0], param_hint=f"--{field}") from None
    account = accounts.create_account(**wanted)
    echo(f"Created {account.email} with the id {account.id}.")


@users.command("list")
@as_json_option
def list_users(as_json: bool) -> None:
    """List all accounts, the oldest first."""
    listed = accounts.list_accounts()
    if as_json:
        echo_json(listed)
    elif not listed:
        echo("There are no accounts yet; create one with: movietracker users create", err=True)
    for account in [] if as_json else listed:
        state = "active" if account.is_active else "disabled"
        echo(f"{account.id}  {_day(account.created_at)}  {state:8}  {account.email}  {account.username}")


@users.command("disable")
@click.argument("user")
def disable(user: str) -> None:
    """Disable the account of USER (email address, username or id); its data stays."""
    account = accounts.find_account(user)
    accounts.set_active(account.id, False)
    echo(f"Disabled {account.email}; its access tokens are dead.")


@users.command("enable")
@click.argument("user")
def enable(user: str) -> None:
    """Enable the account of USER (email address, username or id) again."""
    account = accounts.find_account(user)
    accounts.set_active(account.id, True)
    echo(f"Enabled {account.email}.")


@users.command("set-password")
@click.argument("user")
@_password_options
def set_password(user: str, password: str | None, password_stdin: bool) -> None:
    """Set a new password for USER (email address, username or id)."""
    account = accounts.find_account(user)
    accounts.set_password(account.id, _read_password(password, password_stdin))
    echo(f"Set a new password for {account.email}; earlier access tokens are dead.")


@users.command("set-email")
@click.argument("user")
@click.argument("email")
def set_email(user: str, email: str) -> None:
    """Set the email address of USER (email address, username or id); access tokens stay valid."""
    _rename(user, "email", email)


@users.command("set-username")
@click.argument("user")
@click.argument("username")
def set_username(user: str, username: str) -> None:
    """Set the username of USER (email address, username or id); access tokens stay valid."""
    _rename(user, "username", username)


@users.command("sessions")
@click.argument("user")
@as_json_option
def list_sessions(user: str, as_json: bool) -> None:
    """List where USER (email address, username or id) is logged in, the newest first; the last 100 logins."""
    listed = sessions.list_sessions(accounts.find_account(user).id)
    if as_json:
        echo_json(listed)
        return
    for session in listed:
        days = " ".join(map(_day, (session.created_at, session.last_used_at, session.expires_at)))
        echo(f"{session.id}  {days}  {session.client}")


@users.command("end-session")
@click.argument("user")
@click.argument("session")
def end_session(user: str, session: str) -> None:
    """End one SESSION (its id) of USER (email address, username or id), who has to log in there again."""
    account = accounts.find_account(user)
    sessions.end_session(account.id, session)
    echo(f"Ended the session of {account.email}; its access token is dead.")


@users.command("delete")
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(user: str, yes: bool) -> None:
    """Delete USER (email address, username or id) with all data."""
    account = accounts.find_account(user)
    if not yes:
        click.confirm(f"Delete {printable(account.email)} and the whole library for good?", abort=True)
    accounts.delete_account(account.id)
    echo(f"Deleted {account.email}.")


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _rename(user: str, field: str, name: str) -> None:
    account = accounts.find_account(user)
    accounts.change_account(account.id, load(UserChangeSchema, {field: name}))
    account = accounts.get_account(account.id)
    echo(f"The account {account.id} now has the e-mail {account.email} and the username {account.username}.")


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
