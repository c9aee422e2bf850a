"""Removing backups older than BACKUP_RETENTION_DAYS, but never the last good one, nor a file that we did not write.

The clock alone does not make a backup old: there must have been runs on that many days since. So a clock that is ahead,
or a machine that was off for months, costs no history.

Of safety backups, which users have made as often as they like, some are removed before.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ... import clock
from ...errors import BackupNotFound, DestinationProblem
from . import SAFETY, SECONDS_PER_DAY, Catalog, GuardedDestination
from .journal import Record, Target, begin_of_latest_days, forget, records_of, users_with_old_records
from .spool import Spool, what_failed

KEPT_SAFETY_BACKUPS = 10

logger = logging.getLogger("movietracker.backup")


@dataclass(frozen=True, slots=True)
class Pruned:
    """The files of a user that were removed at one destination; ``error`` says why some could not be."""

    user: str
    destination: str
    removed: list[str]
    error: str | None = None


def prune_all(
    catalog: Catalog, destinations: Sequence[GuardedDestination], run_id: str | None = None
) -> Iterator[Pruned]:
    """Remove what is too old, user by user, including users without nightly backups and deleted accounts.

    ``run_id`` is the run that does so, if one does.
    """
    kept = kept_from(catalog)
    for target in users_with_old_records(_oldest(catalog, kept)):
        for destination in destinations:
            pruned = prune(catalog, destination, target, kept, run_id)
            if pruned.removed or pruned.error:
                yield pruned


def kept_from(catalog: Catalog) -> float:
    """The moment (Unix seconds) since which no backup is too old, whatever the clock says."""
    return begin_of_latest_days(math.ceil(catalog.retention_seconds / SECONDS_PER_DAY))


def prune(
    catalog: Catalog, destination: GuardedDestination, target: Target, kept: float, run_id: str | None = None
) -> Pruned:
    """Remove a user's too old backups at a destination; ``kept`` is what ``kept_from`` returns.

    Nothing of a deleted account is kept. A file without a record, or whose size is not the recorded one, is not ours.
    """
    pruned = Pruned(str(target), destination.name, [])
    oldest, records = _oldest(catalog, kept), records_of(target.user_id, destination.name)
    if not any(record.at < oldest for record in records):
        return pruned
    try:
        for name in _expired(catalog, destination, target, records, oldest, run_id):
            destination.delete(target.user_id, name)
            pruned.removed.append(name)
            forget(target.user_id, destination.name, name)
    except (DestinationProblem, OSError) as problem:
        error = what_failed(problem) if isinstance(problem, OSError) else problem.detail
        logger.warning("Old backups of user %s cannot be removed: %s", target.user_id, error)
        return Pruned(str(target), destination.name, pruned.removed, error)
    return pruned


def thin_safety_backups(destination: GuardedDestination, user_id: str) -> None:
    """Remove a user's safety backups at a destination, but not the newest ones.

    The first of each day stays too: it has what was there before all that was tried on that day.
    """
    newest_first = [each for each in records_of(user_id, destination.name) if each.verified and SAFETY in each.name]
    first_of_day = {record.name[:10]: record.name for record in newest_first}
    sizes = {record.name: record.size for record in newest_first[KEPT_SAFETY_BACKUPS:]}
    surplus = sizes.keys() - first_of_day.values()
    try:
        for file in destination.list_files(user_id) if surplus else ():
            if file.name in surplus and file.size == sizes[file.name]:
                destination.delete(user_id, file.name)
                forget(user_id, destination.name, file.name)
    except DestinationProblem as problem:
        logger.warning("Old safety backups of user %s cannot be removed: %s", user_id, problem.detail)


def _oldest(catalog: Catalog, kept: float) -> float:
    return min(clock.now() - catalog.retention_seconds, kept)


def _expired(
    catalog: Catalog,
    destination: GuardedDestination,
    target: Target,
    records: Sequence[Record],
    oldest: float,
    run_id: str | None,
) -> list[str]:
    """The names of the files to remove; records of expired files that no longer exist are deleted."""
    files = {file.name: file.size for file in destination.list_files(target.user_id)}
    last_written = {record.name: record.at for record in reversed(records)}
    expired = {name for name, at in last_written.items() if at < oldest}
    for name in expired - files.keys():
        forget(target.user_id, destination.name, name)
    ours = [record for record in records if record.size is not None and files.get(record.name) == record.size]
    removable = sorted(expired & {record.name for record in ours})
    if not removable or target.email is None:
        return removable
    good = [record for record in ours if record.verified]
    before = [record for record in good if record.run_id != run_id]
    keepers: set[str | None] = {record.name for record in good if record.run_id == run_id}
    if not keepers or expired.issuperset(record.name for record in before):
        keepers.add(_last_good(catalog, destination, before))
    return [] if keepers == {None} else [name for name in removable if name not in keepers]


def _last_good(catalog: Catalog, destination: GuardedDestination, records: Sequence[Record]) -> str | None:
    """The newest of these verified files that is still as it was written; None if there is none."""
    for record in records:
        with Spool(catalog.folder) as file:
            try:
                destination.read(record.user_id, record.name, file)
            except BackupNotFound:
                continue
            if file.sha256() == record.sha256:
                return record.name
    return None
