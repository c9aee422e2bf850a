"""What to watch next, over the API."""

import math
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from support.client import Client
from support.shapes import MOVIE, assert_invalid, assert_shape


def imdb_id(number: int) -> str:
    return f"tt{number:07}"


def add(client: Client, number: int, name: str = "Mum", **details: Any) -> None:
    """Put a title to watch into the library, on somebody's recommendation."""
    data = {"title": f"Film {number}", "genres": ["Drama"], "voteAverage": 7.0, "voteCount": 900, **details}
    body = {"person_name": name, "tmdb_data": data, "media_type": "tv" if number > 90 else "movie"}
    assert client.post(f"/api/movies/{imdb_id(number)}/recommendations", json=body).status_code == 201


def watch(client: Client, number: int, rating: float) -> None:
    body = {"date_watched": 1.7e9, "my_rating": rating}
    assert client.put(f"/api/movies/{imdb_id(number)}/watch", json=body).status_code == 200


def queue(client: Client, **query: Any) -> Any:
    answer = client.get(f"/api/queue?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return answer.json


def numbers(queued: Sequence[Any]) -> list[int]:
    return [int(each["movie"]["imdb_id"][2:]) for each in queued]


@pytest.fixture
def library(client: Client) -> Client:
    """A client whose Mum is always right and whose Dad never is, with a title of each to watch."""
    for number in range(1, 9):
        add(client, number, "Mum" if number % 2 else "Dad")
        watch(client, number, 9 if number % 2 else 2)
    add(client, 21, "Dad")
    add(client, 22, "Mum")
    return client


def test_the_better_match_comes_first(library: Client) -> None:
    found = queue(library)
    assert numbers(found) == [22, 21]
    assert found[0]["match"] > 0.5 > found[1]["match"]


def test_a_title_is_the_movie_as_it_is_elsewhere(library: Client) -> None:
    assert_shape(queue(library)[0]["movie"], MOVIE)
    assert queue(library)[0]["movie"] == library.get(f"/api/movies/{imdb_id(22)}").json


def test_the_weights_of_the_reasons_add_up_to_the_match(library: Client) -> None:
    for queued in queue(library):
        log_odds = math.fsum(reason["weight"] for reason in queued["reasons"])
        assert log_odds == pytest.approx(math.log(queued["match"] / (1 - queued["match"])))


def test_a_reason_says_who_and_how_often_they_were_right(library: Client) -> None:
    mum = next(person for person in library.get("/api/people").json if person["name"] == "Mum")
    reason = queue(library)[0]["reasons"][0]
    said = {"kind": "recommender", "text": "Mum, right on 4 of 4", "name": "Mum", "liked": 4, "evidence": 4}
    assert {**reason, "weight": 0} == said | {"person_id": mum["id"], "weight": 0}
    assert reason["weight"] > 0


def test_an_account_without_opinions_has_a_queue_by_public_rating_and_votes(client: Client) -> None:
    for number, rating in ((1, 5.0), (2, 8.5), (3, 7.0)):
        add(client, number, voteAverage=rating)
    assert numbers(queue(client)) == [2, 3, 1]
    add(client, 1, "Dad")
    add(client, 4, "Dad", voteAverage=7.0)
    add(client, 4, "Mum")
    assert numbers(queue(client)) == [2, 4, 3, 1]


def test_an_empty_library_has_an_empty_queue(client: Client) -> None:
    assert queue(client) == []


def test_what_was_watched_or_deleted_is_not_queued(library: Client) -> None:
    library.put(f"/api/movies/{imdb_id(22)}/status", json={"status": "deleted"})
    watch(library, 21, 5)
    assert queue(library) == []


def test_titles_on_lists_are_queued_as_long_as_they_are_not_seen(library: Client) -> None:
    rainy = library.post("/api/lists", json={"name": "Rainy"}).json["id"]
    for number in (1, 22):
        body = {"status": "custom", "custom_list_id": rainy}
        assert library.put(f"/api/movies/{imdb_id(number)}/status", json=body).status_code == 200
    assert numbers(queue(library)) == [22, 21]
    assert numbers(queue(library, list=rainy)) == [22]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"limit": 1}, [22]),
        ({"imdb_id": imdb_id(21)}, [21]),
        ({"imdb_id": imdb_id(1)}, []),
        ({"media_type": "tv"}, [91]),
        ({"media_type": "movie"}, [22, 21]),
        ({"genre": "sci fi,horror"}, [91]),
        ({"max_runtime": 50}, [91]),
        ({"person": "dad"}, [21]),
        ({"person": "nobody"}, []),
        ({"list": "none"}, []),
        ({"explore": "false"}, [91, 22, 21]),
    ],
)
def test_the_queue_can_be_narrowed_down(library: Client, query: dict[str, Any], found: list[int]) -> None:
    add(library, 91, "Mum", genres=["Sci-Fi"], runtime=45, voteAverage=2.0)
    assert sorted(numbers(queue(library, **query))) == sorted(found)


def test_a_title_that_is_asked_for_alone_matches_as_in_the_whole_queue(library: Client) -> None:
    assert queue(library, imdb_id=imdb_id(21)) == [
        each for each in queue(library) if each["movie"]["imdb_id"] == imdb_id(21)
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"imdb_id": "22"}, "imdb_id"),
        ({"media_type": "book"}, "media_type"),
        ({"genre": ",".join(map(str, range(21)))}, "genre"),
        ({"max_runtime": "long"}, "max_runtime"),
        ({"person": "x" * 401}, "person"),
        ({"explore": "perhaps"}, "explore"),
    ],
)
def test_what_cannot_be_asked_for_is_named(client: Client, query: dict[str, Any], field: str) -> None:
    assert_invalid(client.get(f"/api/queue?{urlencode(query)}"), field)


def test_one_title_in_twenty_is_there_for_the_sake_of_somebody_of_whom_little_is_known(client: Client) -> None:
    for number in range(1, 25):
        add(client, number, "Mum", voteAverage=8.0)
        if number <= 4:
            watch(client, number, number)
    add(client, 80, "Stranger", voteAverage=2.0)
    for number in range(30, 45):
        add(client, number, "Mum", voteAverage=7.0)
        watch(client, number, 3 + number / 10)

    found = queue(client)

    stranger = found[19]
    assert stranger["movie"]["imdb_id"] == imdb_id(80)
    assert stranger["exploration"]["text"] == "To find out what Stranger's recommendations are worth"
    assert all(each["exploration"] is None for each in (*found[:19], *found[20:]))
    assert numbers(queue(client, explore="false"))[-1] == 80


def test_a_queue_by_an_earlier_model_has_a_tag_of_its_own(library: Client) -> None:
    tags = set()
    for rating in range(1, 9):
        watch(library, 1, rating)
        first = library.get("/api/queue")
        tags.add(first.headers["ETag"])
        again = library.get("/api/queue", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304 or again.headers["ETag"] != first.headers["ETag"]
    assert len(tags) > 3
