"""The connections whose token has not been accepted, counted by the address of the client."""

from collections import Counter

from .connection import Connection

MAX_OF_AN_ADDRESS = 50
"""In all processes together; each takes its share."""


class Unsigned:
    """Counts connections without an accepted token; for one thread."""

    def __init__(self, processes: int) -> None:
        self._most = max(1, MAX_OF_AN_ADDRESS // processes)
        self._address_of: dict[Connection, str] = {}
        self._count: Counter[str] = Counter()

    def has_room(self, address: str) -> bool:
        """Whether this address may have one more."""
        return self._count[address] < self._most

    def add(self, connection: Connection, address: str) -> None:
        """Count a connection."""
        self._address_of[connection] = address
        self._count[address] += 1

    def remove(self, connection: Connection) -> None:
        """Stop counting a connection that has ended or has an accepted token."""
        address = self._address_of.pop(connection, None)
        if address is None:
            return
        self._count[address] -= 1
        if not self._count[address]:
            del self._count[address]
