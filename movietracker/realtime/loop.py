"""The loop of the one thread that serves all sockets of a process."""

import math
import resource
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from time import monotonic

from wsproto.connection import Connection as Protocol
from wsproto.connection import ConnectionType
from wsproto.events import CloseConnection
from wsproto.frame_protocol import CloseReason

from .. import metrics
from .connection import Connection
from .subscribers import ReadToken, Subscribers, token_in
from .unsigned import Unsigned

TICK_EVERY = 1.0
GOODBYE_SECONDS = 2.0

QUIET_SECONDS = 0.03
"""Nothing is sent for this long after the handshake: some clients (simple-websocket) miss what arrives with it."""

MAX_SOCKETS = 5000
"""Per process, and at most half of the files that it may have open: REST needs some, too."""

STOPPING = (CloseReason.GOING_AWAY, "The server stops; reconnect.")
TOO_MANY = (CloseReason.TRY_AGAIN_LATER, "The server has too many connections; try again.")
TOO_MANY_UNSIGNED = (CloseReason.TRY_AGAIN_LATER, "Your address has too many connections without a token; try again.")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A socket after its handshake, with the token if it came in the request."""

    sock: socket.socket
    address: str
    token: str | None

    def turn_away(self, code: CloseReason, reason: str) -> None:
        """Close it without serving it."""
        with suppress(OSError):
            self.sock.send(Protocol(ConnectionType.SERVER).send(CloseConnection(code, reason)))
        self.sock.close()


class Loop:
    """All sockets of a process. ``arrive``, ``wake`` and ``has_subscribers`` are for any thread, the rest for its own.

    It shares nothing with other threads but a queue of arrivals and a pipe that wakes it, so it needs no lock.
    """

    def __init__(self, read_token: ReadToken, processes: int) -> None:
        self._arrivals: SimpleQueue[Arrival] = SimpleQueue()
        self._selector = DefaultSelector()
        self._wake_sender, self._wake_receiver = socket.socketpair()
        for end in (self._wake_sender, self._wake_receiver):
            end.setblocking(False)
        self._selector.register(self._wake_receiver, EVENT_READ)
        self._connections: set[Connection] = set()
        self._unsigned = Unsigned(processes)
        self._newcomers: deque[tuple[float, Arrival]] = deque()
        self._max_sockets = _max_sockets()
        self._subscribers = Subscribers(read_token)
        self._next_tick = monotonic()

    def arrive(self, arrival: Arrival) -> None:
        """Take over a socket."""
        self._arrivals.put(arrival)
        self.wake()

    def wake(self) -> None:
        """Begin the next turn now."""
        with suppress(OSError):  # the pipe is full, or the loop has ended
            self._wake_sender.send(b"\0")

    def has_subscribers(self, user_id: str) -> bool:
        """Whether a socket here subscribes to this library."""
        return self._subscribers.has(user_id)

    @property
    def is_empty(self) -> bool:
        """Whether no socket is left."""
        return not self._connections and not self._newcomers and self._arrivals.empty()

    def turn(self) -> None:
        """Wait for something to do, at most until the next poll or tick, and do it."""
        next_admission = self._newcomers[0][0] if self._newcomers else math.inf
        self._serve(min(self._next_tick, self._subscribers.next_poll, next_admission) - monotonic())
        now = monotonic()
        self._newcomers.extend((now + QUIET_SECONDS, arrival) for arrival in self._arrived())
        while self._newcomers and self._newcomers[0][0] <= now:
            self._admit(self._newcomers.popleft()[1])
        if now >= self._subscribers.next_poll:
            self._subscribers.poll()
        if now >= self._next_tick:
            self._next_tick = now + TICK_EVERY
            for connection in tuple(self._connections):
                connection.tick(now)

    def _admit(self, arrival: Arrival) -> None:
        if len(self._connections) >= self._max_sockets:
            arrival.turn_away(*TOO_MANY)
            return
        has_room = self._unsigned.has_room(arrival.address)
        if arrival.token is None and not has_room:
            arrival.turn_away(*TOO_MANY_UNSIGNED)
            return
        connection = Connection(arrival.sock, self._selector, self._on_gone)
        self._connections.add(connection)
        metrics.sockets_open(len(self._connections))
        self._unsigned.add(connection, arrival.address)
        if arrival.token is not None:
            self._sign_in(connection, arrival.token)
            if connection.token is None and not has_room:
                connection.cut()

    def _sign_in(self, connection: Connection, token: str) -> None:
        self._subscribers.admit(connection, token)
        if connection.token is not None:
            self._unsigned.remove(connection)

    def say_goodbye(self) -> None:
        """Close every socket because the server stops, and give the clients a moment to respond."""
        deadline = monotonic() + GOODBYE_SECONDS
        for connection in tuple(self._connections):
            connection.close(*STOPPING)
        while self._connections and monotonic() < deadline:
            self._serve(deadline - monotonic())

    def close(self) -> None:
        """Cut the remaining connections and release all resources."""
        for arrival in (*(arrival for _, arrival in self._newcomers), *self._arrived()):
            arrival.turn_away(*STOPPING)
        for connection in tuple(self._connections):
            connection.cut()
        self._selector.close()
        self._wake_sender.close()
        self._wake_receiver.close()
        self._subscribers.disconnect()

    def _arrived(self) -> Iterator[Arrival]:
        with suppress(Empty):
            while True:
                yield self._arrivals.get_nowait()

    def _serve(self, seconds: float) -> None:
        for key, mask in self._selector.select(max(0.0, seconds)):
            connection = key.data
            if not isinstance(connection, Connection):
                self._on_wake()
                continue
            if mask & EVENT_WRITE:
                connection.flush()
            if mask & EVENT_READ and (first := connection.receive()) is not None:
                self._sign_in(connection, token_in(first))

    def _on_wake(self) -> None:
        with suppress(BlockingIOError):
            while self._wake_receiver.recv(4096):
                pass
        self._subscribers.poll_soon()

    def _on_gone(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._unsigned.remove(connection)
        metrics.sockets_open(len(self._connections))
        self._subscribers.remove(connection)


def _max_sockets() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_SOCKETS if files == resource.RLIM_INFINITY else min(MAX_SOCKETS, files // 2)
