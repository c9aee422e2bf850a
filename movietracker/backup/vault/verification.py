"""Looking whether backups are still what was written, and restore."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...contracts import BackupFile
from ...errors import BackupDamaged, BackupNotFound, BackupRefused, DestinationProblem, Problem
from .fetching import read_document
from .guard import GuardedDestination
from .proof import prove
from .records import Record, newest_by_name, note_damage, records_of
from .targets import Target
from .vault import Vault


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of one backup; ``error`` is None when it is good. ``filename`` is empty when nothing was there."""

    user: str
    destination: str
    filename: str
    error: str | None

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


def verify(
    vault: Vault, destinations: Sequence[GuardedDestination], target: Target, *, everything: bool
) -> Iterator[Checked]:
    """Check a user's newest backup at each destination, or every one: read, compare checksums, restore, export again.

    A file that was written and is no longer there counts as an error.
    """
    for destination in destinations:
        try:
            files = destination.list_files(target.user_id)
        except DestinationProblem as problem:
            yield Checked(str(target), destination.name, "", problem.detail)
            continue
        records = newest_by_name(records_of(target.user_id, destination.name))
        names = _names(files, records)
        for name in names if everything else names[:1]:
            found = _problem_of(vault, destination, target, name)
            if isinstance(found, BackupDamaged) and name in records:
                note_damage(records[name], found.detail)
            yield Checked(str(target), destination.name, name, found.detail if found else None)


def _names(files: Sequence[BackupFile], records: dict[str, Record]) -> list[str]:
    """What is there and what should be there, the newest first."""
    written = {name for name, record in records.items() if record.verified}
    return sorted({file.name for file in files} | written, reverse=True)


def _problem_of(vault: Vault, destination: GuardedDestination, target: Target, name: str) -> Problem | None:
    try:
        with read_document(vault, destination, target.user_id, name) as document:
            prove(document, vault.folder)
    except BackupNotFound:
        return BackupNotFound("It was written there, and is gone.")
    except (BackupRefused, DestinationProblem) as problem:
        return problem
    return None
