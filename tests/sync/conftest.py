"""What the tests of the sync protocol share."""

from __future__ import annotations

import pytest
from conftest import Client
from support.wall_clock import WallClock, wall_clock

from .wire import Wire

__all__ = ["wall_clock"]


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
