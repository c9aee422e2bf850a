"""Finding a user's backups, and reading one with all the checks that can be made of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...contracts import BackupFile
from ...errors import BackupDamaged, BackupNotFound, BackupRefused, DestinationProblem, Problem
from .guard import GuardedDestination
from .records import Record, newest_by_name, records_of
from .spool import Spool
from .vault import Vault

logger = logging.getLogger("movietracker.backup")


@dataclass(frozen=True, slots=True)
class Listed:
    """A backup that a destination has; ``created_at`` (Unix seconds) is when we wrote it, as far as we know."""

    filename: str
    created_at: float
    size_bytes: int
    destination: str
    verified: bool

    def to_json(self) -> dict[str, Any]:
        """The contract's row of a list, and whether it was proved to restore."""
        return {
            "filename": self.filename,
            "created_at": self.created_at,
            "size_bytes": self.size_bytes,
            "destination": self.destination,
            "verified": self.verified,
        }


def list_backups(
    destinations: Sequence[GuardedDestination],
    user_id: str,
    on_problem: Callable[[DestinationProblem], None] = lambda problem: None,
) -> list[Listed]:
    """A user's backups at these destinations, the newest first; one that fails is told of and left out."""
    listed: list[Listed] = []
    for destination in destinations:
        try:
            files = destination.list_files(user_id)
        except DestinationProblem as problem:
            logger.warning("The backups of user %s cannot be listed: %s", user_id, problem.detail)
            on_problem(problem)
            continue
        records = newest_by_name(records_of(user_id, destination.name))
        listed += [_listed(file, destination.name, records.get(file.name)) for file in files]
    return sorted(listed, key=lambda each: (each.created_at, each.filename), reverse=True)


def _listed(file: BackupFile, destination: str, record: Record | None) -> Listed:
    if record is None or not record.verified or record.size != file.size:  # who knows what left this file
        return Listed(file.name, file.modified_at, file.size, destination, verified=False)
    return Listed(file.name, record.at, file.size, destination, verified=True)


def fetch(vault: Vault, destinations: Sequence[GuardedDestination], user_id: str, name: str) -> Spool:
    """The document of a user's backup, from a destination that has it whole; the caller closes it.

    Of several, the one comes first where it was written last. Raises BackupNotFound unless a destination lists the
    name; BackupRefused or DestinationProblem when none that lists it can give it whole.
    """
    problems: list[Problem] = []
    for destination in _newest_first(destinations, user_id, name):
        try:
            if any(file.name == name for file in destination.list_files(user_id)):
                return read_document(vault, destination, user_id, name)
        except (DestinationProblem, BackupNotFound, BackupRefused) as problem:
            problems.append(problem)
    raise next(iter(problems), BackupNotFound())


def _newest_first(destinations: Sequence[GuardedDestination], user_id: str, name: str) -> Sequence[GuardedDestination]:
    """The destinations by when we wrote this file there; their own order where it is the same file."""
    checksums: dict[str, str | None] = {}
    written_at: dict[str | None, float] = {}
    for destination in destinations:
        record = newest_by_name(records_of(user_id, destination.name)).get(name)
        if record is not None and record.verified:
            checksums[destination.name] = record.sha256
            written_at[record.sha256] = max(record.at, written_at.get(record.sha256, 0.0))
    return sorted(destinations, key=lambda each: written_at.get(checksums.get(each.name), 0.0), reverse=True)


def read_document(vault: Vault, destination: GuardedDestination, user_id: str, name: str) -> Spool:
    """The document of a backup; raises BackupDamaged when the file is not what we wrote there, WrongPassphrase.

    A file that nothing is recorded of, since the database was lost perhaps, is taken as it is.
    """
    written = {record.sha256 for record in records_of(user_id, destination.name) if record.name == name}
    file = Spool(vault.folder)
    try:
        destination.read(user_id, name, file)
        if written and file.sha256() not in written:
            raise BackupDamaged(f"{name} at {destination.name} is not the file that was written there.")
        document = vault.opened(file)
    except BaseException:
        file.close()
        raise
    if document is not file:
        file.close()
    return document
