"""Requests on the wire: secrets that nothing above sees, and reads that keep to a deadline.

Keys are added by the connection itself, at the moment when it writes the request. URLs and headers that requests and
urllib3 hold, log, quote in their exceptions and keep in responses have never contained them.
"""

from __future__ import annotations

import base64
import http.client
import io
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ClassVar
from urllib.parse import unquote, urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .._version import __version__
from .deadline import Deadline

_POOL_SIZE = 32
# A shorter secret would be found by chance in answers that do not contain it.
_SHORTEST_FINDABLE_SECRET = 8


class Secrets:
    """Query parameters and headers that go on the wire and nowhere else; its repr shows nothing."""

    def __init__(self, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> None:
        self._query = urlencode(dict(params or {}))
        self.headers = tuple((headers or {}).items())
        self._values = [*(params or {}).values(), *(value.split()[-1] for _, value in self.headers if value.strip())]
        # Anything else makes http.client raise an error that quotes the header.
        self.sendable = all(text.isascii() and text.isprintable() for header in self.headers for text in header)

    def add_to(self, url: str) -> str:
        """The URL or path with the secret parameters."""
        if not self._query:
            return url
        return f"{url}{'&' if '?' in url else '?'}{self._query}"

    def appear_in(self, body: bytes) -> bool:
        """Whether an answer repeats one of them."""
        return any(len(value) >= _SHORTEST_FINDABLE_SECRET and value.encode() in body for value in self._values)

    def __repr__(self) -> str:
        return "Secrets(hidden)"


def take_credentials(base_url: str) -> tuple[str, dict[str, str]]:
    """The address without ``user:password@``, and the header that says the same."""
    match = re.fullmatch(r"(\w+://)([^/?#]*)@(.*)", base_url)
    if match is None:
        return base_url, {}
    scheme, user_info, rest = match.groups()
    token = base64.b64encode(unquote(user_info).encode()).decode()
    return scheme + rest, {"Authorization": f"Basic {token}"}


class _Exchange(threading.local):
    """What the connection must know of the request that the current thread is making."""

    deadline: Deadline | None = None


class _PunctualReader(io.RawIOBase):
    """The receiving end of a socket whose every read ends by the deadline, however slowly the bytes drip."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._timeout = sock.gettimeout()
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline.remaining()
        if not remaining:
            raise TimeoutError("The deadline has passed.")
        self._sock.settimeout(remaining if self._timeout is None else min(self._timeout, remaining))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _WireMixin:
    """Added to urllib3's connections: writes the secrets and reads punctually."""

    secrets: ClassVar[Secrets]
    exchange: ClassVar[_Exchange]

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        super().putrequest(method, self.secrets.add_to(url), *args, **kwargs)  # type: ignore[misc]
        for name, value in self.secrets.headers:
            self.putheader(name, value)  # type: ignore[attr-defined]

    def response_class(self, sock: socket.socket, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:
        """Called by http.client, which expects a class here, with the socket to read from."""
        response = http.client.HTTPResponse(sock, *args, **kwargs)
        if self.exchange.deadline is not None:
            reader = _PunctualReader(response.fp.detach(), sock, self.exchange.deadline)
            response.fp = io.BufferedReader(reader)
        return response


class _WireAdapter(HTTPAdapter):
    """The transport of requests with our connections in its pools."""

    def __init__(self, secrets: Secrets, exchange: _Exchange) -> None:
        members = {"secrets": secrets, "exchange": exchange}
        plain = type("WireConnection", (_WireMixin, HTTPConnection), members)
        tls = type("WireTlsConnection", (_WireMixin, HTTPSConnection), members)
        self._pool_classes = {
            "http": type("WirePool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("WireTlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }
        super().__init__(pool_connections=1, pool_maxsize=_POOL_SIZE, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pool_classes
        return manager


class _NoRedirects(requests.Session):
    """A session that neither follows redirects nor looks at where they point."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class WireSession:
    """Kept-alive connections to one upstream."""

    def __init__(self, secrets: Secrets) -> None:
        self._exchange = _Exchange()
        self._session = _NoRedirects()
        adapter = _WireAdapter(secrets, self._exchange)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": f"movietracker/{__version__}",
        }
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Keeps requests from looking for passwords in ~/.netrc.
        self._session.auth = _unchanged

    @contextmanager
    def get(self, url: str, deadline: Deadline, connect: float, read: float) -> Iterator[requests.Response]:
        """The answer to a GET, its body still to be read, inside the block.

        ``connect`` and ``read`` are the longest pauses in seconds. Raises the exceptions of requests, and in the
        block, while the body is read from ``raw``, those of urllib3.
        """
        self._exchange.deadline = deadline
        timeout = (max(deadline.clip(connect), 0.001), max(deadline.clip(read), 0.001))
        try:
            with self._session.get(url, timeout=timeout, stream=True, allow_redirects=False) as response:
                yield response
        finally:
            self._exchange.deadline = None

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
