"""Backup destinations that keep files in memory, and ones that misbehave."""

import errno
import os
import threading
import time
from pathlib import Path
from typing import BinaryIO

from movietracker.pluginapi import BackupFile, BackupNotFound, BaseDestination
from movietracker.testing.destinations import Plant


class Shelf(BaseDestination):
    """Keeps files in memory; ``files`` maps user id and name to content and time."""

    def __init__(self, name: str = "shelf") -> None:
        self.name = name
        self.files: dict[tuple[str, str], tuple[bytes, float]] = {}
        self.writes: list[tuple[str, str]] = []

    def check(self) -> str:
        """Always fine."""
        return "There is room on the shelf."

    def write(self, user_id: str, name: str, content: BinaryIO) -> None:
        """Keep it."""
        self.writes.append((user_id, name))
        self.files[user_id, name] = (content.read(), time.time())

    def list_files(self, user_id: str) -> list[BackupFile]:
        """What is kept."""
        return [BackupFile(n, len(data), at) for (user, n), (data, at) in self.files.items() if user == user_id]

    def read(self, user_id: str, name: str, into: BinaryIO) -> None:
        """Give it back."""
        if (user_id, name) not in self.files:
            raise BackupNotFound
        into.write(self.files[user_id, name][0])

    def delete(self, user_id: str, name: str) -> None:
        """Drop it."""
        self.files.pop((user_id, name), None)


class Full(Shelf):
    """A disk without room for the users in ``refused``, or for anybody."""

    def __init__(self, name: str = "full", refused: set[str] | None = None) -> None:
        super().__init__(name)
        self.refused = refused

    def write(self, user_id: str, name: str, content: BinaryIO) -> None:
        """Fail in the middle."""
        if self.refused is None or user_id in self.refused:
            content.read(10)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/mnt/secret/place")
        super().write(user_id, name, content)


class Hanging(Shelf):
    """Hangs on each write until ``released`` is set."""

    def __init__(self, name: str = "hanging") -> None:
        super().__init__(name)
        self.released = threading.Event()
        self.calls = 0

    def write(self, user_id: str, name: str, content: BinaryIO) -> None:
        """Hang."""
        self.calls += 1
        self.released.wait(30)
        super().write(user_id, name, content)


class Forgetful(Shelf):
    """Keeps something else than it was given: what ``spoil`` makes of it."""

    def __init__(self, spoil: object, name: str = "forgetful") -> None:
        super().__init__(name)
        self._spoil = spoil

    def write(self, user_id: str, name: str, content: BinaryIO) -> None:
        """Keep something else."""
        super().write(user_id, name, content)
        data, at = self.files[user_id, name]
        self.files[user_id, name] = (self._spoil(data), at)  # type: ignore[operator]


class Broken(Shelf):
    """Violates the contract."""

    secret = "a secret in a third party's message"

    def write(self, user_id: str, name: str, content: BinaryIO) -> None:
        """Raise what no destination should raise."""
        raise KeyError(self.secret)

    def list_files(self, user_id: str) -> list[BackupFile]:
        """Also."""
        raise ValueError("nonsense")


def planting_in(folder: Path) -> Plant:
    """Return a function that stores a file without using the destination over this folder."""

    def plant(user_id: str, name: str, content: bytes) -> None:
        (folder / user_id).mkdir(parents=True, exist_ok=True)
        (folder / user_id / name).write_bytes(content)

    return plant
