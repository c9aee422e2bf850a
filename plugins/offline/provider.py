"""The ``offline`` metadata provider: answers from the catalogue in the instance folder, without any network."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from movietracker.pluginapi import (
    BaseProvider,
    Capability,
    Credits,
    DiscoverQuery,
    MediaType,
    ProviderFailed,
    SearchHit,
    TitleDetails,
    TitleRatings,
    TitleUnknown,
)

from . import discovery, queries, shapes
from .store import CatalogueError, CatalogueStore
from .tsv import DatasetError

_IMDB_ID = re.compile(r"tt([0-9]{7,12})")
_LARGEST_ID = (1 << 63) - 1


class OfflineProvider(BaseProvider):
    """Films and series of the loaded catalogue, or of the sample when none was loaded.

    Ids are the numbers of IMDb's own: the one in the tt id for a title, the one in the nm id for a person. The
    datasets have neither plots nor posters, so those are always None.
    """

    name = "offline"
    capabilities = frozenset({Capability.SEARCH, Capability.DETAILS, Capability.RATINGS, Capability.DISCOVER})
    priority = 90
    id_namespace = 1

    def __init__(self, instance_path: Path, today: Callable[[], date] = date.today) -> None:
        self._store = CatalogueStore(instance_path)
        self._today = today

    def check(self) -> str:
        """Say what the catalogue holds; raises ProviderFailed when it cannot be used."""
        try:
            facts = self._store.facts()
        except (CatalogueError, DatasetError, sqlite3.Error, OSError) as error:
            raise ProviderFailed(f"The offline catalogue cannot be used: {error}") from error
        source = "the sample" if facts["source"] == "sample" else f"loaded from {facts['folder']}"
        return f"offline has {facts['movies']:,} films and {facts['series']:,} series ({source})."

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        """Exact titles first, then by popularity; the last word may be unfinished."""
        with self._reading() as connection:
            return [shapes.hit(connection, found) for found in queries.search(connection, query, year)]

    def details(self, title_id: int, media_type: MediaType, *, fresh: bool = False) -> TitleDetails:
        """The title with this number in its tt id."""
        with self._reading() as connection:
            return shapes.details(connection, self._title(connection, title_id, media_type))

    def find(self, imdb_id: str, *, fresh: bool = False) -> TitleDetails:
        """The title with this IMDb id."""
        with self._reading() as connection:
            return shapes.details(connection, self._title(connection, _number(imdb_id)))

    def credits(self, title_id: int, media_type: MediaType) -> Credits:
        """Cast, directors and writers, as far as the datasets that were loaded know them."""
        with self._reading() as connection:
            return shapes.credits(queries.credits_of(connection, self._title(connection, title_id, media_type)))

    def ratings(self, imdb_id: str, *, fresh: bool = False) -> TitleRatings:
        """IMDb's rating and number of votes, and the title's facts."""
        with self._reading() as connection:
            return shapes.ratings(connection, self._title(connection, _number(imdb_id)))

    def discover(self, query: DiscoverQuery) -> list[SearchHit]:
        """Titles of a genre, of a person or of a kind by popularity; empty where the data cannot say."""
        with self._reading() as connection:
            found = discovery.discover(connection, query, self._today().year)
            return [shapes.hit(connection, title) for title in found]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._store.reading() as connection:
                yield connection
        except CatalogueError as error:
            raise ProviderFailed(str(error)) from error
        except (DatasetError, sqlite3.Error, OSError) as error:
            # Clients of the API may read this, so it says nothing of files and SQL; check() does.
            raise ProviderFailed("The offline catalogue cannot be read.") from error

    def _title(self, connection: sqlite3.Connection, number: int, media_type: MediaType | None = None) -> queries.Title:
        title = queries.title(connection, number) if 0 <= number <= _LARGEST_ID else None
        if title is None or media_type not in (None, shapes.media_type(title)):
            raise TitleUnknown
        return title


def _number(imdb_id: str) -> int:
    parts = _IMDB_ID.fullmatch(imdb_id)
    if parts is None or shapes.imdb_id(int(parts[1])) != imdb_id:
        raise TitleUnknown
    return int(parts[1])
