"""Backups as files: FOLDER/USER-ID/2026-01-31.json.

A file is written under another name, forced to the disk and renamed, so a crash or a full disk leaves the old file or
the new one. Links are followed nowhere below the folder: everything is opened relative to its folder with O_NOFOLLOW.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from movietracker.pluginapi import BackupFile, BackupNotFound, BaseDestination, DestinationFailed, is_backup_name

USER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_PART_SUFFIX = ".part"
# What a killed process left behind is removed after so long: by then nobody is still writing it.
_ABANDONED_SECONDS = 86_400.0

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# A named pipe must not hold us up: O_NONBLOCK means nothing to a regular file.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LocalDestination(BaseDestination):
    """A folder with a folder for each user."""

    name = "local"
    priority = 10

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check(self) -> str:
        """Write a file into the folder; it is gone again at once."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._folder) as probe:
            probe.write(b"movietracker")
            probe.flush()
            os.fsync(probe.fileno())
        return f"Backups can be written to {self._folder}."

    def write(self, user_id: str, name: str, content: BinaryIO) -> None:
        """Write beside, force to the disk, rename."""
        if not is_backup_name(name):
            raise DestinationFailed(f"{name} is no name of a backup.")
        self._make_folder_of(user_id)
        with self._opened(user_id) as folder:
            _remove_abandoned(folder)
            part = f".{name}.{secrets.token_hex(4)}{_PART_SUFFIX}"
            try:
                with os.fdopen(os.open(part, _CREATE, 0o600, dir_fd=folder), "wb") as file:
                    shutil.copyfileobj(content, file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(part, dir_fd=folder)
                raise
            os.fsync(folder)

    def list_files(self, user_id: str) -> list[BackupFile]:
        """Regular files with a backup's name."""
        try:
            with self._opened(user_id) as folder:
                return list(_files_in(folder))
        except BackupNotFound:
            return []

    def read(self, user_id: str, name: str, into: BinaryIO) -> None:
        """Copy a regular file."""
        if not is_backup_name(name):
            raise BackupNotFound
        with self._opened(user_id) as folder:
            try:
                opened = os.open(name, _READ, dir_fd=folder)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ELOOP):  # ELOOP: a link
                    raise BackupNotFound from error
                raise
            with os.fdopen(opened, "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise BackupNotFound
                shutil.copyfileobj(file, into)

    def delete(self, user_id: str, name: str) -> None:
        """Remove a file; what it was called is all that a link loses by it."""
        if is_backup_name(name):
            with suppress(BackupNotFound, FileNotFoundError), self._opened(user_id) as folder:
                os.unlink(name, dir_fd=folder)
                os.fsync(folder)

    def _make_folder_of(self, user_id: str) -> None:
        if USER_ID.fullmatch(user_id) is None:
            raise DestinationFailed("A user's id is a UUID.")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            (self._folder / user_id).mkdir(mode=0o700)
        except FileExistsError:
            return
        with _closing(os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as parent:
            os.fsync(parent)

    @contextmanager
    def _opened(self, user_id: str) -> Iterator[int]:
        """A descriptor of the user's folder; raises BackupNotFound when there is none, or a link instead."""
        if USER_ID.fullmatch(user_id) is None:
            raise BackupNotFound
        try:
            descriptor = os.open(self._folder / user_id, _OPEN_FOLDER)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
                raise BackupNotFound from error
            raise
        with _closing(descriptor):
            yield descriptor


@contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _files_in(folder: int) -> Iterator[BackupFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_backup_name(entry.name) and entry.is_file(follow_symlinks=False):
                found = entry.stat(follow_symlinks=False)
                yield BackupFile(entry.name, found.st_size, found.st_mtime)


def _remove_abandoned(folder: int) -> None:
    with os.scandir(folder) as entries:
        parts = [entry for entry in entries if entry.name.startswith(".") and entry.name.endswith(_PART_SUFFIX)]
        for part in parts:
            with suppress(FileNotFoundError):
                if part.stat(follow_symlinks=False).st_mtime < time.time() - _ABANDONED_SECONDS:
                    os.unlink(part.name, dir_fd=folder)
