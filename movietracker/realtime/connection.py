"""One client's socket after its handshake. Nothing here blocks: what cannot be sent at once is kept, within bounds."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector
from time import monotonic

from wsproto.connection import Connection as Protocol
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import ProtocolError

from ..services.accounts import TokenIdentity
from .messages import Message, Outbox
from .meter import Meter

PING_EVERY = 25.0
"""Seconds; a client that has sent nothing, not even a pong, from one ping to the next is considered dead."""

TOKEN_WITHIN = 10.0
STUCK_FOR = 10.0
"""Seconds without a byte taken after which a client cannot keep up."""

CLOSE_WITHIN = 5.0
"""Seconds that a client has to respond to a close before its connection is cut."""

_MESSAGES_AT_ONCE = 64

_TOO_MUCH = {
    CloseReason.MESSAGE_TOO_BIG: "A message may have 64 KiB, and 8 KiB until the token is accepted.",
    CloseReason.POLICY_VIOLATION: "Too much is sent.",
}


class _Gone(Exception):
    """The connection is over: closed by both sides, or broken."""


class Connection:
    """A socket that ``selector`` watches until it is closed or cut, when ``on_gone`` is called; for one thread."""

    def __init__(self, sock: socket.socket, selector: BaseSelector, on_gone: Callable[[Connection], None]) -> None:
        self.token: TokenIdentity | None = None
        self._sock = sock
        self._meter = Meter()
        self._protocol = Protocol(ConnectionType.SERVER, [self._meter])
        self._selector = selector
        self._on_gone = on_gone
        self._outbox = Outbox()
        self._unsent = b""
        self._first_message: list[str] = []
        self._is_alive = True
        self._is_cut = False
        self._is_refused = False
        self._opened_at = monotonic()
        self._next_ping = self._opened_at + PING_EVERY
        self._stuck_since: float | None = None
        self._closing_since: float | None = None
        selector.register(sock, EVENT_READ, self)

    def sign_in(self, token: TokenIdentity) -> None:
        """Note whose connection this is; from now on it may send more."""
        self.token = token
        self._meter.sign_in()

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
        """Read what has arrived; returns the first message, once, when it is complete."""
        first = None
        with self._until_gone():
            data = self._receive_bytes()
            if not self._is_refused:
                self._protocol.receive_data(data)
                for event in self._protocol.events():
                    message = self._handle(event)
                    first = message if first is None else first
            self._flush()
        return None if self._is_cut else first

    def close(self, code: CloseReason, reason: str) -> None:
        """Close with a reason, and give the client a moment to respond; unsent messages are dropped."""
        with self._until_gone():
            self._close(code, reason)

    def tick(self, now: float) -> None:
        """Ping when it is time, and end a connection that is silent, stuck or still without a token."""
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
        """End the connection without closing it by the protocol."""
        if not self._is_cut:
            self._is_cut = True
            self._selector.unregister(self._sock)
            self._sock.close()
            self._on_gone(self)

    @contextmanager
    def _until_gone(self) -> Iterator[None]:
        """Cut the connection if it turns out to be over; otherwise watch for what it needs next."""
        try:
            yield
        except BlockingIOError:
            pass
        except (_Gone, OSError, ProtocolError):
            self.cut()
        if self._is_cut:
            return
        # A client that does not read is not read from either.
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

    def _receive_bytes(self) -> bytes:
        most = self._meter.most
        if not most:
            self._refuse(CloseReason.MESSAGE_TOO_BIG)
            return b""
        data = self._sock.recv(most)
        if not data:
            raise _Gone
        self._is_alive = True
        if not self._meter.count_read(len(data)):
            if self._closing_since is not None:
                raise _Gone
            self._refuse(CloseReason.POLICY_VIOLATION)
        return data

    def _handle(self, event: object) -> str | None:
        if isinstance(event, TextMessage | BytesMessage):
            return self._take_message(event)
        state = self._protocol.state
        if isinstance(event, Ping) and state is ConnectionState.OPEN:
            self._unsent += self._protocol.send(event.response())
        elif isinstance(event, CloseConnection):
            if state is ConnectionState.REMOTE_CLOSING:
                self._begin_close(event.response())
            elif state is not ConnectionState.CLOSED:  # from wsproto, because of an invalid frame or the meter
                self._refuse(CloseReason(event.code), event.reason or "")
        return None

    def _take_message(self, event: TextMessage | BytesMessage) -> str | None:
        if self.token is None:
            self._first_message.append(event.data if isinstance(event, TextMessage) else "\0")  # no token has a NUL
        if not event.message_finished:
            return None
        message = "".join(self._first_message)
        self._first_message.clear()
        return message if self.token is None and self._closing_since is None else None

    def _ping(self, now: float) -> None:
        if not self._is_alive:
            raise _Gone
        self._is_alive = False
        self._next_ping = now + PING_EVERY
        self._unsent += self._protocol.send(Ping())
        self._flush()

    def _close_as_too_slow(self) -> None:
        self._close(CloseReason.TRY_AGAIN_LATER, "Too slow; reconnect and pull.")

    def _refuse(self, code: CloseReason, reason: str = "") -> None:
        """Close because of what the client sent, and parse nothing more."""
        self._is_refused = True
        self._first_message.clear()
        self._close(code, _TOO_MUCH.get(code, reason))

    def _close(self, code: CloseReason, reason: str) -> None:
        if self._closing_since is None:
            self._begin_close(CloseConnection(code, reason))
            self._flush()

    def _begin_close(self, frame: CloseConnection) -> None:
        self._outbox = Outbox()
        self._meter.begin_close()
        self._unsent += self._protocol.send(frame)
        self._closing_since = monotonic()
