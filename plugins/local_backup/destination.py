"""Backups as files: FOLDER/USER-ID/2026-01-31-at-030000-123456.json.

A file is written under another name, forced to the disk and renamed, so a crash or a full disk leaves the old file or
the new one. No link below the folder is followed: files are opened relative to the user's folder with O_NOFOLLOW.
"""

import errno
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from movietracker.pluginapi import (
    BackupFile,
    BackupNotFound,
    BaseDestination,
    DestinationFailed,
    is_backup_name,
    is_user_id,
    whole_file,
)

# A part file this old belongs to a process that was killed.
_ABANDONED_SECONDS = 86_400.0

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK, so that opening a named pipe does not block; it has no effect on regular files.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LocalDestination(BaseDestination):
    """A folder with a folder for each user."""

    name = "local"
    priority = 10

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check(self) -> str:
        """Write a temporary file into the folder."""
        self._make_folder()
        with tempfile.TemporaryFile(dir=self._folder) as probe:
            probe.write(b"movietracker")
            probe.flush()
            os.fsync(probe.fileno())
        return f"Backups can be written to {self._folder}."

    def write(self, user_id: str, name: str, content: BinaryIO) -> None:
        """Write a part file, force it to the disk, rename it."""
        if not (is_user_id(user_id) and is_backup_name(name)):
            raise DestinationFailed(f"{name} is not the name of a backup.")
        self._make_folder_of(user_id)
        with self._opened(user_id) as folder:
            _remove_abandoned(folder)
            with whole_file(name, mode=0o600, dir_fd=folder) as file:
                shutil.copyfileobj(content, file)
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
        """Unlink the name; the target of a link is untouched."""
        if is_backup_name(name):
            with suppress(BackupNotFound, FileNotFoundError), self._opened(user_id) as folder:
                os.unlink(name, dir_fd=folder)
                os.fsync(folder)

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise DestinationFailed("local: BACKUP_LOCAL_PATH leads to a file, not to a folder.") from None

    def _make_folder_of(self, user_id: str) -> None:
        self._make_folder()
        try:
            (self._folder / user_id).mkdir(mode=0o700)
        except FileExistsError:
            return
        with _opened_folder(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) as parent:
            os.fsync(parent)

    @contextmanager
    def _opened(self, user_id: str) -> Iterator[int]:
        """A descriptor of the user's folder; raises BackupNotFound when there is none, or a link instead."""
        if not is_user_id(user_id):
            raise BackupNotFound
        with _opened_folder(self._folder / user_id, _OPEN_FOLDER) as descriptor:
            yield descriptor


@contextmanager
def _opened_folder(path: Path, flags: int) -> Iterator[int]:
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
            raise BackupNotFound from error
        raise
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
        for part in entries:
            if part.name.startswith(".") and part.name.endswith(".part"):
                with suppress(FileNotFoundError):
                    if part.stat(follow_symlinks=False).st_mtime < time.time() - _ABANDONED_SECONDS:
                        os.unlink(part.name, dir_fd=folder)
