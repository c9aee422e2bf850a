"""What the tests of the sync protocol share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Client, client_of
from flask import Flask
from support.wall_clock import WallClock, wall_clock

from movietracker.services.accounts import Account

from .devices import OldPhone, Phone
from .dump import library_of
from .wire import Store, Wire

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


@pytest.fixture
def make_phone(app: Flask, anna: Account, clock: WallClock) -> Callable[..., Phone]:
    """Makes devices of Anna's, each of which has pulled; ``skew`` is how far its clock is ahead in seconds."""

    def make(name: str, *, account: Account = anna, skew: float = 0.0) -> Phone:
        phone = Phone(Wire(client_of(app, account)), name, lambda: clock.time + skew)
        phone.pull()
        return phone

    return make


@pytest.fixture
def make_old_phone(app: Flask, anna: Account, clock: WallClock) -> Callable[..., OldPhone]:
    """Makes devices of Anna's of the older generation."""

    def make(skew: float = 0.0) -> OldPhone:
        phone = OldPhone(Wire(client_of(app, anna)), lambda: clock.time + skew)
        phone.pull()
        return phone

    return make


@pytest.fixture
def assert_converged(app: Flask, anna: Account) -> Callable[..., Store]:
    """Fails unless these devices, having synced, have exactly what the server has; answers that."""

    def check(*devices: Phone | OldPhone) -> Store:
        for device in devices:
            device.sync()
        for device in devices:
            device.pull()
        truth = library_of(app, anna.id)
        for device in devices:
            assert device.store == truth
        return truth

    return check
