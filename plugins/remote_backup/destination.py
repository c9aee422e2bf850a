"""Backups at an address that fsspec serves: ADDRESS/USER-ID/2026-01-31-at-030000-123456.json.

A file is written under another name and renamed, except to object stores, which show whole files only. When a call
fails on a connection from before, it is tried again on a new one.
"""

import io
import re
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, BinaryIO, TypeVar

from movietracker.pluginapi import (
    BackupFile,
    BackupNotFound,
    BaseDestination,
    DestinationFailed,
    DestinationProblem,
    DestinationUnreachable,
    is_backup_name,
    is_user_id,
)

from .stores import Store, open_store

T = TypeVar("T")

# A part file this old belongs to a process that was killed.
_ABANDONED_SECONDS = 86_400.0

# Names of the last-modified time in the stores' listings.
_TIMES = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")

# Errors of the fsspec packages that are not OSErrors, by class name.
_UNREACHABLE = re.compile("Connect|Timeout|NetworkError|ProtocolError|BadGateway|ChannelOpen")
_SENTENCES = {
    "HostKeyNotVerifiable": "its host key is unknown; log in once with ssh, or name a file in the option known_hosts",
    "PermissionDenied": "it does not accept the user name, password or key",
    "NoCredentialsError": "there is no key for it",
    "InsufficientStorage": "it is full",
    "ForbiddenOperation": "it does not allow this",
    "ResourceLocked": "the file is locked",
    # Raised by the packages for unknown or missing options, bad ports and the like.
    "TypeError": "BACKUP_REMOTE_URL and BACKUP_REMOTE_OPTIONS do not fit each other or this kind of store",
    "ValueError": "BACKUP_REMOTE_URL or BACKUP_REMOTE_OPTIONS make no sense",
}


class RemoteDestination(BaseDestination):
    """A store with a folder for each user; the first call opens it."""

    name = "remote"
    priority = 20

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        self._address = address
        self._options = options
        self._store: Store | None = None
        self._lock = threading.Lock()

    def is_configured(self) -> bool:
        """Whether there is an address."""
        return bool(self._address)

    def close(self) -> None:
        """Drop the connection; the next call opens another one."""
        with self._lock:
            self._store = None

    def check(self) -> str:
        """Write a small file and remove it."""

        def work(store: Store) -> None:
            _require_base(store)
            path = f"{store.base}/movietracker-check-{secrets.token_hex(4)}.txt"
            if not store.is_object_store:
                store.fs.makedirs(store.base, exist_ok=True)
            store.write(path, io.BytesIO(b"movietracker was here\n"))
            store.fs.rm_file(path)

        self._do(work)
        return "Backups can be written to BACKUP_REMOTE_URL."

    def write(self, user_id: str, name: str, content: BinaryIO) -> None:
        """Write a part file and rename it; write to an object store directly."""
        if not (is_user_id(user_id) and is_backup_name(name)):
            raise DestinationFailed(f"{name} is not the name of a backup.")

        def work(store: Store) -> None:
            content.seek(0)
            folder = f"{store.base}/{user_id}"
            if store.is_object_store:
                store.write(f"{folder}/{name}", content)
                return
            _require_base(store)
            store.fs.makedirs(folder, exist_ok=True)
            part = f"{folder}/.{name}.{secrets.token_hex(4)}.part"
            try:
                store.write(part, content)
                store.move(part, f"{folder}/{name}")
            except Exception:
                with suppress(Exception):  # report the first error
                    store.fs.rm_file(part)
                raise

        self._do(work)

    def list_files(self, user_id: str) -> list[BackupFile]:
        """Files with a backup's name, no links; removes part files of processes that were killed."""
        if not is_user_id(user_id):
            return []

        def work(store: Store) -> list[BackupFile]:
            _require_base(store)
            return _list(store, f"{store.base}/{user_id}")

        return self._do(work)

    def read(self, user_id: str, name: str, into: BinaryIO) -> None:
        """Copy a file."""
        if not (is_user_id(user_id) and is_backup_name(name)):
            raise BackupNotFound

        def work(store: Store) -> None:
            folder = f"{store.base}/{user_id}"
            if not store.is_object_store and all(file.name != name for file in _list(store, folder)):
                raise BackupNotFound  # or a link, which would be followed
            into.seek(0)
            into.truncate()
            try:
                with store.fs.open(f"{folder}/{name}", "rb") as file:
                    shutil.copyfileobj(file, into)
            except FileNotFoundError:
                raise BackupNotFound from None

        self._do(work)

    def delete(self, user_id: str, name: str) -> None:
        """Remove a file."""
        if is_user_id(user_id) and is_backup_name(name):
            self._do(lambda store: _remove(store, f"{store.base}/{user_id}/{name}"))

    def _do(self, work: Callable[[Store], T]) -> T:
        """Work on the open store, and again on a new one if the connection has died; raises plain errors only."""
        while True:
            is_new = self._store is None
            try:
                with self._lock:
                    store = self._store = self._store or open_store(self._address, self._options)
                return work(store)
            except (DestinationProblem, BackupNotFound):
                raise
            except Exception as error:
                if is_new:
                    raise _plain(error) from error
                self.close()


def _require_base(store: Store) -> None:
    """Raise DestinationFailed for a missing folder: an unmounted disk is not an empty one."""
    if store.is_local and not store.fs.isdir(store.base):
        raise DestinationFailed("remote: the folder of BACKUP_REMOTE_URL is not there; is its disk mounted?")


def _list(store: Store, folder: str) -> list[BackupFile]:
    store.fs.invalidate_cache()
    try:
        entries = store.fs.ls(folder, detail=True)
    except FileNotFoundError:
        return []
    found = []
    for entry in entries:
        name = str(entry["name"]).rstrip("/").rpartition("/")[2]
        if entry.get("type") != "file" or entry.get("islink"):
            continue
        if is_backup_name(name):
            found.append(BackupFile(name, int(entry.get("size") or 0), _time_of(entry)))
        elif name.startswith(".") and name.endswith(".part") and _time_of(entry) < time.time() - _ABANDONED_SECONDS:
            _remove(store, f"{folder}/{name}")
    return found


def _remove(store: Store, path: str) -> None:
    with suppress(FileNotFoundError):
        store.fs.rm_file(path)


def _time_of(entry: Mapping[str, Any]) -> float:
    """The last-modified time in Unix seconds; now, if the store does not give it."""
    for key in _TIMES:
        value = entry.get(key)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, int | float):
            return float(value)
    return time.time()


def _plain(error: Exception) -> DestinationProblem:
    """An error of the fsspec packages as a sentence without addresses and keys."""
    kind = type(error).__name__
    if kind in _SENTENCES:
        return DestinationFailed(f"remote: {_SENTENCES[kind]}.")
    if isinstance(error, TimeoutError | ConnectionError | socket.gaierror) or _UNREACHABLE.search(kind):
        return DestinationUnreachable(f"remote cannot be reached ({kind}).")
    if isinstance(error, FileNotFoundError):
        return DestinationFailed("remote: there is no such folder or bucket.")
    if isinstance(error, PermissionError):
        return DestinationFailed("remote: it does not allow this; see its keys and rights.")
    if isinstance(error, OSError) and error.strerror:
        return DestinationFailed(f"remote: {error.strerror}.")
    return DestinationFailed(f"remote failed ({kind}).")
