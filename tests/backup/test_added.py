"""What a document says of when titles were added."""

from flask import Flask
from flask.testing import FlaskClient
from support.wall_clock import WallClock

from movietracker.backup.catalog.verification import same_content

from .documents import (
    A_DAY_LATER,
    ALIEN,
    FAR_AHEAD,
    HEAT,
    LONG_AGO,
    MATRIX,
    as_file,
    bring,
    by_key,
    document,
    export,
    movie,
    send,
    vote,
)
from .test_round_trip import scratch


def added(client: FlaskClient, imdb_id: str = MATRIX) -> float:
    """When a title was added, as a document tells it."""
    moment: float = by_key(export(client), "movies", imdb_id)["added_at"]
    return moment


def order(client: FlaskClient) -> list[str]:
    """The titles, the one that was added last first."""
    return [each["imdb_id"] for each in client.get("/api/movies?sort=added").json or ()]


def test_a_title_that_was_changed_since_comes_back_as_added_when_it_was(
    client: FlaskClient, bens_client: FlaskClient, wall_clock: WallClock
) -> None:
    for imdb_id in (MATRIX, HEAT):
        client.put(f"/api/movies/{imdb_id}/status", json={"status": "toWatch"})
        wall_clock.time += 86_400
    client.put(f"/api/movies/{MATRIX}/tags/noir")
    told = export(client)
    bring(bens_client, told)
    assert [added(bens_client, each) for each in (MATRIX, HEAT)] == [added(client, each) for each in (MATRIX, HEAT)]
    assert order(bens_client) == order(client)


def test_a_document_that_wins_says_when_a_title_here_was_added(client: FlaskClient) -> None:
    bring(client, document(movie(MATRIX, added_at=LONG_AGO), movie(HEAT, added_at=A_DAY_LATER)))
    before = order(client)
    told = document(movie(MATRIX, added_at=A_DAY_LATER), movie(HEAT, added_at=LONG_AGO))
    assert bring(client, told)["movies_imported"] == 0, "what is here changed later"
    assert bring(client, told, mode="replace")["movies_imported"] == 2
    assert order(client) == before[::-1]
    newer = document(movie(MATRIX, added_at=5.0, last_modified=FAR_AHEAD))
    assert [bring(client, newer)["movies_imported"] for _ in range(2)] == [1, 0]
    assert added(client) == 5.0


def test_a_document_of_before_leaves_it_as_it_is_and_dates_new_titles_by_what_it_tells(client: FlaskClient) -> None:
    bring(client, document(movie(MATRIX, added_at=A_DAY_LATER)))
    told = document(movie(MATRIX, added_at=None), movie(HEAT, vote("Anna", date=7.0)), movie(ALIEN))
    bring(client, told, mode="replace")
    assert [added(client, each) for each in (MATRIX, HEAT, ALIEN)] == [A_DAY_LATER, 7.0, LONG_AGO]


def test_a_backup_proves_when_titles_were_added_also_before_1970(app: Flask) -> None:
    with (
        app.app_context(),
        scratch(document(movie(MATRIX, added_at=-1.2e9))) as told,
        scratch(told) as again,
    ):
        assert told["movies"][0]["added_at"] == -1.2e9
        assert same_content(as_file(told), as_file(again))
        again["movies"][0]["added_at"] = LONG_AGO
        assert not same_content(as_file(told), as_file(again))


def test_what_is_wrong_is_refused_with_its_place(client: FlaskClient) -> None:
    answer = send(client, document(movie(MATRIX, added_at="yesterday"), movie(HEAT, added_at=-1e10)))
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"movies[0].added_at", "movies[1].added_at"}
