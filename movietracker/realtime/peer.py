"""One client's socket after its handshake. Nothing here ever waits: what cannot be sent at once is kept and bounded."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector
from time import monotonic

from wsproto import WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import ProtocolError

from ..services.accounts import TokenIdentity
from .messages import Message, Outbox

PING_EVERY = 25.0
"""Seconds; a peer that has sent nothing, not even a pong, from one ping to the next is taken for dead."""

TOKEN_WITHIN = 10.0
STUCK_FOR = 10.0
"""Seconds without a byte taken after which a client cannot keep up."""

CLOSE_WITHIN = 5.0
"""Seconds that a client has to answer a close before its connection is cut."""

MOST_IN_MESSAGE = 65_536
"""Bytes of a client's message; all messages are ignored but the one that brings the token."""

_RECEIVE_BYTES = 16_384
_MESSAGES_AT_ONCE = 64


class _Gone(Exception):
    """The connection is over: closed by both sides, or broken."""


class Peer:
    """A socket that ``selector`` watches until it is closed or cut, which ``on_gone`` is told; used by one thread."""

    def __init__(
        self, sock: socket.socket, protocol: WSConnection, selector: BaseSelector, on_gone: Callable[[Peer], None]
    ) -> None:
        self.token: TokenIdentity | None = None
        self._sock = sock
        self._protocol = protocol
        self._selector = selector
        self._on_gone = on_gone
        self._outbox = Outbox()
        self._unsent = b""
        self._incoming_bytes = 0
        self._first_message: list[str] = []
        self._is_heard = True
        self._is_cut = False
        self._opened_at = monotonic()
        self._next_ping = self._opened_at + PING_EVERY
        self._stuck_since: float | None = None
        self._closing_since: float | None = None
        selector.register(sock, EVENT_READ, self)

    def offer(self, messages: Iterable[Message]) -> None:
        """Send these messages as soon as the client takes them; close when it is too far behind."""
        with self._until_gone():
            for message in messages:
                if self._closing_since is None and not self._outbox.put(message):
                    self._flush()
                    if not self._outbox.put(message):
                        self._close_as_too_slow()
            self._flush()

    def flush(self) -> None:
        """Send as much as the client takes at present."""
        with self._until_gone():
            self._flush()

    def receive(self) -> str | None:
        """Read what has come; answers the first message, once, when it is whole."""
        first = None
        with self._until_gone():
            data = self._sock.recv(_RECEIVE_BYTES)
            if not data:
                raise _Gone
            self._is_heard = True
            self._protocol.receive_data(data)
            for event in self._protocol.events():
                said = self._handle(event)
                first = said if first is None else first
            self._flush()
        return first

    def close(self, code: CloseReason, reason: str) -> None:
        """Say why, and give the client a moment to answer; what waits for it is dropped."""
        with self._until_gone():
            self._close(code, reason)

    def tick(self, now: float) -> None:
        """What time brings: pings, and the end of those that are silent, stuck or not signed in."""
        with self._until_gone():
            if self._closing_since is not None:
                if now - self._closing_since > CLOSE_WITHIN:
                    raise _Gone
            elif self._stuck_since is not None:
                if now - self._stuck_since > STUCK_FOR:
                    self._close_as_too_slow()
            elif self.token is None and now - self._opened_at > TOKEN_WITHIN:
                self._close(CloseReason.POLICY_VIOLATION, "No token came in time.")
            elif now >= self._next_ping:
                self._ping(now)

    def cut(self) -> None:
        """End the connection without a word."""
        if not self._is_cut:
            self._is_cut = True
            self._selector.unregister(self._sock)
            self._sock.close()
            self._on_gone(self)

    @contextmanager
    def _until_gone(self) -> Iterator[None]:
        """Cut the connection when it turns out to be over; wait for what it needs next when it is not."""
        if self._is_cut:
            return
        try:
            yield
        except BlockingIOError:
            pass
        except (_Gone, OSError, ProtocolError):
            self.cut()
            return
        # A client that does not read what it is sent is not read from either.
        wanted = EVENT_WRITE if self._unsent else EVENT_READ
        if self._selector.get_key(self._sock).events != wanted:
            self._selector.modify(self._sock, wanted, self)

    def _flush(self) -> None:
        while self._unsent or self._take_batch():
            try:
                sent = self._sock.send(self._unsent)
            except BlockingIOError:
                self._stuck_since = self._stuck_since or monotonic()
                return
            self._unsent = self._unsent[sent:]
            self._stuck_since = None
        if self._protocol.state is ConnectionState.CLOSED:
            raise _Gone

    def _take_batch(self) -> bool:
        batch = self._outbox.take(_MESSAGES_AT_ONCE)
        self._unsent = b"".join(self._protocol.send(TextMessage(data=message.to_json())) for message in batch)
        return bool(batch)

    def _handle(self, event: object) -> str | None:
        if isinstance(event, TextMessage | BytesMessage):
            return self._take_message(event)
        is_open = self._protocol.state is ConnectionState.OPEN
        if isinstance(event, Ping) and is_open:
            self._unsent += self._protocol.send(event.response())
        elif isinstance(event, CloseConnection) and (
            is_open or self._protocol.state is ConnectionState.REMOTE_CLOSING
        ):  # by the client, or by wsproto because of nonsense
            self._begin_close(event.response())
        return None

    def _take_message(self, event: TextMessage | BytesMessage) -> str | None:
        self._incoming_bytes += len(event.data)
        if self._incoming_bytes > MOST_IN_MESSAGE:
            self._close(CloseReason.MESSAGE_TOO_BIG, "A message may have 64 KiB.")
        if self.token is None:
            self._first_message.append(event.data if isinstance(event, TextMessage) else "\0")  # no token has a NUL
        if not event.message_finished:
            return None
        self._incoming_bytes = 0
        whole = "".join(self._first_message)
        self._first_message.clear()
        return whole if self.token is None and self._closing_since is None else None

    def _ping(self, now: float) -> None:
        if not self._is_heard:
            raise _Gone
        self._is_heard = False
        self._next_ping = now + PING_EVERY
        self._unsent += self._protocol.send(Ping())
        self._flush()

    def _close_as_too_slow(self) -> None:
        self._close(CloseReason.TRY_AGAIN_LATER, "Too slow; reconnect and pull.")

    def _close(self, code: CloseReason, reason: str) -> None:
        if self._closing_since is None:
            self._begin_close(CloseConnection(code, reason))
            self._flush()

    def _begin_close(self, frame: CloseConnection) -> None:
        self._outbox.clear()
        self._unsent += self._protocol.send(frame)
        self._closing_since = monotonic()
