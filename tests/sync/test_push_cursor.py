"""The cursor in the answer to a push: the client's own place, which now also vouches for what was acknowledged."""

import pytest
from flask import Flask
from support.client import Client

from .restoring import Backup
from .wire import ALIEN, HEAT, MATRIX, Wire, action


def pushed(wire: Wire, cursor: str, *imdb_ids: str) -> str:
    """The cursor in the answer to a push of new movies."""
    actions = [action("addMovie", imdb_id=imdb_id) for imdb_id in imdb_ids]
    answer = wire.post({"actions": actions, "cursor": cursor})
    assert answer.status_code == 200, answer.text
    return str(answer.json["cursor"])


def test_it_skips_nothing_that_others_did_since_the_base(wire: Wire) -> None:
    cursor = wire.cursor()
    wire.do("addMovie", imdb_id=HEAT)
    assert set(wire.pull(pushed(wire, cursor, MATRIX)).movies) == {HEAT, MATRIX}


def test_it_skips_nothing_when_nothing_was_done(wire: Wire) -> None:
    cursor = wire.cursor()
    wire.do("addMovie", imdb_id=HEAT)
    assert set(wire.pull(pushed(wire, cursor)).movies) == {HEAT}


def test_pulling_from_it_in_pages_comes_to_the_end(wire: Wire) -> None:
    cursor = pushed(wire, pushed(wire, wire.cursor(), MATRIX), HEAT, ALIEN)
    pulled = wire.pull(cursor, limit=1)
    assert set(pulled.movies) == {MATRIX, HEAT, ALIEN}
    assert wire.pull(pulled.cursor).is_empty


def test_a_single_action_answers_it_too(wire: Wire) -> None:
    cursor = wire.cursor()
    wire.do("addMovie", imdb_id=HEAT)
    answer = wire.post({**action("addMovie", imdb_id=MATRIX), "cursor": cursor}, "/api/sync")
    assert set(wire.pull(answer.json["cursor"]).movies) == {HEAT, MATRIX}


@pytest.mark.parametrize("grown", [False, True])
@pytest.mark.parametrize("then", ["pull", "push"])
def test_a_client_is_told_when_the_server_forgets_its_writes(app: Flask, wire: Wire, then: str, grown: bool) -> None:
    pulled = wire.cursor()
    backup = Backup(app)
    acknowledged = pushed(wire, pulled, MATRIX)
    backup.restore()
    if grown:
        wire.add(HEAT, ALIEN)
    if then == "pull":
        answer = wire.get(cursor=acknowledged)
    else:
        answer = wire.post({"actions": [action("addMovie", imdb_id=ALIEN)], "cursor": acknowledged})
    assert (answer.status_code, answer.json["code"]) == (410, "history_diverged")
    assert wire.get(cursor=pulled).status_code == 200  # what was pulled is of the common history


def test_without_a_cursor_it_is_the_newest_place(wire: Wire, client: Client) -> None:
    wire.do("addMovie", imdb_id=HEAT)
    answer = wire.post({"actions": [action("addMovie", imdb_id=MATRIX)]})
    assert wire.pull(answer.json["cursor"]).is_empty
