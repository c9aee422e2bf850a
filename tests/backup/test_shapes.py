"""Responses of TMDB and OMDb in old documents become the details that clients understand."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.client import Client

from movietracker.backup.document.shapes import light_details, light_ratings

from .documents import MATRIX, bring

SCALARS = st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
OF_TMDB = (
    *("id", "title", "name", "release_date", "first_air_date", "poster_path", "overview", "genres", "credits"),
    *("runtime", "episode_run_time", "vote_average", "vote_count", "created_by", "number_of_seasons", "external_ids"),
)
OF_OMDB = ("Title", "imdbID", "Year", "Genre", "Actors", "Ratings", "imdbRating", "Metascore", "Poster", "Runtime")
NESTED = {"crew": [{"job": "Director", "name": 1}], "cast": [1], "name": "x", "Source": "Rotten Tomatoes"}


def responses(keys: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the keys of a provider and any values."""
    return st.dictionaries(st.sampled_from(keys), VALUES | st.just(NESTED) | st.just([NESTED]), min_size=1)


@given(responses(OF_TMDB))
def test_any_response_of_tmdb_becomes_json(data: dict[str, Any]) -> None:
    if (light := light_details(data)) is not data:
        assert orjson.dumps(light)


@given(responses(OF_OMDB))
def test_any_response_of_omdb_becomes_json(data: dict[str, Any]) -> None:
    if (light := light_ratings(data)) is not data:
        assert orjson.dumps(light)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"tmdbId": 603, "title": "The Matrix", "poster": None},
        {"id": 603, "title": "The Matrix", "mediaType": "movie", "voteAverage": 8.2, "poster_path": "/a.jpg"},
        {"title": "Mine", "anything": [1]},
    ],
)
def test_what_is_in_no_provider_s_shape_stays_as_it_is(data: dict[str, Any] | None) -> None:
    assert light_details(data) is data
    assert light_ratings(data) is data


def test_series_have_seasons_and_a_creator() -> None:
    light = light_details(
        {
            **{"id": 1427, "name": "Broadchurch", "first_air_date": "2013-03-04", "episode_run_time": [47]},
            **{"number_of_seasons": 3, "number_of_episodes": 24, "created_by": [{"name": "Chris Chibnall"}]},
        }
    )
    assert light is not None
    assert (light["title"], light["year"], light["mediaType"]) == ("Broadchurch", "2013", "tv")
    assert (light["runtime"], light["director"]) == (47, "Chris Chibnall")
    assert (light["numberOfSeasons"], light["numberOfEpisodes"]) == (3, 24)


def test_a_document_of_version_1_may_hold_them(client: Client) -> None:
    tmdb = {"id": 603, "title": "The Matrix", "release_date": "1999-03-31", "genres": [{"id": 28, "name": "Action"}]}
    omdb = {"Title": "The Matrix", "imdbID": MATRIX, "Genre": "Sci-Fi", "imdbRating": "8.7", "Metascore": "N/A"}
    bring(client, {"movies": [{"imdb_id": MATRIX, "tmdb_data": tmdb, "omdb_data": omdb}]})
    movie = client.get(f"/api/movies/{MATRIX}").json
    assert (movie["tmdb_data"]["year"], movie["tmdb_data"]["genres"]) == ("1999", ["Action"])
    assert (movie["omdb_data"]["imdbRating"], movie["omdb_data"]["metascore"]) == (8.7, None)
    for genre in ("action", "sci-fi"):
        assert len(client.get("/api/movies", query_string={"genre": genre}).json) == 1
