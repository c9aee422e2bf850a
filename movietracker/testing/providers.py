"""What every metadata provider must do: inherit MetadataProviderContract, and give it a provider and samples.

class TestAcme(MetadataProviderContract):
    query = "harbour"
    title = (7, "movie")

    @pytest.fixture
    def provider(self) -> MetadataProvider:
        return AcmeProvider(...)
"""

import json
import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from types import UnionType
from typing import Any, ClassVar, Literal, TypeVar, get_args, get_origin, get_type_hints

import pytest

from ..plugin.checks import misfit_of_object
from ..pluginapi import (
    Capability,
    DiscoverQuery,
    MediaType,
    MetadataProvider,
    ProviderNotConfigured,
    SearchHit,
    TitleDetails,
    TitleUnknown,
)

Value = TypeVar("Value")

CALLS: dict[Capability, dict[str, tuple[Any, ...]]] = {
    Capability.SEARCH: {"search": ("anything",)},
    Capability.DETAILS: {"details": (1, "movie"), "find": ("tt0133093",), "credits": (1, "movie")},
    Capability.RATINGS: {"ratings": ("tt0133093",)},
    Capability.DISCOVER: {"discover": (DiscoverQuery(kind="popular"),)},
    Capability.TVDB: {"find_by_tvdb": (81189,)},
}
ODD_QUERIES = ("", "   ", "'\"; -- %_*", "a AND (b", "/../?&=#", "千と千尋", "\N{CLAPPER BOARD}", "x" * 500)
INVALID_IMDB_IDS = ("tt0", "nonsense/../id")
MAX_ID = 2**40 - 1


class MetadataProviderContract:
    """The tests; they need a fixture ``provider``: a configured provider.

    Tests of capabilities that it does not list are skipped; a sample that is missing for a listed one fails.
    """

    #: A search that has results, and one that has none.
    query: ClassVar[str] = ""
    hopeless_query: ClassVar[str] = "qqzx no title is called this"
    #: Titles by the provider's own id: any one, a series if it has series, and one that does not exist (details).
    title: ClassVar[tuple[int, MediaType] | None] = None
    series: ClassVar[tuple[int, MediaType] | None] = None
    unknown_title: ClassVar[tuple[int, MediaType]] = (999_999_999, "movie")
    #: An IMDb id that the provider knows, and one that does not exist (details, ratings).
    imdb_id: ClassVar[str] = ""
    unknown_imdb_id: ClassVar[str] = "tt99999999"
    #: Queries that have results (discover).
    discoveries: ClassVar[tuple[DiscoverQuery, ...]] = ()
    #: An id of TheTVDB that the provider knows, and one that does not exist (tvdb).
    tvdb_id: ClassVar[int] = 0
    unknown_tvdb_id: ClassVar[int] = 999_999_999

    def test_it_implements_the_protocol(self, provider: MetadataProvider) -> None:
        assert misfit_of_object(provider, MetadataProvider) is None
        assert provider.is_configured() is True

    def test_its_check_returns_one_sentence(self, provider: MetadataProvider) -> None:
        sentence = provider.check()
        assert sentence.endswith(".")
        assert "\n" not in sentence

    def test_methods_of_capabilities_that_it_does_not_list_are_not_configured(self, provider: MetadataProvider) -> None:
        for capability in set(Capability) - provider.capabilities:
            for method, arguments in CALLS[capability].items():
                with pytest.raises(ProviderNotConfigured):
                    getattr(provider, method)(*arguments)

    # Search

    def test_a_search_returns_well_formed_hits(self, provider: MetadataProvider) -> None:
        need(provider, Capability.SEARCH)
        assert self.query, "set query to a search that has results"
        assert check_hits(provider.search(self.query))

    def test_a_search_for_the_year_of_a_hit_returns_it(self, provider: MetadataProvider) -> None:
        need(provider, Capability.SEARCH)
        dated = next(hit for hit in provider.search(self.query) if hit.year)
        assert dated.year
        found = check_hits(provider.search(self.query, year=int(dated.year)))
        assert (dated.id, dated.media_type) in {(hit.id, hit.media_type) for hit in found}

    def test_a_hopeless_search_returns_nothing(self, provider: MetadataProvider) -> None:
        need(provider, Capability.SEARCH)
        assert provider.search(self.hopeless_query) == []
        assert provider.search(self.hopeless_query, year=1999) == []

    @pytest.mark.parametrize("query", ODD_QUERIES)
    def test_a_search_accepts_any_text(self, provider: MetadataProvider, query: str) -> None:
        need(provider, Capability.SEARCH)
        check_hits(provider.search(query))

    def test_a_hit_has_details(self, provider: MetadataProvider) -> None:
        need(provider, Capability.SEARCH, Capability.DETAILS)
        for hit in provider.search(self.query):
            if hit.media_type != "person":
                details = provider.details(hit.id, hit.media_type)
                assert (details.title_id, details.media_type, details.title) == (hit.id, hit.media_type, hit.title)
                break

    # Details

    def test_details_are_well_formed(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DETAILS)
        assert self.title, "set title to the id and the kind of a title that the provider knows"
        for title in (self.title, self.series or self.title):
            details = check_details(provider.details(*title))
            assert (details.title_id, details.media_type) == title

    def test_fresh_details_are_the_same(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DETAILS)
        assert self.title
        assert provider.details(*self.title, fresh=True) == provider.details(*self.title)

    def test_a_title_is_found_by_its_imdb_id(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DETAILS)
        assert self.imdb_id, "set imdb_id to one that the provider knows"
        found = check_details(provider.find(self.imdb_id))
        assert found.imdb_id == self.imdb_id
        assert provider.find(self.imdb_id, fresh=True) == found

    def test_details_of_an_unknown_title_raise_title_unknown(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DETAILS)
        with pytest.raises(TitleUnknown):
            provider.details(*self.unknown_title)
        with pytest.raises(TitleUnknown):
            provider.credits(*self.unknown_title)
        for imdb_id in (self.unknown_imdb_id, *INVALID_IMDB_IDS):
            with pytest.raises(TitleUnknown):
                provider.find(imdb_id)

    def test_credits_are_well_formed(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DETAILS)
        assert self.title
        check_fields(provider.credits(*self.title))

    # Ratings

    def test_ratings_are_well_formed(self, provider: MetadataProvider) -> None:
        need(provider, Capability.RATINGS)
        assert self.imdb_id, "set imdb_id to one that the provider knows"
        ratings = check_fields(provider.ratings(self.imdb_id))
        assert ratings.imdb_id == self.imdb_id
        assert ratings.year is None or 1800 <= ratings.year <= 2999
        assert ratings.imdb_rating is None or ratings.imdb_rating <= 10
        assert all(score is None or score <= 100 for score in (ratings.rt_rating, ratings.metascore))
        assert is_url_or_none(ratings.poster)

    def test_ratings_of_an_unknown_title_raise_title_unknown(self, provider: MetadataProvider) -> None:
        need(provider, Capability.RATINGS)
        for imdb_id in (self.unknown_imdb_id, *INVALID_IMDB_IDS):
            with pytest.raises(TitleUnknown):
                provider.ratings(imdb_id)

    # Discovery

    def test_discovery_returns_titles(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DISCOVER)
        assert self.discoveries, "set discoveries to queries that have results"
        for query in self.discoveries:
            found = check_hits(provider.discover(query))
            assert found, query
            assert all(hit.media_type != "person" for hit in found)

    def test_discovery_for_an_unknown_genre_or_person_returns_nothing(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DISCOVER)
        assert provider.discover(DiscoverQuery(genre="no such genre")) == []
        assert provider.discover(DiscoverQuery(person=self.hopeless_query)) == []
        assert provider.discover(DiscoverQuery(person=self.hopeless_query, role="director")) == []

    # Ids of TheTVDB

    def test_a_series_is_found_by_its_id_of_thetvdb(self, provider: MetadataProvider) -> None:
        need(provider, Capability.TVDB)
        assert self.tvdb_id, "set tvdb_id to one that the provider knows"
        found = check_details(provider.find_by_tvdb(self.tvdb_id))
        assert found.media_type == "tv"
        with pytest.raises(TitleUnknown):
            provider.find_by_tvdb(self.unknown_tvdb_id)


