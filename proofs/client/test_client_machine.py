"""Several devices of one user in any order of events: lost requests and answers, new starts, restores of the server.

Whatever happens: once the network is well and each has synced, all show exactly what the server has, and nothing waits
or got lost. Two users who do the same, the one with the reference client and the other with the web app, see the same.
"""

import functools
import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from support.effort import thorough
from support.live_server import LiveServer
from support.wall_clock import WallClock
from sync.restoring import Backup

from movietracker.services.accounts import Account

from .implementations import Node, Open, PythonDevice, WebDevice
from .test_client_shows_what_happens import ACTIONS, MOVIES, NAMES, RATINGS, STATUSES
from .user import User

DEVICES = st.integers(0, 2)
FAULTS = st.lists(st.sampled_from(["", "lose request", "lose answer"]), max_size=4)
METHODS = st.sampled_from(["sync", "push", "pull"])

_serial = itertools.count()

NewUser = Callable[..., User]


class Devices(RuleBasedStateMachine):
    """Three devices, of any implementation, and a browser of one user."""

    def __init__(self, app: Flask, *users: User) -> None:
        super().__init__()
        self.app, self.users = app, users
        self.backup: Backup | None = None

    def each(self, do: Callable[[User], Any]) -> None:
        """Every user does it, with the same outcome."""
        outcomes = [do(user) for user in self.users]
        assert outcomes == outcomes[:1] * len(outcomes)

    @initialize(first=st.lists(ACTIONS, max_size=8))
    def begin(self, first: list[tuple[str, dict[str, Any]]]) -> None:
        self.act(0, first)
        self.each(User.sync_all)

    @rule(index=DEVICES, actions=st.lists(ACTIONS, min_size=1, max_size=4))
    def act(self, index: int, actions: list[tuple[str, dict[str, Any]]]) -> None:
        for action, data in actions:
            self.each(lambda user: user.act(index, action, data))  # noqa: B023 - it is called at once

    @rule(index=DEVICES, faults=FAULTS, method=METHODS)
    def talk(self, index: int, faults: list[str], method: str) -> None:
        self.each(lambda user: user.talk(index, method, faults))

    @rule(index=DEVICES)
    def restart(self, index: int) -> None:
        self.each(lambda user: user.restart(index))

    def request(self, method: str, address: str, json: Any = None) -> None:
        """In the browser."""
        self.each(lambda user: user.browser.open(address, method=method, json=json).status_code)

    @rule(imdb_id=MOVIES, name=NAMES)
    def recommend_in_browser(self, imdb_id: str, name: str) -> None:
        self.request("POST", f"/api/movies/{imdb_id}/recommendations", {"person_name": name})

    @rule(imdb_id=MOVIES, status=STATUSES)
    def set_status_in_browser(self, imdb_id: str, status: str) -> None:
        self.request("PUT", f"/api/movies/{imdb_id}/status", {"status": status})

    @rule(imdb_id=MOVIES, rating=st.none() | RATINGS)
    def watch_in_browser(self, imdb_id: str, rating: float | None) -> None:
        self.request("PUT", f"/api/movies/{imdb_id}/watch", {"my_rating": rating})

    @rule(imdb_id=MOVIES, liked=st.booleans(), position=st.integers(1, 3))
    def rank_in_browser(self, imdb_id: str, liked: bool, position: int) -> None:
        self.request("PUT", f"/api/ranking/{imdb_id}", {"liked": liked, "position": position})

    @rule(name=NAMES, into=NAMES)
    def merge_in_browser(self, name: str, into: str) -> None:
        self.request("POST", f"/api/people/{name}/merge", {"into": into})

    @rule(name=NAMES, new=NAMES)
    def rename_in_browser(self, name: str, new: str) -> None:
        self.request("PUT", f"/api/people/{name}", {"name": new})

    @rule(name=NAMES)
    def delete_in_browser(self, name: str) -> None:
        self.request("DELETE", f"/api/people/{name}")

    @rule()
    def let_half_a_year_pass(self) -> None:
        self.each(User.forget_deletions)

    @rule()
    def back_up(self) -> None:
        self.backup = Backup(self.app)

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self) -> None:
        assert self.backup is not None
        self.each(User.note_a_restore)
        self.backup.restore()

    @rule(index=DEVICES, actions=st.lists(ACTIONS, min_size=1, max_size=4), method=METHODS)
    def lose_to_a_restore(self, index: int, actions: list[tuple[str, dict[str, Any]]], method: str) -> None:
        """What a device has just sent."""
        self.back_up()
        self.act(index, actions)
        self.talk(index, [], method)
        self.restore()
        self.talk(index, [], "sync")

    def teardown(self) -> None:
        try:
            self.each(User.check)
        finally:
            for user in self.users:
                user.close()


class Crashes(Devices):
    """Devices that also die and sync twice at once, as each does in its own way."""

    @rule(index=DEVICES, faults=FAULTS)
    def sync_twice_at_once(self, index: int, faults: list[str]) -> None:
        self.each(lambda user: user.talk(index, "twice", faults))

    @rule(index=DEVICES, step=st.integers(1, 5) | st.integers(1, 60), method=METHODS)
    def die(self, index: int, step: int, method: str) -> None:
        self.each(lambda user: user.die(index, step, method))


class Twins(Devices):
    """Two users who do the same at the same times."""

    def __init__(self, clock: WallClock, app: Flask, *users: User) -> None:
        super().__init__(app, *users)
        self.clock = clock

    def each(self, do: Callable[[User], Any]) -> None:
        self.clock.time += 2
        super().each(do)
        super().each(User.sight)


@pytest.fixture
def new_user(app: Flask, make_account: Callable[[str], Account], server: LiveServer, tmp_path: Path) -> NewUser:
    """Makes a user whose devices are opened by these."""

    def make(opens: Sequence[Open], clock: Callable[[], float] = time.time) -> User:
        account = make_account(f"user{next(_serial)}")
        return User(app, f"http://127.0.0.1:{server.port}", account, tmp_path, opens, clock)

    return make


@pytest.mark.slow
@pytest.mark.parametrize("implementations", ["Python+Python+Python", "web+web+web", "Python+web+web"], indirect=True)
def test_devices_end_in_step_whatever_happens(implementations: Sequence[Open], app: Flask, new_user: NewUser) -> None:
    run_state_machine_as_test(
        lambda: Crashes(app, new_user(implementations)), settings=thorough(15, stateful_step_count=25)
    )


@pytest.mark.slow
def test_users_of_either_client_see_the_same_whatever_happens(
    node: Node, app: Flask, new_user: NewUser, wall_clock: WallClock
) -> None:
    def make() -> Twins:
        users = [new_user([opened] * 3, wall_clock) for opened in (PythonDevice, functools.partial(WebDevice, node))]
        return Twins(wall_clock, app, *users)

    run_state_machine_as_test(make, settings=thorough(10, stateful_step_count=25))
