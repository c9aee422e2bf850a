"""The provider tmdb against the stand-in: the contract of every provider, and how it asks TMDB."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import movietracker_plugins.tmdb as plugin
import pytest
from standin import Standin

from movietracker.pluginapi import (
    DiscoverQuery,
    MetadataProvider,
    ProviderFailed,
    ProviderRefused,
    ProviderUnreachable,
    TitleUnknown,
)
from movietracker.testing.providers import MetadataProviderContract

BREAKING_BAD = (1396, "tv")
NO_IMDB_ID = 900001


@pytest.fixture
def provider(standin: Standin, register: Callable[..., MetadataProvider]) -> MetadataProvider:
    return register(plugin, standin.settings)


class TestContract(MetadataProviderContract):
    query = "matrix"
    title = (603, "movie")
    series = (1396, "tv")
    imdb_id = "tt0133093"
    tvdb_id = 81189
    discoveries = (
        DiscoverQuery(genre="Drama"),
        DiscoverQuery(person="Keanu Reeves"),
        DiscoverQuery(person="Christopher Nolan", role="director"),
        DiscoverQuery(kind="coming_soon"),
        DiscoverQuery(kind="coming_soon", days=90, region="de"),
        DiscoverQuery(kind="now_playing"),
        DiscoverQuery(kind="now_playing", days=30),
        DiscoverQuery(kind="popular", region="GB"),
        DiscoverQuery(kind="top_rated"),
        DiscoverQuery(kind="trending", time_window="day"),
    )


# Keys


def test_a_v3_key_goes_as_a_parameter(provider: MetadataProvider, standin: Standin) -> None:
    provider.search("matrix")
    (call,) = standin.calls
    assert call.query["api_key"] == standin.tmdb_key
    assert "authorization" not in call.headers


def test_a_v4_token_goes_as_a_bearer_header(standin: Standin, register: Callable[..., MetadataProvider]) -> None:
    provider = register(plugin, {**standin.settings, "TMDB_API_KEY": standin.tmdb_token})
    assert provider.search("matrix")
    (call,) = standin.calls
    assert call.headers["authorization"] == f"Bearer {standin.tmdb_token}"
    assert "api_key" not in call.query


# Search


def test_a_search_mixes_movies_series_and_people_in_tmdbs_order(provider: MetadataProvider) -> None:
    found = [(hit.media_type, hit.title) for hit in provider.search("re")]
    assert found[:3] == [("person", "Keanu Reeves"), ("tv", "Breaking Bad"), ("movie", "The Shawshank Redemption")]


def test_a_found_movie_has_the_shape_that_clients_know(provider: MetadataProvider) -> None:
    assert provider.search("the matrix")[0].to_json() == {
        "id": 603,
        "title": "The Matrix",
        "year": "1999",
        "mediaType": "movie",
        "poster": "https://image.tmdb.org/t/p/w500/matrix.jpg",
        "posterSmall": "https://image.tmdb.org/t/p/w200/matrix.jpg",
        "overview": "A programmer is shown that his world is a simulation and joins those who fight it.",
        "voteAverage": 8.2,
        "voteCount": 25000,
    }


def test_a_found_person_says_what_they_are_known_for(provider: MetadataProvider) -> None:
    (hit,) = provider.search("keanu")
    assert hit.to_json() == {
        "id": 6384,
        "title": "Keanu Reeves",
        "name": "Keanu Reeves",
        "knownFor": ["The Matrix", "The Matrix Reloaded"],
        "year": None,
        "mediaType": "person",
        "poster": "https://image.tmdb.org/t/p/w500/keanu.jpg",
        "posterSmall": "https://image.tmdb.org/t/p/w200/keanu.jpg",
        "overview": None,
        "voteAverage": None,
        "voteCount": None,
    }


def test_a_title_is_found_by_its_original_name(provider: MetadataProvider) -> None:
    assert [hit.title for hit in provider.search("千と千尋")] == ["Spirited Away"]


def test_a_search_with_a_year_asks_for_movies_and_series_of_it(provider: MetadataProvider, standin: Standin) -> None:
    assert [hit.id for hit in provider.search("matrix", year=2003)] == [604]
    asked = {call.path: call.query for call in standin.calls}
    assert asked["/search/movie"]["primary_release_year"] == "2003"
    assert asked["/search/tv"]["first_air_date_year"] == "2003"


def test_movies_and_series_of_a_year_are_merged_by_popularity(provider: MetadataProvider, standin: Standin) -> None:
    def entry(number: int, popularity: Any) -> dict[str, Any]:
        return {"id": number, "title": f"T{number}", "name": f"T{number}", "popularity": popularity}

    standin.answer_with({"results": [entry(1, 5.0), entry(2, 50), entry(3, None)]}, path="/search/movie")
    standin.answer_with({"results": [entry(1, 20.5), entry(4, "high")]}, path="/search/tv")
    assert [(hit.media_type, hit.id) for hit in provider.search("t", year=2001)] == [
        ("movie", 2),
        ("tv", 1),
        ("movie", 1),
        ("movie", 3),
        ("tv", 4),
    ]


def test_an_empty_search_sends_no_request(provider: MetadataProvider, standin: Standin) -> None:
    assert provider.search("  ") == []
    assert standin.calls == []


# Details


def test_details_have_the_shape_that_clients_know(provider: MetadataProvider, standin: Standin) -> None:
    assert provider.details(603, "movie").to_json() == {
        "tmdbId": 603,
        "imdbId": "tt0133093",
        "title": "The Matrix",
        "year": "1999",
        "mediaType": "movie",
        "poster": "https://image.tmdb.org/t/p/w500/matrix.jpg",
        "posterSmall": "https://image.tmdb.org/t/p/w200/matrix.jpg",
        "plot": "A programmer is shown that his world is a simulation and joins those who fight it.",
        "genres": ["Action", "Science Fiction"],
        "cast": [
            "Keanu Reeves",
            "Laurence Fishburne",
            "Carrie-Anne Moss",
            "Hugo Weaving",
            "Gloria Foster",
            "Joe Pantoliano",
            "Marcus Chong",
            "Julian Arahanga",
            "Matt Doran",
            "Belinda McClory",
        ],
        "director": "Lana Wachowski, Lilly Wachowski",
        "runtime": 136,
        "voteAverage": 8.2,
        "voteCount": 25000,
    }
    (call,) = standin.calls
    assert call.query["append_to_response"] == "credits,external_ids"


def test_a_series_has_its_imdb_id_from_the_external_ids_and_its_creator_as_director(provider: MetadataProvider) -> None:
    details = provider.details(1396, "tv")
    assert details.imdb_id == "tt0903747"
    assert details.director == "Vince Gilligan"
    assert details.runtime == 47
    assert details.to_json()["numberOfSeasons"] == 5
    assert details.to_json()["numberOfEpisodes"] == 62


def test_a_series_may_have_a_director_and_the_runtime_of_its_last_episode(
    provider: MetadataProvider,
) -> None:
    details = provider.details(1399, "tv")
    assert details.director == "Miguel Sapochnik"
    assert details.runtime == 80


def test_a_movie_and_a_series_of_one_number_are_two_titles(provider: MetadataProvider) -> None:
    assert provider.details(603, "movie").title == "The Matrix"
    assert provider.details(603, "tv").title == "A Series with a Movie's Number"


def test_a_title_of_which_nothing_is_known_but_its_name_has_details(provider: MetadataProvider) -> None:
    known = {name: value for name, value in provider.details(NO_IMDB_ID, "movie").to_json().items() if value}
    assert known == {"tmdbId": NO_IMDB_ID, "title": "A Film Nobody Registered", "mediaType": "movie"}


def test_the_full_response_is_kept(provider: MetadataProvider) -> None:
    raw = provider.details(603, "movie").raw
    assert raw["original_language"] == "en"
    assert len(raw["credits"]["cast"]) == 12
    assert raw["external_ids"]["imdb_id"] == "tt0133093"


def test_the_original_title_is_kept_for_searching(provider: MetadataProvider) -> None:
    assert provider.details(129, "movie").original_title == "千と千尋の神隠し"


def test_a_series_is_found_by_its_imdb_id(provider: MetadataProvider) -> None:
    found = provider.find("tt0903747")
    assert (found.title_id, found.media_type) == BREAKING_BAD


def test_what_is_found_by_an_imdb_id_keeps_it(provider: MetadataProvider, standin: Standin) -> None:
    standin.answer_with({"movie_results": [{"id": 603}], "tv_results": []}, path="/find/")
    assert provider.find("tt7654321").imdb_id == "tt7654321"


def test_an_episode_is_no_title(provider: MetadataProvider, standin: Standin) -> None:
    episode = {"id": 62161, "show_id": 1396, "media_type": "tv_episode"}
    standin.answer_with({"movie_results": [], "tv_results": [], "tv_episode_results": [episode]}, path="/find/")
    with pytest.raises(TitleUnknown):
        provider.find("tt2301451")


def test_credits_are_whole(provider: MetadataProvider) -> None:
    people = provider.credits(603, "movie").to_json()
    assert people["cast"][0] == {"name": "Keanu Reeves", "character": "Neo", "order": 0}
    assert len(people["cast"]) == 12
    assert {"name": "Bill Pope", "job": "Director of Photography"} in people["crew"]


def test_a_cast_member_without_a_character_is_in_the_credits(provider: MetadataProvider) -> None:
    (member,) = provider.credits(900002, "movie").cast
    assert member.character is None


# Discovery


@pytest.mark.parametrize("word", ["Sci-Fi", "science fiction", "SCIFI", " sci fi ", "sf"])
def test_a_genre_is_found_by_each_of_its_names(provider: MetadataProvider, word: str) -> None:
    titles = [hit.title for hit in provider.discover(DiscoverQuery(genre=word))]
    assert titles == ["Inception", "Game of Thrones", "The Matrix", "The Matrix Reloaded"]


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("adventure", "Game of Thrones"),
        ("Action & Adventure", "Game of Thrones"),
        ("kids", "Spirited Away"),
        ("cartoon", "Spirited Away"),
        ("crime", "Breaking Bad"),
    ],
)
def test_parts_of_names_and_usual_words_mean_genres_too(provider: MetadataProvider, word: str, title: str) -> None:
    assert title in [hit.title for hit in provider.discover(DiscoverQuery(genre=word))]


def test_what_is_no_genre_asks_for_no_titles(provider: MetadataProvider, standin: Standin) -> None:
    for word in ("", " & ", "no such genre"):
        assert provider.discover(DiscoverQuery(genre=word)) == []
    assert {call.path for call in standin.calls} == {"/genre/movie/list", "/genre/tv/list"}


def test_a_blank_person_and_an_empty_query_have_no_titles(provider: MetadataProvider, standin: Standin) -> None:
    assert provider.discover(DiscoverQuery(person=" ")) == []
    assert provider.discover(DiscoverQuery()) == []
    assert standin.calls == []


def test_an_actors_titles_come_most_voted_first(provider: MetadataProvider, standin: Standin) -> None:
    titles = [hit.title for hit in provider.discover(DiscoverQuery(person="keanu reeves"))]
    assert titles == ["The Matrix", "The Matrix Reloaded"]
    assert [call.path for call in standin.calls] == ["/search/person", "/person/6384/combined_credits"]


def test_a_directors_titles_are_those_that_they_directed(provider: MetadataProvider) -> None:
    directed = provider.discover(DiscoverQuery(person="Lana Wachowski", role="director"))
    assert [hit.title for hit in directed] == ["The Matrix", "The Matrix Reloaded"]
    assert provider.discover(DiscoverQuery(person="Keanu Reeves", role="director")) == []
    assert provider.discover(DiscoverQuery(person="Lana Wachowski", role="actor")) == []


def test_a_person_with_exactly_the_name_is_preferred(provider: MetadataProvider, standin: Standin) -> None:
    others = [{"id": 1, "name": "Keanu Reeves Jr."}, {"id": None, "name": "Keanu Reeves"}]
    standin.answer_with({"results": [*others, {"id": 6384, "name": "Keanu Reeves"}]}, path="/search/person")
    assert provider.discover(DiscoverQuery(person="keanu reeves"))


def test_lists_are_asked_for_by_region(provider: MetadataProvider, standin: Standin) -> None:
    for kind in ("coming_soon", "now_playing", "popular", "top_rated"):
        provider.discover(DiscoverQuery(kind=kind, region="gb"))
    assert [call.path for call in standin.calls] == [
        "/movie/upcoming",
        "/movie/now_playing",
        "/movie/popular",
        "/movie/top_rated",
    ]
    assert {call.query["region"] for call in standin.calls} == {"GB"}


def test_what_comes_soon_is_not_out_yet_and_what_plays_now_is(provider: MetadataProvider) -> None:
    assert [hit.title for hit in provider.discover(DiscoverQuery(kind="coming_soon"))] == ["Out Next Week"]
    assert [hit.title for hit in provider.discover(DiscoverQuery(kind="now_playing"))] == ["In Cinemas Last Week"]


def test_a_number_of_days_widens_or_narrows_the_window(provider: MetadataProvider, standin: Standin) -> None:
    soon = provider.discover(DiscoverQuery(kind="coming_soon", days=90))
    assert [hit.title for hit in soon] == ["Out in Two Months", "Out Next Week"]
    assert provider.discover(DiscoverQuery(kind="now_playing", days=3)) == []
    today = datetime.now(UTC).date()
    first, second = standin.calls
    assert first.path == second.path == "/discover/movie"
    assert first.query["primary_release_date.lte"] == (today + timedelta(days=90)).isoformat()
    assert second.query["primary_release_date.gte"] == (today - timedelta(days=3)).isoformat()
    assert first.query["with_release_type"] == "2|3"


def test_a_window_in_a_region_looks_at_the_regions_own_dates(provider: MetadataProvider, standin: Standin) -> None:
    provider.discover(DiscoverQuery(kind="coming_soon", days=30, region="de"))
    (call,) = standin.calls
    assert call.query["region"] == "DE"
    assert {"release_date.gte", "release_date.lte"} < call.query.keys()


def test_trending_titles_are_of_a_day_or_a_week_without_people(provider: MetadataProvider, standin: Standin) -> None:
    day = provider.discover(DiscoverQuery(kind="trending", time_window="day"))
    week = provider.discover(DiscoverQuery(kind="trending"))
    assert day == week
    assert {hit.media_type for hit in day} == {"movie", "tv"}
    assert [call.path for call in standin.calls] == ["/trending/all/day", "/trending/all/week"]


# Faults


@pytest.mark.parametrize("answer", [[], {}, {"success": False, "status_code": 11}, {"results": None}, {"results": {}}])
def test_an_invalid_response_is_a_failure(provider: MetadataProvider, standin: Standin, answer: Any) -> None:
    standin.answer_with(answer)
    with pytest.raises(ProviderFailed):
        provider.search("matrix")
    with pytest.raises(ProviderFailed):
        provider.details(603, "movie")
    with pytest.raises(ProviderFailed):
        provider.find("tt0133093")
    with pytest.raises(ProviderFailed):
        provider.credits(603, "movie")
    with pytest.raises(ProviderFailed):
        provider.discover(DiscoverQuery(genre="drama"))


def test_a_used_up_or_wrong_key_is_a_refusal(provider: MetadataProvider, standin: Standin) -> None:
    standin.tmdb_says(401, 10, "Suspended API key: Access to your account has been suspended, contact TMDB.")
    with pytest.raises(ProviderRefused):
        provider.search("matrix")


def test_an_upstream_that_hangs_up_is_unreachable(provider: MetadataProvider, standin: Standin) -> None:
    standin.close_connection()
    with pytest.raises(ProviderUnreachable):
        provider.search("matrix")


def test_one_failure_is_retried(provider: MetadataProvider, standin: Standin) -> None:
    standin.fail_with(503, times=1)
    assert provider.search("matrix")
