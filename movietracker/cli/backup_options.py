"""Options and arguments that the commands of ``movietracker backup`` share."""

from __future__ import annotations

import click

from ..backup.vault.guard import GuardedDestination
from ..errors import UserNotFound
from ..services import accounts
from ..services.accounts import Account
from ..state import state

user_option = click.option("--user", metavar="USER", help="Only this user (e-mail address, username or id).")
destination_option = click.option(
    "--destination", metavar="NAME", help="Only this destination; see: movietracker plugins list"
)
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def find_user(user: str) -> Account:
    """The account that is meant; raises BadParameter."""
    try:
        return accounts.find_account(user)
    except UserNotFound:
        raise click.BadParameter(f"there is no account with the e-mail, username or id {user}.") from None


def check_destination(name: str | None) -> None:
    """Raise BadParameter for a name that no destination bears."""
    known = [destination.name for destination in state().vault.chosen]
    if name is not None and name not in known:
        raise click.BadParameter(f"there is no backup destination named {name}, only {', '.join(known) or 'none'}.")


def destinations_of(name: str | None) -> list[GuardedDestination]:
    """The destination with this name, or all; raises BadParameter, and DestinationNotConfigured."""
    check_destination(name)
    return state().vault.destinations(name)
