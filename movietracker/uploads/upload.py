"""The files of one upload, as members; an archive has many, any other file is one itself."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

HEAD_BYTES = 8 * 1024
"""How much of a member importers see when they are asked whether they recognize it."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row, or a whole member, that cannot be read: where it stands, and why as a phrase without a period."""

    where: str
    reason: str


class MemberDamaged(Exception):
    """The rest of a member cannot be read; the message is a phrase that says why."""


class Member:
    """One file of an upload.

    ``name`` is its path in the archive, or the file's own name; ``label`` is how messages call it; ``size`` is in
    bytes. ``open`` returns a binary stream from the beginning, which raises MemberDamaged where it is damaged.
    """

    def __init__(self, name: str, size: int, opened: Callable[[], BinaryIO], label: str | None = None) -> None:
        self.name = name
        self.label = label or name
        self.size = size
        self._opened = opened

    @classmethod
    def of_bytes(cls, name: str, content: bytes) -> "Member":
        """A member that is in memory, for tests."""
        return cls(name, len(content), lambda: io.BytesIO(content))

    def open(self) -> BinaryIO:
        """Open it for reading; the caller closes the stream."""
        return self._opened()

    @cached_property
    def head(self) -> bytes:
        """Its first HEAD_BYTES bytes, or fewer if it is damaged."""
        read = bytearray()
        try:
            with self.open() as stream:
                while len(read) < HEAD_BYTES and (chunk := stream.read(HEAD_BYTES - len(read))):
                    read += chunk
        except MemberDamaged:
            pass
        return bytes(read)

    @property
    def is_void(self) -> bool:
        """Whether it begins with nothing but NUL bytes, as members of interrupted exports do."""
        return bool(self.head) and not self.head.strip(b"\0")

    def at(self, line: int) -> str:
        """A place in it, as messages name it."""
        return f"{self.label}, line {line}"


@dataclass(frozen=True, slots=True)
class Upload:
    """The members of one upload in the order of the files, and those of its members that cannot be read at all."""

    members: Sequence[Member]
    broken: Sequence[BrokenRow] = ()

    @classmethod
    def of(cls, members: Sequence[Member]) -> "Upload":
        """Set members that hold only NUL bytes aside."""
        void = [BrokenRow(each.label, "holds nothing but NUL bytes") for each in members if each.is_void]
        return cls([each for each in members if not each.is_void], void)
