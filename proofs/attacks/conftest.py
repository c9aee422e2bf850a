"""The server under attack: SQLite, two workers, the default limits, and one user."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from support.serving import Serving

from ..faults.site import User, make_users, site


@dataclass(frozen=True)
class Target:
    """A running server, and a user of it."""

    server: Serving
    user: User

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self.server.url.rpartition(":")[2].rstrip("/"))

    @property
    def address(self) -> tuple[str, int]:
        """The address for socket.create_connection."""
        return "127.0.0.1", self.port


@pytest.fixture
def target() -> Iterator[Target]:
    """A server with its default limits."""
    with _target() as made:
        yield made


@pytest.fixture(scope="module")
def shared_target() -> Iterator[Target]:
    """The same for all tests of a module, for attacks that a server must have forgotten a moment later."""
    with _target() as made:
        yield made


@contextmanager
def _target() -> Iterator[Target]:
    limits = {"LOGIN_RATE_LIMIT": "10 per minute", "IMPORT_RATE_LIMIT": "10 per minute"}
    with site("sqlite", **limits) as place, place.serving("--workers", "2") as server:
        yield Target(server, make_users(server.url, 1)[0])
