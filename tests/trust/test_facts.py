"""What is known of a title, from whatever JSON is stored of it."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.json_values import ANY_JSON

from movietracker.trust.facts import NOTHING, Facts, PublicRating, facts_of

DETAILS = {
    "genres": ["Action", "Science Fiction"],
    "director": "Lana Wachowski, Lilly Wachowski",
    "runtime": 136,
    "voteAverage": 8.2,
    "voteCount": 26000,
}
RATINGS = {
    "genres": ["Sci-Fi"],
    "director": "Lilly Wachowski",
    "runtime": "2h 16m",
    "imdbRating": 8.7,
    "imdbVotes": "2,100,000",
}


def facts(details: Any = None, ratings: Any = None) -> Facts:
    """The facts of a title whose details and ratings are these."""
    return facts_of(*(None if data is None else orjson.dumps(data).decode() for data in (details, ratings)))


def test_details_come_before_ratings() -> None:
    found = facts(DETAILS, RATINGS)
    assert found.genres == {"action": "Action", "sciencefiction": "Science Fiction"}
    assert found.directors == ("Lana Wachowski", "Lilly Wachowski")
    assert found.runtime == 136
    assert (found.tmdb, found.imdb) == (PublicRating(8.2, 26000), PublicRating(8.7, 2_100_000))


def test_ratings_fill_what_details_lack() -> None:
    found = facts({"title": "The Matrix"}, RATINGS)
    assert (found.genres, found.directors) == ({"scifi": "Sci-Fi"}, ("Lilly Wachowski",))
    assert found.runtime == 136


def test_nothing_is_known_of_a_stub() -> None:
    assert facts() == NOTHING


@pytest.mark.parametrize(
    ("runtime", "minutes"),
    [(90, 90), (90.0, 90), ("90 min", 90), ("1h", 60), ("2h 5min", 125), ("1 h 30 m", 90)]
    + [(given, None) for given in (0, -5, True, 1e300, "", "N/A", "long", "5 000 min", [], {}, None)],
)
def test_a_runtime_is_read_however_it_is_written(runtime: Any, minutes: int | None) -> None:
    assert facts({"runtime": runtime}).runtime == minutes


@pytest.mark.parametrize("value", [0, -1, 11, True, "8.1", None, [8]])
def test_a_public_rating_that_cannot_be_is_none(value: Any) -> None:
    assert facts({"voteAverage": value, "voteCount": 10}).tmdb is None


@pytest.mark.parametrize("votes", ["many", -3, None, "1" * 5000, "²", 1e308])
def test_votes_that_cannot_be_are_unknown(votes: Any) -> None:
    assert facts(None, {"imdbRating": 7.5, "imdbVotes": votes}).imdb == PublicRating(7.5, 0)


@given(st.dictionaries(st.sampled_from([*DETAILS, *RATINGS, "numberOfEpisodes"]), ANY_JSON) | ANY_JSON)
def test_any_json_has_facts(data: Any) -> None:
    found = facts(data, data)
    assert found.runtime is None or found.runtime > 0
    assert all(isinstance(name, str) for name in (*found.genres.values(), *found.directors))
