"""The ``offline`` metadata provider: reads the catalog in the instance folder, without a network."""

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

from . import queries, shapes
from .store import CatalogueError, CatalogueStore
from .tsv import DatasetError

_IMDB_ID = re.compile(r"tt([0-9]{7,12})")
_LARGEST_ID = (1 << 63) - 1


class OfflineProvider(BaseProvider):
    """Movies and series of the loaded catalog, or of the sample if none was loaded.

    Ids are IMDb's numbers: those of the tt ids of titles and of the nm ids of people. The datasets have neither plots
    nor posters: posters are always None, and plots are unless a file of our own has them, as in the sample.
    """

    name = "offline"
    capabilities = frozenset({Capability.SEARCH, Capability.DETAILS, Capability.RATINGS, Capability.DISCOVER})
    priority = 90
    id_namespace = 1

    def __init__(self, instance_path: Path, today: Callable[[], date] = date.today) -> None:
        self._store = CatalogueStore(instance_path)
        self._today = today

    def check(self) -> str:
        """Describe the catalog; raises ProviderFailed if it cannot be used."""
        try:
            facts = self._store.facts()
        except (CatalogueError, DatasetError, sqlite3.Error, OSError) as error:
            raise ProviderFailed(f"The offline catalog cannot be used: {error}") from error
        source = "the sample" if facts["source"] == "sample" else f"loaded from {facts['folder']}"
        return f"offline has {facts['movies']:,} films and {facts['series']:,} series ({source})."

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        """Search; exact titles come first, then by popularity. The last word may be incomplete."""
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
        """Cast, directors and writers, as far as the loaded datasets contain them."""
        with self._reading() as connection:
            return shapes.credits(queries.credits_of(connection, self._title(connection, title_id, media_type)))

    def ratings(self, imdb_id: str, *, fresh: bool = False) -> TitleRatings:
        """IMDb's rating and number of votes, and other facts of the title."""
        with self._reading() as connection:
            return shapes.ratings(connection, self._title(connection, _number(imdb_id)))

    def discover(self, query: DiscoverQuery) -> list[SearchHit]:
        """Titles by genre, person or kind, in order of popularity; empty if the data is missing."""
        with self._reading() as connection:
            found = queries.discover(connection, query, self._today().year)
            return [shapes.hit(connection, title) for title in found]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._store.reading() as connection:
                yield connection
        except CatalogueError as error:
            raise ProviderFailed(str(error)) from error
        except (DatasetError, sqlite3.Error, OSError) as error:
            # Clients may see this sentence, so it mentions neither files nor SQL; check() does.
            raise ProviderFailed("The offline catalog cannot be read.") from error

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
