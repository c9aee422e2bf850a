"""Why a file cannot be used: rights, a missing folder, a file system without locks."""

import fcntl
import os
import pwd
import tempfile
from pathlib import Path
from typing import NamedTuple

_ON_A_NETWORK = frozenset({
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "davfs", "vboxsf"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.davfs2", "fuse.cephfs"),
})  # fmt: skip


class NoRights(NamedTuple):
    """Why a file or folder cannot be written, and the command that mends it; empty if a mount decides."""

    sentence: str
    command: str = ""

    def __str__(self) -> str:
        return f"{self.sentence}: {self.command}" if self.command else self.sentence

    @property
    def remedy(self) -> str:
        """What to do, in a sentence."""
        return f"Run: {self.command}" if self.command else "Mount it writable, or choose another folder."


def obstacle(path: Path) -> str | None:
    """What keeps this process from writing a file, in a sentence without its period; None if nothing is found."""
    path = path.absolute()
    if path.is_dir():
        return f"{path} is a folder"
    if not path.parent.is_dir():
        return str(no_rights(path.parent.parent) or f"{path.parent} is no folder")
    for place in (path, path.parent):
        if place.exists() and (lack := no_rights(place)):
            return str(lack)
    if (kind := network_file_system(path)) is not None:
        where = f"{path} is on a network file system ({kind})"
        return f"{where}, where SQLite cannot rely on locks; use a local disk, or PostgreSQL"
    sentence = no_locks(path.parent)
    return f"{sentence}; use a local disk" if sentence else None


def no_locks(folder: Path) -> str | None:
    """Why files of a folder cannot be locked, which SQLite and the server need; None if they can be.

    A file of its own is tried: closing the database's would end all locks that this process has on it.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            fcntl.lockf(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.filename is None:  # otherwise the file could not be made
            return f"{folder} is on a file system without locks ({error.strerror})"
    return None


def no_rights(place: Path, user: int | None = None, which: Path | str | None = None) -> NoRights | None:
    """Who cannot write a file or folder, whose it is, and the command that mends it; None if it can be written.

    ``user`` is the id of the user who must be able to, this process's by default, and ``which`` what the command
    changes, by default the folder.
    """
    uid = os.geteuid() if user is None else user
    try:
        found = place.stat()
        is_ours = uid in (os.geteuid(), 0)
        if os.access(place, os.W_OK | (os.X_OK if place.is_dir() else 0)) if is_ours else found.st_uid == uid:
            return None
    except PermissionError:
        return no_rights(place.parent)
    except FileNotFoundError:
        return None
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        return NoRights(f"{place} is on a read-only file system")
    which = which or (place if place.is_dir() else place.parent)
    if found.st_uid == uid:
        return NoRights(f"{place} cannot be written by uid {uid}, to whom it belongs", f"chmod -R u+rwX {which}")
    sentence = f"{place} cannot be written by uid {uid}; it belongs to {owner_of(place)}"
    return NoRights(sentence, f"chown -R {uid} {which}")


def owner_of(place: Path) -> str:
    """The name of the user to whom a file belongs, or its number."""
    uid = place.stat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def network_file_system(path: Path) -> str | None:
    """The type of the network file system that holds a file; None for a local one, and where it cannot be told."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    resolved = path.resolve()
    kinds = {}
    for mount in mounts:
        where, _, kind = mount.partition(" - ")
        point = where.split(" ")[4].replace("\\040", " ")
        if resolved.is_relative_to(point):
            kinds[point] = kind.split(" ")[0]
    kind = kinds[max(kinds, key=len)] if kinds else ""
    return kind if kind in _ON_A_NETWORK else None
