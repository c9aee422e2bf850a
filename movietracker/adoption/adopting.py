"""Adopting an installation: read and checked first, then written in one transaction, all or nothing.

Each library comes in as a backup document of version 1 is merged, so what is here and newer stays, and adopting the
same file again changes nothing. The libraries of a file share one transaction of the database, each with its own lock
and numbers; their changes are announced after the commit.
"""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, cast

from sqlalchemy import Connection

from ..backup.document.merging import merge
from ..backup.document.reading import Document, read_document
from ..errors import AdoptionRefused, BodyTooLarge, InvalidDocument
from ..plugin.events import LibraryChanged
from ..services.accounts import Account
from ..services.transactions import announce, lock_accounts, lock_library, write_connection
from .accounts import OriginalAccount, Place, chosen, find_place, read_accounts, refuse_same_addresses
from .checking import TableCount, compare
from .findings import Finding, Findings
from .forms import FORMS
from .library import Content, write_document
from .opening import opened
from .original import Original, Owner

SPOOL_BYTES = 4 * 1024 * 1024

State = Literal["new", "adopted before", "existing"]
Show = Callable[[int, int | None], None]
"""Called with how many libraries are done, and how many there are."""


@dataclass(slots=True)
class AdoptedAccount:
    """What became of a library: records by kind as imports count them, the rows behind them by table."""

    email: str
    username: str
    id: str
    state: State
    added: dict[str, int]
    changed: dict[str, int]
    kept: dict[str, int]
    tables: list[TableCount]
    notes: list[str]


@dataclass(slots=True)
class AdoptionReport:
    """What was adopted, or would be; ``findings_omitted`` is how many more findings there are than are listed."""

    dry_run: bool
    accounts: list[AdoptedAccount] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    findings_omitted: int = 0


@dataclass(slots=True)
class _Library:
    """A library that was read, ready to be stored: for an account of the file, or one that is here."""

    label: str
    document: Document
    content: Content
    original: OriginalAccount | None
    account: Account


class _DryRun(Exception):
    """Ends the transaction of a trial."""


def adopt(
    path: Path,
    *,
    into: Account | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    dry_run: bool = False,
    show: Show = lambda _done, _total: None,
) -> AdoptionReport:
    """Adopt an installation of the original backend from its SQLite file, which is not touched.

    ``into`` is the account that takes the library of a file of before there were accounts, or that of the one account
    that ``only`` and ``skip``, which choose among those of the file, leave. With ``dry_run`` all is done and then
    rolled back. Raises AdoptionRefused, OSError and QuotaExceeded, and then nothing changes.
    """
    findings, report = Findings(), AdoptionReport(dry_run)
    events: list[LibraryChanged | None] = []
    with opened(path) as connection, ExitStack() as stack:
        original = Original(connection)
        libraries = _read(original, into, only, skip, findings, stack)
        try:
            with write_connection() as writing:
                for done, (library, place) in enumerate(_placed(writing, libraries), 1):
                    report.accounts.append(_store(library, place, findings, events))
                    show(done, len(libraries))
                if dry_run:
                    raise _DryRun
        except _DryRun:
            events.clear()
    report.findings, report.findings_omitted = findings.listed, findings.omitted
    for event in events:
        announce(event)
    return report


def _read(
    original: Original,
    into: Account | None,
    only: Sequence[str],
    skip: Sequence[str],
    findings: Findings,
    stack: ExitStack,
) -> list[_Library]:
    """Read what is to be adopted, before any other writer has to wait for it."""
    if not original.has_accounts:
        if into is None:
            raise AdoptionRefused("The file has no accounts; say whose library it becomes with --user.")
        if len(original.owners_of("movies")) > 1:
            raise AdoptionRefused("The file has titles of several users, and does not say who they are.")
        return [_library(original, Owner(None, into.email), None, into, findings, stack)]
    accounts = read_accounts(original, findings)
    _name_ownerless_rows(original, {str(each.key) for each in accounts}, findings)
    wanted = chosen(accounts, only, skip)
    if not wanted:
        raise AdoptionRefused("No account of the file is left to be adopted.")
    if into is None:
        refuse_same_addresses(wanted)
        return [_library(original, Owner(each.key, each.name), each, each.account, findings, stack) for each in wanted]
    if len(wanted) > 1:
        names = ", ".join(each.name for each in wanted)
        raise AdoptionRefused(f"The file has several accounts; choose the one for --user with --only: {names}.")
    return [_library(original, Owner(wanted[0].key, wanted[0].name), None, into, findings, stack)]


def _name_ownerless_rows(original: Original, known: set[str], findings: Findings) -> None:
    for table in FORMS:
        is_shared = not original.has(table, "user_id") and len(known) == 1
        for key, rows in original.owners_of(table):
            if rows and str(key) not in known and not is_shared:
                reason = f"{rows} rows of an account that is not there"
                findings.leave_out("", table, "no user_id" if key is None else key, reason, rows)


def _library(
    original: Original,
    owner: Owner,
    source: OriginalAccount | None,
    account: Account,
    findings: Findings,
    stack: ExitStack,
) -> _Library:
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
        content = write_document(original, owner, findings, cast(IO[bytes], spool))
        spool.seek(0)
        try:
            document = stack.enter_context(read_document(cast(IO[bytes], spool)))
        except (InvalidDocument, BodyTooLarge) as problem:  # too much for one document
            raise AdoptionRefused(f"The library of {owner.label} cannot be adopted: {problem}") from None
    return _Library(owner.label, document, content, source, account)


def _placed(connection: Connection, libraries: Sequence[_Library]) -> list[tuple[_Library, Place]]:
    """Each library with its place here. Raises AdoptionRefused, which names every account that has none."""
    lock_accounts(connection)
    placed, refusals = [], []
    for library in libraries:
        try:
            if library.original is None:
                place = Place(lock_library(connection, library.account.id), is_new=False)
            else:
                place = find_place(connection, library.original)
            placed.append((library, place))
        except AdoptionRefused as refusal:
            refusals.append(str(refusal))
    if refusals:
        refusals.append(
            "Nothing was changed; leave accounts out with --skip, or bring one into an account that is here with "
            "--only and --user."
        )
        raise AdoptionRefused(" ".join(refusals))
    return placed


def _store(library: _Library, place: Place, findings: Findings, events: list[LibraryChanged | None]) -> AdoptedAccount:
    """Merge a library into its place, and compare what is stored with what was read."""
    tx, is_new = place
    imported = merge(tx, library.document)
    events.append(tx.finish())
    notes = list(imported.warnings)
    for status, count in library.content.reinterpreted.items():
        notes.append(f"Titles that were {status} and are to watch now: {count}.")
    if library.original is not None and library.original.hashed_password is None and is_new:
        notes.append("Its password cannot be verified here; set one with: movietracker users set-password")
    tables = compare(tx.stored, library.label, library.content, findings, is_new=is_new)
    state: State = "new" if is_new else "existing" if library.original is None else "adopted before"
    account, counts = library.account, (imported.added, imported.changed, imported.kept)
    return AdoptedAccount(account.email, account.username, account.id, state, *counts, tables, notes)
