"""Devices of one user: clients with files of their own, and what is true of them when all have synced."""

from pathlib import Path
from typing import Any

import requests

from movietracker.client import Client

EMAIL, PASSWORD = "anna@example.com", "a long secret"
MATRIX, HEAT, ALIEN = "tt0133093", "tt0113277", "tt0078748"

Json = dict[str, Any]


class Devices:
    """Makes clients of one server, and closes them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder
        self._made: dict[Client, str] = {}

    def make(self, name: str, url: str | None = None, *, logged_in: bool = True, **settings: Any) -> Client:
        """The client in the file of this name; logged in, it has pulled. Settings are attributes of the client."""
        device = Client(self._folder / f"{name}.sqlite", url or self.url)
        self._made[device] = name
        device.pause = 0.001
        for key, value in settings.items():
            setattr(device, key, value)
        if logged_in:
            device.login(EMAIL, PASSWORD)
            device.sync()
        return device

    def again(self, device: Client, url: str | None = None, **settings: Any) -> Client:
        """The same device after its program was started anew."""
        name = self._made[device]
        self.close(device)
        return self.make(name, url, logged_in=False, **settings)

    def close(self, *devices: Client) -> None:
        """Close these, or all."""
        for device in devices or tuple(self._made):
            device.close()
            del self._made[device]


def truth(device: Client) -> dict[str, Json]:
    """What the server has, asked for the way that older clients ask, by kind and key."""
    headers = {"Authorization": f"Bearer {device._get('token')}"}
    with requests.get(f"{device._url}/api/sync", {"since": 0}, headers=headers, timeout=10) as answer:
        everything = answer.json()
    keys = {"movies": "imdb_id", "people": "name", "lists": "id"}
    return {kind: {record[key]: record for record in everything[kind]} for kind, key in keys.items()}


def shown(device: Client) -> dict[str, Json]:
    """What the device shows, by kind and key."""
    library = device.library()
    return {"movies": library.movies, "people": library.people, "lists": library.lists}


def assert_in_step(*devices: Client) -> None:
    """Each device has synced, so it shows exactly what the server has, and nothing waits."""
    for device in devices:
        assert device.unsent == 0
        assert shown(device) == truth(device)
