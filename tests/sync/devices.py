"""Devices of both generations, as simple as the protocol allows: they keep what they pulled and queue what users do.

They do not heal themselves: what the server gets wrong stays wrong in their stores, for tests to see.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from support.client import client_of
from support.wall_clock import WallClock

from movietracker.services.accounts import Account

from .dump import library_of
from .wire import KEYS, Json, Store, Wire, action

Record = tuple[str, str | int]
"""A kind (movies, people, lists) and a key."""


class Refused(Exception):
    """The server answered 410; ``code`` and ``policy`` say what the device is to do."""

    def __init__(self, body: Json) -> None:
        self.code: str = body["code"]
        self.policy: str = body["policy"]
        super().__init__(self.code)


def answered(response: Any) -> Json:
    """The body of a good answer; raises Refused for a 410."""
    if response.status_code == 410:
        raise Refused(response.json)
    assert response.status_code == 200, (response.status_code, response.text)
    body: Json = response.json
    return body


@dataclass
class Phone:
    """A device of today: cursor, base_rev, ids and a name of its own."""

    wire: Wire
    name: str
    now: Callable[[], float]
    store: Store = field(default_factory=Store)
    cursor: str | None = None
    rev: int | None = None
    queue: list[Json] = field(default_factory=list)
    results: dict[str, Json] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def do(self, name: str, /, of: Record | None = None, **data: Any) -> str:
        """Queue what the user does, looking at a record or at the whole, and return the action's id."""
        item = {**action(name, **data), "id": str(uuid.uuid4()), "timestamp": self.now()}
        if self.rev is not None:
            known = None if of is None else self.store.kind(of[0]).get(of[1])
            item["base_rev"] = self.rev if known is None else known["rev"]
        self.queue.append(item)
        return str(item["id"])

    def request(self) -> Json:
        """The body that pushes the queue as it is."""
        return {"actions": list(self.queue), "cursor": self.cursor, "device": self.name}

    def push(self) -> list[Json]:
        """Push the queue and forget what was answered; after a 410 everything is fetched anew first."""
        for _ in range(2):
            body = self.request()
            try:
                answer = answered(self.wire.post(body))
            except Refused as refused:
                self.start_over(refused)
                continue
            self.learn(body, answer)
            results: list[Json] = answer["results"]
            return results
        raise AssertionError("refused twice in a row")

    def learn(self, body: Json, answer: Json) -> None:
        """Take in the answer to a push: what was answered leaves the queue."""
        for item, result in zip(body["actions"], answer["results"], strict=True):
            self.results[item["id"]] = result
        if body["cursor"] is not None:
            self.cursor = answer["cursor"]  # the same place, which now vouches for what was acknowledged
        done = {item["id"] for item in body["actions"]}
        self.queue = [item for item in self.queue if item["id"] not in done]

    def pull(self, limit: int = 100) -> None:
        """Pull to the end; shows nothing before that. After a 410 everything is fetched anew."""
        try:
            self._pull(self.cursor, limit)
        except Refused as refused:
            self.start_over(refused, limit)

    def start_over(self, refused: Refused, limit: int = 100) -> None:
        """Fetch everything and replace, keep the queue; numbers of a lost history get a fresh base."""
        self.refusals.append(refused.code)
        self._pull(None, limit)
        for item in self.queue:
            if refused.policy == "upload_differences" and "base_rev" in item:
                item["base_rev"] = self.rev

    def sync(self) -> None:
        """Push, then pull."""
        if self.queue:
            self.push()
        self.pull()

    def _pull(self, cursor: str | None, limit: int) -> None:
        pages, is_full = [], False
        for _ in range(1000):
            query = {"limit": limit} if cursor is None else {"limit": limit, "cursor": cursor}
            pages.append(answered(self.wire.get(**query)))
            cursor = pages[-1]["cursor"]
            is_full = is_full or pages[-1]["full_sync"]
            if not pages[-1]["has_more"]:
                break
        else:
            raise AssertionError("the pull does not end")
        self.show(pages, is_full)

    def show(self, pages: list[Json], is_full: bool) -> None:
        """Take in a whole pull."""
        if is_full:
            self.store = Store()
        for page in pages:
            self.store.merge(page)
        self.cursor, self.rev = pages[-1]["cursor"], pages[-1]["rev"]


@dataclass
class OldPhone:
    """A device of the older generation: no ids, no base_rev, no cursor; pulls by time."""

    wire: Wire
    now: Callable[[], float]
    store: Store = field(default_factory=Store)
    since: float = 0.0
    queue: list[Json] = field(default_factory=list)

    def do(self, name: str, /, **data: Any) -> None:
        """Queue what the user does."""
        self.queue.append({**action(name, **data), "timestamp": self.now()})

    def push(self) -> list[Json]:
        """Send the queue, one action after the other."""
        results = [answered(self.wire.post(item, "/api/sync")) for item in self.queue]
        self.queue.clear()
        return results

    def pull(self) -> None:
        """Pull in one answer."""
        answer = answered(self.wire.get("/api/sync", since=repr(self.since)))
        self.merge(answer)
        self.since = answer["timestamp"]

    def merge(self, answer: Json) -> None:
        """Take in an answer; one that is everything replaces what was there."""
        if answer["full_sync"]:
            for kind in KEYS:
                self.store.kind(kind).clear()
        self.store.merge(answer)

    def sync(self) -> None:
        """Push, then pull."""
        self.push()
        self.pull()


@dataclass(frozen=True)
class Family:
    """Makes devices of one user, each of which has pulled; ``skew`` is how far its clock is ahead in seconds."""

    app: Flask
    account: Account
    clock: WallClock

    def phone(self, name: str, *, account: Account | None = None, skew: float = 0.0) -> Phone:
        """A device of today."""
        phone = Phone(Wire(client_of(self.app, account or self.account)), name, lambda: self.clock.time + skew)
        phone.pull()
        return phone

    def old_phone(self, skew: float = 0.0) -> OldPhone:
        """A device of the older generation."""
        phone = OldPhone(Wire(client_of(self.app, self.account)), lambda: self.clock.time + skew)
        phone.pull()
        return phone

    def converge(self, *devices: Phone | OldPhone) -> Store:
        """Sync these devices, and fail unless they have exactly what the server has; returns that."""
        for device in devices:
            device.sync()
        for device in devices:
            device.pull()
        truth = library_of(self.app, self.account.id)
        for device in devices:
            assert device.store == truth
        return truth
