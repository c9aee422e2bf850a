"""The files of one upload, as members; an archive has many, any other file is one itself."""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from ..phrases import phrase

HEAD_BYTES = 8 * 1024
"""How much of a member importers see when they are asked whether they recognize it."""

MAX_ROWS = 200_000
"""Of an import; no pass that is made before the rows looks at more."""

MEMBERS_KEPT = 32
"""Of how many members heads, and what is read from them, are kept; an upload can have 10,000."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row, or a whole member, that cannot be read: where it stands, and why as a phrase without a period."""

    where: str
    reason: str


class MemberDamaged(Exception):
    """The rest of a member cannot be read; ``reason`` is a phrase that says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


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

    @property
    def head(self) -> bytes:
        """Its first HEAD_BYTES bytes, or fewer if it is damaged."""
        return _head_of(self)

    @property
    def is_void(self) -> bool:
        """Whether it begins with nothing but NUL bytes, as members of interrupted exports do."""
        return bool(self.head) and not self.head.strip(b"\0")

    def at(self, line: int) -> str:
        """A place in it, as messages name it."""
        return f"{self.label}, line {line}"


@lru_cache(MEMBERS_KEPT)
def _head_of(member: Member) -> bytes:
    read = bytearray()
    try:
        with member.open() as stream:
            while len(read) < HEAD_BYTES and (chunk := stream.read(HEAD_BYTES - len(read))):
                read += chunk
    except MemberDamaged:
        pass
    return bytes(read)


@dataclass(frozen=True, slots=True)
class Upload:
    """The members of one upload in the order of the files, and those of its members that cannot be read at all."""

    members: Sequence[Member]
    broken: Sequence[BrokenRow] = ()

    @classmethod
    def of(cls, members: Iterable[Member]) -> "Upload":
        """Set members that hold only NUL bytes aside."""
        usable: list[Member] = []
        broken: list[BrokenRow] = []
        for member in members:
            if member.is_void:
                broken.append(BrokenRow(member.label, phrase("only_nul_bytes")))
            else:
                usable.append(member)
        return cls(usable, broken)
