"""What the tests of exports share: a client that fills a library, and the exports of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from flask import Flask
from support.client import Client
from support.exports import written

from movietracker.services.accounts import Account

Export = Callable[..., tuple[bytes, Mapping[str, int]]]
Json = dict[str, object]


@pytest.fixture
def export(app: Flask, anna: Account, tmp_path: Path) -> Export:
    """Exports Anna's library: ``export("imdb", zone="Europe/Vienna")`` gives the file, and what it leaves out."""

    def export(name: str, zone: str = "UTC") -> tuple[bytes, Mapping[str, int]]:
        with app.app_context():
            return written(anna, name, tmp_path, zone)

    return export


@pytest.fixture
def add(client: Client) -> Callable[..., str]:
    """Puts a title into Anna's library: ``add(1, {"title": "Heat"}, by="Mum", media_type="tv")`` gives its address."""

    def add(number: int, details: Json | None = None, *, by: str = "Mum", **more: object) -> str:
        address = f"/api/movies/tt{number:07}"
        answer = client.post(f"{address}/recommendations", json={"person_name": by, "tmdb_data": details} | more)
        assert answer.status_code == 201, answer.text
        return address

    return add


@pytest.fixture
def watch(client: Client) -> Callable[..., None]:
    """Watches a title: ``watch(address, watched_on="1999", rating=8)``."""

    def watch(address: str, **said: object) -> None:
        answer = client.post(f"{address}/viewings", json=said)
        assert answer.status_code == 201, answer.text

    return watch
