"""``movietracker backup``: making backups, looking at them, removing old ones; restoring is in backup_files.py.

Exit codes: 0 all is well, 1 something failed, 2 wrong usage. ``--json`` prints JSON on standard output.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import click

from ..backup.vault.fetching import list_backups
from ..backup.vault.retention import prune_all
from ..backup.vault.run import RunReport, run_now
from ..backup.vault.targets import Target, count_users_with_backups, users_with_backups
from ..backup.vault.verification import verify as verify_user
from ..errors import DestinationProblem
from ..state import state
from .backup_files import export, import_, restore
from .backup_options import (
    as_json_option,
    check_destination,
    destination_option,
    destinations_of,
    find_user,
    user_option,
)
from .plain import PlainGroup
from .progress import progress

SECONDS_BETWEEN_ATTEMPTS = 0.5

backup = PlainGroup("backup", help="Make, list, check, restore and remove backups.")
for _command in (restore, export, import_):
    backup.add_command(_command)


@backup.command("run")
@user_option
@destination_option
@as_json_option
def run(user: str | None, destination: str | None, as_json: bool) -> None:
    """Back up every user who has it switched on, or one USER, now.

    Each file is read back and restored into a database in memory before it counts. The exit code is 1 when anything
    failed.
    """
    check_destination(destination)
    vault = state().vault
    user_id = None if user is None else find_user(user).id
    with progress("Backing up", "users") as show:
        report = _when_free(
            lambda: run_now(
                vault,
                user_id=user_id,
                destination=destination,
                progress=lambda report, total: show(report.users, total),
            )
        )
    if as_json:
        click.echo(json.dumps(report.to_json(), indent=2))
    else:
        _tell(_failure(each.user, each.destination, each.error) for each in report.failures)
        click.echo(f"Backed up {_count(report.users, 'user')}, {report.failed_users} with failures.")
    sys.exit(0 if report.status == "ok" else 1)


@backup.command("list")
@user_option
@destination_option
@as_json_option
def list_all(user: str | None, destination: str | None, as_json: bool) -> None:
    """List the backups of all users, or of one USER, as the destinations have them."""
    vault = state().vault
    destinations = destinations_of(destination)
    problems: list[DestinationProblem] = []
    rows: list[dict[str, Any]] = []
    for target in _targets(user):
        for found in list_backups(destinations, target.user_id, problems.append):
            if as_json:
                rows.append({"user": str(target), **found.to_json()})
            else:
                written = vault.schedule.local(found.created_at)
                mark = "verified" if found.verified else "not verified"
                click.echo(_line(written, target, found.destination, found.filename, found.size_bytes, mark))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    _tell({problem.detail for problem in problems})
    sys.exit(1 if problems else 0)


@backup.command("verify")
@click.option("--all", "everything", is_flag=True, help="All backups, not only each user's newest.")
@user_option
@destination_option
@as_json_option
def verify(everything: bool, user: str | None, destination: str | None, as_json: bool) -> None:
    """Check that backups are as they were written, and restore them into a database in memory."""
    vault = state().vault
    destinations = destinations_of(destination)
    checked = []
    with progress("Checking", "users") as show:
        total = count_users_with_backups() if user is None else 1
        for number, target in enumerate(_targets(user), 1):
            for found in verify_user(vault, destinations, target, everything=everything):
                checked.append(found)
                if found.error and not as_json:
                    click.echo(f"{found.user}  {found.destination}  {found.filename or '-'}: {found.error}")
            show(number, total)
    bad = sum(found.error is not None for found in checked)
    if as_json:
        click.echo(json.dumps([found.to_json() for found in checked], indent=2))
    else:
        click.echo(f"Checked {_count(len(checked), 'backup')}; {bad} not good.")
    sys.exit(1 if bad else 0)


@backup.command("prune")
@destination_option
@as_json_option
def prune(destination: str | None, as_json: bool) -> None:
    """Remove backups that are older than BACKUP_RETENTION_DAYS.

    Never the last good one of a user at a destination, unless the account was deleted, and never a file that
    movietracker did not write.
    """
    vault = state().vault
    pruned = []
    with progress("Removing", "users") as show:
        for number, found in enumerate(prune_all(vault, destinations_of(destination)), 1):
            pruned.append(found)
            show(number, None)
    if as_json:
        click.echo(json.dumps([found.to_json() for found in pruned], indent=2))
    else:
        _tell(_failure(found.user, found.destination, found.error) for found in pruned if found.error)
        click.echo(f"Removed {_count(sum(len(found.removed) for found in pruned), 'old backup')}.")
    sys.exit(1 if any(found.error for found in pruned) else 0)


def _targets(user: str | None) -> Iterator[Target]:
    if user is None:
        yield from users_with_backups()
    else:
        account = find_user(user)
        yield Target(account.id, account.email)


def _when_free(work: Callable[[], RunReport | None]) -> RunReport:
    """Work as soon as no other process backs up."""
    has_said_so = False
    while (report := work()) is None:
        if not has_said_so:
            click.echo("Another process is backing up; waiting for it to finish (stop with Ctrl-C).", err=True)
            has_said_so = True
        time.sleep(SECONDS_BETWEEN_ATTEMPTS)
    return report


def _line(written: datetime, target: Target, destination: str, name: str, size: int, mark: str) -> str:
    return f"{written:%Y-%m-%d %H:%M}  {target}  {destination}  {name}  {size:,} bytes  {mark}"


def _failure(user: str, destination: str, error: str) -> str:
    """A line for a person; most errors name the destination themselves."""
    return f"{user}  {destination}: {error.removeprefix(f'{destination}: ')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _tell(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        click.echo(sentence, err=True)
