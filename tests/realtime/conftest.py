"""What the tests of /ws/sync share: a server in this process, and listeners that are closed at the end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest
from flask import Flask
from support import live_server
from support.listening import Listener
from support.live_server import LiveServer

from movietracker.api import authentication
from movietracker.services.accounts import Account

Listen = Callable[..., Listener]


@pytest.fixture
def server(app: Flask) -> Iterator[LiveServer]:
    """The application behind Flask's own server."""
    with live_server.serve(app) as served:
        yield served
        app.extensions["movietracker"].hub.stop()


@pytest.fixture
def connect(server: LiveServer) -> Iterator[Listen]:
    """Opens connections; they have not said anything yet."""
    with ExitStack() as opened:

        def connect(token: str | None = None, **options: object) -> Listener:
            return opened.enter_context(closing(Listener(server.port, token, **options)))  # type: ignore[arg-type]

        yield connect


@pytest.fixture
def listen(connect: Listen, app: Flask) -> Listen:
    """Opens connections that are signed in, and have been told so."""

    def listen(account: Account, **options: object) -> Listener:
        listener = connect(token_of(app, account), **options)
        assert listener.next()["type"] == "connected"
        return listener

    return listen


def token_of(app: Flask, account: Account, version: int = 0) -> str:
    """A token of an account; each call makes another one."""
    with app.app_context():
        return authentication.user_token(account, version)
