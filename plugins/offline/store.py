"""The index file in the instance folder: who may replace it, when, and how readers get at it.

- ``catalogue.sqlite`` is only ever replaced as a whole, by renaming a finished and synced file over it. Whoever has
  the old one open keeps reading the old one.
- Without an index, or with one of an outdated sample, the next reader builds the sample's; a file lock makes the
  others wait. A catalogue that the deployer loaded is replaced by a command of the deployer's and nothing else.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from .loader import build_index
from .progress import Progress, Silent
from .schema import SCHEMA_VERSION

SAMPLE_FOLDER = Path(__file__).parent / "sample"

_Stamp = tuple[int, int, int]


class CatalogueError(Exception):
    """The catalogue cannot be used or made; the message is one plain sentence."""


@cache
def _digest(folder: Path) -> str:
    """Changes when any file of the sample does."""
    total = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.glob("*.tsv")):
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


class CatalogueStore:
    """The catalogue of one instance folder; cheap to make, touches nothing until it is used."""

    def __init__(self, instance_path: Path, sample: Path = SAMPLE_FOLDER) -> None:
        self.path = instance_path / "catalogue.sqlite"
        self._folder = instance_path
        self._sample = sample
        self._checked: _Stamp | None = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A read-only connection for a moment, to the index of this moment; raises CatalogueError."""
        self._ensure_usable()
        with closing(self._connect()) as connection:
            yield connection

    def facts(self) -> dict[str, Any]:
        """What the index says of itself: source, folder, created_at, counts, lines of each file, schema_version."""
        self._ensure_usable()
        return self._meta()

    def load(self, folder: Path, progress: Progress) -> None:
        """Put the catalogue in ``folder`` in the place of the present one; raises DatasetError and CatalogueError."""
        with self._locked("load", wait=False):
            facts = {"source": "loaded", "folder": str(folder.resolve()), "created_at": time.time()}
            target, stage = self._folder / "catalogue.load.tmp", self._folder / "catalogue.stage.tmp"
            with _removed((target, stage)):
                build_index(folder, target, stage, facts=facts, progress=progress)
                with self._locked("swap"):
                    self._publish(target)

    def reset(self) -> None:
        """Put the sample in the place of the present catalogue."""
        with self._locked("swap"):
            self._build_sample()

    def _ensure_usable(self) -> None:
        stamp = self._stamp()
        if stamp is not None and stamp == self._checked:
            return
        if self._needs_sample():
            with self._locked("swap"):
                # Somebody else may have built it while this one waited for the lock.
                if self._needs_sample():
                    self._build_sample()
            stamp = self._stamp()
        if self._meta().get("schema_version") != SCHEMA_VERSION:
            raise CatalogueError(
                "The loaded catalogue was made by another version of movietracker;"
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
        # Asked once in a process only, so that two releases at work side by side do not take turns in replacing it.
        return self._checked is None and meta.get("sample_digest") != _digest(self._sample)

    def _build_sample(self) -> None:
        facts = {"source": "sample", "sample_digest": _digest(self._sample), "created_at": time.time()}
        target = self._folder / "catalogue.sample.tmp"
        with _removed((target,)):
            build_index(self._sample, target, ":memory:", facts=facts, progress=Silent())
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
            # Clients of the API may read this, so it names no path.
            raise CatalogueError(
                "The catalogue file (catalogue.sqlite in the instance folder) is damaged;"
                " please run `movietracker catalogue load` or `movietracker catalogue reset`."
            ) from error

    def _connect(self) -> sqlite3.Connection:
        # The file never changes once it bears this name, so SQLite needs no locks.
        return sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)

    def _stamp(self) -> _Stamp | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    @contextmanager
    def _locked(self, name: str, *, wait: bool = True) -> Iterator[None]:
        """Keep other threads and processes out; the lock goes with the process, however that ends."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f".catalogue.{name}.lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CatalogueError("Another catalogue is being loaded just now; please wait for it.") from None
            yield


@contextmanager
def _removed(paths: Sequence[Path]) -> Iterator[None]:
    """Remove half-made files afterwards, and before: those of a run that was killed."""
    _remove(paths)
    try:
        yield
    finally:
        _remove(paths)


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