def need(provider: MetadataProvider, *capabilities: Capability) -> None:
    """Skip the test when the provider does not list these capabilities."""
    if not provider.capabilities.issuperset(capabilities):
        pytest.skip(f"{provider.name} does not offer {', '.join(capabilities)}")


def check_hits(hits: list[SearchHit]) -> list[SearchHit]:
    """Fail unless each hit is well formed and none comes twice; returns them."""
    for hit in hits:
        check_title(hit, hit.id)
    assert len({(hit.media_type, hit.id) for hit in hits}) == len(hits)
    return hits


def check_details(details: TitleDetails) -> TitleDetails:
    """Fail unless the details are well formed; returns them."""
    check_title(details, details.title_id)
    assert details.imdb_id is None or re.fullmatch(r"tt\d{7,}", details.imdb_id)
    return details


def check_title(title: SearchHit | TitleDetails, title_id: int) -> None:
    """Fail unless what hits and details share is well formed."""
    check_fields(title)
    assert 0 < title_id <= MAX_ID
    assert title.year is None or re.fullmatch(r"\d{4}", title.year)
    assert title.vote_average is None or title.vote_average <= 10
    assert is_url_or_none(title.poster)
    assert is_url_or_none(title.poster_small)


def check_fields(value: Value) -> Value:
    """Fail unless each field of a dataclass fits its annotation; returns the value."""
    for name, annotation in get_type_hints(type(value)).items():
        assert fits(getattr(value, name), annotation), f"{name} is {getattr(value, name)!r}"
    return value


def fits(value: Any, annotation: Any) -> bool:
    """Whether a value has a type; texts must not be blank or "N/A", numbers not negative, mappings must be JSON."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is UnionType:
        return any(fits(value, each) for each in arguments)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        return isinstance(value, tuple) and all(fits(each, arguments[0]) for each in value)
    if origin is Mapping:
        return isinstance(value, Mapping) and bool(json.dumps(value))
    if is_dataclass(annotation):
        return type(check_fields(value)) is annotation
    if annotation is str:
        return isinstance(value, str) and value.strip() not in ("", "N/A")
    if annotation in (int, float):
        return type(value) in (int, annotation) and value >= 0
    return value is None


def is_url_or_none(value: str | None) -> bool:
    """Whether a value is None or a URL with scheme and host."""
    return value is None or bool(re.match(r"https?://[^\s/]+/\S", value))
