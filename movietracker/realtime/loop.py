"""The loop of the one thread that serves all sockets of a process."""

from __future__ import annotations

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

from wsproto import WSConnection
from wsproto.events import CloseConnection
from wsproto.frame_protocol import CloseReason

from .. import metrics
from .audience import Audience, ReadToken, token_in
from .peer import Peer

TICK_EVERY = 1.0
FAREWELL_SECONDS = 2.0

QUIET_SECONDS = 0.03
"""Nothing is said for so long after the handshake: some clients (simple-websocket) overlook what comes with it."""

MOST_SOCKETS = 5000
"""In one process, and no more than half of the files that it may have open: REST needs some, too."""

STOPPING = (CloseReason.GOING_AWAY, "The server stops; reconnect.")
CROWDED = (CloseReason.TRY_AGAIN_LATER, "The server has too many connections; try again.")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A socket after its handshake, with the token if that came with it."""

    sock: socket.socket
    protocol: WSConnection
    token: str | None

    def turn_away(self, code: CloseReason, reason: str) -> None:
        """Close it without having served it."""
        with suppress(OSError):
            self.sock.send(self.protocol.send(CloseConnection(code, reason)))
        self.sock.close()


class Loop:
    """All sockets of a process. ``arrive``, ``wake`` and ``watches`` are for any thread, the rest for the loop's own.

    It shares nothing with other threads but a queue of arrivals and a pipe that wakes it, so there is nothing to lock.
    """

    def __init__(self, read_token: ReadToken) -> None:
        self._arrivals: SimpleQueue[Arrival] = SimpleQueue()
        self._selector = DefaultSelector()
        self._bell, self._ear = socket.socketpair()
        for end in (self._bell, self._ear):
            end.setblocking(False)
        self._selector.register(self._ear, EVENT_READ)
        self._peers: set[Peer] = set()
        self._newcomers: deque[tuple[float, Arrival]] = deque()
        self._most_sockets = _most_sockets()
        self._audience = Audience(read_token)
        self._next_tick = monotonic()

    def arrive(self, arrival: Arrival) -> None:
        """Take over a socket."""
        self._arrivals.put(arrival)
        self.wake()

    def wake(self) -> None:
        """Do not wait for the next turn."""
        with suppress(OSError):  # enough bytes wait in the pipe already, or the loop has ended
            self._bell.send(b"\0")

    def watches(self, user_id: str) -> bool:
        """Whether a socket here listens to this library."""
        return self._audience.watches(user_id)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to serve."""
        return not self._peers and not self._newcomers and self._arrivals.empty()

    def turn(self) -> None:
        """Wait for something to do, no longer than until the next look or tick, and do it."""
        next_admission = self._newcomers[0][0] if self._newcomers else math.inf
        self._serve(min(self._next_tick, self._audience.next_look, next_admission) - monotonic())
        now = monotonic()
        self._newcomers.extend((now + QUIET_SECONDS, arrival) for arrival in self._arrived())
        while self._newcomers and self._newcomers[0][0] <= now:
            self._admit(self._newcomers.popleft()[1])
        if now >= self._audience.next_look:
            self._audience.look()
        if now >= self._next_tick:
            self._next_tick = now + TICK_EVERY
            for peer in tuple(self._peers):
                peer.tick(now)

    def _admit(self, arrival: Arrival) -> None:
        if len(self._peers) >= self._most_sockets:
            arrival.turn_away(*CROWDED)
            return
        peer = Peer(arrival.sock, arrival.protocol, self._selector, self._on_gone)
        self._peers.add(peer)
        metrics.sockets_open(len(self._peers))
        if arrival.token is not None:
            self._audience.sign_in(peer, arrival.token)

    def say_farewell(self) -> None:
        """Close every socket because the server stops, and give the clients a moment to answer."""
        deadline = monotonic() + FAREWELL_SECONDS
        for peer in tuple(self._peers):
            peer.close(*STOPPING)
        while self._peers and monotonic() < deadline:
            self._serve(deadline - monotonic())

    def close(self) -> None:
        """Cut what is left and let go of everything."""
        for arrival in (*(arrival for _, arrival in self._newcomers), *self._arrived()):
            arrival.turn_away(*STOPPING)
        for peer in tuple(self._peers):
            peer.cut()
        self._selector.close()
        self._bell.close()
        self._ear.close()
        self._audience.let_go()

    def _arrived(self) -> Iterator[Arrival]:
        with suppress(Empty):
            while True:
                yield self._arrivals.get_nowait()

    def _serve(self, seconds: float) -> None:
        for key, mask in self._selector.select(max(0.0, seconds)):
            peer = key.data
            if not isinstance(peer, Peer):
                self._hear()
                continue
            if mask & EVENT_WRITE:
                peer.flush()
            if mask & EVENT_READ and (first := peer.receive()) is not None:
                self._audience.sign_in(peer, token_in(first))

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            while self._ear.recv(4096):
                pass
        self._audience.look_soon()

    def _on_gone(self, peer: Peer) -> None:
        self._peers.discard(peer)
        metrics.sockets_open(len(self._peers))
        self._audience.leave(peer)


def _most_sockets() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_SOCKETS if files == resource.RLIM_INFINITY else min(MOST_SOCKETS, files // 2)
