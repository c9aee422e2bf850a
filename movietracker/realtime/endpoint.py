"""``/ws/sync``: the handshake, and how the socket gets away from the request that brought it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, current_app, request
from simple_websocket import Server
from wsproto.utilities import ProtocolError

from ..errors import BadRequest
from ..extensions import sock
from ..redis_link import RedisLink
from .audience import ReadToken
from .hub import Hub
from .loop import Arrival

EXTENSION = "movietracker_realtime"
SUBPROTOCOL = "bearer"

SEND_BUFFER = 262_144
"""Bytes that the system keeps for a client that does not read; by itself it would keep megabytes."""

blueprint = Blueprint("realtime", __name__)


def init_app(app: Flask, read_token: ReadToken, redis: RedisLink | None) -> None:
    """Register the address, and the hub that serves what comes from there.

    ``read_token`` answers what a token says of itself, once its signature is checked; it raises BadToken.
    """
    app.extensions[EXTENSION] = Hub(app, read_token, redis)
    app.config.setdefault("SOCK_SERVER_OPTIONS", {"subprotocols": _Chosen(), "thread_class": _reader})
    app.register_blueprint(blueprint)


class _NoThread(threading.Thread):
    """Is never started."""

    def start(self) -> None:
        """Leave the reading to the hub."""


def _reader(target: Callable[[], None]) -> threading.Thread:
    """The thread that flask-sock starts for each socket; other blueprints' sockets shall have theirs."""
    return (_NoThread if request.blueprint == blueprint.name else threading.Thread)(target=target)


@blueprint.before_request
def _refuse_compression() -> None:
    """Messages are short, and a compressing socket costs 300 kB of memory."""
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)


@blueprint.errorhandler(ProtocolError)
@blueprint.errorhandler(UnicodeError)
def _on_bad_handshake(_: Exception) -> Any:
    return current_app.handle_user_exception(BadRequest("This is not a WebSocket handshake."))


@sock.route("/ws/sync", bp=blueprint)  # type: ignore[untyped-decorator]
def sync_socket(ws: Server) -> None:
    """Tell a client of each change; its token comes in the address, as a subprotocol or as the first message."""
    hub: Hub = current_app.extensions[EXTENSION]
    token = _token_of_subprotocol() or request.args.get("token")
    hub.adopt(Arrival(_take(ws.sock), ws.ws, token))
    ws.connected = False  # so that flask-sock does not close it


def _offered() -> list[str]:
    offered = [each.strip() for each in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    return [each for each in offered if each]


def _token_of_subprotocol() -> str | None:
    """The token in ``Sec-WebSocket-Protocol``, which keeps it out of logs of addresses.

    Beside ``bearer`` it is whatever else is offered; beside others, or alone, what has the three parts of a token.
    """
    offered = _offered()
    others = [each for each in offered if each != SUBPROTOCOL]
    if SUBPROTOCOL not in offered:
        others = [each for each in others if each.count(".") == 2]
    return others[0] if others else None


class _Chosen:
    """The subprotocol that is chosen of those offered: browsers give up on a server that chooses none of theirs.

    The token itself is chosen where it comes first, since nothing else may be answered then.
    """

    def __contains__(self, subprotocol: object) -> bool:
        if SUBPROTOCOL in (offered := _offered()):
            return subprotocol == SUBPROTOCOL
        return _token_of_subprotocol() is not None and subprotocol == offered[0]


def _take(served: socket.socket) -> socket.socket:
    """The connection of a socket that its server will shut down and close after the request.

    The server keeps its socket object, but behind the object's descriptor there is a dead end from now on.
    """
    taken = socket.socket(fileno=os.dup(served.fileno()))
    dead_end, other = socket.socketpair()
    other.close()
    os.dup2(dead_end.fileno(), served.fileno(), inheritable=False)
    dead_end.close()
    taken.setblocking(False)
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    return taken
