"""The address of a client in one spelling, so that one client is counted once."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


@lru_cache(1024)
def plain(text: str) -> str | None:
    """Return an address without port, brackets and zone, an IPv4 address in IPv6 as IPv4; None if it is none."""
    text = text.strip(' \t"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(address.ipv4_mapped or address) if isinstance(address, IPv6Address) else str(address)


@lru_cache(1024)
def network(address: str) -> str:
    """Return what belongs to one client: an IPv4 address, or an IPv6 network of 64 bits."""
    return str(ip_network((address, 64), strict=False)) if ":" in address else address


class PlainAddresses:
    """WSGI middleware below ProxyFix: what proxies say about address and path prefix, if it can be believed."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Set REMOTE_ADDR, which is the proxy's if it names no address of the client, and check SCRIPT_NAME."""
        said = environ.get("REMOTE_ADDR") or ""
        peer = environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR") or ""
        environ["REMOTE_ADDR"] = plain(said) or plain(peer) or said
        if environ.get("SCRIPT_NAME") and not _PREFIX.fullmatch(environ["SCRIPT_NAME"]):
            environ["SCRIPT_NAME"] = ""
        return self._app(environ, start_response)
