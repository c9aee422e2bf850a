"""What every metadata provider must do: a base class for its tests.

Inherit it, give the fixture ``provider`` and the samples that the provider's capabilities need; a sample that is
missing for a listed capability fails. The file needs pytest and ``movietracker.pluginapi`` only, so a provider outside
this repository can copy it::

    class TestAcme(MetadataProviderContract):
        query = "harbour"
        title = (7, "movie")

        @pytest.fixture
        def provider(self) -> MetadataProvider:
            return AcmeProvider(...)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, ClassVar

import pytest

from movietracker.pluginapi import (
    Capability,
    DiscoverQuery,
    MediaType,
    MetadataProvider,
    ProviderNotConfigured,
    SearchHit,
    TitleDetails,
    TitleUnknown,
)

HIT_KEYS = {"id", "title", "year", "mediaType", "poster", "posterSmall", "overview", "voteAverage", "voteCount"}
DETAIL_KEYS = {"tmdbId", "imdbId", "title", "year", "mediaType", "poster", "posterSmall", "plot", "genres", "cast"} | {
    "director",
    "runtime",
    "voteAverage",
    "voteCount",
}
RATING_KEYS = {
    "imdbId",
    "title",
    "year",
    "rated",
    "released",
    "runtime",
    "genres",
    "director",
    "writer",
    "actors",
    "plot",
} | {
    "language",
    "country",
    "awards",
    "poster",
    "imdbRating",
    "imdbVotes",
    "rtRating",
    "metascore",
    "boxOffice",
    "production",
    "website",
}
METHODS: dict[Capability, tuple[str, ...]] = {
    Capability.SEARCH: ("search",),
    Capability.DETAILS: ("details", "find", "credits"),
    Capability.RATINGS: ("ratings",),
    Capability.DISCOVER: ("discover",),
}


class MetadataProviderContract:
    """The tests; a capability that the provider does not list is skipped."""

    #: What the provider finds something for, and what it finds nothing for (search).
    query: ClassVar[str] = ""
    hopeless_query: ClassVar[str] = "qqzx no title is called this"
    #: Titles that it knows, by its own id: any one, and a series if it has series (details).
    title: ClassVar[tuple[int, MediaType] | None] = None
    series: ClassVar[tuple[int, MediaType] | None] = None
    unknown_title: ClassVar[tuple[int, MediaType]] = (999_999_999, "movie")
    #: An IMDb id that it knows (details, ratings), and one that nobody has.
    imdb_id: ClassVar[str] = ""
    unknown_imdb_id: ClassVar[str] = "tt99999999"
    #: Questions that it answers with something (discover).
    discoveries: ClassVar[tuple[DiscoverQuery, ...]] = ()

    @pytest.fixture
    def provider(self) -> MetadataProvider:
        """A configured provider; must be overridden."""
        raise NotImplementedError("give a fixture named provider")

    # The provider itself

    def test_it_is_a_provider(self, provider: MetadataProvider) -> None:
        assert isinstance(provider, MetadataProvider)

    def test_its_name_is_a_lower_case_word(self, provider: MetadataProvider) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9_-]*", provider.name)

    def test_its_priority_and_id_namespace_are_in_range(self, provider: MetadataProvider) -> None:
        assert isinstance(provider.priority, int)
        assert 0 <= provider.id_namespace <= 4095

    def test_it_is_configured(self, provider: MetadataProvider) -> None:
        assert provider.is_configured() is True

    def test_its_check_answers_one_plain_sentence(self, provider: MetadataProvider) -> None:
        sentence = provider.check()
        assert sentence.endswith(".")
        assert "\n" not in sentence

    def test_it_lists_what_it_can_do(self, provider: MetadataProvider) -> None:
        assert isinstance(provider.capabilities, frozenset)
        assert provider.capabilities
        assert provider.capabilities <= set(Capability)

    def test_a_method_of_a_capability_that_it_does_not_list_says_so(self, provider: MetadataProvider) -> None:
        arguments: dict[str, tuple[Any, ...]] = {
            "search": ("anything",),
            "details": (1, "movie"),
            "find": ("tt0133093",),
            "credits": (1, "movie"),
            "ratings": ("tt0133093",),
            "discover": (DiscoverQuery(kind="popular"),),
        }
        for capability in set(Capability) - provider.capabilities:
            for method in METHODS[capability]:
                with pytest.raises(ProviderNotConfigured):
                    getattr(provider, method)(*arguments[method])

    # Search

    def test_a_search_finds_well_formed_hits(self, provider: MetadataProvider) -> None:
        need(provider, Capability.SEARCH)
        assert self.query, "give a query that the provider finds something for"
        check_hits(provider.search(self.query))

    def test_a_search_for_the_year_of_a_hit_finds_it(self, provider: MetadataProvider) -> None:
        need(provider, Capability.SEARCH)
        dated = next(hit for hit in provider.search(self.query) if hit.year)
        assert dated.year
        found = provider.search(self.query, year=int(dated.year))
        check_hits(found)
        assert (dated.id, dated.media_type) in {(hit.id, hit.media_type) for hit in found}

    def test_a_hopeless_search_finds_nothing(self, provider: MetadataProvider) -> None:
        need(provider, Capability.SEARCH)
        assert provider.search(self.hopeless_query) == []
        assert provider.search(self.hopeless_query, year=1999) == []

    def test_a_search_takes_whatever_people_type(self, provider: MetadataProvider) -> None:
        need(provider, Capability.SEARCH)
        for query in ("", "   ", "'\"; -- %_*", "a AND (b", "/../?&=#", "千と千尋", "\N{CLAPPER BOARD}", "x" * 500):
            check_hits(provider.search(query), may_be_empty=True)

    def test_a_found_title_has_details(self, provider: MetadataProvider) -> None:
        need(provider, Capability.SEARCH)
        need(provider, Capability.DETAILS)
        hit = next(hit for hit in provider.search(self.query) if hit.media_type != "person")
        assert hit.media_type != "person"
        details = provider.details(hit.id, hit.media_type)
        assert (details.title_id, details.media_type, details.title) == (hit.id, hit.media_type, hit.title)

    # Details

    def test_details_are_well_formed(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DETAILS)
        assert self.title, "give the id and kind of a title that the provider knows"
        check_details(provider.details(*self.title), *self.title)
        if self.series:
            check_details(provider.details(*self.series), *self.series)

    def test_fresh_details_are_the_same(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DETAILS)
        assert self.title
        assert provider.details(*self.title, fresh=True) == provider.details(*self.title)

    def test_a_title_is_found_by_its_imdb_id(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DETAILS)
        assert self.imdb_id, "give an IMDb id that the provider knows"
        found = provider.find(self.imdb_id)
        assert found.imdb_id == self.imdb_id
        check_details(found, found.title_id, found.media_type)
        assert provider.find(self.imdb_id, fresh=True) == found

    def test_an_unknown_title_is_said_to_be_unknown(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DETAILS)
        with pytest.raises(TitleUnknown):
            provider.details(*self.unknown_title)
        with pytest.raises(TitleUnknown):
            provider.credits(*self.unknown_title)
        for imdb_id in (self.unknown_imdb_id, "tt0", "nonsense/../id"):
            with pytest.raises(TitleUnknown):
                provider.find(imdb_id)

    def test_credits_are_well_formed(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DETAILS)
        assert self.title
        shape = provider.credits(*self.title).to_json()
        json.dumps(shape)
        assert set(shape) == {"cast", "crew"}
        for member in shape["cast"]:
            assert set(member) == {"name", "character", "order"}
            assert is_text(member["name"])
            assert member["character"] is None or is_text(member["character"])
            assert member["order"] is None or (type(member["order"]) is int and member["order"] >= 0)
        for member in shape["crew"]:
            assert set(member) == {"name", "job"}
            assert is_text(member["name"])
            assert member["job"] is None or is_text(member["job"])

    # Ratings

    def test_ratings_are_well_formed(self, provider: MetadataProvider) -> None:
        need(provider, Capability.RATINGS)
        assert self.imdb_id, "give an IMDb id that the provider knows"
        ratings = provider.ratings(self.imdb_id)
        shape = ratings.to_json()
        json.dumps(shape)
        json.dumps(ratings.raw)
        assert set(shape) == RATING_KEYS
        assert shape["imdbId"] == self.imdb_id
        assert is_text(shape["title"])
        assert shape["year"] is None or (type(shape["year"]) is int and 1800 <= shape["year"] <= 2999)
        assert all(is_text(name) for name in (*shape["genres"], *shape["actors"]))
        assert shape["imdbRating"] is None or 0 <= shape["imdbRating"] <= 10
        for score in (shape["rtRating"], shape["metascore"]):
            assert score is None or (type(score) is int and 0 <= score <= 100)
        assert is_whole_url(shape["poster"])
        texts = RATING_KEYS - {"year", "genres", "actors", "imdbRating", "rtRating", "metascore"}
        assert all(shape[name] is None or is_text(shape[name]) for name in texts)
        assert "N/A" not in json.dumps(shape)

    def test_ratings_of_an_unknown_title_are_said_to_be_unknown(self, provider: MetadataProvider) -> None:
        need(provider, Capability.RATINGS)
        for imdb_id in (self.unknown_imdb_id, "tt0", "nonsense/../id"):
            with pytest.raises(TitleUnknown):
                provider.ratings(imdb_id)

    # Discovery

    def test_discovery_finds_titles(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DISCOVER)
        assert self.discoveries, "give queries that the provider answers with something"
        for query in self.discoveries:
            found = provider.discover(query)
            check_hits(found)
            assert all(hit.media_type in ("movie", "tv") for hit in found), "people are not discovered"

    def test_an_unknown_genre_or_person_discovers_nothing(self, provider: MetadataProvider) -> None:
        need(provider, Capability.DISCOVER)
        assert provider.discover(DiscoverQuery(genre="no such genre")) == []
        assert provider.discover(DiscoverQuery(person=self.hopeless_query)) == []
        assert provider.discover(DiscoverQuery(person=self.hopeless_query, role="director")) == []


def need(provider: MetadataProvider, capability: Capability) -> None:
    """Skip the test for a provider that does not offer this."""
    if capability not in provider.capabilities:
        pytest.skip(f"{provider.name} does not offer {capability}")


def check_hits(found: Iterable[SearchHit], *, may_be_empty: bool = False) -> None:
    """Each row has the contract's keys and types, and none comes twice."""
    hits = list(found)
    assert hits or may_be_empty
    for hit in hits:
        shape = hit.to_json()
        json.dumps(shape)
        is_person = shape["mediaType"] == "person"
        assert set(shape) == (HIT_KEYS | {"name", "knownFor"} if is_person else HIT_KEYS)
        assert shape["mediaType"] in ("movie", "tv", "person")
        if is_person:
            assert shape["name"] == shape["title"]
            assert all(is_text(title) for title in shape["knownFor"])
        check_common(shape, shape["id"])
        assert shape["overview"] is None or is_text(shape["overview"])
    assert len({(hit.media_type, hit.id) for hit in hits}) == len(hits)


