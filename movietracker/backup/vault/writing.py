"""Writing one user's backup to all destinations, with the proof that each file restores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from ... import clock
from ...errors import BackupDamaged, BackupNotFound, BackupRefused, DestinationProblem
from ...services.transactions import library_read
from ..export import export_document
from .guard import GuardedDestination
from .proof import prove
from .records import Record, Run
from .spool import Spool
from .vault import Vault


def back_up(
    vault: Vault, destinations: Sequence[GuardedDestination], user_id: str, run: Run, name: str
) -> list[Record]:
    """Write a user's newest state to each destination, read it back, and prove that it restores.

    What a destination does wrong is in its record, and the others are served all the same. Raises UserNotFound, and
    OSError when there is no room for the document on its way.
    """
    with library_read(user_id) as read:
        read.head()  # a deleted account must not pass for an empty library
        document = Spool.of(export_document(read), vault.folder)
    with document, _sealed(vault, document) as file:
        writer = _Writer(vault, file, user_id, run, name)
        return [writer.store(destination) for destination in destinations]


def failed(destinations: Sequence[GuardedDestination], user_id: str, run: Run, name: str, error: str) -> list[Record]:
    """The records of a backup that could not even be made."""
    now = clock.now()
    return [
        Record(user_id, run.id, destination.name, name, now, None, None, 0.0, False, error)
        for destination in destinations
    ]


def _sealed(vault: Vault, document: Spool) -> AbstractContextManager[Spool]:
    return vault.cipher.seal(document, vault.folder) if vault.cipher.is_on else nullcontext(document)


class _Writer:
    """Stores one file at several destinations. The same bytes need no second proof."""

    def __init__(self, vault: Vault, file: Spool, user_id: str, run: Run, name: str) -> None:
        self._vault = vault
        self._file = file
        self._user_id = user_id
        self._run = run
        self._name = name
        self._sha256 = file.sha256()
        self._is_proven = False

    def store(self, destination: GuardedDestination) -> Record:
        """Write, read back, prove."""
        begun = time.monotonic()
        error = None
        try:
            destination.write(self._user_id, self._name, self._file)
            self._check(destination)
        except BackupNotFound:
            error = f"{destination.name} does not have the file that was just written there."
        except (DestinationProblem, BackupRefused) as problem:
            error = problem.detail
        return Record(
            self._user_id,
            self._run.id,
            destination.name,
            self._name,
            clock.now(),
            self._file.size,
            self._sha256,
            time.monotonic() - begun,
            error is None,
            error,
        )

    def _check(self, destination: GuardedDestination) -> None:
        with Spool(self._vault.folder) as back:
            destination.read(self._user_id, self._name, back)
            if back.sha256() != self._sha256:
                raise BackupDamaged(f"{destination.name} gave back something else than what was written.")
            if not self._is_proven:
                with self._vault.opened(back) as document:
                    prove(document, self._vault.folder)
                self._is_proven = True
