"""How right recommenders were, over the API, whatever becomes of people and titles."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.client import Client
from support.judged import facts, title
from support.shapes import TRUST, assert_shape

from movietracker.trust.judging import assess
from movietracker.trust.library import Library, Recommender
from movietracker.trust.model import share

OWN_TRUST = TRUST | {"person_id": int, "name": str, "is_trusted": bool}


def imdb_id(number: int) -> str:
    return f"tt{number:07}"


def recommend(client: Client, number: int, name: str, *, vote: bool = True, **details: Any) -> None:
    """Have somebody recommend a title."""
    body: dict[str, Any] = {"person_name": name, "vote_type": vote}
    if details:
        body["tmdb_data"] = {"title": f"Film {number}", **details}
    answer = client.post(f"/api/movies/{imdb_id(number)}/recommendations", json=body)
    assert answer.status_code == 201, answer.text


def watch(client: Client, number: int, rating: float) -> None:
    answer = client.put(f"/api/movies/{imdb_id(number)}/watch", json={"date_watched": 1.7e9, "my_rating": rating})
    assert answer.status_code == 200, answer.text


def trust(client: Client) -> dict[str, Any]:
    """What is said of each person, by name, apart from who they are."""
    answer = client.get("/api/trust")
    assert answer.status_code == 200, answer.text
    told = ("score", "low", "high", "evidence", "liked", "verdict", "lift", "genres", "warnings", "to_watch", "text")
    return {person["name"]: {key: person[key] for key in told} for person in answer.json}


@pytest.fixture
def library(client: Client) -> Client:
    """A client whose Mum was right on three of four, and Dad warned of a bad one; one title is to watch."""
    for number, (rating, genre) in enumerate([(9, "Drama"), (8, "Drama"), (7.5, "Comedy"), (2, "Drama")], 1):
        recommend(client, number, "Mum", genres=[genre], voteAverage=7.0, voteCount=500)
        watch(client, number, rating)
    recommend(client, 4, "Dad", vote=False)
    recommend(client, 5, "Mum")
    return client


def test_a_watched_title_that_is_only_marked_as_liked_is_evidence(library: Client) -> None:
    library.put(f"/api/movies/{imdb_id(5)}/status", json={"status": "watched"})
    before = trust(library)["Mum"]
    library.put(f"/api/movies/{imdb_id(5)}/liked", json={"liked": True})
    after = trust(library)["Mum"]
    assert [each["evidence"] for each in (before, after)] == [4, 5]
    assert after["liked"] == before["liked"] + 1


def test_everybody_is_listed_the_most_trusted_first(library: Client) -> None:
    listed = library.get("/api/trust").json
    assert_shape(listed, [OWN_TRUST])
    assert len(listed) == 6
    assert [person["score"] for person in listed] == [0.5, *[None] * 5]


def test_a_person_s_trust_is_that_of_their_titles(library: Client) -> None:
    mum = trust(library)["Mum"]
    assert (mum["evidence"], mum["liked"], mum["to_watch"]) == (4, 3, 1)
    assert mum["score"] == pytest.approx((4 + 1 + 2 / 3 + 1 / 3 + 0) / 12)
    assert mum["text"] == "Not clear yet: you liked 3 of 4; 1 still to watch"
    dad = trust(library)["Dad"]
    assert (dad["score"], dad["warnings"]["evidence"], dad["warnings"]["liked"]) == (None, 1, 0)
    assert dad["warnings"]["score"] == pytest.approx(5 / 9)


def test_a_person_s_statistics_have_the_same_trust(library: Client) -> None:
    assert library.get("/api/people/Mum/stats").json["trust"] == trust(library)["Mum"]


def test_the_tag_is_that_of_the_library(library: Client) -> None:
    ratings = iter((3.0, 4.0, 5.0))
    for address in ("/api/trust", "/api/queue", "/api/people/Mum/stats"):
        tag = library.get(address).headers["ETag"]
        assert library.get(address, headers={"If-None-Match": tag}).status_code == 304
        watch(library, 1, next(ratings))
        assert library.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_ranking_comes_before_rating(library: Client) -> None:
    for position, number in enumerate((4, 1), 1):
        body = {"imdb_id": imdb_id(number), "position": position, "liked": True}
        assert library.post("/api/ranking/insert", json=body).status_code == 201
    # 4: 10, 2: 8, 1: 7.5 by rank, 3: 7.5
    assert trust(library)["Mum"]["score"] == pytest.approx((4 + 1 + 2 / 3 + 1 / 6 + 1 / 6) / 12)


CHANGES: dict[str, Callable[[Client], Any]] = {
    "a new name": lambda client: client.put("/api/people/Mum", json={"name": "Mother"}),
    "the user's mark": lambda client: client.put("/api/people/Mum", json={"is_trusted": True}),
    "merging into somebody new": lambda client: (
        client.post("/api/people", json={"name": "Mama"}),
        client.post("/api/people/Mum/merge", json={"into": "Mama"}),
    ),
    "votes of others": lambda client: recommend(client, 1, "Somebody"),
    "a custom list": lambda client: client.post("/api/lists", json={"name": "Rainy"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_trust_stays_through(library: Client, change: Callable[[Client], Any]) -> None:
    before = trust(library)["Mum"]
    change(library)
    after = trust(library)
    assert (
        after[next(name for name in ("Mum", "Mother", "Mama") if name in after and after[name]["evidence"])] == before
    )


def test_who_is_removed_and_added_again_earns_the_same_trust(library: Client) -> None:
    before = trust(library)["Mum"]
    assert library.delete("/api/people/Mum").status_code == 204
    assert "Mum" not in trust(library)
    for number in range(1, 6):
        recommend(library, number, "Mum")
    assert trust(library)["Mum"] == before


def test_merging_joins_what_both_were_right_on(library: Client) -> None:
    recommend(library, 9, "Mama")
    watch(library, 9, 10)
    library.post("/api/people/Mama/merge", json={"into": "Mum"})
    assert trust(library)["Mum"]["evidence"] == 5


def test_a_deleted_title_counts_for_nobody(library: Client) -> None:
    library.put(f"/api/movies/{imdb_id(1)}/status", json={"status": "deleted"})
    assert trust(library)["Mum"]["evidence"] == 3


def test_another_user_changes_nothing(library: Client, bens_client: Client) -> None:
    before, queue = trust(library), library.get("/api/queue").json
    for number in range(1, 6):
        recommend(bens_client, number, "Mum", vote=False)
        watch(bens_client, number, 1)
    assert (trust(library), library.get("/api/queue").json) == (before, queue)


def test_nothing_that_is_computed_is_stored_or_synced(library: Client) -> None:
    before = library.get("/api/sync?since=0").json
    library.get("/api/trust")
    library.get("/api/queue")
    after = library.get("/api/sync?since=0").json
    assert {**after, "timestamp": 0} == {**before, "timestamp": 0}
    assert not any("trust" in key and key != "is_trusted" for person in after["people"] for key in person)


@pytest.mark.each_database
def test_both_databases_say_what_is_computed_without_one(client: Client, database_url: str) -> None:
    for number in range(1, 13):
        recommend(client, number, f"Person {number % 3}", genres=["Drama"], voteAverage=5 + number / 4, voteCount=99)
        if number < 9:
            watch(client, number, float(number))
    queue, people = client.get("/api/queue").json, client.get("/api/trust").json

    computed = assess(library_of({person["name"]: person["person_id"] for person in people}))
    assert [queued["movie"]["imdb_id"] for queued in queue] == [each.title.imdb_id for each in computed.candidates]
    assert [queued["match"] for queued in queue] == [share(each.log_odds) for each in computed.candidates]
    assert [person["name"] for person in people] == [each.name for each in computed.people]
    assert [person["score"] for person in people] == [each.upvotes.score for each in computed.people]


def library_of(ids: dict[str, int]) -> Library:
    """The library of the test above, without a database; people by name."""
    titles = [
        title(
            number,
            status="watched" if number < 9 else "toWatch",
            rating=float(number) if number < 9 else None,
            moment=1.7e9 if number < 9 else None,
            ups=[ids[f"Person {number % 3}"]],
            facts=facts("Drama", rating=5 + number / 4, votes=99),
        )
        for number in range(1, 13)
    ]
    people = {key: Recommender(key, name, is_trusted=False) for name, key in sorted(ids.items(), key=itemgetter(1))}
    return Library({each.imdb_id: each for each in titles}, people)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5), st.lists, max_leaves=5))
def test_details_of_any_shape_are_no_fault(client: Client, value: Any) -> None:
    details = dict.fromkeys(("title", "genres", "voteAverage", "voteCount", "runtime", "director", "cast"), value)
    body = {"person_name": "Mum", "tmdb_data": {"a": 1, **details}}
    assert client.post(f"/api/movies/{imdb_id(1)}/recommendations", json=body).status_code == 201
    for address in ("/api/trust", "/api/queue?max_runtime=100&genre=drama", "/api/people/Mum/stats"):
        assert client.get(address).status_code == 200
