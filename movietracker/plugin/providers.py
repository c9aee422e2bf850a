"""The contract of metadata providers, and the frozen values that they exchange with the application.

The ``to_json`` shapes are those of the REST contract (SearchHit, TitleDetails, TitleRatings, Credits).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Literal, Protocol, runtime_checkable

from ..errors import ProviderNotConfigured

MediaType = Literal["movie", "tv"]
HitType = Literal["movie", "tv", "person"]
DiscoverKind = Literal["coming_soon", "now_playing", "popular", "top_rated", "trending"]
PersonRole = Literal["actor", "director"]

MAX_CAST = 10
ID_BITS = 40
MAX_NAMESPACE = 4095


def _to_json(value: Any, *hidden: str) -> dict[str, Any]:
    """Return the fields of a dataclass by their names in camel case, but for those that are hidden."""
    return {_camel(each.name): getattr(value, each.name) for each in fields(value) if each.name not in hidden}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


class Capability(StrEnum):
    """Capabilities of metadata providers; the chain calls only providers that list them."""

    SEARCH = "search"
    DETAILS = "details"
    RATINGS = "ratings"
    DISCOVER = "discover"
    TVDB = "tvdb"


CAPABILITY_METHODS: Mapping[Capability, tuple[str, ...]] = {
    Capability.SEARCH: ("search",),
    Capability.DETAILS: ("details", "find", "credits"),
    Capability.RATINGS: ("ratings",),
    Capability.DISCOVER: ("discover",),
    Capability.TVDB: ("find_by_tvdb",),
}


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One row of a search or discovery response; ``id`` is in the provider's own numbering."""

    id: int
    title: str
    media_type: HitType
    year: str | None = None
    poster: str | None = None
    poster_small: str | None = None
    overview: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    known_for: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The contract's SearchHit; a person also has ``name`` and ``knownFor``."""
        shape = _to_json(self, "known_for")
        if self.media_type == "person":
            shape |= {"name": self.title, "knownFor": list(self.known_for)}
        return shape


@dataclass(frozen=True, slots=True)
class TitleDetails:
    """The details of a title. ``title_id`` is in the provider's own numbering, ``runtime`` in minutes.

    ``raw`` is the provider's full response, stored once per title and served by ``/metadata/{provider}``;
    ``original_title`` is only searched, not shown.
    """

    title_id: int
    imdb_id: str | None
    title: str
    media_type: MediaType
    year: str | None = None
    poster: str | None = None
    poster_small: str | None = None
    plot: str | None = None
    genres: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    director: str | None = None
    runtime: int | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    number_of_seasons: int | None = None
    number_of_episodes: int | None = None
    original_title: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The contract's TitleDetails; tv also has numberOfSeasons and numberOfEpisodes."""
        episodes = () if self.media_type == "tv" else ("number_of_seasons", "number_of_episodes")
        shape = _to_json(self, "title_id", "original_title", "raw", *episodes)
        return shape | {"tmdbId": self.title_id, "genres": list(self.genres), "cast": list(self.cast[:MAX_CAST])}


@dataclass(frozen=True, slots=True)
class TitleRatings:
    """The ratings of a title; a provider's "N/A" is None or an empty tuple."""

    imdb_id: str
    title: str
    year: int | None = None
    rated: str | None = None
    released: str | None = None
    runtime: str | None = None
    genres: tuple[str, ...] = ()
    director: str | None = None
    writer: str | None = None
    actors: tuple[str, ...] = ()
    plot: str | None = None
    language: str | None = None
    country: str | None = None
    awards: str | None = None
    poster: str | None = None
    imdb_rating: float | None = None
    imdb_votes: str | None = None
    rt_rating: int | None = None
    metascore: int | None = None
    box_office: str | None = None
    production: str | None = None
    website: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The contract's TitleRatings."""
        return _to_json(self, "raw") | {"genres": list(self.genres), "actors": list(self.actors)}


