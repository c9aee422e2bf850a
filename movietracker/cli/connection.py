"""A connection whose thread hardly waits: what cannot be sent at once is sent by the worker's loop."""

import select
import socket
import time
from collections import deque
from typing import Any, cast

from gunicorn.config import Config
from gunicorn.http import get_parser
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.gthread import TConn

from .arrival import Arrival

PATIENCE_SECONDS = 15.0
"""How long a client may be silent in all; what it sends or reads earns it more time, up to this."""

QUICK_SECONDS = 0.05
"""How long a thread waits in all for a client to read a response, which spares the loop most clients."""

LEAST_RATE = 8 * 1024
"""Bytes per second of a client that may go on."""


class ClientSocket(socket.socket):
    """A socket that keeps what its client does not read at once; ``flush`` sends more of it."""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._unsent: deque[memoryview] = deque()
        self.patience = QUICK_SECONDS
        """Seconds that the thread may still wait for the client to read this response."""

    @property
    def unsent(self) -> int:
        """Bytes that are still to be sent."""
        return sum(map(len, self._unsent))

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send what the client takes at once, and keep the rest."""
        self._unsent.append(memoryview(data))
        self.flush()
        while self._unsent and self.patience > 0:
            begun = time.monotonic()
            poll = select.poll()
            poll.register(self, select.POLLOUT)
            poll.poll(self.patience * 1000)
            self.patience -= time.monotonic() - begun
            self.flush()

    def flush(self) -> int:
        """Send what the client takes now; returns how many bytes that were."""
        sent = 0
        while self._unsent:
            data = self._unsent[0]
            try:
                count = self.send(data, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            sent += count
            if count == len(data):
                self._unsent.popleft()
            else:
                self._unsent[0] = data[count:]
        return sent


class Connection(TConn):
    """A connection and where its current request stands."""

    sock: ClientSocket

    def __init__(self, cfg: Config, accepted: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, ClientSocket(accepted), client, server)
        self.parser: Any = get_parser(cfg, cast(Any, self), client)
        self.data_ready = True
        self.arrival = Arrival()
        self.is_large = False
        """Whether the thread receives the rest of the request, since it is not small."""
        self.begun = 0.0
        """When a thread took the request (monotonic)."""
        self.keeps_alive = False
        self._patience = PATIENCE_SECONDS

    def next_request(self) -> None:
        """Forget the request before."""
        self.arrival, self.is_large, self._patience = Arrival(), False, PATIENCE_SECONDS
        self.sock.patience = QUICK_SECONDS

    def limit_patience(self, seconds: float) -> None:
        """Wait so many more seconds for the client at most."""
        self._patience = min(self._patience, seconds)

    def recv(self, size: int) -> bytes:
        """Return bytes to the parser: those that have arrived, then those of a large body, unless they are too slow.

        Raises NoMoreData, upon which the parser gives up the request and the connection.
        """
        if data := bytes(self.arrival.data):
            self.arrival.data.clear()
            return data
        if not self.is_large:
            raise NoMoreData
        begun = time.monotonic()
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        if not poll.poll(self._patience * 1000) or not (data := self.sock.recv(size)):
            raise NoMoreData
        waited = time.monotonic() - begun
        self._patience = min(PATIENCE_SECONDS, self._patience - waited + len(data) / LEAST_RATE)
        return data
