"""Imports that are cheap to send and expensive to read, and clients that do not wait for them."""

import gzip
import json
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from ..faults.site import make_users, site
from .conftest import Target
from .cost import MAX_IMPORT_CPU_SECONDS, cost_of
from .sending import send

IMPORT = "/api/backup/import?dry_run=true"
MIB = 2**20
EMPTY = b'{"version":2,"movies":[],"people":[],"lists":[]'


def packed(head: bytes, item: bytes, size: int, tail: bytes) -> bytes:
    """The gzip form of a document in which an item is repeated until it has so many bytes."""
    squeezer = zlib.compressobj(9, wbits=31)
    many = item * (65_535 // len(item))
    middle = b"".join(squeezer.compress(many) for _ in range(size // len(many)))
    return squeezer.compress(head) + middle + squeezer.compress(tail) + squeezer.flush()


def section(item: bytes) -> bytes:
    """A section that the server does not know, of 255 MiB."""
    return packed(EMPTY + b',"x":[0', item, 255 * MIB, b"]}")


def varied(item: bytes) -> bytes:
    """The same, not compressed and so with no striking ratio, of 40 MiB."""
    return EMPTY + b',"x":[0' + item * (40 * MIB // len(item)) + b"]}"


def titles(count: int) -> bytes:
    """Titles of which nothing is known."""
    return gzip.compress(
        MOVIES + b"]}," + b",".join(b'{"imdb_id":"tt%07d"}' % number for number in range(count)) + b"]}"
    )


def voters(count: int) -> bytes:
    """Titles that name very many people."""
    names = [b'{"person_name":"%x"}' % number for number in range(count)]
    parts = [b",".join(names[start : start + 5000]) for start in range(0, count, 5000)]
    movies = [b'{"imdb_id":"tt%07d","recommendations":[%s]}' % (at, part) for at, part in enumerate(parts)]
    return gzip.compress(MOVIES + b"]}," + b",".join(movies) + b"]}")


MOVIES = b'{"version":2,"people":[],"lists":[],"movies":[{"imdb_id":"tt0133093","x":[0'

DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "arrays": lambda: section(b",[]"),
    "objects": lambda: section(b',{"a":1}'),
    "numbers": lambda: section(b",0"),
    "texts": lambda: section(b',"abcdefgh"'),
    "depth": lambda: packed(EMPTY + b',"x":', b"[", 255 * MIB, b""),
    "blanks": lambda: packed(EMPTY, b" ", 255 * MIB, b"}"),
    "one title": lambda: packed(MOVIES, b",[]", 255 * MIB, b"]}]}"),
    "titles": lambda: packed(MOVIES + b"]}", b',{"imdb_id":"tt0133093","x":[[],[],[],[]]}', 255 * MIB, b"]}"),
    "no titles": lambda: packed(MOVIES + b"]}", b",0", 255 * MIB, b"]}"),
    "names": lambda: voters(200_000),
    "small titles": lambda: titles(160_000),
    "not compressed": lambda: varied(b",[]"),
    "keys": lambda: EMPTY + b"," + b",".join(b'"%x":0' % number for number in range(2_000_000)) + b"}",
}


@pytest.fixture(scope="module")
def attacked() -> Iterator[Target]:
    """A server on which a user may import as often as they like."""
    with site("sqlite") as place, place.serving("--workers", "2") as server:
        yield Target(server, make_users(server.url, 1)[0])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_costs_a_bounded_time(attacked: Target, name: str) -> None:
    body = DOCUMENTS[name]()
    with cost_of(attacked.server) as cost:
        status = send(attacked, IMPORT, body)
    assert status in (413, 422)
    cost.check(MAX_IMPORT_CPU_SECONDS)


def test_nothing_goes_on_when_the_client_has_gone(attacked: Target) -> None:
    body = packed(EMPTY + b',"x":[0', b"," + json.dumps("ab" * 8).encode(), 15 * MIB, b"]}")
    body += body[:-1]
    with closing(socket.create_connection(attacked.address)) as connection:
        connection.sendall(request_head(attacked, len(body)) + body[:-1])
        time.sleep(0.2)
    with cost_of(attacked.server) as cost:
        time.sleep(3)
    assert cost.cpu_seconds < 0.5
    assert send(attacked, IMPORT, EMPTY + b"}") == 200, "the user may import again"


def test_a_user_has_one_import_at_a_time(attacked: Target) -> None:
    body = EMPTY + b" " * 100_000 + b"}"  # a thread begins before it has arrived
    with closing(socket.create_connection(attacked.address)) as connection:
        connection.sendall(request_head(attacked, len(body)) + body[:-1])
        time.sleep(0.5)
        assert send(attacked, IMPORT, body) == 429
        connection.sendall(body[-1:])
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert send(attacked, IMPORT, body) == 200


def request_head(target: Target, length: int) -> bytes:
    """The beginning of an import whose body has so many bytes."""
    lines = [f"POST {IMPORT} HTTP/1.1", "Host: x", f"Authorization: Bearer {target.user.token}"]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()
