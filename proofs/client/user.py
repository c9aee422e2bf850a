"""A user with three devices, of any implementation, and a browser that speaks REST."""

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from client.devices import assert_in_step, shown
from flask import Flask
from sqlalchemy import delete, select, update
from support.client import client_of

from movietracker.api import authentication
from movietracker.client import Unreachable
from movietracker.extensions import db
from movietracker.models import ACTIONS, HEAD, TOMBSTONES
from movietracker.services.accounts import Account

from .implementations import Device, Died, Open
from .test_client_shows_what_happens import act, visible

_serial = itertools.count()


class User:
    """What the user does with the devices, and what must be true of them."""

    def __init__(
        self, app: Flask, url: str, account: Account, folder: Path, opens: Sequence[Open], clock: Callable[[], float]
    ) -> None:
        self.app, self.url, self.account, self.opens, self.clock = app, url, account, opens, clock
        self.folder = folder / str(next(_serial))
        self.folder.mkdir()
        with app.app_context():
            self.token = authentication.user_token(account, token_version=0)
        self.browser = client_of(app, account)
        self.devices = [self.open(index) for index in range(len(opens))]
        self.done: list[set[str]] = [set() for _ in opens]
        """The ids of what was done on each device, but for what a restored server may have forgotten."""

    def open(self, index: int) -> Device:
        """The device of this number, started anew."""
        state = {"user": self.account.id, "token": self.token, "device": f"device {index}"}
        return self.opens[index](self.folder / f"{index}.sqlite", self.url, (1, 2, 100)[index], self.clock, **state)

    def act(self, index: int, action: str, data: dict[str, Any]) -> None:
        if action_id := act(self.devices[index], action, data):
            self.done[index].add(action_id)

    def talk(self, index: int, method: str, faults: Sequence[str]) -> bool:
        """Sync, push or pull; whether the server was reached."""
        try:
            self.devices[index].talk(method, faults)
        except Unreachable:
            assert faults
            return False
        return True

    def restart(self, index: int) -> None:
        before = shown(self.devices[index])
        self.devices[index].close()
        self.devices[index] = self.open(index)
        assert shown(self.devices[index]) == before

    def die(self, index: int, step: int, method: str) -> None:
        with suppress(Died):
            self.devices[index].talk(method, dies_at=step)
        self.devices[index].close()
        self.devices[index] = self.open(index)

    def forget_deletions(self) -> None:
        """Have the server forget them, as it does after 180 days: no cursor from before is good any more."""
        with self.app.app_context(), db.engine.connect().execution_options(library_write=True) as connection:
            connection.execute(delete(TOMBSTONES).where(TOMBSTONES.c.user_id == self.account.id))
            connection.execute(update(HEAD).where(HEAD.c.user_id == self.account.id).values(floor_seq=HEAD.c.seq))
            connection.commit()

    def note_a_restore(self) -> None:
        """What a pull has confirmed, or had no effect, may be forgotten; what else is in a queue must not get lost."""
        idle = {each for each, status in self._outcomes().items() if status == "noop"}
        for device, done in zip(self.devices, self.done, strict=True):
            done &= device.pending() - idle

    def sync_all(self) -> None:
        """All in turn, until none has brought anything that another lacks."""
        for _ in range(2):
            for device in self.devices:
                device.sync()

    def check(self) -> None:
        """All show what the server has, each action arrived, and what was not done is reported."""
        self.sync_all()
        assert_in_step(*self.devices)
        for device in self.devices:  # nothing more comes of itself
            device.sync()
        assert_in_step(*self.devices)
        told = self._outcomes()
        for device, done in zip(self.devices, self.done, strict=True):
            assert done <= told.keys(), "an action got lost"
            reported = {report["id"]: report["status"] for report in (*device.conflicts, *device.rejections)}
            assert {each: told[each] for each in done if told[each] not in ("applied", "noop")} == {
                each: status for each, status in reported.items() if each in done
            }

    def close(self) -> None:
        for device in self.devices:
            device.close()

    def sight(self) -> Any:
        """What each device shows and reports, but for ids, numbers and times of the server's."""
        return [
            (visible(device), [(each["action"], each["code"]) for each in (*device.conflicts, *device.rejections)])
            for device in self.devices
        ]

    def _outcomes(self) -> dict[str, str]:
        """What became of each action that the server received, by id."""
        with self.app.app_context(), db.engine.connect() as connection:
            rows = connection.execute(select(ACTIONS).where(ACTIONS.c.user_id == self.account.id))
            return {row.id: orjson.loads(row.outcome)["status"] for row in rows}