@dataclass(frozen=True, slots=True)
class CastMember:
    """An actor in a title; ``order`` is the billing position from 0."""

    name: str
    character: str | None = None
    order: int | None = None


@dataclass(frozen=True, slots=True)
class CrewMember:
    """A person behind the camera, with the job as the provider words it ("Director")."""

    name: str
    job: str | None = None


@dataclass(frozen=True, slots=True)
class Credits:
    """The cast and crew of a title."""

    cast: tuple[CastMember, ...] = ()
    crew: tuple[CrewMember, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the contract's Credits."""
        return {"cast": [_to_json(member) for member in self.cast], "crew": [_to_json(member) for member in self.crew]}


@dataclass(frozen=True, slots=True)
class DiscoverQuery:
    """What to discover: exactly one of genre, person and kind is set."""

    genre: str | None = None
    person: str | None = None
    role: PersonRole = "actor"
    kind: DiscoverKind | None = None
    region: str | None = None
    days: int | None = None
    time_window: Literal["day", "week"] = "week"


@runtime_checkable
class MetadataProvider(Protocol):
    """A source of metadata. All calls may raise the provider errors of :mod:`movietracker.errors`.

    Methods for capabilities that a provider does not list are never called; a provider that derives from
    :class:`movietracker.pluginapi.BaseProvider` inherits the bodies below.
    """

    @property
    def name(self) -> str:
        """Lower-case word that METADATA_PROVIDERS and ``/metadata/{provider}`` use."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Its capabilities."""

    @property
    def priority(self) -> int:
        """Its place when METADATA_PROVIDERS is not set: lower comes first; 50 by default."""

    @property
    def id_namespace(self) -> int:
        """The numbering of its ids: 0 is TMDB's; a provider with ids of its own takes 1 to 4095."""

    def is_configured(self) -> bool:
        """Whether it has what it needs (a key, a data file)."""
        return True

    def check(self) -> str:
        """Make one real call for ``movietracker doctor``; return one plain sentence, raise when it fails."""
        return f"{self.name} needs no configuration."

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        """Movies, series and people that match, best first."""
        raise ProviderNotConfigured(f"{self.name} cannot search.")

    def details(self, title_id: int, media_type: MediaType, *, fresh: bool = False) -> TitleDetails:
        """The title with this id of the provider; ``fresh`` bypasses every cache."""
        raise ProviderNotConfigured(f"{self.name} has no details.")

    def find(self, imdb_id: str, *, fresh: bool = False) -> TitleDetails:
        """The title with this IMDb id."""
        raise ProviderNotConfigured(f"{self.name} cannot find titles by IMDb id.")

    def credits(self, title_id: int, media_type: MediaType) -> Credits:
        """Cast and crew of the title with this id of the provider."""
        raise ProviderNotConfigured(f"{self.name} has no credits.")

    def ratings(self, imdb_id: str, *, fresh: bool = False) -> TitleRatings:
        """Ratings of the title with this IMDb id."""
        raise ProviderNotConfigured(f"{self.name} has no ratings.")

    def discover(self, query: DiscoverQuery) -> list[SearchHit]:
        """Titles that match the query, best first."""
        raise ProviderNotConfigured(f"{self.name} has no discovery.")

    def find_by_tvdb(self, tvdb_id: int) -> TitleDetails:
        """The series with this id of TheTVDB, by which other trackers' files name series."""
        raise ProviderNotConfigured(f"{self.name} cannot find series by ids of TheTVDB.")


class JsonHttpClient(Protocol):
    """The HTTP client of a provider: cached, rate-limited, with retries and time limits."""

    def get_json(self, path: str, params: Mapping[str, Any] | None = None, *, fresh: bool = False) -> Any:
        """GET base_url + path; returns the parsed JSON of a good response.

        Raises TitleUnknown (404), ProviderRefused (401, 403), ProviderFailed (other statuses, no JSON, not good)
        and ProviderUnreachable (no connection, time-out).
        """
