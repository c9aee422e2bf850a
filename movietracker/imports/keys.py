"""Sets and maps of hashed keys in a few bytes for each, as the rows of a file can be hundreds of thousands."""

from array import array
from hashlib import blake2b

_FIRST_SLOTS = 1024
_EMPTY = 0


def key_of(*parts: object) -> int:
    """A hash of 64 bits, the same in every process, and never 0."""
    joined = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(joined, digest_size=8).digest(), "big") or 1


class KeySet:
    """Keys in an open-addressed table of 8 bytes a slot, at most four fifths full: 200,000 fit into 2**18 slots."""

    def __init__(self) -> None:
        self.count = 0
        self._keys = array("Q", [_EMPTY]) * _FIRST_SLOTS

    def add(self, key: int) -> bool:
        """Take a key in; whether it is new."""
        slot = self._slot(key)
        if self._keys[slot]:
            return False
        self._put(slot, key)
        return True

    def _put(self, slot: int, key: int) -> None:
        self._keys[slot] = key
        self.count += 1
        if self.count * 5 > len(self._keys) * 4:
            self._grow()

    def _slot(self, key: int) -> int:
        """The slot of a key, or the empty one where it belongs."""
        keys, mask = self._keys, len(self._keys) - 1
        slot = key & mask
        while (found := keys[slot]) and found != key:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        keys = self._keys
        self._keys = array("Q", [_EMPTY]) * (2 * len(keys))
        for key in filter(None, keys):
            self._keys[self._slot(key)] = key


class KeyMap(KeySet):
    """A number below 2**32 for each key, in 12 bytes a slot."""

    def __init__(self) -> None:
        super().__init__()
        self._values = array("I", [0]) * _FIRST_SLOTS

    def get(self, key: int) -> int | None:
        """The number of a key."""
        slot = self._slot(key)
        return self._values[slot] if self._keys[slot] else None

    def set_default(self, key: int, value: int) -> None:
        """Give a key its number unless it has one."""
        slot = self._slot(key)
        if not self._keys[slot]:
            self._values[slot] = value
            self._put(slot, key)

    def _grow(self) -> None:
        old, values = self._keys, self._values
        super()._grow()
        self._values = array("I", [0]) * len(self._keys)
        for key, value in zip(old, values, strict=True):
            if key:
                self._values[self._slot(key)] = value
