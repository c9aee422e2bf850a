"""``movietracker backup restore``, ``export`` and ``import``: documents out of libraries and back into them."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import click
from flask.cli import with_appcontext

from ..backup.export import export_document
from ..backup.importing import Mode, import_document
from ..backup.report import KINDS, ImportReport
from ..backup.vault.restore import restore as restore_backup
from ..backup.vault.restore import write_safety_backup
from ..backup.vault.spool import CHUNK_BYTES, Spool
from ..errors import InvalidDocument
from ..services.accounts import Account
from ..services.transactions import library_read
from ..state import state
from .backup_options import as_json_option, check_destination, destination_option, find_user
from .plain import PlainCommand

_replace = click.option(
    "--replace", is_flag=True, help="Make the account exactly what the file says, after a safety backup."
)
_dry_run = click.option("--dry-run", is_flag=True, help="Change nothing, only say what would be changed.")


@click.command("restore", cls=PlainCommand)
@click.argument("user")
@click.argument("file")
@_replace
@_dry_run
@destination_option
@as_json_option
@with_appcontext
def restore(user: str, file: str, replace: bool, dry_run: bool, destination: str | None, as_json: bool) -> None:
    """Bring a backup of USER (e-mail address, username or id) back; FILE is a name from the list.

    Without --replace, what is newer in the account than in the backup stays.
    """
    check_destination(destination)
    account = find_user(user)
    with _faults_told():
        report = restore_backup(
            state().vault, account.id, file, mode=_mode(replace), dry_run=dry_run, destination=destination
        )
    _show(report, account, as_json)


@click.command("import", cls=PlainCommand)
@click.argument("user")
@click.argument("file", type=click.File("rb"))
@_replace
@_dry_run
@as_json_option
@with_appcontext
def import_(user: str, file: BinaryIO, replace: bool, dry_run: bool, as_json: bool) -> None:
    """Import a document into the account of USER; FILE may be compressed, or encrypted with BACKUP_PASSPHRASE.

    - as FILE is standard input.
    """
    account = find_user(user)
    vault = state().vault
    chunks = iter(lambda: file.read(CHUNK_BYTES), b"")
    safety_backup = partial(write_safety_backup, vault)
    with (
        _faults_told(),
        Spool.of(chunks, vault.folder) as given,
        vault.opened(given) as document,
        document.reader() as source,
    ):
        report = import_document(account.id, source, mode=_mode(replace), dry_run=dry_run, safety_backup=safety_backup)
    _show(report, account, as_json)


@click.command("export", cls=PlainCommand)
@click.argument("user")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write, or replace.")
@with_appcontext
def export(user: str, output: Path | None) -> None:
    """Write the document of USER (e-mail address, username or id) to standard output, or to a file."""
    account = find_user(user)
    with library_read(account.id) as read, _stdout() if output is None else _replaced(output) as file:
        for chunk in export_document(read):
            file.write(chunk)


def _mode(replace: bool) -> Mode:
    return "replace" if replace else "merge"


@contextmanager
def _faults_told() -> Iterator[None]:
    """Each fault of a document on a line of its own."""
    try:
        yield
    except InvalidDocument as problem:
        lines = (f"  {place}: {message}" for place, messages in (problem.errors or {}).items() for message in messages)
        raise click.ClickException("\n".join([InvalidDocument.sentence, *lines])) from problem


def _show(report: ImportReport, account: Account, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.to_json(), indent=2))
        return
    click.echo(f"{'This would be the outcome for' if report.dry_run else 'Brought into'} {account.email}:")
    for kind in KINDS:
        counts = (f"{getattr(report, what)[kind]} {what}" for what in ("added", "changed", "removed", "kept"))
        click.echo(f"  {kind:8} {', '.join(counts)}")
    if report.safety_backup is not None:
        click.echo(f"What was there before is in the backup {report.safety_backup}.")
    for sentence in report.warnings:
        click.echo(sentence, err=True)
    if report.ignored_fields:
        click.echo(f"Not understood, and left out: {', '.join(report.ignored_fields)}", err=True)


@contextmanager
def _stdout() -> Iterator[BinaryIO]:
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of another when it is complete."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield cast(BinaryIO, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
