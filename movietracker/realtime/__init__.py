"""Tells clients on ``/ws/sync`` of committed changes, from whichever process they come (see docs/sync.md).

=============  ====================================================================================================
endpoint.py    the handshake on /ws/sync; takes the socket out of its request
hub.py         the thread of the process that serves all sockets, and why there is one for all
loop.py        its turns: bytes, arrivals, news, time-outs
peer.py        one socket: what it is sent, pings, closing
audience.py    who listens to which library, and whether the token still lives
tail.py        finds what any process has committed
hints.py       with Redis, hears at once that there is something to find
messages.py    what clients are told, and how a burst is merged
=============  ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from .endpoint import EXTENSION, init_app
from .hub import Hub

__all__ = ["init_app", "serve_while", "stop"]


def serve_while(app: Flask, is_serving: Callable[[], bool]) -> None:
    """Close the sockets as soon as this is false, also when there are requests left to answer."""
    hub: Hub = app.extensions[EXTENSION]
    hub.serve_while(is_serving)


def stop(app: Flask) -> None:
    """Close all sockets of this process with 1001; takes 2 seconds when clients do not answer."""
    hub: Hub = app.extensions[EXTENSION]
    hub.stop()
