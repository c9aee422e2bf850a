"""Writing and verifying backups: a file must be what was written, restore, and export again to the same document."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from ... import clock, errors
from ...services.transactions import library_read
from ..document.export import export_document
from ..document.importing import import_into_scratch
from ..document.parsing import ARRAY, Readable, Shape, Unpacked, elements
from . import Catalog, GuardedDestination
from .encryption import Label
from .journal import Record, Run, Target, newest_by_name, note_verdict, records_of, save
from .spool import Spool, what_failed

_SERVERS_OWN = ("exported_at", "last_modified", "account")
"""What a server sets itself, and so differs between two servers with the same library."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result for one backup; ``error`` is None when it is good. ``filename`` is empty when none could be listed."""

    user: str
    destination: str
    filename: str
    error: str | None


def back_up(
    catalog: Catalog, destinations: Sequence[GuardedDestination], user_id: str, run: Run, name: str
) -> list[Record]:
    """Write a user's current state to each destination, read it back, and prove that it restores.

    The failure of a destination is in its record, and does not stop the others. Raises UserNotFound.
    """
    try:
        return _back_up(catalog, destinations, user_id, run, name)
    except OSError as error:  # no room for the temporary files
        return failed(destinations, user_id, run, name, what_failed(error))


def _back_up(
    catalog: Catalog, destinations: Sequence[GuardedDestination], user_id: str, run: Run, name: str
) -> list[Record]:
    with library_read(user_id) as read:
        read.head()  # a deleted account is not an empty library
        document = Spool.of(export_document(read), catalog.folder)
    label = Label(user_id, name, run.id, clock.now())
    with document, catalog.cipher.seal(document, catalog.folder, label) if catalog.cipher.is_on else document as file:
        checksum, is_proven = file.sha256(), False
        attempts = _attempts(destinations, user_id, run, name, file.size, checksum)
        save(attempts)  # retention must know of the files also if this process is killed
        made = []
        for destination, record in zip(destinations, attempts, strict=True):
            begun, error = time.monotonic(), None
            try:
                destination.write(user_id, name, file)
                _check(catalog, destination, user_id, name, checksum, is_proven=is_proven)
                is_proven = True  # and the same bytes need no second proof
            except errors.BackupNotFound:
                error = f"{destination.name} does not have the file that was just written there."
            except (errors.DestinationProblem, errors.BackupRefused) as problem:
                error = problem.detail
            seconds = time.monotonic() - begun
            made.append(replace(record, at=clock.now(), seconds=seconds, verified=error is None, error=error))
    return made


def failed(destinations: Sequence[GuardedDestination], user_id: str, run: Run, name: str, error: str) -> list[Record]:
    """The records of a backup that could not be made, such as one without a document."""
    return [replace(each, error=error) for each in _attempts(destinations, user_id, run, name, None, None)]


def _attempts(
    destinations: Sequence[GuardedDestination], user_id: str, run: Run, name: str, size: int | None, sha256: str | None
) -> list[Record]:
    now = clock.now()
    return [Record(user_id, run.id, each.name, name, now, size, sha256, 0.0, False, None) for each in destinations]


def _check(
    catalog: Catalog, destination: GuardedDestination, user_id: str, name: str, checksum: str, *, is_proven: bool
) -> None:
    with Spool(catalog.folder) as back:
        destination.read(user_id, name, back)
        if back.sha256() != checksum:
            raise errors.BackupDamaged(f"{destination.name} returned something else than what was written.")
        if name not in {file.name for file in destination.list_files(user_id)}:
            raise errors.BackupNotFound  # whoever needs it would look for it in vain
        if not is_proven:
            with catalog.opened(back) as document:
                prove(document, catalog.folder)


