"""The contract of backup destinations."""

import re
from dataclasses import dataclass
from typing import BinaryIO, Protocol, runtime_checkable

_USER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BACKUP_NAME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(-(at|before-restore)-[0-9]{6}(-[0-9]{1,6})?)?\.json(\.enc)?",
)


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A file at a destination: ``size`` in bytes, ``modified_at`` in Unix seconds by the destination's clock."""

    name: str
    size: int
    modified_at: float


def is_backup_name(name: str) -> bool:
    """Whether this is the name of a backup, such as ``2026-01-31.json`` or
    ``2026-01-31-at-143005-123456.json``; false for every path."""
    return _BACKUP_NAME.fullmatch(name) is not None


def is_user_id(user_id: str) -> bool:
    """Whether this is the id of a user, a UUID in lower case; false for every path."""
    return _USER_ID.fullmatch(user_id) is not None


@runtime_checkable
class BackupDestination(Protocol):
    """A destination of backups: named files, separate for each user.

    ``user_id`` passes ``is_user_id`` and ``name`` passes ``is_backup_name``. All calls may raise the destination errors
    of :mod:`movietracker.errors`, and ``OSError``. Each call runs in a thread of its own and is abandoned after
    BACKUP_TIMEOUT seconds, so it should have time limits of its own below that.
    """

    @property
    def name(self) -> str:
        """Lower-case word that BACKUP_DESTINATIONS and the API use."""

    @property
    def priority(self) -> int:
        """Its place when BACKUP_DESTINATIONS is not set: lower comes first; 50 by default."""

    def is_configured(self) -> bool:
        """Whether it has its address and keys; otherwise it is skipped."""

    def check(self) -> str:
        """Write something for ``movietracker doctor``, and remove it; return one plain sentence, raise if it fails."""

    def write(self, user_id: str, name: str, content: BinaryIO) -> None:
        """Store a file, or replace it; at any time readers find the complete old file or the complete new one."""

    def list_files(self, user_id: str) -> list[BackupFile]:
        """The user's backups in any order: only complete, regular files with a backup's name, no links."""

    def read(self, user_id: str, name: str, into: BinaryIO) -> None:
        """Copy a file's content; raises BackupNotFound if it does not exist, or ``list_files`` does not show it."""

    def delete(self, user_id: str, name: str) -> None:
        """Remove a file, if it exists."""
