"""Files that appear whole or not at all, and folders that are held."""

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

_WITHOUT_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


@contextmanager
def whole_file(
    path: str | Path, *, mode: int = 0o666, replace: bool = True, dir_fd: int | None = None
) -> Iterator[BinaryIO]:
    """A file to write, which takes its name once it is complete and on the disk; after an error nothing has changed.

    Until then it is ``.NAME.RANDOM.part``, in the same folder; a process that is killed may leave that behind. A
    relative ``path`` starts at the folder ``dir_fd`` if given. Without ``replace`` an existing file stays, and
    FileExistsError is raised. The caller syncs the folder where the new name, too, must survive a power failure.
    Raises OSError for a device or pipe, in whose place a file would be put.
    """
    path = Path(path)
    if replace:
        _refuse_device(path, dir_fd)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode, dir_fd=dir_fd)) as file:
            yield cast(BinaryIO, file)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(part, path, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
        else:
            _publish_new(part, path, dir_fd)
    except OSError as error:
        if error.filename == str(part):  # the name that the caller knows
            error.filename = str(path)
        raise
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=dir_fd)


def hold(folder: Path) -> None:
    """Lock a folder until this process and all that it forks have ended, so that nobody takes it for abandoned.

    Several may hold it. Where files cannot be locked, nobody takes it for abandoned either.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # the system closes it
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH)


def _refuse_device(path: Path, dir_fd: int | None) -> None:
    with suppress(FileNotFoundError):
        mode = os.stat(path, dir_fd=dir_fd).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))


def _publish_new(part: Path, path: Path, dir_fd: int | None) -> None:
    """Give a file its name unless that is taken; raises FileExistsError."""
    try:
        os.link(part, path, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    except OSError as error:
        if error.errno not in _WITHOUT_LINKS:
            raise
        _rename_alone(part, path, dir_fd)


def _rename_alone(part: Path, path: Path, dir_fd: int | None) -> None:
    """The same where the file system has no hard links, as FAT and exFAT: look and rename, one process at a time."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # released when it is closed
        try:
            os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
        except FileNotFoundError:
            os.replace(part, path, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    finally:
        os.close(folder)
