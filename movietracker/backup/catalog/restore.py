"""Listing a user's backups, and restoring one into the account that it is of."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ... import clock, errors
from ...plugin.destinations import BackupFile
from ..document.importing import Mode, import_document
from ..document.merging import ImportReport
from . import Catalog, GuardedDestination
from .journal import Record, begin_run, finish_run, newest_by_name, records_of, save
from .retention import thin_safety_backups
from .spool import Spool
from .verification import back_up

logger = logging.getLogger("movietracker.backup")


@dataclass(frozen=True, slots=True)
class Listed:
    """The contract's Backup: a file at a destination, and whether it was proved to restore.

    ``created_at`` (Unix seconds) is when we wrote it, or when it was changed last if that is not known.
    """

    filename: str
    created_at: float
    size_bytes: int
    destination: str
    verified: bool


def list_backups(
    destinations: Sequence[GuardedDestination],
    user_id: str,
    on_problem: Callable[[errors.DestinationProblem], None] = lambda problem: None,
    *,
    only_trusted: bool = False,
) -> list[Listed]:
    """A user's backups at these destinations, the newest first; a destination that fails is reported and left out.

    ``only_trusted`` leaves out files that are neither recorded nor sealed by their names.
    """
    listed: list[Listed] = []
    for destination in destinations:
        try:
            files = destination.list_files(user_id)
        except errors.DestinationProblem as problem:
            logger.warning("The backups of user %s cannot be listed: %s", user_id, problem.detail)
            on_problem(problem)
            continue
        records = newest_by_name(records_of(user_id, destination.name))
        listed += [
            _listed(file, destination.name, records.get(file.name))
            for file in files
            if not only_trusted or file.name in records or file.name.endswith(".enc")
        ]
    return sorted(listed, key=lambda each: (each.created_at, each.filename), reverse=True)


def _listed(file: BackupFile, destination: str, record: Record | None) -> Listed:
    if record is None or not record.verified or record.size != file.size:  # not the file that we wrote
        return Listed(file.name, file.modified_at, file.size, destination, verified=False)
    return Listed(file.name, record.at, file.size, destination, verified=True)


def fetch(
    catalog: Catalog,
    destinations: Sequence[GuardedDestination],
    user_id: str,
    name: str,
    *,
    allow_plain: bool = False,
) -> Spool:
    """The document of a user's backup, from a destination that has it whole; the caller closes it.

    The destination where it was written last comes first. Raises BackupNotFound unless a destination lists the name;
    BackupRefused or DestinationProblem when none of those can give it whole.
    """
    problems: list[errors.Problem] = []
    for destination in _newest_first(destinations, user_id, name):
        try:
            if any(file.name == name for file in destination.list_files(user_id)):
                return catalog.open_backup(destination, user_id, name, allow_plain=allow_plain)
        except (errors.DestinationProblem, errors.BackupNotFound, errors.BackupRefused) as problem:
            problems.append(problem)
    raise next(iter(problems), errors.BackupNotFound())


def _newest_first(destinations: Sequence[GuardedDestination], user_id: str, name: str) -> Sequence[GuardedDestination]:
    """The destinations by when we wrote this file there; those with the same file keep their order."""
    checksums: dict[str, str | None] = {}
    written_at: dict[str | None, float] = {}
    for destination in destinations:
        record = newest_by_name(records_of(user_id, destination.name)).get(name)
        if record is not None and record.verified:
            checksums[destination.name] = record.sha256
            written_at[record.sha256] = max(record.at, written_at.get(record.sha256, 0.0))
    return sorted(destinations, key=lambda each: written_at.get(checksums.get(each.name), 0.0), reverse=True)


def restore(
    catalog: Catalog,
    user_id: str,
    name: str,
    *,
    mode: Mode = "merge",
    dry_run: bool = False,
    destination: str | None = None,
    allow_plain: bool = False,
) -> ImportReport:
    """Import a backup into the account that it is of; ``replace`` makes the account exactly what the file says.

    Before a replacement a safety backup is written and verified; its name is in the report. Raises BackupNotFound,
    BackupRefused, InvalidDocument (the file has faults), DestinationProblem; then nothing was changed.
    """
    safety_backup = partial(write_safety_backup, catalog)
    destinations = catalog.destinations(destination)
    with (
        fetch(catalog, destinations, user_id, name, allow_plain=allow_plain) as document,
        document.reader() as source,
    ):
        try:
            return import_document(user_id, source, mode=mode, dry_run=dry_run, safety_backup=safety_backup)
        except (errors.MalformedJson, errors.BodyTooLarge) as problem:  # the file's fault, not the request's
            raise errors.BackupDamaged(f"{errors.BackupDamaged.sentence} {problem.detail}") from problem


def write_safety_backup(catalog: Catalog, user_id: str) -> str:
    """Back up a user's current state at the first destination that accepts it; returns the file's name.

    Older safety backups there are thinned out, so that replacing again and again does not fill the disk. Raises
    DestinationProblem when none does.
    """
    destinations = catalog.destinations()
    run = begin_run("safety", catalog.schedule.local(clock.now()).strftime("%Y-%m-%d"))
    name = catalog.name_of(run)
    error = None
    for destination in destinations:
        (record,) = back_up(catalog, [destination], user_id, run, name)
        save([record])
        if record.verified:
            thin_safety_backups(destination, user_id)
            finish_run(run, "ok", users=1, failed_users=0)
            return name
        error = error or record.error
    finish_run(run, "failed", users=1, failed_users=1)
    raise errors.DestinationFailed(f"No safety backup could be written, so nothing was changed. {error}")
