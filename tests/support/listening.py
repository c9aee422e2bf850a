"""A client on /ws/sync that shows what it hears, frame by frame, and does nothing by itself but answer pings."""

import json
import socket
import time
from collections.abc import Sequence
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)

from .waiting import PATIENCE

QUIET = 0.7
"""Seconds in which nothing comes, where nothing may come; far more than the delay of a message."""

ABNORMAL = 1006


class Closed(Exception):
    """The server closed the connection, or it broke (1006)."""

    def __init__(self, code: int, reason: str | None) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code


class Listener:
    """One connection. Its methods raise Closed when the server has closed it, and AssertionError when nothing comes."""

    def __init__(
        self,
        port: int,
        token: str | None = None,
        *,
        subprotocols: Sequence[str] = (),
        receive_buffer: int | None = None,
    ) -> None:
        self.sock = socket.socket()
        if receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.connect(("127.0.0.1", port))
        self.answers_pings = True
        self.pings = 0
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._heard: list[Event] = []
        self._parts = ""
        target = "/ws/sync" if token is None else f"/ws/sync?token={token}"
        self.send(Request(host="127.0.0.1", target=target, subprotocols=list(subprotocols)))
        accepted = self._event()
        assert isinstance(accepted, AcceptConnection), accepted
        self.subprotocol = accepted.subprotocol

    def say(self, message: str | bytes) -> None:
        """Send a message."""
        self.send(BytesMessage(data=message) if isinstance(message, bytes) else TextMessage(data=message))

    def next(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """The next message."""
        event = self._event(seconds)
        assert isinstance(event, TextMessage), event
        message: dict[str, Any] = json.loads(event.data)
        return message

    def until(self, kind: str, **fields: str) -> dict[str, Any]:
        """The next message of this type with these fields; those before it are passed over."""
        while True:
            message = self.next()
            if message["type"] == kind and fields.items() <= message.items():
                return message

    def some_until_quiet(self) -> list[dict[str, Any]]:
        """The next message, and all after it until none comes for a while."""
        return [self.next(), *self.all_until_quiet()]

    def all_until_quiet(self) -> list[dict[str, Any]]:
        """All messages until none comes for a while, where none may come."""
        messages = []
        while (event := self._event(QUIET, or_none=True)) is not None:
            assert isinstance(event, TextMessage), event
            messages.append(json.loads(event.data))
        return messages

    def close_code(self, seconds: float = PATIENCE) -> int:
        """Read until the server closes, and return the code."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                self._event(deadline - time.monotonic())
        except Closed as closed:
            return closed.code

    def answer_to_ping(self) -> bytes:
        """What the server's next pong repeats."""
        event = self._event()
        assert isinstance(event, Pong), event
        return bytes(event.payload)

    def close(self) -> None:
        """End the connection, if it has not ended, without a word."""
        self.sock.close()

    def leave(self) -> None:
        """Close the connection as the protocol has it, and wait for the server's answer."""
        self.send(CloseConnection(code=1000))
        self.close_code()
        self.sock.close()

    def send(self, *events: Event) -> None:
        """Send frames, all at once."""
        self.sock.sendall(b"".join(map(self._protocol.send, events)))

    def _event(self, seconds: float = PATIENCE, *, or_none: bool = False) -> Event | None:
        deadline = time.monotonic() + seconds
        while not self._heard:
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self.sock.recv(65_536)
            except TimeoutError:
                assert or_none, f"nothing came in {seconds} s"
                return None
            except ConnectionError:
                raise Closed(ABNORMAL, None) from None
            if not data:
                raise Closed(ABNORMAL, None)
            self._protocol.receive_data(data)
            self._heard += [event for each in self._protocol.events() if (event := self._whole(each)) is not None]
        event = self._heard.pop(0)
        if isinstance(event, CloseConnection):
            if self._protocol.state is ConnectionState.REMOTE_CLOSING:
                self.send(event.response())
            raise Closed(int(event.code), event.reason)
        assert not isinstance(event, RejectConnection), event
        return event

    def _whole(self, event: Event) -> Event | None:
        """The event, a message in parts only with its last part; none for a ping, which is answered."""
        if isinstance(event, Ping):
            self.pings += 1
            if self.answers_pings:
                self.send(event.response())
            return None
        if isinstance(event, TextMessage):
            self._parts += event.data
            if not event.message_finished:
                return None
            event, self._parts = TextMessage(data=self._parts), ""
        return event