def verify(
    catalog: Catalog, destinations: Sequence[GuardedDestination], target: Target, *, everything: bool
) -> Iterator[Checked]:
    """Check a user's newest backup at each destination, or every one: read, compare checksums, restore, export again.

    A file that was written and no longer exists counts as an error. One from the future, when the clock was ahead, is
    the newest only if there is no other.
    """
    now = clock.now()
    for destination in destinations:
        try:
            files = destination.list_files(target.user_id)
        except errors.DestinationProblem as problem:
            yield Checked(str(target), destination.name, "", problem.detail)
            continue
        records = newest_by_name(records_of(target.user_id, destination.name))
        written_at = {file.name: file.modified_at for file in files} | {
            name: record.at for name, record in records.items() if record.verified
        }
        names = sorted(
            written_at, key=lambda name: (written_at[name] <= now, name[:10], written_at[name]), reverse=True
        )
        for name in names if everything else names[:1]:
            problem_found, record = _problem_of(catalog, destination, target, name), records.get(name)
            error = problem_found.detail if problem_found else None
            is_verdict = problem_found is None or isinstance(problem_found, errors.BackupDamaged)
            if record is not None and is_verdict and (record.verified, record.error) != (error is None, error):
                note_verdict(record, error)
            yield Checked(str(target), destination.name, name, error)


def _problem_of(catalog: Catalog, destination: GuardedDestination, target: Target, name: str) -> errors.Problem | None:
    try:
        with catalog.open_backup(destination, target.user_id, name) as document:
            prove(document, catalog.folder)
    except errors.BackupNotFound:
        return errors.BackupNotFound("It was written there, and is gone.")
    except (errors.BackupRefused, errors.DestinationProblem) as problem:
        return problem
    return None


def prove(document: Spool, folder: Path) -> None:
    """Restore a document into a scratch database and export it again; raises BackupDamaged unless both agree.

    ``exported_at``, ``last_modified`` and ``account`` are not compared, because the server sets them.
    """
    try:
        with document.reader() as source, import_into_scratch(source) as read:
            again = Spool.of(export_document(read), folder)
    except (errors.InvalidDocument, errors.MalformedJson, errors.BodyTooLarge) as problem:
        raise errors.BackupDamaged(f"This file is damaged, or not a backup: {problem.detail}") from problem
    with again, document.reader() as before, again.reader() as after:
        if not same_content(before, after):
            raise errors.BackupDamaged("This file does not come out of a restore as it went in.")


def same_content(a: Readable, b: Readable) -> bool:
    """Whether a document agrees with a later one in everything but their times of making, in whatever order.

    Fields that only records of the later one have do not count, since files of earlier versions lack some. Raises
    MalformedJson, InvalidDocument, BodyTooLarge.
    """
    fields: dict[str, set[str]] = {}
    return _digests(a, fields) == _digests(b, fields, only_these=True)


def _digests(source: Readable, fields: dict[str, set[str]], *, only_these: bool = False) -> dict[str, tuple[int, int]]:
    """Number of records, and sum of their digests, by top-level key: sums do not depend on the order.

    ``fields`` are those of the records by key: learnt here, or with ``only_these`` the ones that count.
    """
    found: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for key, _, value in elements(Unpacked(source)):
        # An empty section is the same as none, for the same reason.
        if key not in _SERVERS_OWN and value is not ARRAY:
            names = fields.setdefault(key, set())
            if isinstance(value, dict):
                if not only_these:
                    names.update(value)
                value = {name: each for name, each in value.items() if name in names}
            count, total = found[key]
            digest = 0 if isinstance(value, Shape) else _digest(value)
            found[key] = (count + 1, (total + digest) % 2**256)
    return dict(found)


def _digest(value: Any) -> int:
    if isinstance(value, dict):
        value = {name: each for name, each in value.items() if name not in _SERVERS_OWN}
        if isinstance(value.get("recommendations"), list):
            value["recommendations"] = sorted(map(_canonical, value["recommendations"]))
    return int.from_bytes(hashlib.sha256(_canonical(value).encode()).digest())


def _canonical(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
