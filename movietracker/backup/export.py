"""Writing the backup document, version 2: what the user said, and nothing that only this server knows.

The order is the same wherever the document is written: movies by IMDb id, their recommendations by date, people by
name, lists by position. Every record has a line of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import ColumnElement, bindparam, select

from .. import clock
from ..models import CustomList, Movie, MovieStatus, Person, Recommendation, WatchRecord
from ..prepared import Prepared
from ..services.change_clock import LibraryRead

VERSION = 2
PAGE = 500

MOVIES = Movie.__table__
STATUS = MovieStatus.__table__
WATCHED = WatchRecord.__table__
VOTES = Recommendation.__table__
PEOPLE = Person.__table__
LISTS = CustomList.__table__

_MOVIES = Prepared(
    select(
        MOVIES.c.imdb_id,
        MOVIES.c.media_type,
        STATUS.c.status,
        STATUS.c.custom_list_id,
        MOVIES.c.last_modified,
        WATCHED.c.date_watched,
        WATCHED.c.my_rating,
    )
    .select_from(MOVIES)
    .join(STATUS, (STATUS.c.user_id == MOVIES.c.user_id) & (STATUS.c.imdb_id == MOVIES.c.imdb_id))
    .outerjoin(WATCHED, (WATCHED.c.user_id == MOVIES.c.user_id) & (WATCHED.c.imdb_id == MOVIES.c.imdb_id))
    .where(MOVIES.c.user_id == bindparam("of_user"), MOVIES.c.imdb_id > bindparam("after"))
    .order_by(MOVIES.c.imdb_id)
    .limit(PAGE)
)
_VOTES = Prepared(
    select(VOTES.c.imdb_id, PEOPLE.c.name, VOTES.c.date_recommended, VOTES.c.vote_type)
    .join_from(VOTES, PEOPLE, (PEOPLE.c.user_id == VOTES.c.user_id) & (PEOPLE.c.id == VOTES.c.person_id))
    .where(
        VOTES.c.user_id == bindparam("of_user"),
        VOTES.c.imdb_id.between(bindparam("first"), bindparam("last")),
    )
)
_PEOPLE = select(
    PEOPLE.c.name,
    PEOPLE.c.is_trusted,
    PEOPLE.c.color,
    PEOPLE.c.emoji,
    PEOPLE.c.quick_key,
    PEOPLE.c.last_modified,
).where(PEOPLE.c.user_id == bindparam("of_user"))
_LISTS = select(
    LISTS.c.id,
    LISTS.c.name,
    LISTS.c.color,
    LISTS.c.icon,
    LISTS.c.position,
    LISTS.c.created_at,
    LISTS.c.last_modified,
).where(LISTS.c.user_id == bindparam("of_user"))


def file_name(date: str) -> str:
    """The name under which a document is offered for download on a day (YYYY-MM-DD)."""
    return f"moviemanager-export-{date}.json"


def export_document(read: LibraryRead) -> Iterator[bytes]:
    """The document of a library in pieces, as UTF-8 JSON; the caller holds the read open meanwhile."""
    yield b'{"version":%d,"exported_at":%s,"movies":[' % (VERSION, orjson.dumps(clock.now()))
    yield from _joined(_movie_pages(read))
    yield b'],"people":['
    people = read.execute(_PEOPLE.order_by(_by_code_points(read, PEOPLE.c.name))).mappings()
    yield from _joined(_lines(map(dict, page)) for page in people.partitions(PAGE))
    yield b'],"lists":['
    lists = read.execute(_LISTS.order_by(*_order_of_lists(read))).mappings()
    yield from _joined(_lines(map(dict, page)) for page in lists.partitions(PAGE))
    yield b"]}\n"


def _movie_pages(read: LibraryRead) -> Iterator[bytes]:
    after = ""
    while rows := read.fetch_plain(_MOVIES, after=after):
        first, after = rows[0][0], rows[-1][0]
        votes: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        found = read.fetch_plain(_VOTES, first=first, last=after)
        found.sort(key=itemgetter(2, 1))
        for imdb_id, name, date, vote_type in found:
            votes[imdb_id].append({"person_name": name, "date_recommended": date, "vote_type": bool(vote_type)})
        yield _lines([_movie(row, votes.get(row[0], [])) for row in rows])


def _movie(row: tuple[Any, ...], votes: list[dict[str, Any]]) -> dict[str, Any]:
    imdb_id, media_type, status, list_id, last_modified, date_watched, my_rating = row
    return {
        "imdb_id": imdb_id,
        "media_type": media_type,
        "status": status,
        "custom_list_id": list_id,
        "last_modified": last_modified,
        "recommendations": votes,
        "watch_history": None if date_watched is None else {"date_watched": date_watched, "my_rating": my_rating},
    }


def _by_code_points(read: LibraryRead, column: ColumnElement[str]) -> ColumnElement[str]:
    """The same order on every database: PostgreSQL would sort by its language."""
    return column.collate("C") if read.connection.dialect.name == "postgresql" else column


def _order_of_lists(read: LibraryRead) -> list[ColumnElement[Any]]:
    by_text = [_by_code_points(read, column) for column in (LISTS.c.name, LISTS.c.id)]
    return [LISTS.c.position, LISTS.c.created_at, *by_text]


def _lines(records: Iterable[Any]) -> bytes:
    return b",\n".join([orjson.dumps(record) for record in records])


def _joined(pages: Iterable[bytes]) -> Iterator[bytes]:
    separator = b"\n"
    for page in pages:
        yield separator + page
        separator = b",\n"
