"""The server is put back to an earlier state: every client is told, or has what the server has."""

from flask import Flask

from .restoring import Backup
from .wire import ALIEN, HEAT, MATRIX, Wire


def gone_wrong(wire: Wire, cursor: str) -> str:
    """The code of the 410 that this cursor gets."""
    answer = wire.get(cursor=cursor)
    assert answer.status_code == 410, answer.text
    return str(answer.json["code"])


def test_a_first_pull_is_told_of_a_restore_to_before_it_began(app: Flask, wire: Wire) -> None:
    wire.add(MATRIX)
    backup = Backup(app)
    wire.add(HEAT, ALIEN)
    first = wire.page(limit=2)
    assert first["has_more"]
    backup.restore()
    assert gone_wrong(wire, first["cursor"]) == "history_diverged"
    wire.add("tt0000001", "tt0000002")
    assert gone_wrong(wire, first["cursor"]) == "history_diverged"


def test_a_first_pull_is_told_of_a_restore_to_a_state_between_two_of_its_pages(app: Flask, wire: Wire) -> None:
    wire.add(MATRIX, HEAT, ALIEN)
    first = wire.page(limit=5)  # the four quick recommenders and the Matrix
    backup = Backup(app)
    wire.do("updateMovieStatus", imdb_id=HEAT, status="watched")  # Heat leaves its place for the end
    second = wire.page(first["cursor"], limit=1)
    assert [movie["imdb_id"] for movie in second["movies"]] == [ALIEN]
    backup.restore()  # Heat is back in its place, which the client has passed
    assert gone_wrong(wire, second["cursor"]) == "history_diverged"
    assert set(wire.pull(first["cursor"]).movies) == {HEAT, ALIEN}


def test_a_later_pull_is_told_of_a_restore_to_a_state_between_two_of_its_pages(app: Flask, wire: Wire) -> None:
    start = wire.cursor()
    wire.add(MATRIX, HEAT, ALIEN)
    first = wire.page(start, limit=1)
    backup = Backup(app)
    wire.do("updateMovieStatus", imdb_id=HEAT, status="watched")
    second = wire.page(first["cursor"], limit=1)
    assert [movie["imdb_id"] for movie in second["movies"]] == [ALIEN]
    backup.restore()
    assert gone_wrong(wire, second["cursor"]) == "history_diverged"
    assert set(wire.pull(first["cursor"]).movies) == {HEAT, ALIEN}
