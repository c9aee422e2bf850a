"""The machine: devices of two users, a server with a model beside it, and the single steps that they take."""

import sys
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sync.restoring import Backup
from sync.wire import Wire

from movietracker import clock as application_clock
from movietracker.services.accounts import Account

from .choices import LISTS, NAMES, TITLES, actions, titles
from .devices import Gadget, OldGadget
from .history import HORIZON
from .traffic import Clock, Kept, Told
from .world import World

DEATHS = ("before a statement", "at the commit", "after the commit")


class SyncMachine(RuleBasedStateMachine):
    """Several devices of two users and everything that can happen to them; subclasses say on which application."""

    app: Flask
    accounts: list[Account]
    beginning: Backup

    def __init__(self) -> None:
        super().__init__()
        self._exits = ExitStack()
        self.clock = Clock()
        patch = self._exits.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(application_clock, "time", self.clock)
        self.beginning.restore()
        self.world = World(self.app, self.accounts, self.clock)
        anna, ben = (account.id for account in self.accounts)
        self.anna, self.ben = anna, ben
        self.phones = [self._phone("phone", anna), self._phone("tablet", anna, skew=-3600.0), self._phone("phone", ben)]
        self.old_phones = [self._old(None), self._old(2, skew=1800.0)]
        self.bag: list[Told] = []
        self.kept: list[Kept] = []

    def _phone(self, name: str, user: str, skew: float = 0.0) -> Gadget:
        return Gadget(self.world.wires[user], name, lambda: self.clock.now + skew, user=user)

    def _old(self, limit: int | None, skew: float = 0.0) -> OldGadget:
        return OldGadget(
            Wire(self.world.wires[self.anna].client), lambda: self.clock.now + skew, user=self.anna, limit=limit
        )

    @property
    def devices(self) -> list[Any]:
        """All devices."""
        return [*self.phones, *self.old_phones]

    @initialize()
    def everybody_has_a_library(self) -> None:
        """A state in which things can go wrong at once."""
        for device in (self.phones[0], self.phones[2]):
            for name in NAMES[:2]:
                device.act("addPerson", name=name)
            device.act("addList", id=LISTS[0], name="Shelf")
            device.act("addRecommendation", imdb_id=TITLES[0], person_name=NAMES[0], vote_type=True)
            device.act("watchMovie", imdb_id=TITLES[0], my_rating=3.0, date_watched=1000.0)
            device.act("updateMovieStatus", imdb_id=TITLES[1], status="custom", custom_list_id=LISTS[0])
            self.send(device)
        for device in self.devices:
            self.fetch(device)

    # What devices do

    def send(self, device: Any, **how: Any) -> None:
        """Push the queue and hear the answer."""
        told = device.told(**how)
        device.hear(self.world, told, self.world.push(told))

    def fetch(self, device: Any, limit: int = 100) -> None:
        """Pull to the end."""
        if isinstance(device, Gadget):
            device.pages(self.world, limit)
        else:
            device.pull_all(self.world)

    @rule(which=st.integers(0, 4), action=actions, on_record=st.booleans())
    def a_user_does_something(self, which: int, action: tuple[str, Any], on_record: bool) -> None:
        """Queued, not yet sent."""
        self.clock.now += 1.5
        device = self.devices[which]
        if len(device.queue) < 6:
            device.act(action[0], on_record=on_record, **action[1])

    @rule(which=st.integers(0, 4), action=actions)
    def a_user_does_something_online(self, which: int, action: tuple[str, Any]) -> None:
        """Queued, sent, and what came of it fetched."""
        self.clock.now += 1.5
        device = self.devices[which]
        device.act(action[0], on_record=True, **action[1])
        self.send(device)
        self.fetch(device)

    @rule(which=st.integers(0, 4), atomic=st.booleans(), count=st.sampled_from([None, 1, 2]))
    def a_device_pushes(self, which: int, atomic: bool, count: int | None) -> None:
        """All of its queue, or the beginning of it."""
        device = self.devices[which]
        if device.queue:
            self.send(device, atomic=atomic, count=count)
            if atomic:
                self.send(device)  # one that cannot be done must not stay for ever

    @rule(which=st.integers(0, 4))
    def a_device_pushes_one(self, which: int) -> None:
        """The first of its queue, by the endpoint for one action."""
        if self.devices[which].queue:
            self.send(self.devices[which], count=1, is_single=True)

    @rule(which=st.integers(0, 4))
    def an_answer_is_lost(self, which: int) -> None:
        """The server has done it, the device does not know."""
        if self.devices[which].queue:
            self.world.push(self.devices[which].told())

    @rule(which=st.integers(0, 4))
    def a_request_comes_twice(self, which: int) -> None:
        """The network says it again; the device hears the second answer."""
        device = self.devices[which]
        if device.queue:
            told = device.told()
            first = self.world.push(told)
            if first.status_code == 200:
                device.hear(self.world, told, self.world.push(told))
            else:
                device.hear(self.world, told, first)

    @rule(which=st.integers(0, 4), when=st.sampled_from(DEATHS), number=st.integers(0, 25))
    def the_server_dies_of_a_push(self, which: int, when: str, number: int) -> None:
        """Before a statement, at the commit, or after it; the device sends it again some other time."""
        device = self.devices[which]
        if device.queue:
            told = device.told()
            device.hear(self.world, told, self.world.push(told, (when, number)))

    @rule(which=st.integers(0, 4))
    def the_network_keeps_a_request(self, which: int) -> None:
        """It may come at any time later, and often."""
        if self.devices[which].queue:
            self.bag = [*self.bag, self.devices[which].told()][-4:]

    @precondition(lambda self: self.bag)
    @rule(index=st.integers(0, 3))
    def a_kept_request_comes(self, index: int) -> None:
        """No device reads the response."""
        self.world.push(self.bag[index % len(self.bag)])

    @rule(which=st.integers(0, 4), limit=st.sampled_from([1, 2, 3, 100]))
    def a_device_pulls(self, which: int, limit: int) -> None:
        """To the end."""
        self.fetch(self.devices[which], limit)

    @rule(which=st.sampled_from([0, 1, 2, 4]), limit=st.sampled_from([1, 2, 3]))
    def a_device_pulls_a_page(self, which: int, limit: int) -> None:
        """One page; others may write before the next."""
        device = self.devices[which]
        if isinstance(device, Gadget):
            device.page(self.world, limit)
        else:
            device.page(self.world)

    @rule(which=st.integers(0, 2))
    def a_device_forgets_all_but_its_queue(self, which: int) -> None:
        """Reinstalled: it pulls from the beginning."""
        phone = self.phones[which]
        phone.cursor, phone.paging = None, []
        self.fetch(phone, 3)

    # What happens without them

    @rule(jump=st.sampled_from([-86_400.0, -3600.0, -1.0, 0.5, 60.0, 3600.0, 86_400.0]))
    def the_clock_jumps(self, jump: float) -> None:
        """The server's, and with it everybody's."""
        self.clock.now += jump

    @rule(collects=st.booleans())
    def half_a_year_passes(self, collects: bool) -> None:
        """What happened before is beyond the horizon."""
        self.clock.now += HORIZON + 86_400.0
        if collects:
            self.world.collect(self.anna)

    @rule()
    def old_memory_is_collected(self) -> None:
        """In both libraries."""
        for account in self.accounts:
            self.world.collect(account.id)

    @rule()
    def the_operator_makes_a_backup(self) -> None:
        """Two are kept."""
        self.kept = [*self.kept, self.world.backup()][-2:]

    @precondition(lambda self: self.kept)
    @rule(index=st.integers(0, 1))
    def the_operator_restores_a_backup(self, index: int) -> None:
        """And says so."""
        self.restore(self.kept[index % len(self.kept)])

    def restore(self, kept: Kept) -> None:
        """Put a backup back.

        A time that the server gave while its clock was ahead is known to be lost only as long as it is in the future:
        older devices that hold one pull at once.
        """
        self.clock.now += 2.0
        self.world.restore(kept)
        for old in self.old_phones:
            if old.since > self.world.libraries[old.user].history.restored_at:
                old.offset, old.pages = 0, []
                self.fetch(old)

    @rule(imdb_id=titles)
    def a_title_goes_for_good(self, imdb_id: str) -> None:
        """As by a restore that replaces the library."""
        if imdb_id in self.world.libraries[self.anna].titles:
            self.world.remove_title(self.anna, imdb_id)

    @rule(imdb_id=titles)
    def details_come_in_the_background(self, imdb_id: str) -> None:
        """For a title that is there."""
        if imdb_id in self.world.libraries[self.anna].titles:
            self.world.refresh(self.anna, imdb_id)

    # The end: all is well again

    def teardown(self) -> None:
        """Every queue drains, every device has what the server has, and late requests change nothing of that."""
        try:
            if sys.exc_info()[0] is None:  # nothing has failed so far
                self._heal()
        finally:
            self._exits.close()

    def _heal(self) -> None:
        for _ in range(2):
            for device in self.devices:
                for _ in range(3):
                    if device.queue:
                        self.send(device)
                assert device.queue == []
                self.fetch(device)
        for device in self.devices:
            self.fetch(device)
            assert device.store == self.world.stores[device.user]
