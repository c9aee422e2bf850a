"""A reverse proxy on loopback that loses, repeats, cuts and replaces what goes through it, as told."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Fault = Literal["none", "lose request", "lose answer", "twice", "cut answer", "busy", "portal", "redirect"]

LOGIN_PAGE = b"<!doctype html><title>Hotel</title><p>Welcome! Accept our terms to go online."


@dataclass(frozen=True)
class Passing:
    """A request on its way, and what became of it."""

    method: str
    path: str
    body: bytes
    fault: Fault


class FaultyProxy:
    """Stands before one server. ``choose`` says of each request what goes wrong; the default is nothing."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.choose: Callable[[str], Fault] = lambda path: "none"
        self.retry_after = 0
        self.passed: list[Passing] = []
        proxy = self

        class Handler(_Handler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fault = proxy.choose(self.path)
                proxy.passed.append(Passing(self.command, self.path, body, fault))
                with suppress(ConnectionError):  # the client may be gone
                    proxy._handle(self, body, fault)

            do_GET = do_POST = handle_any  # noqa: N815 - the base class's names

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def next(self, *faults: Fault) -> None:
        """These happen to the next requests, then nothing."""
        waiting = iter(faults)
        self.choose = lambda path: next(waiting, "none")

    def bodies(self, path: str) -> list[bytes]:
        """What was sent to a path, in order."""
        return [passing.body for passing in self.passed if passing.path == path]

    def _handle(self, handler: "_Handler", body: bytes, fault: Fault) -> None:
        if fault == "lose request":
            return
        if fault == "busy":
            handler.answer(
                503,
                b'{"detail": "Please wait.", "code": "database_unavailable"}',
                {"Retry-After": str(self.retry_after)},
            )
        elif fault == "portal":
            handler.answer(200, LOGIN_PAGE, {"Content-Type": "text/html"})
        elif fault == "redirect":
            handler.answer(302, b"", {"Location": "http://hotel.example/"})
        else:
            status, answer = self._forward(handler, body)
            if fault == "twice":
                status, answer = self._forward(handler, body)
            if fault == "cut answer":
                handler.answer(status, answer[: len(answer) // 2], {"Content-Length": str(len(answer))})
            elif fault != "lose answer":
                handler.answer(status, answer, {})

    def _forward(self, handler: "_Handler", body: bytes) -> tuple[int, bytes]:
        headers = {name: handler.headers[name] for name in ("Authorization", "Content-Type") if name in handler.headers}
        with closing(http.client.HTTPConnection("127.0.0.1", self.target_port, timeout=30)) as connection:
            connection.request(handler.command, handler.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    @contextmanager
    def running(self) -> Iterator["FaultyProxy"]:
        """Serve until the end of the block."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Say it, and close the connection."""
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass
