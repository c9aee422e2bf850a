"""What a device brings back to a server that was restored to an earlier state is what its user had seen before."""

from typing import Any

import pytest
from client.devices import assert_in_step
from flask import Flask
from hypothesis import given, note
from hypothesis import strategies as st
from support.effort import thorough
from sync.restoring import Backup

from .implementations import Device
from .test_client_shows_what_happens import ACTIONS, DATA, THREE, Actions, Opens, act, after, placed, some, visible

KEEPING = [name for name in DATA if not name.startswith(("remove", "delete", "merge", "unrank"))]
"""Actions that take nothing away: what the server still has that was taken away since stays, and that is on purpose."""

VIEWED: Actions = [("watchMovie", {"imdb_id": each, "date_watched": 1000.0}) for each in THREE]
KNOWN: Actions = [("addPerson", {"name": name}) for name in ("Alma", "Bert", "Cleo")]


def rounds(actions: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Actions]]:
    return st.lists(st.lists(actions, min_size=1, max_size=8), min_size=1, max_size=3)


HISTORIES = st.one_of(
    st.tuples(st.just([]), rounds(ACTIONS)),
    st.tuples(st.lists(ACTIONS, max_size=8), rounds(some(*KEEPING))),
    st.tuples(st.just([]), st.lists(after(VIEWED, "updateMovieStatus", "addViewing", "rankMovie"), min_size=1)),
    st.tuples(after(KNOWN, "addRecommendation"), rounds(some("addPerson", "updatePerson", "addRecommendation"))),
)
"""What the server remembers, and what it forgets."""


def do(device: Device, actions: Actions) -> None:
    for action, values in actions:
        act(device, action, placed(device, values))
    device.sync()


def seen(device: Device) -> dict[str, Any]:
    """What the user sees; viewings in no order, since only the server knows when they were added."""
    library = visible(device)
    for movie in library["movies"].values():
        movie["viewings"].sort(key=str)
    return library


@pytest.mark.parametrize("implementations", ["Python", "web"], indirect=True)
@thorough(40)
@given(history=HISTORIES)
def test_what_a_restored_server_forgot_is_brought_back(
    history: tuple[Actions, list[Actions]], app: Flask, new_device: Opens
) -> None:
    remembered, forgotten = history
    with new_device() as device:
        do(device, remembered)
        backup = Backup(app)
        for actions in forgotten:
            do(device, actions)
        before, told = seen(device), (device.conflicts, device.rejections)
        backup.restore()
        device.sync()
        note(str([device.conflicts, device.rejections]))
        assert seen(device) == before
        assert (device.conflicts, device.rejections) == told
        assert_in_step(device)
