"""Reading files that parsers keep until an element ends, which strangers can make never end."""

from typing import BinaryIO

from ..phrases import phrase
from .upload import MemberDamaged

CHUNK_BYTES = 64 * 1024
MARK = b"\xef\xbb\xbf"


class Bounded:
    """The bytes of a file without its byte-order mark; reading fails when an element is longer than so many bytes."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream = stream
        self._most = most
        self._since = 0
        self._at_start = True

    def read(self, size: int = -1, /) -> bytes:
        """At most a chunk; raises MemberDamaged."""
        chunk = self._stream.read(min(size, CHUNK_BYTES) if size >= 0 else CHUNK_BYTES)
        if self._at_start and chunk:
            self._at_start = False
            chunk = chunk.removeprefix(MARK) or self._stream.read(CHUNK_BYTES)
        self._since += len(chunk)
        if self._since > self._most:
            raise MemberDamaged(phrase("element_too_large", most=self._most // 2**20))
        return chunk

    def begin_element(self) -> None:
        """Count what is read from now on towards the next element."""
        self._since = 0
