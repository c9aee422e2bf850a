"""Temporary files for documents: written once, then read by several readers at a time."""

import hashlib
import io
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Self, cast

CHUNK_BYTES = 256 * 1024


class Spool:
    """A temporary file without a name, which disappears when it is closed or the process is killed."""

    def __init__(self, folder: Path) -> None:
        self.file = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - closed by close()

    @classmethod
    def of(cls, chunks: Iterable[bytes], folder: Path) -> Self:
        """A spool with this content."""
        spool = cls(folder)
        try:
            for chunk in chunks:
                spool.file.write(chunk)
        except BaseException as error:
            if isinstance(error, OSError):
                error.filename = error.filename or str(folder)
            spool.close()
            raise
        return spool

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; existing readers have handles of their own."""
        self.file.close()

    def reader(self) -> io.BufferedReader:
        """A reader from the beginning, with a position and a file handle of its own.

        An abandoned thread that is still reading therefore does not disturb other readers.
        """
        self.file.flush()
        return io.BufferedReader(_PositionedReader(self.file.fileno()), CHUNK_BYTES)

    @property
    def size(self) -> int:
        """Bytes."""
        self.file.flush()
        return os.fstat(self.file.fileno()).st_size

    def sha256(self) -> str:
        """The checksum of the content, in hexadecimal digits."""
        with self.reader() as reader:
            return hashlib.file_digest(reader, "sha256").hexdigest()


def what_failed(error: OSError) -> str:
    """A plain sentence for what a spool raises, for example when its folder is full."""
    return f"The temporary file could not be written: {error.strerror or type(error).__name__}."


class _PositionedReader(io.RawIOBase):
    """Reads a file by position, so that the position of the file itself stays where it is."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = os.dup(descriptor)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        read = os.preadv(self._descriptor, [buffer], self._position)
        self._position += read
        return read

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}
        self._position = offset + (start[whence] if whence in start else os.fstat(self._descriptor).st_size)
        return self._position

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()
