"""What plugins and the core exchange: frozen values, and the protocols of providers and destinations. No Flask in it.

The ``to_json`` shapes are those of the REST contract (SearchHit, TitleDetails, TitleRatings, Credits).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO, Literal, Protocol, runtime_checkable

MediaType = Literal["movie", "tv"]
HitType = Literal["movie", "tv", "person"]
DiscoverKind = Literal["coming_soon", "now_playing", "popular", "top_rated", "trending"]
PersonRole = Literal["actor", "director"]

MAX_CAST = 10

_BACKUP_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(-before-restore-[0-9]{6}(-[0-9]{1,6})?)?\.json(\.enc)?")


class Capability(StrEnum):
    """What a metadata provider can do; the chain asks only those that say they can."""

    SEARCH = "search"
    DETAILS = "details"
    RATINGS = "ratings"
    DISCOVER = "discover"


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One row of a search or discovery answer; ``id`` is in the provider's own numbering."""

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
        shape: dict[str, Any] = {
            "id": self.id,
            "title": self.title,
            "year": self.year,
            "mediaType": self.media_type,
            "poster": self.poster,
            "posterSmall": self.poster_small,
            "overview": self.overview,
            "voteAverage": self.vote_average,
            "voteCount": self.vote_count,
        }
        if self.media_type == "person":
            shape |= {"name": self.title, "knownFor": list(self.known_for)}
        return shape


@dataclass(frozen=True, slots=True)
class TitleDetails:
    """What a title is. ``title_id`` is in the provider's own numbering, ``runtime`` in minutes.

    ``raw`` is the provider's full response, kept once per title and served by ``/metadata/{provider}``;
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
        shape: dict[str, Any] = {
            "tmdbId": self.title_id,
            "imdbId": self.imdb_id,
            "title": self.title,
            "year": self.year,
            "mediaType": self.media_type,
            "poster": self.poster,
            "posterSmall": self.poster_small,
            "plot": self.plot,
            "genres": list(self.genres),
            "cast": list(self.cast[:MAX_CAST]),
            "director": self.director,
            "runtime": self.runtime,
            "voteAverage": self.vote_average,
            "voteCount": self.vote_count,
        }
        if self.media_type == "tv":
            shape |= {"numberOfSeasons": self.number_of_seasons, "numberOfEpisodes": self.number_of_episodes}
        return shape


@dataclass(frozen=True, slots=True)
class TitleRatings:
    """What others think of a title; a provider's "N/A" is None or an empty tuple."""

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
        return {
            "imdbId": self.imdb_id,
            "title": self.title,
            "year": self.year,
            "rated": self.rated,
            "released": self.released,
            "runtime": self.runtime,
            "genres": list(self.genres),
            "director": self.director,
            "writer": self.writer,
            "actors": list(self.actors),
            "plot": self.plot,
            "language": self.language,
            "country": self.country,
            "awards": self.awards,
            "poster": self.poster,
            "imdbRating": self.imdb_rating,
            "imdbVotes": self.imdb_votes,
            "rtRating": self.rt_rating,
            "metascore": self.metascore,
            "boxOffice": self.box_office,
            "production": self.production,
            "website": self.website,
        }


@dataclass(frozen=True, slots=True)
class CastMember:
    """An actor in a title; ``order`` is the billing position from 0."""

    name: str
    character: str | None = None
    order: int | None = None


@dataclass(frozen=True, slots=True)
class CrewMember:
    """Somebody behind the camera, with the job as the provider words it ("Director")."""

    name: str
    job: str | None = None


