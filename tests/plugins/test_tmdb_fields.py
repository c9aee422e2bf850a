"""Single fields of TMDB's answers that are null, empty, missing or of a wrong type cost that field, or that item."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from movietracker_plugins.tmdb.shapes import credits_of, details, hits, results

from movietracker.pluginapi import Credits, ProviderFailed, SearchHit, TitleDetails

NONSENSE: tuple[Any, ...] = (None, "", "  ", 0, -1, 1.5, True, [], [None], [1], {}, {"x": 1}, "N/A", math.inf, math.nan)
MATRIX = {
    "id": 603,
    "media_type": "movie",
    "title": "The Matrix",
    "original_title": "The Matrix",
    "release_date": "1999-03-31",
    "poster_path": "/matrix.jpg",
    "overview": "A plot.",
    "vote_average": 8.2,
    "vote_count": 25000,
    "imdb_id": "tt0133093",
    "external_ids": {"imdb_id": "tt0133093"},
    "runtime": 136,
    "genres": [{"id": 28, "name": "Action"}],
    "credits": {"cast": [{"name": "Keanu Reeves"}], "crew": [{"name": "Lana Wachowski", "job": "Director"}]},
    "created_by": [],
    "episode_run_time": [],
    "last_episode_to_air": None,
    "number_of_seasons": 1,
    "number_of_episodes": 2,
}


def spoiled(name: str) -> Iterator[dict[str, Any]]:
    """The Matrix without this field, and with this field full of nonsense."""
    yield {key: value for key, value in MATRIX.items() if key != name}
    for nonsense in NONSENSE:
        yield MATRIX | {name: nonsense}


def check_hit(hit: SearchHit) -> None:
    assert isinstance(hit.id, int)
    assert hit.id > 0
    assert hit.title
    assert hit.year is None or hit.year == "1999"
    assert hit.poster is None or hit.poster.startswith("https://image.tmdb.org/t/p/w500/")
    assert hit.vote_average is None or 0 <= hit.vote_average <= 10


def check_details(found: TitleDetails) -> None:
    assert found.imdb_id in (None, "tt0133093")
    assert found.runtime is None or found.runtime > 0
    assert all(isinstance(name, str) and name for name in (*found.genres, *found.cast))


@pytest.mark.parametrize("name", MATRIX)
def test_a_spoiled_field_costs_that_field_or_that_item(name: str) -> None:
    for answer in spoiled(name):
        neighbour, *others = hits([MATRIX, answer])
        assert neighbour.title == "The Matrix"
        for hit in others:
            check_hit(hit)
        for media_type in ("movie", "tv"):
            if name != "id":
                check_details(details(answer, media_type))


@pytest.mark.parametrize("number", [None, "603", 0, -1, 2**40, True, 6.5])
def test_details_without_an_id_are_a_failure(number: Any) -> None:
    with pytest.raises(ProviderFailed):
        details(MATRIX | {"id": number}, "movie")


def test_details_without_any_title_are_a_failure() -> None:
    with pytest.raises(ProviderFailed):
        details(MATRIX | {"title": None, "original_title": ""}, "movie")


def test_invalid_items_are_dropped() -> None:
    assert results({"results": [None, 1, "x", [], MATRIX]}) == [MATRIX]
    no_items: list[dict[str, Any]] = [
        {},
        {"id": "603", "title": "Text as id", "media_type": "movie"},
        {"id": 0, "title": "Zero", "media_type": "movie"},
        {"id": -5, "title": "Negative", "media_type": "movie"},
        {"id": True, "title": "Boolean", "media_type": "movie"},
        {"id": 2**40, "title": "Too large", "media_type": "movie"},
        {"id": 1, "title": " ", "media_type": "movie"},
        {"id": 1, "title": "A collection", "media_type": "collection"},
        {"id": 1, "title": "Of no kind"},
    ]
    assert hits(no_items) == []


@pytest.mark.parametrize(
    ("date", "year"),
    [("1999-03-31", "1999"), ("", None), (None, None), ("soon", None), ("0000-00-00", None), ("31.03.1999", None)],
)
def test_a_year_is_four_digits_or_nothing(date: Any, year: str | None) -> None:
    (hit,) = hits([MATRIX | {"release_date": date}])
    assert hit.year == year


@pytest.mark.parametrize("path", ["matrix.jpg", "https://elsewhere.example/matrix.jpg", "", None, 5])
def test_a_poster_that_is_no_path_is_no_poster(path: Any) -> None:
    (hit,) = hits([MATRIX | {"poster_path": path}])
    assert hit.poster is None
    assert hit.poster_small is None


@pytest.mark.parametrize("imdb_id", ["", "tt1", "nm0000206", "0133093", "tt0133093/x", 133093])
def test_an_invalid_imdb_id_is_none(imdb_id: Any) -> None:
    answer = MATRIX | {"imdb_id": imdb_id, "external_ids": {"imdb_id": imdb_id}}
    assert details(answer, "movie").imdb_id is None


def test_a_runtime_of_zero_is_unknown() -> None:
    assert details(MATRIX | {"runtime": 0}, "movie").runtime is None
    assert details(MATRIX | {"runtime": None, "episode_run_time": [None, 0, "x", 45]}, "tv").runtime == 45


def test_names_come_once() -> None:
    cast = [{"name": name} for name in ("A", "B", "A", None, "", "C")]
    assert details(MATRIX | {"credits": {"cast": cast}}, "movie").cast == ("A", "B", "C")


def test_nameless_people_are_left_out_of_the_credits() -> None:
    answer: dict[str, Any] = {"cast": [{"name": None, "character": "X"}, 7, {"name": "A", "order": "x"}], "crew": None}
    people = credits_of(answer)
    assert isinstance(people, Credits)
    assert [(member.name, member.order) for member in people.cast] == [("A", None)]
    assert people.crew == ()


NAMES = st.sampled_from([*MATRIX, "name", "known_for", "cast", "crew", "job"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ENTRIES = st.dictionaries(NAMES, LEAVES, max_size=3)
VALUES = LEAVES | ENTRIES | st.lists(LEAVES | ENTRIES, max_size=3)


@settings(database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_no_response_raises_anything_but_a_failure(answer: dict[str, Any]) -> None:
    hits([answer])
    hits([answer], "tv")
    for read in (lambda: details(answer, "movie"), lambda: credits_of(answer)):
        try:
            read()
        except ProviderFailed:
            continue
