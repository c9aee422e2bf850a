"""An application behind a real server on loopback, with a thread for each request, in this process."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@dataclass(frozen=True)
class Reply:
    """What the server answered; ``json`` is None for an empty body."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class LiveServer:
    """Where it listens, and the header that its clients send."""

    port: int
    authorization: str | None = None

    def call(self, method: str, address: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """One request on a connection of its own; the address goes out as it is, bytes as they are, else as JSON."""
        sent = {"Authorization": self.authorization} if self.authorization else {}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, address, data, sent | (headers or {}))
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())


@contextmanager
def serve(app: WSGIApplication, authorization: str | None = None) -> Iterator[LiveServer]:
    """Serve until the end of the block."""
    server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield LiveServer(server.server_port, authorization)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
