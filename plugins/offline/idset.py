"""A set of whole numbers that takes little memory: a bit for each, in blocks that are made when needed."""

from __future__ import annotations

_BLOCK_BITS = 16
_IN_BLOCK = (1 << _BLOCK_BITS) - 1


class IdSet:
    """Ids from 0 up; forty million title ids take about 5 MB, a set of Python numbers a gigabyte and more."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}

    def add(self, number: int) -> None:
        """Put the number in."""
        block = self._blocks.get(number >> _BLOCK_BITS)
        if block is None:
            block = self._blocks[number >> _BLOCK_BITS] = bytearray((_IN_BLOCK + 1) // 8)
        offset = number & _IN_BLOCK
        block[offset >> 3] |= 1 << (offset & 7)

    def __contains__(self, number: int) -> bool:
        block = self._blocks.get(number >> _BLOCK_BITS)
        if block is None:
            return False
        offset = number & _IN_BLOCK
        return bool(block[offset >> 3] & (1 << (offset & 7)))
