"""The provider omdb against the stand-in: the contract of every provider, OMDb's texts and OMDb's errors."""

from collections.abc import Callable
from typing import Any

import movietracker_plugins.omdb as plugin
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from movietracker_plugins.omdb.provider import ratings
from standin import Standin

from movietracker.pluginapi import MetadataProvider, ProviderFailed, ProviderRefused, TitleUnknown
from movietracker.testing.providers import MetadataProviderContract


@pytest.fixture
def provider(standin: Standin, register: Callable[..., MetadataProvider]) -> MetadataProvider:
    return register(plugin, standin.settings)


class TestContract(MetadataProviderContract):
    imdb_id = "tt0133093"


class TestContractForATitleOfWhichNothingIsKnown(TestContract):
    imdb_id = "tt9100005"


def test_ratings_have_the_shape_that_clients_know(provider: MetadataProvider) -> None:
    assert provider.ratings("tt0133093").to_json() == {
        "imdbId": "tt0133093",
        "title": "The Matrix",
        "year": 1999,
        "rated": "R",
        "released": "31 Mar 1999",
        "runtime": "136 min",
        "genres": ["Action", "Sci-Fi"],
        "director": "Lana Wachowski, Lilly Wachowski",
        "writer": "Lilly Wachowski, Lana Wachowski",
        "actors": ["Keanu Reeves", "Laurence Fishburne", "Carrie-Anne Moss"],
        "plot": "A programmer is shown that his world is a simulation and joins those who fight it.",
        "language": "English",
        "country": "United States, Australia",
        "awards": "Won 4 Oscars. 42 wins & 52 nominations total",
        "poster": "https://m.media-amazon.com/images/M/standin-matrix._V1_SX300.jpg",
        "imdbRating": 8.7,
        "imdbVotes": "2,104,567",
        "rtRating": 83,
        "metascore": 73,
        "boxOffice": "$172,076,928",
        "production": None,
        "website": None,
    }


def test_not_available_is_nothing(provider: MetadataProvider) -> None:
    known = {name: value for name, value in provider.ratings("tt9100005").to_json().items() if value}
    assert known == {"imdbId": "tt9100005", "title": "Untold Tale"}


@pytest.mark.parametrize(("imdb_id", "year"), [("tt0903747", 2008), ("tt0944947", 2011)])
def test_the_year_of_a_series_is_its_first(provider: MetadataProvider, imdb_id: str, year: int) -> None:
    assert provider.ratings(imdb_id).year == year


def test_the_full_response_is_kept(provider: MetadataProvider) -> None:
    assert provider.ratings("tt0903747").raw["totalSeasons"] == "5"


def test_it_asks_by_imdb_id_with_the_key(provider: MetadataProvider, standin: Standin) -> None:
    provider.ratings("tt0133093")
    (call,) = standin.calls_of("omdb")
    assert call.query == {"i": "tt0133093", "apikey": standin.omdb_key}


def test_a_title_that_only_others_know_is_unknown(provider: MetadataProvider) -> None:
    with pytest.raises(TitleUnknown):
        provider.ratings("tt9100002")


@pytest.mark.parametrize(
    ("error", "status", "problem"),
    [
        ("Movie not found!", 200, TitleUnknown),
        ("Series or episode not found!", 200, TitleUnknown),
        ("Incorrect IMDb ID.", 200, TitleUnknown),
        ("Error getting data.", 200, TitleUnknown),
        ("Request limit reached!", 200, ProviderRefused),
        ("Request limit reached!", 401, ProviderRefused),
        ("Invalid API key!", 200, ProviderRefused),
        ("Invalid API key!", 401, ProviderRefused),
        ("No API key provided.", 401, ProviderRefused),
        ("The database is resting.", 200, ProviderFailed),
        ("", 200, ProviderFailed),
    ],
)
def test_what_omdb_says_with_any_status_is_understood_and_never_cached(
    provider: MetadataProvider, standin: Standin, error: str, status: int, problem: type[Exception]
) -> None:
    standin.omdb_says(error, status=status)
    with pytest.raises(problem) as raised:
        provider.ratings("tt0133093")
    assert type(raised.value) is problem
    standin.recover()
    assert provider.ratings("tt0133093").imdb_rating == 8.7


@pytest.mark.parametrize("answer", [[], {}, {"Response": "Maybe"}, {"Response": True}, {"Response": "True"}])
def test_an_invalid_response_is_a_failure(provider: MetadataProvider, standin: Standin, answer: Any) -> None:
    standin.answer_with(answer)
    with pytest.raises(ProviderFailed):
        provider.ratings("tt0133093")


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("Year", "2008–2013", "year", 2008),
        ("Year", "1999", "year", 1999),
        ("Year", "2011–", "year", 2011),
        ("Year", "N/A", "year", None),
        ("Year", "19990", "year", None),
        ("Year", 1999, "year", None),
        ("imdbRating", "8.7", "imdbRating", 8.7),
        ("imdbRating", "10", "imdbRating", 10.0),
        ("imdbRating", "11.0", "imdbRating", None),
        ("imdbRating", "nan", "imdbRating", None),
        ("Metascore", "100", "metascore", 100),
        ("Metascore", "101", "metascore", None),
        ("Metascore", None, "metascore", None),
        ("Ratings", None, "rtRating", None),
        ("Ratings", "N/A", "rtRating", None),
        ("Ratings", [None, {"Source": "Rotten Tomatoes", "Value": "87%"}], "rtRating", 87),
        ("Ratings", [{"Source": "Rotten Tomatoes", "Value": "N/A"}], "rtRating", None),
        ("Ratings", [{"Source": "Rotten Tomatoes"}], "rtRating", None),
        ("Ratings", [{"Source": "Internet Movie Database", "Value": "8.7/10"}], "rtRating", None),
        ("Genre", "Action, , Sci-Fi,", "genres", ["Action", "Sci-Fi"]),
        ("Actors", "N/A", "actors", []),
        ("Poster", "N/A", "poster", None),
        ("Poster", "/relative.jpg", "poster", None),
        ("Poster", "https://example.org/a.jpg", "poster", "https://example.org/a.jpg"),
        ("imdbVotes", "1,234,567", "imdbVotes", "1,234,567"),
    ],
)
def test_each_field_is_read_for_what_it_is(name: str, value: Any, field: str, expected: Any) -> None:
    answer = {"Title": "Any", "Response": "True", name: value}
    assert ratings(answer, "tt0133093").to_json()[field] == expected


@settings(database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["Title", "Year", "Genre", "Ratings", "Poster", "imdbRating", "Metascore", "Actors"]),
        st.none() | st.integers() | st.text(max_size=12) | st.lists(st.dictionaries(st.text(max_size=3), st.text())),
    )
)
def test_no_response_raises_anything_but_a_failure(answer: dict[str, Any]) -> None:
    try:
        ratings(answer, "tt0133093")
    except ProviderFailed:
        assert not isinstance(answer.get("Title"), str) or answer["Title"].strip() in ("", "N/A")
