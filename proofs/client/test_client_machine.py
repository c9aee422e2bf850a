"""Several devices of one user in any order of events: lost requests and answers, new starts, restores of the server.

Whatever happens: once the network is well and each has synced, all show exactly what the server has, and nothing waits.
"""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from client.devices import assert_in_step, shown
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from requests.adapters import HTTPAdapter
from support.client import Client as Browser
from support.client import client_of
from support.effort import thorough
from support.live_server import LiveServer
from sync.restoring import Backup

from movietracker.api import authentication
from movietracker.client import Client, Unreachable
from movietracker.services.accounts import Account

from .test_client_shows_what_happens import ACTIONS, MOVIES, NAMES, RATINGS, STATUSES, act

DEVICES = st.integers(0, 2)
FAULTS = st.lists(st.sampled_from(["", "lose request", "lose answer"]), max_size=4)

_serial = itertools.count()


class LossyAdapter(HTTPAdapter):
    """Loses requests and answers, as told in order."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lose request":
            raise requests.ConnectionError(fault)
        answer = super().send(request, *arguments, **options)
        if fault == "lose answer":
            answer.close()
            raise requests.ConnectionError(fault)
        return answer


class Devices(RuleBasedStateMachine):
    """Three devices and a browser of one user."""

    def __init__(self, app: Flask, url: str, account: Account, folder: Path) -> None:
        super().__init__()
        self.app, self.url, self.folder, self.account = app, url, folder, account
        self.number = next(_serial)
        with app.app_context():
            self.token = authentication.user_token(account, token_version=0)
        self.browser: Browser = client_of(app, account)
        self.devices = [self.open(index) for index in range(3)]
        self.backup: Backup | None = None

    def open(self, index: int) -> Client:
        """The device of this number, started anew."""
        device = Client(self.folder / f"{self.number}-{index}.sqlite", self.url)
        device._session.mount("http://", LossyAdapter())
        device.pause, device.attempts, device.page_size = 0.0, 2, (1, 2, 100)[index]
        with device._db:
            device._set(user=self.account.id, token=self.token)
        return device

    @initialize(first=st.lists(ACTIONS, max_size=8))
    def begin(self, first: list[tuple[str, dict[str, Any]]]) -> None:
        for action, data in first:
            act(self.devices[0], action, data)
        self.sync_all()

    @rule(index=DEVICES, actions=st.lists(ACTIONS, min_size=1, max_size=4))
    def act(self, index: int, actions: list[tuple[str, dict[str, Any]]]) -> None:
        for action, data in actions:
            act(self.devices[index], action, data)

    @rule(index=DEVICES, faults=FAULTS, method=st.sampled_from(["sync", "push", "pull"]))
    def talk(self, index: int, faults: list[str], method: str) -> None:
        device = self.devices[index]
        adapter = device._session.get_adapter(self.url)
        adapter.faults = list(faults)  # type: ignore[attr-defined]
        try:
            getattr(device, method)()
        except Unreachable:
            assert faults
        adapter.faults = []  # type: ignore[attr-defined]

    @rule(index=DEVICES, faults=FAULTS)
    def restart(self, index: int, faults: list[str]) -> None:
        before = shown(self.devices[index])
        self.devices[index].close()
        self.devices[index] = self.open(index)
        assert shown(self.devices[index]) == before

    @rule(imdb_id=MOVIES, name=NAMES)
    def recommend_in_browser(self, imdb_id: str, name: str) -> None:
        self.browser.post(f"/api/movies/{imdb_id}/recommendations", json={"person_name": name})

    @rule(imdb_id=MOVIES, status=STATUSES)
    def set_status_in_browser(self, imdb_id: str, status: str) -> None:
        self.browser.put(f"/api/movies/{imdb_id}/status", json={"status": status})

    @rule(imdb_id=MOVIES, rating=st.none() | RATINGS)
    def watch_in_browser(self, imdb_id: str, rating: float | None) -> None:
        self.browser.put(f"/api/movies/{imdb_id}/watch", json={"my_rating": rating})

    @rule(imdb_id=MOVIES, liked=st.booleans(), position=st.integers(1, 3))
    def rank_in_browser(self, imdb_id: str, liked: bool, position: int) -> None:
        self.browser.put(f"/api/ranking/{imdb_id}", json={"liked": liked, "position": position})

    @rule(name=NAMES, into=NAMES)
    def merge_in_browser(self, name: str, into: str) -> None:
        self.browser.post(f"/api/people/{name}/merge", json={"into": into})

    @rule(name=NAMES, new=NAMES)
    def rename_in_browser(self, name: str, new: str) -> None:
        self.browser.put(f"/api/people/{name}", json={"name": new})

    @rule(name=NAMES)
    def delete_in_browser(self, name: str) -> None:
        self.browser.delete(f"/api/people/{name}")

    @rule()
    def back_up(self) -> None:
        self.backup = Backup(self.app)

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self) -> None:
        assert self.backup is not None
        self.backup.restore()

    def sync_all(self) -> None:
        """All in turn, until none has brought anything that another lacks."""
        for _ in range(2):
            for device in self.devices:
                device.sync()

    def teardown(self) -> None:
        try:
            self.sync_all()
            assert_in_step(*self.devices)
            for device in self.devices:  # nothing more comes of itself
                device.sync()
            assert_in_step(*self.devices)
        finally:
            for device in self.devices:
                device.close()


@pytest.mark.slow
def test_devices_end_in_step_whatever_happens(
    app: Flask, make_account: Callable[[str], Account], server: LiveServer, tmp_path: Path
) -> None:
    def make() -> Devices:
        return Devices(app, f"http://127.0.0.1:{server.port}", make_account(f"user{next(_serial)}"), tmp_path)

    run_state_machine_as_test(make, settings=thorough(15, stateful_step_count=25))
