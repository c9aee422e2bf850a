"""The index file in the instance folder: how it is replaced and read.

- ``catalogue.sqlite`` is only replaced as a whole, by renaming a finished and synced file over it. Readers that have
  the old file open continue to read it.
- If the index is missing or contains an outdated sample, the next reader builds the sample's index; a file lock makes
  others wait. Only a command of the deployer replaces a catalog that the deployer loaded.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from .loader import Report, build_index, silent
from .schema import SCHEMA_VERSION

SAMPLE_FOLDER = Path(__file__).parent / "sample"

_Stamp = tuple[int, int, int]


class CatalogueError(Exception):
    """The catalog cannot be used or built; the message is one sentence."""


@cache
def _digest(folder: Path) -> str:
    """A checksum of the files of the sample."""
    total = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.glob("*.tsv")):
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


class CatalogueStore:
    """The catalog of one instance folder; accesses no file until it is used."""

    def __init__(self, instance_path: Path, sample: Path = SAMPLE_FOLDER) -> None:
        self.path = instance_path / "catalogue.sqlite"
        self._folder = instance_path
        self._sample = sample
        self._checked: _Stamp | None = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A read-only connection to the present index, for brief use; raises CatalogueError."""
        self._ensure_usable()
        with closing(self._connect()) as connection:
            yield connection

    def facts(self) -> dict[str, Any]:
        """The metadata of the index: source, folder, created_at, counts, lines of each file, schema_version."""
        self._ensure_usable()
        return self._meta()

    def load(self, folder: Path, report: Report = silent) -> None:
        """Replace the catalog by the one in ``folder``; raises DatasetError and CatalogueError."""
        with self._locked("load", wait=False):
            facts = {"source": "loaded", "folder": str(folder.resolve()), "created_at": time.time()}
            target, stage = self._folder / "catalogue.load.tmp", self._folder / "catalogue.stage.tmp"
            with _removed(target, stage):
                build_index(folder, target, stage, facts=facts, report=report)
                with self._locked("swap"):
                    self._publish(target)

    def reset(self) -> None:
        """Replace the catalog by the sample."""
        with self._locked("swap"):
            self._build_sample()

    def _ensure_usable(self) -> None:
        stamp = self._stamp()
        if stamp is not None and stamp == self._checked:
            return
        if self._needs_sample():
            with self._locked("swap"):
                # Another process may have built it while this one waited for the lock.
                if self._needs_sample():
                    self._build_sample()
            stamp = self._stamp()
        if self._meta().get("schema_version") != SCHEMA_VERSION:
            raise CatalogueError(
                "The loaded catalog was made by another version of movietracker;"
                " please run `movietracker catalogue load` again."
            )
        self._checked = stamp

    def _needs_sample(self) -> bool:
        if self._stamp() is None:
            return True
        meta = self._meta()
        if meta.get("source") != "sample":
            return False
        if meta.get("schema_version") != SCHEMA_VERSION:
            return True
        # Checked once per process, so that two releases running side by side do not keep replacing it.
        return self._checked is None and meta.get("sample_digest") != _digest(self._sample)

    def _build_sample(self) -> None:
        facts = {"source": "sample", "sample_digest": _digest(self._sample), "created_at": time.time()}
        target = self._folder / "catalogue.sample.tmp"
        with _removed(target):
            build_index(self._sample, target, ":memory:", facts=facts)
            self._publish(target)

    def _publish(self, finished: Path) -> None:
        _sync(finished)
        finished.replace(self.path)
        _sync(self._folder)

    def _meta(self) -> dict[str, Any]:
        try:
            with closing(self._connect()) as connection:
                return dict(connection.execute("SELECT key, value FROM meta").fetchall())
        except sqlite3.Error as error:
            # Clients may see this sentence, so it contains no path.
            raise CatalogueError(
                "The catalogue file (catalogue.sqlite in the instance folder) is damaged;"
                " please run `movietracker catalogue load` or `movietracker catalogue reset`."
            ) from error

    def _connect(self) -> sqlite3.Connection:
        # The file never changes under this name, so SQLite needs no locks.
        return sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)

    def _stamp(self) -> _Stamp | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    @contextmanager
    def _locked(self, name: str, *, wait: bool = True) -> Iterator[None]:
        """Exclude other threads and processes; the system releases the lock when the process ends."""
        lock = FileLock(self._folder / f".catalogue.{name}.lock", blocking=wait)
        try:
            lock.acquire()
        except Timeout:
            raise CatalogueError("Another catalog is being loaded; please wait for it.") from None
        except OSError as error:
            error.filename = error.filename or lock.lock_file  # where files cannot be locked, none is told
            raise
        try:
            yield
        finally:
            lock.release()


@contextmanager
def _removed(*paths: Path) -> Iterator[None]:
    """Remove unfinished files at the end, and at the beginning those of a killed run."""
    with ExitStack() as stack:
        for path in paths:
            path.unlink(missing_ok=True)
            stack.callback(path.unlink, missing_ok=True)
        yield


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
