"""What the tests of the sync protocol share."""

import pytest
from flask import Flask
from support.client import Client
from support.wall_clock import WallClock

from movietracker.services.accounts import Account

from .below import Remove, remove_movie
from .devices import Family
from .wire import Wire


@pytest.fixture
def wire(client: Client) -> Wire:
    """The protocol's end at a client of Anna's."""
    return Wire(client)


@pytest.fixture
def bens_wire(bens_client: Client) -> Wire:
    """The protocol's end at a client of Ben's."""
    return Wire(bens_client)


@pytest.fixture
def clock(wall_clock: WallClock) -> WallClock:
    """The server's clock, which stands still until a test moves it."""
    return wall_clock


@pytest.fixture
def family(app: Flask, anna: Account, clock: WallClock) -> Family:
    """Devices of Anna's."""
    return Family(app, anna, clock)


@pytest.fixture
def remove(app: Flask, anna: Account) -> Remove:
    """Removes a movie of Anna's for good, as no client can."""

    def remove(imdb_id: str) -> None:
        with app.app_context():
            remove_movie(anna, imdb_id)

    return remove
