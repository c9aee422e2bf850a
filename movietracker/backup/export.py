"""Writing the backup document, version 2: what the user said, and nothing that only this server knows.

The order is the same wherever the document is written: movies by IMDb id, their recommendations by date, people by
name, lists by position. Every record has a line of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import Table, bindparam, select

from .. import clock
from ..models import CustomList, Movie, MovieStatus, Person, Recommendation, WatchRecord
from ..prepared import Prepared
from ..services.change_clock import LibraryRead
from ..services.movie_statements import NAMES

VERSION = 2
PAGE = 500

MOVIES = Movie.__table__
PEOPLE = Person.__table__
LISTS = CustomList.__table__

_MOVIES = Prepared(
    select(MOVIES.c.imdb_id, MOVIES.c.media_type, MOVIES.c.last_modified)
    .where(MOVIES.c.user_id == bindparam("of_user"), MOVIES.c.imdb_id > bindparam("after"))
    .order_by(MOVIES.c.imdb_id)
    .limit(PAGE)
)


def _of_page(table: Table, *columns: str) -> Prepared:
    """What hangs on the movies of a page. Read by itself, since a join to the movies takes longer."""
    statement = select(table.c.imdb_id, *(table.c[column] for column in columns))
    of_page = table.c.imdb_id.between(bindparam("first"), bindparam("last"))
    return Prepared(statement.where(table.c.user_id == bindparam("of_user"), of_page))


_STATUS = _of_page(MovieStatus.__table__, "status", "custom_list_id")
_WATCHED = _of_page(WatchRecord.__table__, "date_watched", "my_rating")
_VOTES = _of_page(Recommendation.__table__, "person_id", "date_recommended", "vote_type")
_PEOPLE = Prepared(
    select(
        PEOPLE.c.name,
        PEOPLE.c.is_trusted,
        PEOPLE.c.color,
        PEOPLE.c.emoji,
        PEOPLE.c.quick_key,
        PEOPLE.c.last_modified,
    ).where(PEOPLE.c.user_id == bindparam("of_user"))
)
_LISTS = Prepared(
    select(
        LISTS.c.id,
        LISTS.c.name,
        LISTS.c.color,
        LISTS.c.icon,
        LISTS.c.position,
        LISTS.c.created_at,
        LISTS.c.last_modified,
    ).where(LISTS.c.user_id == bindparam("of_user"))
)
# Sorted here, because PostgreSQL would sort names by its language.
_BY_NAME = attrgetter("name")
_BY_POSITION = attrgetter("position", "created_at", "name", "id")


def file_name(date: str) -> str:
    """The name under which a document is offered for download on a day (YYYY-MM-DD)."""
    return f"moviemanager-export-{date}.json"


def export_document(read: LibraryRead) -> Iterator[bytes]:
    """The document of a library in pieces, as UTF-8 JSON; the caller holds the read open meanwhile."""
    yield b'{"version":%d,"exported_at":%s,"movies":[' % (VERSION, orjson.dumps(clock.now()))
    yield from _joined(_movie_pages(read))
    yield b'],"people":['
    yield from _joined(_pages(sorted(read.execute(_PEOPLE), key=_BY_NAME)))
    yield b'],"lists":['
    yield from _joined(_pages(sorted(read.execute(_LISTS), key=_BY_POSITION)))
    yield b"]}\n"


def _movie_pages(read: LibraryRead) -> Iterator[bytes]:
    names: dict[int, str] = dict(read.fetch_plain(NAMES))
    after = ""
    while movies := read.fetch_plain(_MOVIES, after=after):
        first, after = movies[0][0], movies[-1][0]
        status, watched, votes = (
            read.fetch_plain(each, first=first, last=after) for each in (_STATUS, _WATCHED, _VOTES)
        )
        status_of = {imdb_id: (status, list_id) for imdb_id, status, list_id in status}
        watched_of = {imdb_id: {"date_watched": date, "my_rating": rating} for imdb_id, date, rating in watched}
        votes_of = _votes_by_movie(votes, names)
        yield _lines(
            {
                "imdb_id": imdb_id,
                "media_type": media_type,
                "status": status_of[imdb_id][0],
                "custom_list_id": status_of[imdb_id][1],
                "last_modified": last_modified,
                "recommendations": votes_of.get(imdb_id, ()),
                "watch_history": watched_of.get(imdb_id),
            }
            for imdb_id, media_type, last_modified in movies
        )


def _votes_by_movie(votes: list[tuple[Any, ...]], names: Mapping[int, str]) -> Mapping[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for date, name, imdb_id, vote_type in sorted(
        (date, names[person_id], imdb_id, vote_type) for imdb_id, person_id, date, vote_type in votes
    ):
        found[imdb_id].append({"person_name": name, "date_recommended": date, "vote_type": bool(vote_type)})
    return found


def _pages(rows: Sequence[Any]) -> Iterator[bytes]:
    for start in range(0, len(rows), PAGE):
        yield _lines(row._asdict() for row in rows[start : start + PAGE])


def _lines(records: Iterable[Any]) -> bytes:
    return b",\n".join(map(orjson.dumps, records))


def _joined(pages: Iterable[bytes]) -> Iterator[bytes]:
    separator = b"\n"
    for page in pages:
        yield separator + page
        separator = b",\n"
