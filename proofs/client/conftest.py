"""Devices of either implementation, and those of one user of whom each has another."""

import functools
import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from flask import Flask
from support.live_server import LiveServer

from movietracker.api import authentication
from movietracker.services.accounts import Account

from .implementations import Device, Node, Open, PythonDevice, WebDevice

_serial = itertools.count()


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


@pytest.fixture
def new_device(
    implementations: tuple[Open, ...],
    app: Flask,
    make_account: Callable[[str], Account],
    server: LiveServer,
    tmp_path: Path,
) -> Callable[[], AbstractContextManager[Device]]:
    """Opens a device of the first of these implementations, of a user who has no other."""

    def make() -> AbstractContextManager[Device]:
        number = next(_serial)
        account = make_account(f"user{number}")
        with app.app_context():
            token = authentication.user_token(account, token_version=0)
        url = f"http://127.0.0.1:{server.port}"
        state = {"user": account.id, "token": token, "device": "phone"}
        return closing(implementations[0](tmp_path / f"{number}.sqlite", url, page_size=200, **state))

    return make
