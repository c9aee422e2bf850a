"""Devices of either implementation, and those of one user of whom each has another."""

import functools
from collections.abc import Iterator

import pytest

from .implementations import Node, Open, PythonDevice, WebDevice


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """The program in which devices of the web app run; skips where it cannot be had."""
    node = Node()
    yield node
    node.close()


@pytest.fixture
def implementations(request: pytest.FixtureRequest) -> tuple[Open, ...]:
    """How to open the devices of a test, by the names that are its parameter."""
    made = {
        "Python": lambda: PythonDevice,
        "web": lambda: functools.partial(WebDevice, request.getfixturevalue("node")),
    }
    return tuple(made[name]() for name in request.param.split("+"))
