"""Opening files and ZIP archives of strangers; what could fill memory or disks is refused before it is unpacked."""

import copy
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import UploadRefused
from ..phrases import phrase
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
_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1
_DRIVE = re.compile("[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


@contextmanager
def open_upload(paths: Sequence[Path]) -> Iterator[Upload]:
    """Open the files of an upload, each an archive or a single file; yields an Upload that is valid inside the block.

    Raises UploadRefused for what is too large or made to do harm, and OSError.
    """
    if len(paths) > MAX_FILES:
        raise UploadRefused(phrase("too_many_files", most=MAX_FILES))
    with ExitStack() as opened:
        yield Upload.of(member for path in paths for member in _members_of(path, opened, several=len(paths) > 1))


def _members_of(path: Path, opened: ExitStack, *, several: bool) -> Iterable[Member]:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise UploadRefused(phrase("file_too_large", file=path.name, most=MAX_FILE_BYTES // 2**20))
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith((_ZIP, _EMPTY_ZIP)):
        file_of_archive = opened.enter_context(_Archive(path.open("rb", buffering=0)))
        try:
            archive = opened.enter_context(zipfile.ZipFile(cast(BinaryIO, file_of_archive)))
        except _DAMAGE as error:
            raise UploadRefused(phrase("not_a_zip", file=path.name)) from error
        return _checked(path.name, archive, size, several=several)
    if start.startswith(_ARCHIVES):
        raise UploadRefused(phrase("other_archive", file=path.name))
    return [Member(path.name, size, lambda: path.open("rb"))]


class _Archive(io.BufferedReader):
    """The file of an archive, of which zipfile never gets a directory that would take much memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MAX_DIRECTORY_BYTES:
            raise UploadRefused(phrase("directory_too_large"))
        found = super().read(size)
        if found.count(_DIRECTORY_ENTRY) > MAX_MEMBERS:
            raise UploadRefused(phrase("too_many_members", file=Path(self.name).name, most=MAX_MEMBERS))
        return found


def _checked(file: str, archive: zipfile.ZipFile, size: int, *, several: bool) -> Iterator[Member]:
    infos = archive.infolist()
    unpacked = sum(info.file_size for info in infos)
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > SMALL_BYTES and unpacked > MAX_RATIO * size):
        raise UploadRefused(phrase("unpacks_too_large", file=file, size=unpacked // 2**20))
    for info in infos:
        name = info.orig_filename.replace("\\", "/")
        if danger := _danger_in_name(name) or _danger_in(info):
            raise UploadRefused(phrase(danger, file=file, name=repr(name[:MAX_NAME_LENGTH]), most=MAX_RATIO))
        if not name.endswith("/"):
            label = f"{file}: {name}" if several else name
            member = Member(name, info.file_size, partial(_open, archive, info, label), label)
            if member.head.startswith(_ARCHIVES):
                raise UploadRefused(phrase("member_is_archive", file=file, name=repr(name)))
            yield member


def _danger_in_name(name: str) -> str | None:
    """The code of the phrase that says what is wrong with it."""
    if not name or len(name) > MAX_NAME_LENGTH or _CONTROL.search(name):
        return "member_without_name"
    if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        return "member_leads_out"
    return None


def _danger_in(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "member_is_link"
    if info.flag_bits & _ENCRYPTED:
        return "member_encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "member_not_deflated"
    if info.file_size > SMALL_BYTES and info.file_size > MAX_RATIO * info.compress_size:
        return "member_unpacks_too_large"
    return None


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str) -> BinaryIO:
    claimed = copy.copy(info)
    claimed.file_size += MAX_UNPACKED_BYTES  # so that zipfile also delivers what is more than was claimed
    try:
        return cast(BinaryIO, io.BufferedReader(_Counted(archive.open(claimed), info.file_size, label), 64 * 1024))
    except _DAMAGE as error:
        raise MemberDamaged(phrase("damaged")) from error


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
            raise MemberDamaged(phrase("damaged")) from error
        self._left -= len(chunk)
        if self._left < 0 or (not chunk and self._left):
            raise UploadRefused(phrase("size_untrue", file=self._label))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()
