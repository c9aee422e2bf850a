"""The client against the application behind a real socket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.live_server import LiveServer

from movietracker.client import Client

from .devices import Devices


@pytest.fixture
def devices(server: LiveServer, tmp_path: Path) -> Iterator[Devices]:
    """Makes devices of Anna's, and compares them with the server."""
    made = Devices(f"http://127.0.0.1:{server.port}", tmp_path)
    yield made
    made.close()


@pytest.fixture
def phone(devices: Devices) -> Client:
    """Anna's phone, logged in and in step."""
    return devices.make("phone")


@pytest.fixture
def tablet(devices: Devices) -> Client:
    """Anna's tablet, logged in and in step."""
    return devices.make("tablet")


@pytest.fixture
def browser(client: Any) -> Any:
    """Anna's web app, which speaks REST."""
    return client
