"""Three generations of clients read the same library, each by the rules of its own decoder.

The iOS app decodes strictly: a null where its type has none makes it drop the whole response. The older web client
reads what it knows and ignores the rest. The newest client ranks titles instead of rating them, and sends no rating.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from support.client import Client

MATRIX, HEAT, ALIEN, INCEPTION, SOLARIS = "tt0133093", "tt0113277", "tt0078748", "tt1375666", "tt0069293"
VIEWING = "3C5D0A52-5A0E-4D8E-9E27-0F2A6C1B7D90"

Json = dict[str, Any]

NUMBER = (int, float)
TEXT_OR_NULL = (str, type(None))

# What the iOS app declares: types without null, and those that may be null or missing.
IOS_WATCH_HISTORY = {"imdb_id": str, "user_id": str, "date_watched": NUMBER, "my_rating": NUMBER}
IOS_RECOMMENDATION = {
    **{"id": int, "imdb_id": str, "user_id": str, "person_id": int, "person_name": str},
    **{"date_recommended": NUMBER, "vote_type": bool},
}
IOS_MOVIE = {"imdb_id": str, "user_id": str, "media_type": str, "last_modified": NUMBER, "status": str}
IOS_PERSON = {"id": int, "name": str, "user_id": str, "is_trusted": bool, "color": str, "last_modified": NUMBER}
IOS_STATUSES = {"toWatch", "watched", "deleted", "custom"}


def decode(value: Json, shape: Json, path: str) -> None:
    """Fail as a strict decoder does: for a key that is missing, and for a value of another type, such as null."""
    for key, kind in shape.items():
        assert key in value, f"{path} has no {key}"
        is_right = isinstance(value[key], kind) and isinstance(value[key], bool) == (kind is bool)
        assert is_right, f"{path}.{key} is {value[key]!r}"


def decode_as_ios(movie: Json, path: str) -> None:
    decode(movie, IOS_MOVIE, path)
    assert movie["status"] in IOS_STATUSES
    assert (movie["status"] == "custom") == isinstance(movie["custom_list_id"], str)
    for vote in movie["recommendations"]:
        decode(vote, IOS_RECOMMENDATION, f"{path}.recommendations[]")
    if movie["watch_history"] is not None:
        decode(movie["watch_history"], IOS_WATCH_HISTORY, f"{path}.watch_history")


def read_as_older_web(movie: Json, path: str) -> None:
    """It shows a rating and a date wherever there is a watch record, and calls ``person`` what is person_name now."""
    assert all(vote["person"] == vote["person_name"] for vote in movie["recommendations"]), path
    if movie["watch_history"] is not None:
        assert f"{movie['watch_history']['my_rating']:.1f}", path
        assert movie["watch_history"]["date_watched"] * 1000 > -1e14, path


@pytest.fixture
def library(client: Client) -> Client:
    """A client whose titles are in every state that the newest clients can bring about."""
    movies = "/api/movies"
    for imdb_id, person in ((MATRIX, "Anna"), (HEAT, "Ben"), (ALIEN, "Anna"), (INCEPTION, "Ben"), (SOLARIS, "Cleo")):
        body = {"person_name": person, "note": "loud"}
        assert client.post(f"{movies}/{imdb_id}/recommendations", json=body).status_code == 201
    # Watched and not rated, rated and not watched, watched in a year, ranked, and no longer watched.
    client.put(f"{movies}/{MATRIX}/watch", json={"my_rating": None})
    client.put(f"{movies}/{HEAT}/rating", json={"my_rating": 7})
    client.post(f"{movies}/{ALIEN}/viewings", json={"id": VIEWING, "watched_on": "1931", "rating": 9})
    client.post("/api/ranking/insert", json={"imdb_id": ALIEN, "position": 1, "liked": True})
    client.put(f"{movies}/{INCEPTION}/watch", json={"date_watched": 1.7e9, "my_rating": 4})
    list_id = client.post("/api/lists", json={"name": "Rainy"}).json["id"]
    client.put(f"{movies}/{INCEPTION}/status", json={"status": "custom", "custom_list_id": list_id})
    client.put(f"{movies}/{SOLARIS}/status", json={"status": "deleted"})
    return client


def movies_from_everywhere(client: Client) -> Iterator[tuple[str, Json]]:
    """Each movie, from each address that hands movies out."""
    list_id = client.get("/api/lists").json[0]["id"]
    for address in ("/api/movies", "/api/movies?sort=rank", f"/api/lists/{list_id}/movies"):
        for movie in client.get(address).json:
            yield address, movie
            yield f"{address}/ID", client.get(f"/api/movies/{movie['imdb_id']}").json
    for address in ("/api/sync?since=0", "/api/sync/changes", "/api/people/Anna/stats"):
        yield from ((address, movie) for movie in client.get(address).json["movies"])
    conflict = {"action": "updateMovieStatus", "data": {"imdb_id": MATRIX, "status": "toWatch"}, "timestamp": 1.0}
    yield "server_state", client.post("/api/sync", json=conflict).json["server_state"]


def test_each_generation_reads_each_movie_from_each_address(library: Client) -> None:
    read = set()
    for address, movie in movies_from_everywhere(library):
        decode_as_ios(movie, address)
        read_as_older_web(movie, address)
        read.add((address, movie["imdb_id"]))
    assert {imdb_id for _, imdb_id in read} == {MATRIX, HEAT, ALIEN, INCEPTION, SOLARIS}
    for person in library.get("/api/people").json:
        decode(person, IOS_PERSON, "person")


def test_the_decoder_of_the_older_app_is_as_strict_as_it_is_said_to_be(library: Client) -> None:
    movie = library.get(f"/api/movies/{INCEPTION}").json
    movie["watch_history"]["my_rating"] = None
    with pytest.raises(AssertionError, match=r"watch_history\.my_rating is None"):
        decode_as_ios(movie, "movie")


def test_a_title_that_is_watched_and_not_rated_is_shown_as_watched_without_a_record(library: Client) -> None:
    movie = library.get(f"/api/movies/{MATRIX}").json
    assert (movie["status"], movie["watch_history"], len(movie["viewings"])) == ("watched", None, 1)


def test_the_older_apps_write_as_ever(client: Client) -> None:
    answer = client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1_700_000_000_000, "my_rating": 8.0})
    decode(answer.json, IOS_WATCH_HISTORY, "answer")
    for action in (
        {"action": "markWatched", "data": {"imdb_id": HEAT, "rating": 6, "date_watched": 1_700_000_000}},
        {"action": "updateRating", "data": {"imdb_id": HEAT, "rating": 7}},
        {"action": "updateRecommendationVote", "data": {"imdb_id": HEAT, "person": "Anna", "vote_type": "downvote"}},
    ):
        if action["action"] == "updateRecommendationVote":
            client.post(f"/api/movies/{HEAT}/recommendations", json={"person": "Anna"})
        result = client.post("/api/sync", json=action | {"timestamp": 4e12}).json
        assert result["status"] == "applied", (action, result)
    assert client.get(f"/api/movies/{HEAT}").json["watch_history"]["my_rating"] == 7.0


def test_the_newest_client_watches_ranks_ranks_again_and_unranks(client: Client) -> None:
    for imdb_id in (MATRIX, HEAT):
        client.post("/api/movies", json={"imdb_id": imdb_id})
        answer = client.put(f"/api/movies/{imdb_id}/watch", json={"date_watched": 1.7e9, "my_rating": None})
        assert (answer.status_code, answer.json["my_rating"]) == (200, None)
    assert {each["imdb_id"] for each in client.get("/api/ranking/unranked").json} == {MATRIX, HEAT}

    first = client.post("/api/ranking/insert", json={"imdb_id": MATRIX, "position": 1, "liked": True})
    compared = [{"winner": HEAT, "loser": MATRIX}]
    body = {"imdb_id": HEAT, "position": 1, "liked": True, "comparisons": compared}
    second = client.post("/api/ranking/insert", json=body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert [each["imdb_id"] for each in client.get("/api/ranking").json] == [HEAT, MATRIX]
    assert [each["score"] for each in client.get("/api/ranking").json] == [10.0, 7.5]

    again = client.put(f"/api/ranking/{HEAT}", json={"imdb_id": HEAT, "position": 2, "liked": True})
    assert (again.status_code, again.json["position"]) == (200, 2)
    assert client.delete(f"/api/ranking/{MATRIX}").status_code == 204
    assert [each["imdb_id"] for each in client.get("/api/ranking").json] == [HEAT]
    assert client.get(f"/api/movies/{MATRIX}").json["ranking"] is None
