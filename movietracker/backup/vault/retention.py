"""Removing backups older than BACKUP_RETENTION_DAYS, but never the last good one, nor what we did not write."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ... import clock
from ...contracts import BackupFile
from ...errors import BackupNotFound, DestinationProblem
from .guard import GuardedDestination
from .records import Record, forget, records_of
from .spool import Spool, what_failed
from .targets import Target, users_with_old_records
from .vault import Vault

logger = logging.getLogger("movietracker.backup")


@dataclass(frozen=True, slots=True)
class Pruned:
    """What retention did with a user's backups at one destination; ``error`` says why it did not get through."""

    user: str
    destination: str
    removed: tuple[str, ...]
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "user": self.user,
            "destination": self.destination,
            "removed": list(self.removed),
            "error": self.error,
        }


def prune_all(vault: Vault, destinations: Sequence[GuardedDestination]) -> Iterator[Pruned]:
    """Remove what is too old, user by user, those who switched backups off and deleted accounts included."""
    for target in users_with_old_records(_oldest(vault)):
        for destination in destinations:
            pruned = prune(vault, destination, target)
            if pruned.removed or pruned.error:
                yield pruned


def prune(vault: Vault, destination: GuardedDestination, target: Target, fresh: str | None = None) -> Pruned:
    """Remove a user's too old backups at a destination; ``fresh`` is a file that has been verified just now.

    Of a deleted account nothing is kept. A file that nothing is recorded of, or whose size is not the recorded one, is
    not ours to remove.
    """
    oldest = _oldest(vault)
    records = records_of(target.user_id, destination.name)
    if not any(record.at < oldest for record in records):
        return Pruned(str(target), destination.name, ())
    removed: list[str] = []
    try:
        for name in _expired(vault, destination, target, records, fresh):
            destination.delete(target.user_id, name)
            removed.append(name)
            forget(target.user_id, destination.name, name)
    except (DestinationProblem, OSError) as problem:
        error = what_failed(problem) if isinstance(problem, OSError) else problem.detail
        logger.warning("Old backups of user %s cannot be removed: %s", target.user_id, error)
        return Pruned(str(target), destination.name, tuple(removed), error)
    return Pruned(str(target), destination.name, tuple(removed))


def _oldest(vault: Vault) -> float:
    return clock.now() - vault.retention_seconds


def _expired(
    vault: Vault, destination: GuardedDestination, target: Target, records: Sequence[Record], fresh: str | None
) -> list[str]:
    """The names of the files to remove; what is recorded of files that are gone by now is forgotten."""
    oldest = _oldest(vault)
    files = {file.name: file for file in destination.list_files(target.user_id)}
    last_written = {record.name: record.at for record in reversed(records)}
    expired = {name for name, at in last_written.items() if at < oldest}
    for name in expired - files.keys():
        forget(target.user_id, destination.name, name)
    removable = [name for name in sorted(expired & files.keys()) if _is_ours(files[name], records)]
    if not removable or target.email is None:
        return removable
    keeper = fresh or _last_good(vault, destination, [record for record in records if record.name in files])
    return [name for name in removable if keeper not in (None, name)]


def _is_ours(file: BackupFile, records: Sequence[Record]) -> bool:
    return any(record.name == file.name and record.size == file.size for record in records)


def _last_good(vault: Vault, destination: GuardedDestination, records: Sequence[Record]) -> str | None:
    """The newest verified file that is still as it was written; None when there is none, and so nothing may go."""
    for record in records:
        if not record.verified:
            continue
        with Spool(vault.folder) as file:
            try:
                destination.read(record.user_id, record.name, file)
            except BackupNotFound:
                continue
            if file.sha256() == record.sha256:
                return record.name
    return None
