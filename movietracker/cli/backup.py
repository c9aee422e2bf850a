"""``movietracker backup``: making, listing, verifying, restoring and removing backups; documents as files.

Exit codes: 0 all is well, 1 something failed, 2 wrong usage. ``--json`` prints JSON on standard output.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import click

from ..backup.catalog import GuardedDestination
from ..backup.catalog.journal import Target, users_with_backups
from ..backup.catalog.restore import list_backups, write_safety_backup
from ..backup.catalog.restore import restore as restore_backup
from ..backup.catalog.retention import prune_all
from ..backup.catalog.run import run_now
from ..backup.catalog.spool import CHUNK_BYTES, Spool
from ..backup.catalog.verification import verify as verify_user
from ..backup.document.export import export_document
from ..backup.document.importing import Mode, import_document
from ..backup.document.merging import ImportReport
from ..backup.document.parsing import SECTIONS
from ..errors import DestinationProblem, InvalidDocument
from ..files import whole_file
from ..services.accounts import Account, find_account, set_backup_enabled
from ..services.transactions import library_read
from ..state import state
from .plain import PlainGroup, as_json_option, echo, echo_json, printable, user_option
from .progress import progress, when_free

backup = PlainGroup("backup", help="Create, list, verify, restore and remove backups.")

destination_option = click.option(
    "--destination", metavar="NAME", help="Only this destination; see: movietracker plugins list"
)

mode_option = click.option(
    "--replace",
    "mode",
    flag_value="replace",
    help="Replace the account by the file's content, after a safety backup.",
    default="merge",
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Change nothing; report what would change.")


@backup.command("run")
@user_option
@destination_option
@as_json_option
def run(user: str | None, destination: str | None, as_json: bool) -> None:
    """Back up every user who has enabled backups, or one USER, now.

    Each file counts only after it was read back and restored into a database in memory. The exit code is 1 if anything
    failed, or if no user has enabled backups.
    """
    _check_destination(destination)
    user_id = None if user is None else find_account(user).id
    with progress("Backing up", "users") as show:
        report = when_free(
            lambda: run_now(
                state().backups,
                user_id=user_id,
                destination=destination,
                progress=lambda report, total: show(report.users, total),
            ),
            "backing up",
        )
    if as_json:
        echo_json(report)
    else:
        _warn(_failure(each.user, each.destination, each.error) for each in report.failures)
        echo(f"Backed up {_count(report.users, 'user')}, {report.failed_users} with failures.")
    if not report.users:
        _warn(["No active user has enabled backups; enable them with: movietracker backup enable USER"])
    sys.exit(0 if report.status == "ok" and report.users else 1)


@backup.command("enable")
@click.argument("user")
def enable(user: str) -> None:
    """Back up USER (email address, username or id) every night."""
    account = find_account(user)
    set_backup_enabled(account.id, True)
    schedule = state().backups.schedule
    when = f"every night at {schedule.hour:02}:{schedule.minute:02}"
    if not account.is_active:
        when += f" once the account, which is disabled, is enabled: movietracker users enable {account.email}"
    echo(f"{account.email} is backed up {when}.")


@backup.command("disable")
@click.argument("user")
def disable(user: str) -> None:
    """Back up USER (email address, username or id) no more; existing backups stay."""
    account = find_account(user)
    set_backup_enabled(account.id, False)
    echo(f"{account.email} is no longer backed up every night.")


@backup.command("list")
@user_option
@destination_option
@as_json_option
def list_all(user: str | None, destination: str | None, as_json: bool) -> None:
    """List the backups of all users, or of one USER, at the destinations."""
    schedule = state().backups.schedule
    destinations = _destinations(destination)
    problems: list[DestinationProblem] = []
    rows: list[dict[str, Any]] = []
    for target in _targets(user):
        for found in list_backups(destinations, target.user_id, problems.append):
            if as_json:
                rows.append({"user": str(target), **asdict(found)})
                continue
            written = f"{schedule.local(found.created_at):%Y-%m-%d %H:%M}"
            size = f"{found.size_bytes:,} bytes"
            mark = "verified" if found.verified else "not verified"
            echo("  ".join((written, str(target), found.destination, found.filename, size, mark)))
    if as_json:
        echo_json(rows)
    _warn({problem.detail for problem in problems})
    sys.exit(1 if problems else 0)


@backup.command("verify")
@click.option("--all", "everything", is_flag=True, help="All backups, not only each user's newest.")
@user_option
@destination_option
@as_json_option
def verify(everything: bool, user: str | None, destination: str | None, as_json: bool) -> None:
    """Verify that backups are unchanged, and restore them into a database in memory."""
    destinations = _destinations(destination)
    checked = []
    with progress("Checking", "users") as show:
        total = users_with_backups().count() if user is None else 1
        for number, target in enumerate(_targets(user), 1):
            for found in verify_user(state().backups, destinations, target, everything=everything):
                checked.append(found)
                if found.error and not as_json:
                    echo(f"{found.user}  {found.destination}  {found.filename or '-'}: {found.error}")
            show(number, total)
    bad = sum(found.error is not None for found in checked)
    if as_json:
        echo_json(checked)
    else:
        echo(f"Checked {_count(len(checked), 'backup')}; {bad} not good.")
    sys.exit(1 if bad else 0)


@backup.command("restore")
@click.argument("user")
@click.argument("file")
@mode_option
@dry_run_option
@destination_option
@click.option(
    "--allow-plain",
    is_flag=True,
    help="With BACKUP_PASSPHRASE set, also a file that does not prove which backup it is.",
)
@as_json_option
def restore(
    user: str, file: str, mode: Mode, dry_run: bool, destination: str | None, allow_plain: bool, as_json: bool
) -> None:
    """Restore a backup of USER (email address, username or id); FILE is a name from the list.

    Without --replace, records that are newer in the account than in the backup are kept.
    """
    _check_destination(destination)
    account = find_account(user)
    with _faults_listed():
        how: dict[str, Any] = {"mode": mode, "dry_run": dry_run, "destination": destination, "allow_plain": allow_plain}
        report = restore_backup(state().backups, account.id, file, **how)
    _show_report(report, account, as_json)


@backup.command("prune")
@destination_option
@as_json_option
def prune(destination: str | None, as_json: bool) -> None:
    """Remove backups that are older than BACKUP_RETENTION_DAYS, with runs on that many days since.

    Keeps the last good one of a user at a destination, unless the account was deleted, and all files that movietracker
    did not write.
    """
    pruned = []
    with progress("Removing", "users") as show:
        for number, found in enumerate(prune_all(state().backups, _destinations(destination)), 1):
            pruned.append(found)
            show(number, None)
    if as_json:
        echo_json(pruned)
    else:
        _warn(_failure(found.user, found.destination, found.error) for found in pruned if found.error)
        echo(f"Removed {_count(sum(len(found.removed) for found in pruned), 'old backup')}.")
    sys.exit(1 if any(found.error for found in pruned) else 0)


@backup.command("export")
@click.argument("user")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write or replace.")
def export(user: str, output: Path | None) -> None:
    """Write the document of USER (email address, username or id) to standard output, or to a file."""
    account = find_account(user)
    with library_read(account.id) as read, _stdout() if output is None else whole_file(output) as file:
        for chunk in export_document(read):
            file.write(chunk)


@backup.command("import")
@click.argument("user")
@click.argument("file", type=click.File("rb"))
@mode_option
@dry_run_option
@as_json_option
def import_(user: str, file: BinaryIO, mode: Mode, dry_run: bool, as_json: bool) -> None:
    """Import a document into the account of USER; FILE may be compressed, or encrypted with BACKUP_PASSPHRASE.

    - as FILE is standard input.
    """
    account = find_account(user)
    catalog = state().backups
    chunks = iter(lambda: file.read(CHUNK_BYTES), b"")
    with (
        _faults_listed(),
        Spool.of(chunks, catalog.folder) as given,
        catalog.opened(given) as document,
        document.reader() as source,
    ):
        safety_backup = partial(write_safety_backup, catalog)
        report = import_document(account.id, source, mode=mode, dry_run=dry_run, safety_backup=safety_backup)
    _show_report(report, account, as_json)


def _check_destination(name: str | None) -> None:
    """Raise BadParameter for a name that no destination has."""
    known = [destination.name for destination in state().backups.chosen]
    if name is not None and name not in known:
        raise click.BadParameter(f"there is no backup destination named {name}, only {', '.join(known) or 'none'}.")


def _destinations(name: str | None) -> list[GuardedDestination]:
    """The destination with this name, or all; raises BadParameter, and DestinationNotConfigured."""
    _check_destination(name)
    return state().backups.destinations(name)


def _targets(user: str | None) -> Iterator[Target]:
    if user is None:
        yield from users_with_backups()
    else:
        account = find_account(user)
        yield Target(account.id, account.email)


def _failure(user: str, destination: str, error: str) -> str:
    """A line of output; most errors already name the destination."""
    return f"{user}  {destination}: {error.removeprefix(f'{destination}: ')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _warn(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        echo(sentence, err=True)


@contextmanager
def _faults_listed() -> Iterator[None]:
    """Print each fault of a document on a line of its own."""
    try:
        yield
    except InvalidDocument as problem:
        lines = (f"  {place}: {message}" for place, messages in (problem.errors or {}).items() for message in messages)
        raise click.ClickException(printable("\n".join([InvalidDocument.sentence, *lines]))) from problem


def _show_report(report: ImportReport, account: Account, as_json: bool) -> None:
    """Print the changes of an import, or those it would make."""
    if as_json:
        echo_json(report.to_json())
        return
    echo(f"{'This would be the outcome for' if report.dry_run else 'Brought into'} {account.email}:")
    for kind in SECTIONS:
        counts = (f"{getattr(report, what)[kind]} {what}" for what in ("added", "changed", "removed", "kept"))
        echo(f"  {kind:8} {', '.join(counts)}")
    if report.safety_backup is not None:
        echo(f"What was there before is in the backup {report.safety_backup}.")
    for sentence in report.warnings:
        echo(sentence, err=True)
    if report.ignored_fields:
        echo(f"Unknown fields, left out: {', '.join(report.ignored_fields)}", err=True)


@contextmanager
def _stdout() -> Iterator[BinaryIO]:
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError as error:
        error.filename = error.filename or "Standard output"
        raise
