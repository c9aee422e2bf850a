"""``/ws/sync``: the handshake, and how the socket leaves its request (see docs/decisions/0002-socket-loop.md)."""

import os
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, request
from simple_websocket import Server
from wsproto.utilities import ProtocolError

from ..errors import BadRequest, Forbidden
from ..extensions import sock
from ..redis_link import RedisLink
from .hub import Hub
from .loop import Arrival
from .subscribers import ReadToken

SUBPROTOCOL = "bearer"

SEND_BUFFER = 262_144
"""Bytes that the system buffers for a client that does not read; its default would be megabytes."""

BLUEPRINT = "realtime"


def init_app(app: Flask, read_token: ReadToken, redis: RedisLink | None) -> Hub:
    """Register the address and return the hub that serves its sockets.

    ``read_token`` returns the claims of a token whose signature is good; it raises BadToken.
    """
    hub = Hub(app, read_token, redis)
    blueprint = Blueprint(BLUEPRINT, __name__)
    blueprint.before_request(_refuse_other_sites)
    blueprint.before_request(_refuse_compression)
    for error in (ProtocolError, UnicodeError):
        blueprint.register_error_handler(error, _on_bad_handshake)

    @sock.route("/ws/sync", bp=blueprint)  # type: ignore[untyped-decorator]
    def sync_socket(ws: Server) -> None:
        """Announce each change to a client; its token comes in the address, as a subprotocol or as first message."""
        token = _token_of_subprotocol() or request.args.get("token")
        hub.adopt(Arrival(_take(ws.sock), request.remote_addr or "", token))
        ws.connected = False  # so that flask-sock does not close it

    app.config.setdefault("SOCK_SERVER_OPTIONS", {"subprotocols": _Chosen(), "thread_class": _reader})
    app.register_blueprint(blueprint)
    return hub


class _NoThread(threading.Thread):
    """Stands in for the reader thread that simple-websocket would start; the hub reads instead."""

    def start(self) -> None:
        """Start nothing."""


def _reader(target: Callable[[], None]) -> threading.Thread:
    """Return the thread that simple-websocket starts for a socket; those of other blueprints keep theirs."""
    return (_NoThread if request.blueprint == BLUEPRINT else threading.Thread)(target=target)


def _refuse_other_sites() -> None:
    """Raise Forbidden for a page of another site, unless CORS_ORIGINS names it; only browsers must send an origin.

    Pages cannot set the headers that are compared. Proxies often drop the port, so that it does not count.
    """
    origin, allowed = request.headers.get("Origin"), current_app.config["CORS_ORIGINS"]
    if origin is None or "*" in allowed or origin in allowed:
        return
    own = [request.host, *request.headers.get("X-Forwarded-Host", "").split(",")]
    if _host_of(origin) not in {_host_of(f"//{each.strip()}") for each in own} - {""}:
        raise Forbidden("A page of this origin may not open a WebSocket; CORS_ORIGINS lists those that may.")


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _refuse_compression() -> None:
    """Messages are short, and compression costs 300 kB of memory for each socket."""
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)


def _on_bad_handshake(_: Exception) -> Any:
    return current_app.handle_user_exception(BadRequest("This is not a WebSocket handshake."))


def _offered() -> list[str]:
    offered = [each.strip() for each in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    return [each for each in offered if each]


def _token_of_subprotocol() -> str | None:
    """Return the token in ``Sec-WebSocket-Protocol``, a header that logs of addresses do not contain.

    With ``bearer`` it is whatever else is offered; otherwise, what has the three parts of a token.
    """
    offered = _offered()
    others = [each for each in offered if each != SUBPROTOCOL]
    if SUBPROTOCOL not in offered:
        others = [each for each in others if each.count(".") == 2]
    return others[0] if others else None


class _Chosen:
    """Contains the subprotocol to choose: browsers reject a server that chooses none of those offered.

    That is the token itself where it comes first without ``bearer``, since only an offered one can be chosen.
    """

    def __contains__(self, subprotocol: object) -> bool:
        if SUBPROTOCOL in (offered := _offered()):
            return subprotocol == SUBPROTOCOL
        return _token_of_subprotocol() is not None and subprotocol == offered[0]


def _take(served: socket.socket) -> socket.socket:
    """Take the connection from a socket that the server shuts down and closes after the request.

    The server keeps its socket object, whose descriptor leads to a dead end from now on.
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
