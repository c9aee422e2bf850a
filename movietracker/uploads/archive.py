"""Opening files and ZIP archives of strangers; what could fill memory or disks is refused before it is unpacked."""

import copy
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import UploadRefused
from .upload import Member, MemberDamaged, Upload

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_FILES = 100
MAX_MEMBERS = 10_000
MAX_UNPACKED_BYTES = 2 * 1024**3
MAX_RATIO = 100
SMALL_BYTES = 1024 * 1024
"""What unpacks to less may have any ratio."""

MAX_NAME_LENGTH = 500
_MAX_DIRECTORY_BYTES = 8 * 1024 * 1024
_ZIP, _EMPTY_ZIP = b"PK\x03\x04", b"PK\x05\x06"
_ARCHIVES = (_ZIP, _EMPTY_ZIP, b"\x1f\x8b", b"BZh", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
_ENCRYPTED = 0x1
_DRIVE = re.compile("[A-Za-z]:")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


@contextmanager
def open_upload(paths: Sequence[Path]) -> Iterator[Upload]:
    """Open the files of an upload, each an archive or a single file; yields an Upload that is valid inside the block.

    Raises UploadRefused for what is too large or made to do harm, and OSError.
    """
    if len(paths) > MAX_FILES:
        raise UploadRefused(f"An import takes at most {MAX_FILES} files.")
    with ExitStack() as opened:
        yield Upload.of([member for path in paths for member in _members_of(path, opened, several=len(paths) > 1)])


def _members_of(path: Path, opened: ExitStack, *, several: bool) -> list[Member]:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise UploadRefused(f"{path.name} is larger than {MAX_FILE_BYTES // 2**20} MiB.")
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith((_ZIP, _EMPTY_ZIP)):
        file_of_archive = opened.enter_context(_Archive(path.open("rb", buffering=0)))
        try:
            archive = opened.enter_context(zipfile.ZipFile(cast(BinaryIO, file_of_archive)))
        except _DAMAGE as error:
            raise UploadRefused(f"{path.name} is not a ZIP archive that can be read.") from error
        return _checked(path.name, archive, size, several=several)
    if start.startswith(_ARCHIVES):
        raise UploadRefused(f"{path.name} is an archive, but not a ZIP; unpack it and import the files in it.")
    return [Member(path.name, size, lambda: path.open("rb"))]


class _Archive(io.BufferedReader):
    """The file of an archive, of which zipfile never gets more at once than a directory of a decent size."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MAX_DIRECTORY_BYTES:
            raise UploadRefused("The directory of the archive is too large.")
        return super().read(size)


def _checked(file: str, archive: zipfile.ZipFile, size: int, *, several: bool) -> list[Member]:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise UploadRefused(f"{file} holds more than {MAX_MEMBERS} files.")
    unpacked = sum(info.file_size for info in infos)
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > SMALL_BYTES and unpacked > MAX_RATIO * size):
        raise UploadRefused(f"{file} would unpack to {unpacked // 2**20} MiB, which is refused.")
    members = []
    for info in infos:
        name = info.orig_filename.replace("\\", "/")
        if reason := _danger_in_name(name) or _danger_in(info):
            raise UploadRefused(f"{file} is refused: {name[:MAX_NAME_LENGTH]!r} {reason}.")
        if not name.endswith("/"):
            label = f"{file}: {name}" if several else name
            member = Member(name, info.file_size, partial(_open, archive, info, label), label)
            if member.head.startswith(_ARCHIVES):
                raise UploadRefused(f"{file} is refused: {name!r} is an archive within the archive.")
            members.append(member)
    return members


def _danger_in_name(name: str) -> str | None:
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        return "is not the name of a file"
    if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        return "leads out of the archive"
    return None


def _danger_in(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed by a method other than deflate"
    if info.file_size > SMALL_BYTES and info.file_size > MAX_RATIO * info.compress_size:
        return f"would unpack to more than {MAX_RATIO} times its size"
    return None


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str) -> BinaryIO:
    claimed = copy.copy(info)
    claimed.file_size += MAX_UNPACKED_BYTES  # so that zipfile also delivers what is more than was claimed
    try:
        return cast(BinaryIO, io.BufferedReader(_Counted(archive.open(claimed), info.file_size, label), 64 * 1024))
    except _DAMAGE as error:
        raise MemberDamaged("is damaged") from error


class _Counted(io.RawIOBase):
    """A member that must have the size that the archive's directory claims."""

    def __init__(self, stream: Any, claimed: int, label: str) -> None:
        self._stream, self._left, self._label = stream, claimed, label

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        try:
            chunk = self._stream.read(len(buffer))
        except _DAMAGE as error:
            raise MemberDamaged("is damaged") from error
        self._left -= len(chunk)
        if self._left < 0 or (not chunk and self._left):
            raise UploadRefused(f"{self._label} is not of the size that the archive claims.")
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()
