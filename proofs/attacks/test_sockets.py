"""Attacks on /ws/sync: clients without a token, or with one, that send what no client should."""

import socket
import time
from contextlib import ExitStack, closing

import pytest
from support.frames import CLOSE, CONTINUATION, PING, TEXT, frame, open_socket

from movietracker.realtime.unsigned import MAX_OF_AN_ADDRESS

from .conftest import Target
from .cost import cost_of

SECONDS = 4.0
SOCKETS = 10

EMPTY_FRAGMENTS = frame(CONTINUATION, fin=False) * 2730

# What is sent first, and then again and again.
FLOODS = {
    "a reserved opcode, then bytes": (frame(3), bytes(65_536)),
    "a huge frame": (frame(TEXT, announced=2**40), bytes(65_536)),
    "a compressed frame": (frame(TEXT, announced=60_000, reserved=4), bytes(65_536)),
    "empty fragments": (frame(TEXT, fin=False), EMPTY_FRAGMENTS),
    "fragments of a byte": (frame(TEXT, b"x", fin=False), frame(CONTINUATION, b"x", fin=False) * 2000),
    "pings": (b"", frame(PING, b"x" * 125) * 400),
    "large messages": (b"", frame(TEXT, bytes(60_000))),
    "frames after a close": (frame(CLOSE, b"\x03\xe8"), EMPTY_FRAGMENTS),
}
TRICKLES = {
    "a close that never ends": (frame(CLOSE, b"\x03\xe8", announced=125), b"x"),
    "a message in single bytes": (frame(TEXT, announced=8000), b"x"),
}


@pytest.mark.slow
def test_an_address_keeps_few_sockets_without_a_token(target: Target) -> None:
    with ExitStack() as opened, cost_of(target.server) as cost:
        idle = [opened.enter_context(closing(open_socket(target.port))) for _ in range(200)]
        time.sleep(1)
        assert sum(is_open(sock) for sock in idle) <= MAX_OF_AN_ADDRESS
        signed = opened.enter_context(closing(open_socket(target.port, f"/ws/sync?token={target.user.token}")))
        assert b"connected" in signed.recv(1000)
    cost.check()


def is_open(sock: socket.socket) -> bool:
    """Whether the server has neither sent a close frame nor cut the connection."""
    sock.setblocking(False)
    try:
        sock.recv(1000)
    except BlockingIOError:
        return True
    return False


class Attackers:
    """Several sockets that send the same."""

    def __init__(self, target: Target, address: str, first: bytes, then: bytes) -> None:
        self._then = then
        self._opened = ExitStack()
        self.left = [self._opened.enter_context(closing(open_socket(target.port, address))) for _ in range(SOCKETS)]
        for sock in self.left:
            sock.sendall(first)
            sock.setblocking(False)

    def close(self) -> None:
        """Close all sockets."""
        self._opened.close()

    def send_for_a_while(self) -> None:
        """Send until the server has cut them all or the time is over; ``left`` are those that are not cut."""
        end = time.monotonic() + SECONDS
        while self.left and time.monotonic() < end:
            self.left = [sock for sock in self.left if self._is_taken(sock)]

    def _is_taken(self, sock: socket.socket) -> bool:
        try:
            sock.send(self._then)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True


@pytest.mark.slow
@pytest.mark.parametrize("has_token", [False, True], ids=["without token", "with token"])
def test_what_a_socket_sends_costs_little(target: Target, has_token: bool) -> None:
    address = f"/ws/sync?token={target.user.token}" if has_token else "/ws/sync"
    for name, (first, then) in (FLOODS | TRICKLES).items():
        with closing(Attackers(target, address, first, then)) as attackers:
            with cost_of(target.server) as cost:
                attackers.send_for_a_while()
            cost.check()
            assert not attackers.left or name in TRICKLES, name