@dataclass(frozen=True, slots=True)
class Credits:
    """Everybody in and behind a title."""

    cast: tuple[CastMember, ...] = ()
    crew: tuple[CrewMember, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The contract's credits answer."""
        return {
            "cast": [{"name": c.name, "character": c.character, "order": c.order} for c in self.cast],
            "crew": [{"name": c.name, "job": c.job} for c in self.crew],
        }


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

    Methods for capabilities that a provider does not list are never called; deriving from
    :class:`movietracker.pluginapi.BaseProvider` gives each of them a body.
    """

    @property
    def name(self) -> str:
        """Lower-case word that METADATA_PROVIDERS and ``/metadata/{provider}`` use."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do."""

    @property
    def priority(self) -> int:
        """Its place when METADATA_PROVIDERS is not set: lower is asked first; 50 unless there is a reason."""

    @property
    def id_namespace(self) -> int:
        """Whose numbering its ids are in: 0 is TMDB's; a provider with ids of its own takes 1 to 4095."""

    def is_configured(self) -> bool:
        """Whether it has what it needs (a key, a data file) to answer."""

    def check(self) -> str:
        """Make one real call for ``movietracker doctor``; answer one plain sentence, raise when it fails."""

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        """Movies, series and people that match, best first."""

    def details(self, title_id: int, media_type: MediaType, *, fresh: bool = False) -> TitleDetails:
        """The title with this id of the provider's own; ``fresh`` bypasses every cache."""

    def find(self, imdb_id: str, *, fresh: bool = False) -> TitleDetails:
        """The title with this IMDb id."""

    def credits(self, title_id: int, media_type: MediaType) -> Credits:
        """Cast and crew of the title with this id of the provider's own."""

    def ratings(self, imdb_id: str, *, fresh: bool = False) -> TitleRatings:
        """Ratings of the title with this IMDb id."""

    def discover(self, query: DiscoverQuery) -> list[SearchHit]:
        """Titles that fit the query, best first."""


class JsonHttpClient(Protocol):
    """The shared HTTP client of the proxy as a provider sees it: cached, rate-limited, retried, bounded."""

    def get_json(self, path: str, params: Mapping[str, Any] | None = None, *, fresh: bool = False) -> Any:
        """GET base_url + path; answers the parsed JSON of a good answer.

        Raises TitleUnknown (404), ProviderRefused (401, 403), ProviderFailed (other statuses, no JSON, not good)
        and ProviderUnreachable (no connection, time-out).
        """


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A backup as a destination lists it: ``size`` in bytes, ``modified_at`` in Unix seconds by the destination."""

    name: str
    size: int
    modified_at: float


def is_backup_name(name: str) -> bool:
    """Whether the application gives such names to backups: ``2026-01-31.json`` for instance; no path is one."""
    return _BACKUP_NAME.fullmatch(name) is not None


@runtime_checkable
class BackupDestination(Protocol):
    """A place for backups: named files, those of each user apart.

    ``user_id`` is a UUID and ``name`` passes ``is_backup_name``. All calls may raise the destination errors of
    :mod:`movietracker.errors`, and ``OSError``. Each is made in a thread of its own and is given up after
    BACKUP_TIMEOUT seconds, so it should have time limits of its own below that.
    """

    @property
    def name(self) -> str:
        """Lower-case word that BACKUP_DESTINATIONS and the API use."""

    @property
    def priority(self) -> int:
        """Its place when BACKUP_DESTINATIONS is not set: lower is first; 50 unless there is a reason."""

    def is_configured(self) -> bool:
        """Whether it has what it needs (an address, a key); one that has not is passed over."""

    def check(self) -> str:
        """Write something for ``movietracker doctor``, and remove it; answer one plain sentence, raise if it fails."""

    def write(self, user_id: str, name: str, content: BinaryIO) -> None:
        """Store a file, or replace it. Whatever happens meanwhile, readers find the old file or the new one, whole."""

    def list_files(self, user_id: str) -> list[BackupFile]:
        """The user's backups in any order: only regular files with a backup's name, no links, nothing half written."""

    def read(self, user_id: str, name: str, into: BinaryIO) -> None:
        """Copy a file's content; raises BackupNotFound when it is not there, or not one that ``list_files`` shows."""

    def delete(self, user_id: str, name: str) -> None:
        """Remove a file; one that is not there is as good as removed."""