def check_details(details: TitleDetails, title_id: int, media_type: MediaType) -> None:
    """The contract's keys and types, for this title."""
    shape = details.to_json()
    json.dumps(shape)
    json.dumps(details.raw)
    extra = {"numberOfSeasons", "numberOfEpisodes"} if media_type == "tv" else set()
    assert set(shape) == DETAIL_KEYS | extra
    assert (shape["tmdbId"], shape["mediaType"]) == (title_id, media_type)
    check_common(shape, shape["tmdbId"])
    assert shape["imdbId"] is None or re.fullmatch(r"tt\d{7,}", shape["imdbId"])
    assert all(is_text(name) for name in (*shape["genres"], *shape["cast"]))
    assert len(shape["cast"]) <= 10
    for name in ("plot", "director"):
        assert shape[name] is None or is_text(shape[name])
    for name in {"runtime"} | extra:
        assert shape[name] is None or (type(shape[name]) is int and shape[name] >= 0)


def check_common(shape: dict[str, Any], number: Any) -> None:
    """What search hits and details share."""
    assert type(number) is int
    assert 0 < number < 2**40
    assert is_text(shape["title"])
    assert shape["year"] is None or re.fullmatch(r"\d{4}", shape["year"])
    assert is_whole_url(shape["poster"])
    assert is_whole_url(shape["posterSmall"])
    assert shape["voteAverage"] is None or 0 <= shape["voteAverage"] <= 10
    assert shape["voteCount"] is None or (type(shape["voteCount"]) is int and shape["voteCount"] >= 0)


def is_text(value: Any) -> bool:
    """Text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_whole_url(value: Any) -> bool:
    """None or an address with scheme and host."""
    return value is None or bool(re.match(r"https?://[^\s/]+/\S", value))
