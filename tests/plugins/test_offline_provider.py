"""The provider offline: search, details, ratings, credits and discovery."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import movietracker_plugins.offline as plugin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movietracker_plugins.offline.provider import OfflineProvider
from movietracker_plugins.offline.store import CatalogueStore
from support.datasets import film, votes, write_dataset

from movietracker.pluginapi import (
    Capability,
    DiscoverKind,
    DiscoverQuery,
    MediaType,
    MetadataProvider,
    PluginContext,
    SearchHit,
    TitleUnknown,
)
from movietracker.testing.providers import MetadataProviderContract

Loaded = Callable[[], OfflineProvider]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> OfflineProvider:
    """The provider as a fresh installation has it."""
    return OfflineProvider(tmp_path_factory.mktemp("instance"))


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """The provider with the catalogue that the test wrote into ``tmp_path``, in the year 2026."""

    def load() -> OfflineProvider:
        CatalogueStore(tmp_path / "instance").load(tmp_path)
        return OfflineProvider(tmp_path / "instance", today=lambda: date(2026, 6, 1))

    return load


def titles(hits: list[SearchHit]) -> list[str]:
    return [hit.title for hit in hits]


class TestContract(MetadataProviderContract):
    query = "the"
    title = (133093, "movie")
    series = (903747, "tv")
    imdb_id = "tt0133093"
    discoveries = (
        DiscoverQuery(genre="Drama"),
        DiscoverQuery(person="Keanu Reeves"),
        DiscoverQuery(person="Christopher Nolan", role="director"),
        DiscoverQuery(kind="popular"),
        DiscoverQuery(kind="top_rated"),
        DiscoverQuery(kind="trending"),
    )

    @pytest.fixture
    def provider(self, sample: OfflineProvider) -> MetadataProvider:
        return sample


def test_the_plugin_offers_the_provider_and_touches_nothing(tmp_path: Path) -> None:
    offered: list[MetadataProvider] = []
    plugin.register_metadata_providers(offered.append, PluginContext({}, tmp_path, _no_http))
    (provider,) = offered
    assert (provider.name, provider.priority, provider.id_namespace) == ("offline", 90, 1)
    assert provider.capabilities == frozenset(Capability) - {Capability.TVDB}
    assert list(tmp_path.iterdir()) == []


def _no_http(*_: object, **__: object) -> None:
    raise AssertionError("the offline provider needs no network")


# Search


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("The Matrix", "The Matrix"),
        ("the MATRIX", "The Matrix"),
        ("matr", "The Matrix"),
        ("amelie", "Amélie"),
        ("AMÉLIE POULAIN", "Amélie"),
        ("sen to chihiro no kamikakushi", "Spirited Away"),
        ("wall-e", "WALL·E"),
        ("walle", "WALL·E"),
        ("schindlers list", "Schindler's List"),
        ("8 1/2", "8½"),
        ("breaking b", "Breaking Bad"),
        ("m", "M"),
        ("dune 2021", "Dune"),
        ("christopher nolan", "Christopher Nolan"),
        ("almodovar", "Pedro Almodóvar"),
    ],
)
def test_a_search_finds_what_was_meant(sample: OfflineProvider, query: str, first: str) -> None:
    assert sample.search(query)[0].title == first


def test_a_hit_has_the_titles_facts(sample: OfflineProvider) -> None:
    (hit,) = sample.search("the matrix", year=1999)
    assert hit.to_json() | {"voteCount": 0} == {
        "id": 133093,
        "title": "The Matrix",
        "year": "1999",
        "mediaType": "movie",
        "poster": None,
        "posterSmall": None,
        "overview": "A programmer learns that the world he knows is a simulation, and that some have woken from it.",
        "voteAverage": 8.7,
        "voteCount": 0,
    }


def test_a_person_is_found_with_what_they_are_known_for(sample: OfflineProvider) -> None:
    (hit,) = sample.search("keanu reeves")
    assert (hit.id, hit.media_type, hit.known_for) == (206, "person", ("The Matrix", "The Matrix Reloaded"))


def test_exact_titles_come_first_and_then_popularity_counts(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(
        tmp_path,
        "title.basics",
        film(1, "Heat Wave"),
        film(2, "Heat"),
        film(3, "Hitze", original="Héat"),
        film(4, "The Heat"),
        film(5, "Heated", type="tvSeries"),
        film(6, "Cold"),
    )
    write_dataset(
        tmp_path, "title.ratings", votes(1, 9000), votes(2, 10), votes(3, 20), votes(5, 7000), votes(6, 99999)
    )
    assert titles(loaded().search("heat")) == ["Hitze", "Heat", "Heat Wave", "Heated", "The Heat"]


def test_a_year_keeps_the_titles_of_that_year(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Dune", 1984), film(2, "Dune", 2021), film(3, "Dune", None))
    provider = loaded()
    assert [hit.id for hit in provider.search("dune", year=2021)] == [2]
    assert [hit.id for hit in provider.search("dune 1984")] == [1]
    assert provider.search("dune", year=1999) == []


def test_a_title_that_ends_with_a_year_is_taken_at_its_word(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Wonder 1984", 2020), film(2, "Wonder", 1984))
    assert [hit.id for hit in loaded().search("wonder 1984")] == [1, 2]


def test_people_do_not_crowd_out_titles(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(tmp_path, "title.basics", *(film(number, f"Tom {number}") for number in range(1, 31)))
    write_dataset(tmp_path, "title.ratings", votes(1, 5_000_000))
    known = [(f"nm{number:07d}", f"Tom N{number}", None, None, "actor", "tt0000001") for number in range(1, 31)]
    write_dataset(tmp_path, "name.basics", *known)
    kinds = [hit.media_type for hit in loaded().search("tom")]
    assert len(kinds) == 20
    assert kinds.count("person") == 5


awkward = st.sampled_from(['"', "'", "*", "(", ")", "^", ":", "-", "+", "{", "}", "NEAR(", " AND ", " OR ", " NOT "])
queries = st.one_of(
    st.text(alphabet=st.characters(codec=None, exclude_categories=())),
    st.lists(st.one_of(awkward, st.sampled_from(["the", "matrix", "1999", "\0", "\ud800", "\ue003matrix"]))).map(
        "".join
    ),
)


@given(queries, st.one_of(st.none(), st.integers()))
@settings(deadline=None)
def test_no_query_raises(sample: OfflineProvider, query: str, year: int | None) -> None:
    assert len(sample.search(query, year)) <= 20


@pytest.mark.parametrize("query", ["x" * 10_000, "the " * 10_000, '"' * 10_000, "é" * 10_000, "a\0" * 10_000])
def test_a_very_long_query_is_accepted(sample: OfflineProvider, query: str) -> None:
    assert len(sample.search(query)) <= 20


def test_an_empty_query_finds_nothing(sample: OfflineProvider) -> None:
    assert sample.search("") == sample.search(" \t\n") == []


# Details, ratings, credits


def test_details_give_what_the_datasets_know(sample: OfflineProvider) -> None:
    details = sample.details(133093, "movie")
    assert details == sample.find("tt0133093")
    assert (details.imdb_id, details.title, details.year, details.runtime) == ("tt0133093", "The Matrix", "1999", 136)
    assert details.genres == ("Action", "Sci-Fi")
    assert details.director == "Lana Wachowski, Lilly Wachowski"
    assert details.cast[0] == "Keanu Reeves"
    assert details.poster is details.poster_small is None
    assert details.raw["tconst"] == "tt0133093"
    assert details.raw["directors"][0] == {"nconst": "nm0905154", "primaryName": "Lana Wachowski", "characters": None}


def test_the_original_title_is_told(sample: OfflineProvider) -> None:
    assert sample.find("tt6751668").original_title == "Gisaengchung"


def test_a_film_is_no_series(sample: OfflineProvider) -> None:
    assert sample.details(903747, "tv").title == "Breaking Bad"
    with pytest.raises(TitleUnknown):
        sample.details(903747, "movie")


@pytest.mark.parametrize("number", [0, -1, 1, 2**63, 10**30])
def test_an_unknown_number_is_an_unknown_title(sample: OfflineProvider, number: int) -> None:
    with pytest.raises(TitleUnknown):
        sample.details(number, "movie")


@pytest.mark.parametrize(
    "imdb_id", ["", "tt", "tt133093", "tt00133093", "nm0000206", "tt0133093 ", "tt٠١٣٣٠٩٣", "tt9999999"]
)
def test_an_invalid_imdb_id_is_an_unknown_title(sample: OfflineProvider, imdb_id: str) -> None:
    with pytest.raises(TitleUnknown):
        sample.find(imdb_id)


def test_ratings_are_in_omdbs_manner(sample: OfflineProvider) -> None:
    ratings = sample.ratings("tt0068646")
    assert (ratings.imdb_rating, ratings.imdb_votes, ratings.runtime, ratings.year) == (
        9.2,
        "2,060,000",
        "175 min",
        1972,
    )
    assert ratings.director == "Francis Ford Coppola"
    assert ratings.genres == ("Crime", "Drama")
    assert "Marlon Brando" in ratings.actors
    assert ratings.poster is None


def test_the_plots_of_the_sample_are_told_by_hits_details_and_ratings(sample: OfflineProvider) -> None:
    (hit,) = sample.search("the matrix", year=1999)
    plot = sample.details(133093, "movie").plot
    assert plot is not None
    assert plot.startswith("A programmer learns")
    assert plot == hit.overview == sample.ratings("tt0133093").plot


def test_a_catalogue_may_have_plots_or_be_of_a_time_before_them(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Told"), film(2, "Untold"))
    write_dataset(tmp_path, "title.plots", ("tt0000001", "A man tells."), ("tt0000002", None), ("tt0000003", "Other."))
    provider = loaded()
    assert [provider.details(number, "movie").plot for number in (1, 2)] == ["A man tells.", None]
    with closing(sqlite3.connect(tmp_path / "instance" / "catalogue.sqlite")) as connection:
        connection.execute("DROP TABLE plots")
    assert OfflineProvider(tmp_path / "instance").details(1, "movie").plot is None


def test_what_is_not_known_is_none(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Bare", None))
    provider = loaded()
    assert provider.search("bare") == [SearchHit(1, "Bare", "movie")]
    details, ratings = provider.details(1, "movie"), provider.ratings("tt0000001")
    assert (details.year, details.runtime, details.genres, details.cast, details.director) == (None, None, (), (), None)
    assert (ratings.year, ratings.runtime, ratings.imdb_rating, ratings.imdb_votes) == (None, None, None, None)


def test_a_series_tells_its_seasons_and_no_director(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Series", type="tvSeries", end=2004))
    write_dataset(tmp_path, "title.episode", ("tt0000002", "tt0000001", 1, 1), ("tt0000003", "tt0000001", 2, 1))
    write_dataset(tmp_path, "title.crew", ("tt0000001", "nm0000001", "nm0000002"))
    write_dataset(tmp_path, "name.basics", *((f"nm000000{n}", f"P{n}", None, None, None, None) for n in (1, 2)))
    provider = loaded()
    details = provider.details(1, "tv")
    assert (details.number_of_seasons, details.number_of_episodes, details.director) == (2, 2, None)
    assert provider.ratings("tt0000001").writer == "P2"


def test_credits_are_in_billing_order(sample: OfflineProvider) -> None:
    credits = sample.credits(133093, "movie").to_json()
    assert credits["cast"][0] == {"name": "Keanu Reeves", "character": "Neo", "order": 0}
    assert credits["crew"] == [
        {"name": "Lana Wachowski", "job": "Director"},
        {"name": "Lilly Wachowski", "job": "Director"},
    ]


def test_the_check_says_what_is_loaded(sample: OfflineProvider, tmp_path: Path, loaded: Loaded) -> None:
    assert sample.check().endswith("series (the sample).")
    write_dataset(tmp_path, "title.basics", film(1, "A"))
    assert loaded().check() == f"offline has 1 films and 0 series (loaded from {tmp_path})."


# Discovery


@pytest.mark.parametrize("genre", ["Sci-Fi", "sci fi", "Science Fiction"])
def test_a_genre_is_discovered_by_each_of_its_names(sample: OfflineProvider, genre: str) -> None:
    assert titles(sample.discover(DiscoverQuery(genre=genre)))[:3] == ["Inception", "Interstellar", "The Matrix"]


def test_a_persons_titles_are_discovered_by_role(sample: OfflineProvider) -> None:
    assert "Unforgiven" in titles(sample.discover(DiscoverQuery(person="clint eastwood", role="director")))
    played = titles(sample.discover(DiscoverQuery(person="Clint Eastwood", role="actor")))
    assert played == ["The Good, the Bad and the Ugly", "Unforgiven"]
    assert sample.discover(DiscoverQuery(person="Tom Hanks", role="director")) == []


def test_a_name_or_genre_of_symbols_alone_discovers_nothing(sample: OfflineProvider) -> None:
    assert sample.discover(DiscoverQuery(person="???")) == sample.discover(DiscoverQuery(genre="-")) == []


def test_upcoming_films_are_not_more_than_a_page(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(tmp_path, "title.basics", *(film(number, f"Film {number}", 2027) for number in range(1, 40)))
    assert len(loaded().discover(DiscoverQuery(kind="coming_soon"))) == 20


def test_without_casts_an_actor_has_the_titles_they_are_known_for(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "A"), film(2, "B"))
    write_dataset(tmp_path, "title.ratings", votes(2, 100))
    write_dataset(
        tmp_path,
        "name.basics",
        ("nm0000001", "An Actress", None, None, "actress,producer", "tt0000001,tt0000002"),
        ("nm0000002", "A Producer", None, None, "producer", "tt0000001"),
    )
    provider = loaded()
    assert titles(provider.discover(DiscoverQuery(person="An Actress"))) == ["B", "A"]
    assert provider.discover(DiscoverQuery(person="An Actress", role="director")) == []
    assert provider.discover(DiscoverQuery(person="A Producer")) == []


def test_the_most_voted_for_are_popular_and_the_best_with_many_votes_top_rated(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(tmp_path, "title.basics", *(film(number, f"Film {number}") for number in range(1, 5)))
    write_dataset(
        tmp_path,
        "title.ratings",
        votes(1, 30_000, 7.5),
        votes(2, 90_000, 7.0),
        votes(3, 25_000, 9.0),
        votes(4, 24_999, 9.9),
    )
    provider = loaded()
    assert titles(provider.discover(DiscoverQuery(kind="popular"))) == ["Film 2", "Film 1", "Film 3", "Film 4"]
    assert titles(provider.discover(DiscoverQuery(kind="top_rated"))) == ["Film 3", "Film 1", "Film 2"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("now_playing", ["New film"]),
        ("trending", ["New series", "New film"]),
        ("coming_soon", ["Next film", "Later film"]),
    ],
)
def test_the_newest_years_give_what_is_new(
    tmp_path: Path, loaded: Loaded, kind: DiscoverKind, expected: list[str]
) -> None:
    write_dataset(
        tmp_path,
        "title.basics",
        film(1, "New film", 2025),
        film(2, "New series", 2025, type="tvSeries"),
        film(3, "New, no votes", 2025),
        film(4, "This year's, no votes", 2026),
        film(5, "Old film", 2024),
        film(6, "Later film", 2028),
        film(7, "Next film", 2027),
        film(8, "Next series", 2027, type="tvSeries"),
    )
    write_dataset(tmp_path, "title.ratings", votes(1, 100), votes(2, 200), votes(5, 900))
    assert titles(loaded().discover(DiscoverQuery(kind=kind))) == expected


@pytest.mark.parametrize("kind", ["popular", "top_rated", "now_playing", "coming_soon", "trending"])
def test_what_the_data_cannot_say_is_an_empty_list(tmp_path: Path, loaded: Loaded, kind: DiscoverKind) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Film", 2010), film(2, "Film", None))
    assert loaded().discover(DiscoverQuery(kind=kind)) == []


def test_an_old_catalogue_has_nothing_playing_now(tmp_path: Path, loaded: Loaded) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Old", 2024))
    write_dataset(tmp_path, "title.ratings", votes(1, 100))
    provider = loaded()
    assert provider.discover(DiscoverQuery(kind="now_playing")) == []
    assert titles(provider.discover(DiscoverQuery(kind="trending"))) == ["Old"]


def test_every_hit_leads_to_its_details(sample: OfflineProvider) -> None:
    for hit in sample.discover(DiscoverQuery(kind="top_rated")):
        kind: MediaType = "tv" if hit.media_type == "tv" else "movie"
        assert sample.details(hit.id, kind).title == hit.title
